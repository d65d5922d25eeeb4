# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""How the turntable's objects are looked at: views, splits and the three conditions."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from hybrid_snn_ros.sim import floors

CONDITIONS = ('plain', 'jitter', 'varied')
SPLITS = ('train', 'test', 'all')
VIEW_COUNT = 36
STEP_DEG = 360 // VIEW_COUNT
TRAIN_VIEWS = (0, 4, 7, 11, 14, 18, 22, 25, 29, 32)
TEST_VIEWS = tuple(i for i in range(VIEW_COUNT) if i not in TRAIN_VIEWS)

# Metres from camera to aim for an object of bounding radius 0.3 m and factor 1.
BASE_DISTANCE = 0.85

PLAIN_ELEVATION_DEG = 25.0
ELEVATION_DEG = {'train': (18.0, 32.0), 'test': (10.0, 42.0)}
_DISTANCE = (0.90, 1.15)
_AIM = 0.03


class View(NamedTuple):
    """One look at the object; angles in degrees, lengths in metres, colours in 0..1."""

    azimuth_deg: float
    elevation_deg: float
    distance: float
    aim: tuple[float, float, float]
    light_direction: tuple[float, float, float]
    light_colour: tuple[float, float, float]
    ambient: float
    floor: int


def split_of(index: int) -> str:
    """Return 'train' or 'test' for a view index in 0..35."""
    return 'train' if index in TRAIN_VIEWS else 'test'


def view_indices(split: str) -> tuple[int, ...]:
    """Return the view indices of a split, in turning order; ValueError for an unknown split."""
    _one_of('split', split, SPLITS)
    return {'train': TRAIN_VIEWS, 'test': TEST_VIEWS, 'all': tuple(range(VIEW_COUNT))}[split]


def views(condition: str, split: str, seed: int, object_index: int) -> list[View]:
    """
    Return the views of one object, parallel to `view_indices(split)`.

    A view depends on (seed, condition, object, view index) alone, so a training view is the same
    whether it is asked for through 'train' or through 'all'.

    :raises ValueError: for an unknown condition or split.
    """
    return [view(condition, index, seed, object_index) for index in view_indices(split)]


def view(condition: str, index: int, seed: int, object_index: int) -> View:
    """Return one view of one object; ValueError for an unknown condition or index."""
    _one_of('condition', condition, CONDITIONS)
    if not 0 <= index < VIEW_COUNT:
        raise ValueError(f'view {index} does not exist: the views are 0 to {VIEW_COUNT - 1}')
    azimuth = float(index * STEP_DEG)
    if condition == 'plain':
        return View(azimuth, PLAIN_ELEVATION_DEG, BASE_DISTANCE, (0.0, 0.0, 0.0),
                    (-0.5, -0.7, 1.2), (1.0, 1.0, 1.0), 0.6, floors.PLAIN_FLOOR)
    split = split_of(index)
    rng = np.random.default_rng([seed, CONDITIONS.index(condition), object_index, index])
    elevation = rng.uniform(*ELEVATION_DEG[split])
    distance = BASE_DISTANCE * rng.uniform(*_DISTANCE)
    aim = rng.uniform(-_AIM, _AIM, 3)
    # The light stays on the camera's side of the object: a lamp or a window, not a silhouette.
    turn, height = np.radians(rng.uniform(-75, 75)), np.radians(rng.uniform(35, 75))
    light = (np.cos(height) * np.sin(turn), -np.cos(height) * np.cos(turn), np.sin(height))
    warmth, power = rng.uniform(-0.1, 0.1), rng.uniform(0.8, 1.0)
    colour = power * np.array([1 + min(warmth, 0), 1 - abs(warmth) / 3, 1 - max(warmth, 0)])
    ambient = rng.uniform(0.5, 0.7)
    floor = floors.PLAIN_FLOOR
    if condition == 'varied':
        choices = floors.TRAIN_FLOORS if split == 'train' else floors.TEST_FLOORS
        floor = int(choices[rng.integers(len(choices))])
    return View(azimuth, float(elevation), float(distance), _three(aim), _three(light),
                _three(colour), float(ambient), floor)


def _three(values: Iterable[float]) -> tuple[float, float, float]:
    first, second, third = map(float, values)
    return first, second, third

def _one_of(what: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f'{what} {value!r} is unknown: it is one of {", ".join(allowed)}')
