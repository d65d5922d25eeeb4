# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Times the crop against OpenCV's ways to shrink a picture, in turn, and prints a Markdown table.

    python tools/bench_crop.py            # docs/encoder.md, "The crop"; half a minute

Time of the CPU, not of the clock, and every way in turn: a busy computer disturbs it little.
"""

from collections.abc import Callable
import time

import cv2
import numpy as np

from hybrid_snn_ros.vision import resample as module
from hybrid_snn_ros.vision.framing import Crop, crop_window

SIZE = 224
FRAMES = ((640, 480), (1280, 720), (3840, 2160))
TURNS = 300


def by_way_of_twice(pixels: np.ndarray, interpolation: int) -> np.ndarray:
    """Return pixels halved as often as that goes, then brought to 448 and halved: the old crop."""
    def halve(pixels: np.ndarray) -> np.ndarray:
        half = len(pixels) // 2
        return cv2.resize(pixels[:2 * half, :2 * half], (half, half),
                          interpolation=cv2.INTER_AREA)
    while len(pixels) > 3 * SIZE:
        pixels = halve(pixels)
    return halve(cv2.resize(pixels, (2 * SIZE, 2 * SIZE), interpolation=interpolation))


def ours(pixels: np.ndarray, library: object) -> np.ndarray:
    """Return the crop by the compiled form, or by NumPy where library is None."""
    before, module._library = module._library, lambda: library
    try:
        return module.resample(pixels, SIZE)
    finally:
        module._library = before


def times(ways: dict[str, Callable[[np.ndarray], np.ndarray]],
          pixels: np.ndarray) -> dict[str, str]:
    """Return 'p50 / p95' in ms of CPU of every way."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(TURNS):
        for name, way in ways.items():
            begin = time.thread_time()
            way(pixels)
            taken[name].append(1e3 * (time.thread_time() - begin))
    return {name: '{:.2f} / {:.2f}'.format(*np.percentile(values, (50, 95)))
            for name, values in taken.items()}


def main() -> None:
    """Print the table."""
    cv2.setNumThreads(1)
    library = module._library()
    ways: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        'INTER_LINEAR to 448, then halved': lambda p: by_way_of_twice(p, cv2.INTER_LINEAR),
        'INTER_LINEAR_EXACT to 448, then halved': lambda p: by_way_of_twice(
            p, cv2.INTER_LINEAR_EXACT),
        'INTER_AREA': lambda p: cv2.resize(p, (SIZE, SIZE), interpolation=cv2.INTER_AREA),
        'ours, NumPy': lambda p: ours(p, None)}
    if library is not None:
        ways['ours, compiled'] = lambda p: ours(p, library)
    columns = []
    for width, height in FRAMES:
        frame = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
        left, top, right, bottom = crop_window(width, height, Crop())
        columns.append((f'{width}x{height} ({right - left} px)',
                        times(ways, frame[top:bottom, left:right])))
    print('| ms of CPU, p50 / p95 | ' + ' | '.join(name for name, _ in columns) + ' |')
    print('|---' * (len(columns) + 1) + '|')
    for name in ways:
        print(f'| {name} | ' + ' | '.join(found[name] for _, found in columns) + ' |')


if __name__ == '__main__':
    main()
