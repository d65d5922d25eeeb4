# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The turntable's pictures: objects of pybullet_data drawn by PyBullet's CPU renderer."""

from collections.abc import Callable, Iterator
import contextlib
import ctypes
import importlib
import os
import sys
import tempfile
from typing import Any, NamedTuple, TypeVar

import cv2
import numpy as np

from hybrid_snn_ros.sim import conditions, floors, objects
from hybrid_snn_ros.sim.conditions import View

BOUNDING_RADIUS = 0.3
FIELD_OF_VIEW_DEG = 45.0
_NEAR, _FAR = 0.05, 10.0
_BACKGROUND_DEPTH = 0.9999
_FLOOR_HALF = 2.0
_FLOOR_REPEATS = 4
_SIZE_LIMITS = (16, 4096)
_DIFFUSE, _SPECULAR = 0.45, 0.05

_Table = TypeVar('_Table', bound='Turntable')


class SimulatorMissing(RuntimeError):
    """PyBullet is not installed."""


class Picture(NamedTuple):
    """One rendered view of one object, as `render_set` yields it."""

    object_index: int
    name: str
    view_index: int
    image: np.ndarray


class Turntable:
    """
    A floor, one object at a time on it, and a camera.

    PyBullet runs in DIRECT mode and draws with its TinyRenderer: no GPU, no window, the same
    pixels on every run. One instance belongs to one thread; PyBullet holds Python's interpreter
    lock while it draws. Close it, or use it in a `with` block. Raise SimulatorMissing when
    PyBullet is absent.
    """

    def __init__(self) -> None:
        with _quiet(1, 2):
            self._bullet, data = _import_bullet()
            self._client = self._bullet.connect(self._bullet.DIRECT)
        self._bullet.setAdditionalSearchPath(data, physicsClientId=self._client)
        self._floor = self._make_floor()
        self._floor_shown: int | None = None
        self._textures: dict[int, int] = {}
        self._scales: dict[str, float] = {}
        self._body: int | None = None
        self._standing: _Standing | None = None

    def __enter__(self: _Table) -> _Table:
        """Return the turntable itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the turntable."""
        self.close()

    def close(self) -> None:
        """Give PyBullet's memory back; closing twice is allowed."""
        if self._client is not None:
            self._bullet.disconnect(physicsClientId=self._client)
            self._client = None

    def render(self, name: str, view: View, size: tuple[int, int] = (224, 224)) -> np.ndarray:
        """
        Return the view of the named object as uint8 RGB, shape (height, width, 3).

        :param size: (width, height) in pixels.
        :raises ValueError: for an unknown object, a floor that does not exist or a size outside
            16..4096.
        """
        width, height = size
        if not all(_SIZE_LIMITS[0] <= side <= _SIZE_LIMITS[1] for side in size):
            raise ValueError(f'a picture of {width}x{height} pixels is out of range: each side '
                             f'is {_SIZE_LIMITS[0]} to {_SIZE_LIMITS[1]}')
        thing = objects.find(name)
        self._place(thing)
        self._turn(view.azimuth_deg)
        assert self._standing is not None  # _place has seen to it
        aim = np.array([0.0, 0.0, self._standing.height / 2]) + view.aim
        elevation = np.radians(view.elevation_deg)
        away = np.array([0.0, -np.cos(elevation), np.sin(elevation)])
        eye = aim + view.distance * thing.distance_factor * away
        return self._picture(eye, aim, view, size)[0]

    def _picture(self, eye: np.ndarray, aim: np.ndarray, view: View,
                 size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        """
        Return what a camera at `eye` sees that looks at `aim`, and which body each pixel shows.

        :return: uint8 RGB (height, width, 3), and PyBullet's numbers (height, width).
        """
        width, height = size
        bullet = self._bullet
        self._lay_floor(view.floor)
        _, _, colour, depth, bodies = bullet.getCameraImage(
            width, height,
            bullet.computeViewMatrix(eye.tolist(), aim.tolist(), [0, 0, 1]),
            bullet.computeProjectionMatrixFOV(FIELD_OF_VIEW_DEG, width / height, _NEAR, _FAR),
            lightDirection=view.light_direction, lightColor=view.light_colour, lightDistance=3.0,
            shadow=1, lightAmbientCoeff=view.ambient, lightDiffuseCoeff=_DIFFUSE,
            lightSpecularCoeff=_SPECULAR, renderer=bullet.ER_TINY_RENDERER,
            physicsClientId=self._client)
        image = np.array(colour, np.uint8).reshape(height, width, 4)[..., :3]
        behind = np.asarray(depth).reshape(height, width) > _BACKGROUND_DEPTH
        return (np.where(behind[..., None], _wall(view, height), image),
                np.asarray(bodies).reshape(height, width))

    def _place(self, thing: objects.Thing) -> None:
        """Put the object on the floor, scaled so that its bounding sphere has radius 0.3 m."""
        if self._standing is not None and self._standing.name == thing.name:
            return
        if self._body is not None:
            self._bullet.removeBody(self._body, physicsClientId=self._client)
            self._body = self._standing = None
        self._body, position, orientation = self._stand(thing)
        low, high = self._bounds(self._body)
        self._standing = _Standing(thing.name, position, orientation, float(high[2] - low[2]))

    def _stand(self, thing: objects.Thing,
               scale: float = 1.0) -> tuple[int, np.ndarray, tuple[float, ...]]:
        """
        Load an object upright, its bounding sphere `scale` times 0.3 m.

        :return: PyBullet's number of it, and the position (3,) and orientation that let it stand
            in the middle of the floor.
        """
        bullet, client = self._bullet, self._client
        upright = bullet.getQuaternionFromEuler([np.radians(thing.roll_deg), 0, 0])
        with _quiet(1):
            if thing.name not in self._scales:
                body = bullet.loadURDF(thing.urdf, useFixedBase=True, physicsClientId=client)
                low, high = self._bounds(body)
                self._scales[thing.name] = 2 * BOUNDING_RADIUS / float(np.linalg.norm(high - low))
                bullet.removeBody(body, physicsClientId=client)
            body = bullet.loadURDF(thing.urdf, baseOrientation=upright, useFixedBase=True,
                                   globalScaling=scale * self._scales[thing.name],
                                   physicsClientId=client)
        low, high = self._bounds(body)
        position, orientation = bullet.getBasePositionAndOrientation(body, physicsClientId=client)
        middle = (low + high) / 2
        return body, np.array(position) - [middle[0], middle[1], low[2]], orientation

    def _bounds(self, body: int) -> tuple[np.ndarray, np.ndarray]:
        links = range(-1, self._bullet.getNumJoints(body, physicsClientId=self._client))
        boxes = np.array([self._bullet.getAABB(body, link, physicsClientId=self._client)
                          for link in links])
        return boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)

    def _turn(self, azimuth_deg: float) -> None:
        bullet = self._bullet
        assert self._standing is not None
        turn = bullet.getQuaternionFromEuler([0, 0, np.radians(azimuth_deg)])
        position, orientation = bullet.multiplyTransforms(
            [0, 0, 0], turn, self._standing.position.tolist(), self._standing.orientation)
        bullet.resetBasePositionAndOrientation(self._body, position, orientation,
                                               physicsClientId=self._client)

    def _make_floor(self) -> int:
        bullet, half, repeats = self._bullet, _FLOOR_HALF, _FLOOR_REPEATS
        shape = bullet.createVisualShape(
            bullet.GEOM_MESH, physicsClientId=self._client,
            vertices=[[-half, -half, 0], [half, -half, 0], [half, half, 0], [-half, half, 0]],
            indices=[0, 1, 2, 0, 2, 3], normals=[[0, 0, 1]] * 4, rgbaColor=[1, 1, 1, 1],
            uvs=[[0, 0], [repeats, 0], [repeats, repeats], [0, repeats]])
        return bullet.createMultiBody(0, -1, shape, physicsClientId=self._client)

    def _lay_floor(self, index: int) -> None:
        if index == self._floor_shown:
            return
        if index not in self._textures:
            picture = cv2.cvtColor(floors.texture(index), cv2.COLOR_RGB2BGR)
            # PyBullet reads textures from files only; it keeps its own copy of the pixels.
            with tempfile.TemporaryDirectory() as folder, _quiet(1):
                path = os.path.join(folder, f'floor{index}.png')
                cv2.imwrite(path, picture)
                self._textures[index] = self._bullet.loadTexture(
                    path, physicsClientId=self._client)
        self._bullet.changeVisualShape(self._floor, -1, physicsClientId=self._client,
                                       textureUniqueId=self._textures[index])
        self._floor_shown = index


def render_set(condition: str, split: str, size: int = 224, seed: int = 0,
               names: tuple[str, ...] | None = None,
               progress: Callable[[int, int], None] | None = None) -> Iterator[Picture]:
    """
    Yield every picture of a split, object after object, each `size` x `size` pixels.

    :param names: of objects; all of the catalogue by default.
    :param progress: called with (done, total) after each picture.
    :raises ValueError: for an unknown condition, split or object.
    """
    chosen = [objects.index(name) for name in names or objects.names()]
    indices = conditions.view_indices(split)
    total = len(chosen) * len(indices)
    done = 0
    with Turntable() as table:
        for object_index in chosen:
            name = objects.CATALOGUE[object_index].name
            looks = conditions.views(condition, split, seed, object_index)
            for view_index, view in zip(indices, looks):
                yield Picture(object_index, name, view_index,
                              table.render(name, view, (size, size)))
                done += 1
                if progress is not None:
                    progress(done, total)


class _Standing(NamedTuple):
    """Where the base of the object on the turntable is at azimuth 0, and how tall it stands."""

    name: str
    position: np.ndarray
    orientation: tuple[float, ...]
    height: float


def _wall(view: View, height: int) -> np.ndarray:
    """Return the wall behind the floor, shape (height, 1, 3): a little darker towards the top."""
    shade = np.linspace(0.9, 1.0, height)[:, None, None]
    light = np.array(view.light_colour) * (view.ambient + 0.4)
    return np.clip(floors.wall_colour(view.floor) * light * shade, 0, 255).astype(np.uint8)


def _import_bullet() -> tuple[Any, str]:
    try:
        bullet = importlib.import_module('pybullet')
        data = importlib.import_module('pybullet_data').getDataPath()
    except ImportError as error:
        raise SimulatorMissing('the turntable needs PyBullet, which the extra `sim` installs: '
                               "pip install 'hybrid_snn_ros[sim]'") from error
    return bullet, data


@contextlib.contextmanager
def _quiet(*descriptors: int) -> Iterator[None]:
    """Keep what PyBullet's C++ code prints off these descriptors, below Python's own streams."""
    libc = ctypes.CDLL(None)
    sys.stdout.flush()
    libc.fflush(None)
    kept = {descriptor: os.dup(descriptor) for descriptor in descriptors}
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        for descriptor in descriptors:
            os.dup2(nowhere, descriptor)
        yield
    finally:
        # C's buffer has to be emptied while it still leads nowhere.
        libc.fflush(None)
        for descriptor, copy in kept.items():
            os.dup2(copy, descriptor)
            os.close(copy)
        os.close(nowhere)
