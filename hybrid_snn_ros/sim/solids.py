# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Twelve simple solids, drawn with OpenCV: something to look at where PyBullet is not.

PyBullet has wheels for x86-64 only. These are surfaces of revolution, rings, blocks and prisms,
cut into small quadrilaterals that are shaded (Lambert) and painted from far to near, through the
same camera and in the same light as the turntable's objects (`conditions.View`).
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

import cv2
import numpy as np

from hybrid_snn_ros.sim import floors
from hybrid_snn_ros.sim.conditions import View

BOUNDING_RADIUS = 0.3  # metres, as of the turntable's objects
_FIELD_OF_VIEW_DEG = 45.0
_DIFFUSE = 0.55
_FLOOR_HALF = 2.0  # metres; a texture covers one
_FINER = 2  # drawn so many times larger, then averaged
_SHIFT = 4  # binary places of a corner's position

# A colour of a place on a surface, both in 0..1: uint8 RGB.
Colour = tuple[int, int, int]
Paint = Callable[[float, float], Colour]


class _Surface(NamedTuple):
    """A grid of points, and the colours of the quadrilaterals between them."""

    points: np.ndarray  # (U, V, 3) metres
    colours: np.ndarray  # (U - 1, V - 1, 3) RGB


def names() -> tuple[str, ...]:
    """Return the names of the solids."""
    return tuple(_CATALOGUE)


def render(name: str, view: View, size: tuple[int, int] = (320, 240)) -> np.ndarray:
    """
    Return a view of a solid as uint8 RGB, shape (height, width, 3).

    :param size: (width, height) in pixels.
    :raises KeyError: for an unknown name.
    """
    corners, colours, height = _quadrilaterals(name)
    turn = np.radians(view.azimuth_deg)
    about_z = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0],
                        [0, 0, 1]])
    corners = corners @ about_z.T
    elevation = np.radians(view.elevation_deg)
    away = np.array([0.0, -np.cos(elevation), np.sin(elevation)])
    eye = np.array([0.0, 0.0, height / 2]) + view.aim + view.distance * away
    # Rows: to the right, downwards, forwards, as the camera sees it.
    axes = np.array([[1.0, 0, 0], [0, -np.sin(elevation), -np.cos(elevation)], -away])
    width, tall = (_FINER * side for side in size)
    focal = tall / 2 / np.tan(np.radians(_FIELD_OF_VIEW_DEG / 2))
    middle = np.array([width / 2, tall / 2])

    light = np.array(view.light_direction) / np.linalg.norm(view.light_direction)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 1])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12
    normals *= np.sign(((eye - corners.mean(axis=1)) * normals).sum(axis=1, keepdims=True))
    shade = view.ambient + _DIFFUSE * np.maximum(normals @ light, 0)
    shaded = np.clip(colours * shade[:, None] * view.light_colour, 0, 255)

    picture = cv2.resize(_surroundings(view, eye, axes, focal / _FINER, size), (width, tall),
                         interpolation=cv2.INTER_NEAREST)
    seen = (corners - eye) @ axes.T
    shadow = np.concatenate([corners[..., :2] - corners[..., 2:] * light[:2] / light[2],
                             np.zeros_like(corners[..., 2:])], axis=2)
    dark = np.zeros((tall, width), np.uint8)
    for corner in _placed((shadow - eye) @ axes.T, focal, middle):
        cv2.fillConvexPoly(dark, corner, 255, shift=_SHIFT)
    soft = cv2.GaussianBlur(dark, (0, 0), tall / 60)[..., None] / 255.0
    picture = np.ascontiguousarray((picture * (1 - 0.4 * soft)).astype(np.uint8))
    placed = _placed(seen, focal, middle)
    for number in np.argsort(-np.linalg.norm(seen.mean(axis=1), axis=1)):
        cv2.fillConvexPoly(picture, placed[number], shaded[number].tolist(), cv2.LINE_8, _SHIFT)
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def _placed(seen: np.ndarray, focal: float, middle: np.ndarray) -> np.ndarray:
    """Return where corners (N, 4, 3) before the camera are drawn, in OpenCV's fixed point."""
    flat = focal * seen[..., :2] / np.maximum(seen[..., 2:], 1e-3) + middle
    return np.rint(flat * 2 ** _SHIFT).astype(np.int32)


def _surroundings(view: View, eye: np.ndarray, axes: np.ndarray, focal: float,
                  size: tuple[int, int]) -> np.ndarray:
    """Return floor and wall without anything on them, float32 RGB (height, width, 3)."""
    width, height = size
    across, down = np.meshgrid(np.arange(width) - width / 2, np.arange(height) - height / 2)
    rays = (np.stack([across, down, np.full_like(across, focal)], axis=2) @ axes).astype(
        np.float32)
    # Where each ray meets the floor; those that go up, or too far, meet the wall.
    with np.errstate(divide='ignore', invalid='ignore'):
        places = eye[:2] - rays[..., :2] * (eye[2] / rays[..., 2:])
        on_floor = (rays[..., 2] < 0) & (np.abs(places) < _FLOOR_HALF).all(axis=2)
    texture = _texture(view.floor)
    at = np.where(on_floor[..., None], places * len(texture), 0).astype(int) % len(texture)
    shown = np.where(on_floor[..., None], texture[at[..., 1], at[..., 0]],
                     floors.wall_colour(view.floor))
    light = (view.ambient + 0.4) * np.array(view.light_colour)
    return np.clip(shown * light, 0, 255).astype(np.float32)


_texture = cache(floors.texture)


@cache
def _quadrilaterals(name: str) -> tuple[np.ndarray, np.ndarray, float]:
    """Return corners (N, 4, 3), standing on the floor, colours (N, 3) and the height in metres."""
    surfaces = _CATALOGUE[name]()
    corners = np.concatenate([np.stack(
        [points[:-1, :-1], points[1:, :-1], points[1:, 1:], points[:-1, 1:]], axis=2).reshape(
            -1, 4, 3) for points, _ in surfaces])
    low, high = corners.min(axis=(0, 1)), corners.max(axis=(0, 1))
    corners -= (low + high) / 2
    corners *= BOUNDING_RADIUS / np.linalg.norm(corners, axis=2).max()
    corners[..., 2] -= corners[..., 2].min()
    colours = np.concatenate([colours.reshape(-1, 3) for _, colours in surfaces])
    return corners, colours, float(corners[..., 2].max())


def _surface(points: np.ndarray, paint: Paint) -> _Surface:
    """Paint a grid; the colour is that of the middle of each quadrilateral."""
    rows, columns = points.shape[0] - 1, points.shape[1] - 1
    return _Surface(points, np.array([[paint((row + 0.5) / rows, (column + 0.5) / columns)
                                       for column in range(columns)] for row in range(rows)],
                                     np.float64))


def _turned(profile: Sequence[tuple[float, float]], paint: Paint, rows: int = 20,
            columns: int = 32) -> _Surface:
    """Return a surface of revolution; `profile` has (radius, height) from bottom to top."""
    outline = np.array(profile, np.float64)
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(outline, axis=0).T))])
    at = np.linspace(0, along[-1], rows + 1)
    radius, height = (np.interp(at, along, outline[:, part]) for part in (0, 1))
    turn = np.linspace(0, 2 * np.pi, columns + 1)
    return _surface(np.stack([np.outer(radius, np.cos(turn)), np.outer(radius, np.sin(turn)),
                              np.repeat(height[:, None], columns + 1, axis=1)], axis=2), paint)


def _ring(radius: float, thickness: float, centre: tuple[float, float, float], paint: Paint,
          upright: bool = False) -> _Surface:
    """Return a torus, lying, or standing across the x axis."""
    around, across = np.meshgrid(np.linspace(0, 2 * np.pi, 33), np.linspace(0, 2 * np.pi, 13),
                                 indexing='ij')
    out = radius + thickness * np.cos(across)
    parts = [out * np.cos(around), out * np.sin(around), thickness * np.sin(across)]
    order = (0, 2, 1) if upright else (0, 1, 2)
    return _surface(np.stack([parts[part] for part in order], axis=2) + centre, paint)


def _prism(outline: np.ndarray, depth: float, paint: Paint, side: Paint) -> list[_Surface]:
    """Return a prism that stands on edge: outline (N, 2) in x and z, closed, around 0."""
    outline = np.concatenate([outline, outline[:1]])
    grow = np.linspace(0, 1, 7)[:, None, None]

    def sheet(flat: np.ndarray, y: np.ndarray | float) -> np.ndarray:
        return np.stack([flat[..., 0], np.broadcast_to(y, flat.shape[:-1]), flat[..., 1]], axis=-1)

    faces = [_surface(sheet(grow * outline, y), paint) for y in (-depth / 2, depth / 2)]
    between = np.linspace(-depth / 2, depth / 2, 5)[:, None]
    return [*faces, _surface(sheet(np.broadcast_to(outline, (5, *outline.shape)), between), side)]


def _block(size: tuple[float, float, float], paint: Paint) -> list[_Surface]:
    """Return a box of six painted faces."""
    cells = np.linspace(-0.5, 0.5, 9)
    a, b = np.meshgrid(cells, cells, indexing='ij')
    faces = []
    for axis in range(3):
        for end in (-0.5, 0.5):
            parts = [a, b]
            parts.insert(axis, np.full_like(a, end))
            faces.append(_surface(np.stack(parts, axis=2) * size, paint))
    return faces


def _plain(*colour: int) -> Paint:
    return lambda row, column: (colour[0], colour[1], colour[2])


def _bands(first: Colour, second: Colour, number: int, across: bool = False) -> Paint:
    """Alternate two colours so many times, along a surface or around it."""
    return lambda row, column: (first, second)[
        int(number * (column if across else row)) % 2]


def _checks(first: Colour, second: Colour, rows: int, columns: int) -> Paint:
    return lambda row, column: (first, second)[(int(rows * row) + int(columns * column)) % 2]


def _ball(radius: float, centre: float) -> list[tuple[float, float]]:
    turn = np.linspace(-np.pi / 2, np.pi / 2, 25)
    return [(radius * float(np.cos(t)), centre + radius * float(np.sin(t))) for t in turn]


def _star() -> list[_Surface]:
    turn = np.pi / 2 + np.arange(10) * np.pi / 5
    reach = np.where(np.arange(10) % 2, 0.45, 1.0)
    outline = np.stack([reach * np.cos(turn), reach * np.sin(turn)], axis=1)
    return _prism(outline, 0.5, _plain(245, 205, 40), _plain(220, 160, 20))


_WHITE, _BLACK, _RED, _BLUE, _GREEN = (
    (240, 240, 235), (35, 35, 40), (205, 45, 40), (45, 85, 190), (50, 140, 70))
_CATALOGUE: dict[str, Callable[[], list[_Surface]]] = {
    'mug': lambda: [
        _turned([(0, 0), (0.5, 0), (0.5, 1.1), (0.44, 1.1), (0.44, 0.15), (0, 0.15)],
                lambda row, column: _BLUE if row < 0.62 else _WHITE, 26),
        _ring(0.32, 0.07, (0.62, 0, 0.55), _plain(*_BLUE), upright=True)],
    'beach ball': lambda: [_turned(_ball(1, 1), lambda row, column: (
        _WHITE, _RED, _WHITE, _BLUE)[int(8 * column) % 4])],
    'box': lambda: _block((1.2, 0.8, 0.9), _checks((190, 140, 85), (150, 100, 55), 8, 2)),
    'bottle': lambda: [_turned(
        [(0, 0), (0.36, 0), (0.36, 1.1), (0.13, 1.5), (0.13, 1.9), (0, 1.9)],
        lambda row, column: _WHITE if 0.3 < row < 0.5 else (_RED if row > 0.9 else _GREEN), 30)],
    'traffic cone': lambda: [
        *_block((1.1, 1.1, 0.08), _plain(60, 60, 65)),
        _turned([(0.45, 0.04), (0.06, 1.4), (0, 1.4)], _bands((235, 100, 30), _WHITE, 5))],
    'ring': lambda: [_ring(0.8, 0.3, (0, 0, 0.3), _bands((230, 120, 160), _WHITE, 12))],
    'star': _star,
    'mushroom': lambda: [
        _turned([(0.18, 0), (0.26, 0.1), (0.2, 0.8)], _plain(235, 225, 200)),
        _turned([(0.2, 0.7), (0.75, 0.75), (0.7, 1.0), (0.4, 1.25), (0, 1.35)],
                lambda row, column: _WHITE if int(9 * row) % 3 == 1 and int(16 * column) % 4 == 1
                else (200, 50, 40), 27, 48)],
    'vase': lambda: [_turned(
        [(0, 0), (0.3, 0), (0.6, 0.5), (0.5, 0.9), (0.2, 1.2), (0.32, 1.5)],
        _bands((90, 60, 150), (220, 200, 120), 9))],
    'stool': lambda: [
        _turned([(0, 1.0), (0.6, 1.0), (0.6, 1.12), (0, 1.12)], _plain(170, 110, 60)),
        *(surface._replace(points=surface.points + np.array([x, y, 0.5])) for x in (-0.35, 0.35)
          for y in (-0.35, 0.35) for surface in _block((0.12, 0.12, 1.0), _plain(120, 75, 40)))],
    'dumbbell': lambda: [
        surface._replace(points=surface.points[..., [2, 1, 0]]) for surface in (
            _turned([(0, 0), (0.45, 0), (0.45, 0.35), (0, 0.35)], _plain(*_BLACK)),
            _turned([(0.1, 0.35), (0.1, 1.25)], _plain(160, 160, 165)),
            _turned([(0, 1.25), (0.45, 1.25), (0.45, 1.6), (0, 1.6)], _plain(*_BLACK)))],
    'pawn': lambda: [
        _turned([(0, 0), (0.5, 0), (0.5, 0.15), (0.2, 0.45), (0.15, 0.95), (0.32, 1.0), (0, 1.0)],
                _plain(60, 45, 35)),
        _turned(_ball(0.28, 1.22), _plain(60, 45, 35))],
}
