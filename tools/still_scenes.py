# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Does a robot ask anything of an empty wall, or of one thing before a camera that stands still?

    python tools/still_scenes.py [PICTURE ...]

Draws walls (even, dark, shaded, plaster), takes the pictures as they are, and lets light and
sensor work on them: noise, flicker, a slow change of light.  Prints how far the codes move
(1 - cosine) and how many members such frames would become; a question takes eight.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.defaults import MIN_CHANGE
from hybrid_snn_ros.likeness import directions
from hybrid_snn_ros.questions.unknown_clusters import ASK_AT

HEIGHT, WIDTH, FRAMES = 480, 640, 40
# Standard deviation of the sensor's noise, in grey levels of 255; of the light, as a share of it;
# by how much the light changes from the first frame to the last, as a share of it.
DISTURBANCES = ((3, 0, 0), (8, 0, 0), (3, 0.05, 0), (8, 0.2, 0), (3, 0, 0.8), (15, 0.1, 0.5))


def walls(random):
    """Return {name: picture}, float32 (H, W, 3)."""
    shade = np.repeat(np.linspace(0, 1, WIDTH, dtype=np.float32)[None], HEIGHT, axis=0)
    grain = cv2.GaussianBlur(random.standard_normal((HEIGHT, WIDTH)).astype(np.float32), (0, 0), 3)
    grey = {'even wall': np.full_like(shade, 128), 'dark wall': np.full_like(shade, 20),
            'shaded wall': 100 + 80 * shade,
            'plaster': 150 + 30 * shade + 4 * grain / grain.std()}
    return {name: np.repeat(picture[..., None], 3, axis=2) for name, picture in grey.items()}


def main():
    """Disturb, encode, count, print; return the exit code, 1 where something would be asked."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('picture', nargs='*', type=Path, help='photograph of a still scene')
    random = np.random.default_rng(0)
    scenes = walls(random)
    for path in parser.parse_args().picture:
        scenes[path.name] = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    encoder, most = Classifier().frame_encoder, 0
    print(f"{'scene':<20}{'noise':>6}{'flicker':>8}{'drift':>6}{'median':>8}{'largest':>8}"
          f"{'members':>8}")
    for name, scene in scenes.items():
        for noise, flicker, drift in DISTURBANCES:
            codes = []
            for place in range(FRAMES):
                light = 1 + flicker * random.standard_normal() + drift * (place / FRAMES - 0.5)
                frame = scene * light + noise * random.standard_normal(scene.shape)
                codes.append(encoder.codes(np.clip(frame, 0, 255).astype(np.uint8)))
            seen = directions(codes)
            changes = 1 - seen @ seen.T
            members = [0]
            for place in range(1, FRAMES):
                if changes[place, members].min() >= MIN_CHANGE:
                    members.append(place)
            most = max(most, len(members))
            apart = changes[np.triu_indices(FRAMES, 1)]
            print(f'{name:<20}{noise:>6}{flicker:>8}{drift:>6}{np.median(apart):>8.3f}'
                  f'{apart.max():>8.3f}{len(members):>8}')
    print(f'at most {most} members of a scene; {ASK_AT} are asked about')
    return int(most >= ASK_AT)


if __name__ == '__main__':
    raise SystemExit(main())
