#!/usr/bin/env python3
# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Four films made of photographs, through the encoder that sends only what changes.

    python tools/bench_spiking_video.py PICTURE ...     # a photograph or several, 256 px or more

A camera that stands still with sensor noise (sigma 2 grey levels, or --noise), a thing that covers
11 % of the view and moves 4 pixels a frame, and a camera that pans 4 pixels a frame; each with
every change sent, and with tiles of 8x8 pixels taken over only where they differ by more than 3
grey levels on average.
`hybrid-snn spiking-encoder FOLDER --video BAG` measures a recording in the same way.
"""

import argparse
from pathlib import Path
import sys

from hybrid_snn_ros.threads import pin_blas

pin_blas()

import cv2  # noqa: E402
import numpy as np  # noqa: E402

from hybrid_snn_ros.evaluation.spiking_video import measure  # noqa: E402
from hybrid_snn_ros.resources import shared_file  # noqa: E402
from hybrid_snn_ros.spiking_encoder.graph import read_graph  # noqa: E402
from hybrid_snn_ros.vision.frame_encoder import SHIPPED_ENCODER  # noqa: E402

SPEED, THRESHOLDS = 4, (0.0, 3.0)
SHARE = 0.11  # of the view that the moving thing covers


def still(view, frames, sigma):
    """Return frames of one view with noise."""
    noise = np.random.default_rng(0).normal(0, sigma, (frames, *view.shape))
    return np.clip(np.rint(view + noise), 0, 255).astype(np.uint8)


def moving(view, thing, frames):
    """Return frames of one view that a thing crosses."""
    made = np.repeat(view[None], frames, 0)
    top = (len(view) - len(thing)) // 2
    for place, frame in enumerate(made):
        left = 20 + SPEED * place
        frame[top:top + len(thing), left:left + len(thing)] = thing
    return made


def panned(wide, size, frames):
    """Return frames of a camera that turns."""
    return np.array([wide[:size, SPEED * place:SPEED * place + size] for place in range(frames)])


def films(path, size, frames, sigma):
    """Return {what happens: frames} made of a photograph."""
    picture = cv2.imread(str(path))
    if picture is None:
        raise SystemExit(f'bench_spiking_video: {path} is no picture that can be read')
    picture = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
    wide = cv2.resize(picture, (size + SPEED * frames, size), interpolation=cv2.INTER_AREA)
    side = round(size * SHARE ** 0.5)
    thing = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)[:, ::-1]
    view = np.ascontiguousarray(wide[:, :size])
    return {'still, sensor noise': still(view, frames, sigma),
            f'a thing of {SHARE:.0%} moves': moving(view, thing, frames),
            'the camera pans': panned(wide, size, frames)}


def main():
    """Print the table; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n')[0])
    parser.add_argument('pictures', nargs='+', type=Path, metavar='PICTURE')
    parser.add_argument('--frames', type=int, default=8, metavar='N', help='of each film')
    parser.add_argument('--noise', type=float, default=2.0, metavar='SIGMA', help='grey levels')
    args = parser.parse_args()
    graph = read_graph(shared_file(*SHIPPED_ENCODER))
    rows = {}
    for path in args.pictures:
        for what, frames in films(
                path, graph.input_size, args.frames, args.noise).items():
            for row in measure(graph, frames, THRESHOLDS):
                rows.setdefault((what, row['threshold']), []).append(row)
    print(f"{'film':<26}{'threshold':>10}{'operations per MAC':>20}{'recomputed':>12}"
          f"{'cosine':>9}{'codes that differ':>19}")
    for (what, threshold), told in rows.items():
        print(f'{what:<26}{threshold:>10g}'
              + f"{np.mean([row['operations_per_mac'] for row in told]):>20.3f}"
              + f"{np.mean([row['recomputed_share'] for row in told]):>12.3f}"
              + f"{np.mean([row['cosine'] for row in told]):>9.4f}"
              + f"{sum(row['codes_different'] for row in told):>19}")
    return 0


if __name__ == '__main__':
    sys.exit(main())
