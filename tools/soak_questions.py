# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Is anything asked of still scenes for an hour, and does what waits stay small?

    python tools/soak_questions.py [--frames 36000] [PICTURE ...]

Frames of an empty wall and of still pictures, with noise and flicker, go the node's way: they are
answered by models/everyday.memory and seen by what asks (ros/asker.py).  Prints how many were
unknown, what was asked and how much memory the process had after each tenth.
"""

import argparse
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
from still_scenes import walls

from hybrid_snn_ros import Classifier
from hybrid_snn_ros.bench.machine import resident_mb
from hybrid_snn_ros.ros.asker import Asker, Seen

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = {'learning': True, 'questions': 'on', 'doubt_period': 60.0, 'false_unknown': 0.02,
            'keep_pictures': True}
NOISE, FLICKER = 4, 0.05  # grey levels of 255; share of the light


def main():
    """Show scene after scene; return the exit code, 1 where a still scene is asked about."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--frames', type=int, default=36000,
                        help='an hour at 10 Hz (default: %(default)s)')
    parser.add_argument('picture', nargs='*', type=Path, help='photograph of a still scene')
    args = parser.parse_args()
    random = np.random.default_rng(0)
    scenes = [np.clip(scene, 0, 255) for scene in walls(random).values()]
    scenes += [cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB) for path in args.picture]
    classifier = Classifier()
    classifier.load(ROOT / 'models' / 'everyday.memory')
    classifier.consolidate()
    moment = [0.0]
    asker = Asker(classifier, SimpleNamespace(**SETTINGS), lambda: moment[0],
                  lambda: moment[0])
    while asker.is_stale:
        asker.follow()
    unknown, asked, told = 0, set(), 0
    noise = random.standard_normal((16, *scenes[0].shape)).astype(np.float32) * NOISE
    for place in range(args.frames):
        moment[0] += 0.1
        scene = scenes[place * len(scenes) // args.frames]
        light = 1 + FLICKER * random.standard_normal()
        grain = noise[random.integers(len(noise))][:scene.shape[0], :scene.shape[1]]
        frame = scene * light
        frame[:grain.shape[0], :grain.shape[1]] += grain
        seen = classifier.frame_encoder.encode_frame(np.clip(frame, 0, 255).astype(np.uint8))
        prediction = classifier.decide(classifier.present(seen.codes))
        unknown += prediction.unknown
        shown = Seen(seen.codes, seen.crop, f'{place}.0')
        asker.saw(lambda shown=shown: shown, prediction)
        if (news := asker.news()) is not None:
            told += 1
            asked.update(one['id'] for one in news['questions'])
        if (place + 1) % max(args.frames // 10, 1) == 0:
            print(f'{place + 1} frames: {unknown} unknown, {len(asked)} questions, told {told} '
                  f'times, {resident_mb()[0]:.0f} MiB', flush=True)
    kinds = sorted(asked)
    print(f"asked: {', '.join(kinds) or 'nothing'}")
    return int(any(name.startswith('u') for name in kinds))


if __name__ == '__main__':
    raise SystemExit(main())
