# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The camera over a floor with scenes: where it stands, and which pixel shows which place."""

import numpy as np

from hybrid_snn_ros.sim import conditions
from hybrid_snn_ros.sim.conditions import View
from hybrid_snn_ros.sim.turntable import FIELD_OF_VIEW_DEG

SIZE = (640, 480)  # pixels, width and height
FLOORS = ('plain', 'varied')
FOCAL = SIZE[1] / 2 / np.tan(np.radians(FIELD_OF_VIEW_DEG) / 2)  # pixels
_ELEVATION_DEG = {'train': (30.0, 50.0), 'test': (25.0, 55.0)}
_DISTANCE = (1.5, 2.0)  # metres, from the camera to the middle of the floor


def check_floor(floor: str, split: str) -> None:
    """Refuse a floor or a split that does not exist; ValueError, one sentence."""
    if floor not in FLOORS or split not in _ELEVATION_DEG:
        raise ValueError(f'a scene has the floor {" or ".join(FLOORS)} and is for train or test, '
                         f'not {floor!r} and {split!r}')


def view_of(floor: str, split: str, random: np.random.Generator) -> View:
    """Draw how a scene is looked at and lit, of a floor and a split that exist."""
    elevation, distance = random.uniform(*_ELEVATION_DEG[split]), random.uniform(*_DISTANCE)
    if floor == 'plain':
        return conditions.view('plain', 0, 0, 0)._replace(
            elevation_deg=elevation, distance=distance)
    # The light is that of the turntable, whose views of a split have the floors of that split.
    index = int(random.choice(conditions.view_indices(split)))
    light = conditions.view('varied', index, int(random.integers(2 ** 31)), 0)
    return light._replace(elevation_deg=elevation, distance=distance, aim=(0.0, 0.0, 0.0))


def camera_of(view: View) -> tuple[np.ndarray, np.ndarray]:
    """Return where the camera is and what it looks at, in metres."""
    elevation = np.radians(view.elevation_deg)
    return view.distance * np.array([0.0, -np.cos(elevation), np.sin(elevation)]), np.zeros(3)


def _axes(view: View) -> np.ndarray:
    """Return the camera's directions right, down and forward as rows, (3, 3)."""
    eye, aim = camera_of(view)
    forward = (aim - eye) / np.linalg.norm(aim - eye)
    right = np.array([1.0, 0.0, 0.0])  # it looks along y
    return np.array([right, np.cross(forward, right), forward])


def seen_from(points: np.ndarray, view: View) -> np.ndarray:
    """Return where points (P, 3) in metres are seen, (P, 2) in pixels: a pinhole camera."""
    width, height = SIZE
    across, down, deep = _axes(view) @ (points - camera_of(view)[0]).T
    return np.array([width / 2, height / 2]) + FOCAL * np.stack([across, down], axis=1) / (
        deep[:, None])


def on_floor(at: np.ndarray, view: View) -> tuple[np.ndarray, float]:
    """Return the place on the floor that is seen at a pixel, (2,), and how far away it is."""
    width, height = SIZE
    ray = np.array([at[0] - width / 2, at[1] - height / 2, FOCAL]) @ _axes(view)
    eye = camera_of(view)[0]
    # Above the horizon there is no floor: as far away as floor is looked for.
    reach = eye[2] / -ray[2] if ray[2] < 0 else np.inf
    reach = min(reach, 4 * view.distance / np.linalg.norm(ray))
    return (eye + reach * ray)[:2], float(reach * np.linalg.norm(ray))
