# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The floors under the turntable: procedural, seeded textures, one per index."""

import numpy as np

SPLIT_FLOORS = 24
TRAIN_FLOORS = range(SPLIT_FLOORS)
TEST_FLOORS = range(SPLIT_FLOORS, 2 * SPLIT_FLOORS)
# The one floor of the conditions without changing floors; in neither split's range.
PLAIN_FLOOR = 2 * SPLIT_FLOORS
FLOOR_COUNT = PLAIN_FLOOR + 1

TEXTURE_SIZE = 256
_SEED = 20260


def texture(index: int) -> np.ndarray:
    """
    Return the floor texture of an index as uint8 RGB, shape (256, 256, 3).

    The same index gives the same pixels everywhere: the benchmark's seed does not enter, so that
    'floor 31' means one picture.

    :raises ValueError: outside 0..48.
    """
    if not 0 <= index < FLOOR_COUNT:
        raise ValueError(f'floor {index} does not exist: the floors are 0 to {FLOOR_COUNT - 1}')
    rng = np.random.default_rng([_SEED, index])
    if index == PLAIN_FLOOR:
        grain = 4.0 * _smooth(rng, 64) + 3.0 * rng.standard_normal((TEXTURE_SIZE, TEXTURE_SIZE))
        return _paint(np.array([176.0, 172.0, 165.0]) + grain[..., None])
    return _paint(_FAMILIES[index % len(_FAMILIES)](rng))


def wall_colour(index: int) -> np.ndarray:
    """Return the colour of the wall behind a floor as float RGB in 0..255, shape (3,)."""
    if index == PLAIN_FLOOR:
        return np.array([214.0, 216.0, 219.0])
    rng = np.random.default_rng([_SEED, index, 1])
    return rng.uniform(120.0, 225.0) + rng.uniform(-18.0, 18.0, 3)


def _paint(image: np.ndarray) -> np.ndarray:
    return np.clip(image, 0, 255).astype(np.uint8)


def _grid() -> np.ndarray:
    return np.mgrid[0:TEXTURE_SIZE, 0:TEXTURE_SIZE]


def _smooth(rng: np.random.Generator, cells: int) -> np.ndarray:
    """Return periodic value noise of about unit deviation with `cells` cells along a side."""
    knots = rng.standard_normal((cells, cells))
    at = np.arange(TEXTURE_SIZE) * cells / TEXTURE_SIZE
    low = at.astype(int)
    high = (low + 1) % cells
    t = at - low
    t = t * t * (3 - 2 * t)
    rows = knots[low] * (1 - t)[:, None] + knots[high] * t[:, None]
    return rows[:, low] * (1 - t) + rows[:, high] * t


def _colours(rng: np.random.Generator, contrast: float) -> tuple[np.ndarray, np.ndarray]:
    """Return two muted colours, as floors have them, about `contrast` grey levels apart."""
    grey = rng.uniform(80, 190)
    tint = rng.uniform(-32, 32, 3)
    first = grey + tint
    sign = 1 if grey < 130 else -1
    return first, first + sign * contrast + rng.uniform(-15, 15, 3)


def _checker(rng: np.random.Generator) -> np.ndarray:
    a, b = _colours(rng, rng.uniform(30, 80))
    y, x = _grid()
    cell = TEXTURE_SIZE // int(rng.choice([2, 4, 8]))
    on = ((x // cell + y // cell) % 2)[..., None]
    return a * on + b * (1 - on) + 3 * _smooth(rng, 64)[..., None]


def _planks(rng: np.random.Generator) -> np.ndarray:
    wood = np.array([rng.uniform(115, 190), rng.uniform(80, 135), rng.uniform(45, 95)])
    y, x = _grid()
    width = TEXTURE_SIZE // int(rng.choice([4, 8]))
    board = x // width
    shade = rng.uniform(-22, 22, TEXTURE_SIZE // width)[board]
    knots = _smooth(rng, 8)
    grain = 7 * np.sin(x / rng.uniform(1.5, 3.0) + 3 * knots) + 6 * knots
    seam = -45.0 * (x % width < 2)
    offset = (board * 97) % TEXTURE_SIZE
    seam = np.minimum(seam, -45.0 * ((y + offset) % TEXTURE_SIZE < 2))
    return wood + (shade + grain + seam)[..., None]


def _tiles(rng: np.random.Generator) -> np.ndarray:
    a, b = _colours(rng, rng.uniform(40, 70))
    y, x = _grid()
    count = int(rng.choice([2, 4, 6]))
    cell = TEXTURE_SIZE / count
    shade = rng.uniform(-12, 12, (count, count))
    row = np.minimum(y / cell, count - 1).astype(int)
    column = np.minimum(x / cell, count - 1).astype(int)
    joint = ((y % cell < 4) | (x % cell < 4))[..., None]
    face = a + (shade[row, column] + 4 * _smooth(rng, 32))[..., None]
    return np.where(joint, b, face)


def _stripes(rng: np.random.Generator) -> np.ndarray:
    a, b = _colours(rng, rng.uniform(30, 75))
    y, x = _grid()
    along, across = rng.choice([0, 1, 2, 3, 4]), rng.choice([2, 4, 6])
    wave = np.sin(2 * np.pi * (along * x + across * y) / TEXTURE_SIZE)
    on = (0.5 + 0.5 * np.tanh(4 * wave))[..., None]
    return a * on + b * (1 - on) + 5 * _smooth(rng, 64)[..., None]


def _carpet(rng: np.random.Generator) -> np.ndarray:
    a, b = _colours(rng, rng.uniform(20, 45))
    pile = rng.standard_normal((TEXTURE_SIZE, TEXTURE_SIZE))
    on = np.clip(0.5 + 0.35 * _smooth(rng, int(rng.choice([8, 16, 32]))), 0, 1)[..., None]
    return a * on + b * (1 - on) + 9 * pile[..., None]


def _concrete(rng: np.random.Generator) -> np.ndarray:
    a, _ = _colours(rng, 0)
    cloud = 14 * _smooth(rng, 4) + 9 * _smooth(rng, 16) + 5 * _smooth(rng, 64)
    return a.mean() + 0.3 * (a - a.mean()) + cloud[..., None]


def _terrazzo(rng: np.random.Generator) -> np.ndarray:
    a, _ = _colours(rng, 0)
    image = np.broadcast_to(a, (TEXTURE_SIZE, TEXTURE_SIZE, 3)).copy()
    y, x = _grid()
    for _ in range(int(rng.integers(60, 140))):
        cy, cx = rng.uniform(0, TEXTURE_SIZE, 2)
        ry, rx = rng.uniform(3, 11, 2)
        image[((y - cy) / ry) ** 2 + ((x - cx) / rx) ** 2 < 1] = a + rng.uniform(-55, 55, 3)
    return image


def _bricks(rng: np.random.Generator) -> np.ndarray:
    a, b = _colours(rng, rng.uniform(40, 70))
    y, x = _grid()
    rows = int(rng.choice([6, 8, 12]))
    height = TEXTURE_SIZE / rows
    width = TEXTURE_SIZE / (rows // 2)
    row = np.minimum(y / height, rows - 1).astype(int)
    shifted = (x + (row % 2) * width / 2) % TEXTURE_SIZE
    column = np.minimum(shifted / width, rows // 2 - 1).astype(int)
    shade = rng.uniform(-18, 18, (rows, rows // 2))[row, column]
    joint = ((y % height < 3) | (shifted % width < 3))[..., None]
    return np.where(joint, b, a + (shade + 4 * _smooth(rng, 64))[..., None])


_FAMILIES = (_checker, _planks, _tiles, _stripes, _carpet, _concrete, _terrazzo, _bricks)
