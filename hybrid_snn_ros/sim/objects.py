# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The catalogue: thirty objects of pybullet_data under names a person would use."""

import difflib
from typing import NamedTuple


class Thing(NamedTuple):
    """
    One object: its name, its URDF in pybullet_data, and how it is put before the camera.

    `distance_factor` multiplies the camera's distance; `roll_deg` turns the object about x before
    it is set down, for those modelled lying on their side.
    """

    name: str
    urdf: str
    distance_factor: float = 1.0
    roll_deg: float = 0.0


def _shape(name: str, number: int, distance_factor: float = 1.0) -> Thing:
    """Return one of the nameless free-form shapes, named after what people see in it."""
    return Thing(name, f'random_urdfs/{number:03d}/{number:03d}.urdf', distance_factor)


# Left out on purpose: bare boxes and spheres, objects whose bounding box does not cover what is
# drawn (teddies, biped, table), and second copies of what is here (traybox, aliengo, panda).
CATALOGUE = (
    Thing('duck', 'duck_vhacd.urdf', roll_deg=90.0),
    Thing('mug', 'objects/mug.urdf'),
    Thing('lego brick', 'lego/lego.urdf'),
    Thing('soccer ball', 'soccerball.urdf'),
    Thing('r2d2', 'r2d2.urdf'),
    Thing('racecar', 'racecar/racecar.urdf'),
    Thing('husky', 'husky/husky.urdf'),
    Thing('jenga block', 'jenga/jenga.urdf'),
    Thing('tray', 'tray/tray_textured2.urdf'),
    Thing('bicycle', 'bicycle/bike.urdf', 0.8),
    Thing('robot dog', 'a1/a1.urdf'),
    Thing('domino', 'domino/domino.urdf'),
    Thing('kuka arm', 'kuka_iiwa/model.urdf', 0.95),
    Thing('xarm', 'xarm/xarm6_robot.urdf'),
    Thing('chess table', 'table_square/table_square.urdf', 1.05),
    Thing('laikago', 'laikago/laikago_toes_zup.urdf', 1.1),
    Thing('minitaur', 'quadruped/minitaur.urdf'),
    Thing('vision60', 'quadruped/vision60.urdf'),
    Thing('red ball', 'sphere2red.urdf'),
    _shape('green blocks', 4),
    _shape('white hammer', 6),
    _shape('green cactus', 8, 0.85),
    _shape('clay bird', 16, 0.85),
    _shape('pink propeller', 22, 0.85),
    _shape('yellow submarine', 24, 0.85),
    _shape('red capsule', 33),
    _shape('blue totem', 50),
    _shape('black drill', 58, 0.85),
    _shape('pink rocket', 42, 0.85),
    _shape('green cushion', 59, 0.85),
)


def names() -> tuple[str, ...]:
    """Return the names of all objects in the order of the catalogue."""
    return tuple(thing.name for thing in CATALOGUE)


def index(name: str) -> int:
    """
    Return the place of an object in the catalogue; case and underscores do not matter.

    :raises ValueError: for an unknown name, listing the close ones.
    """
    plain = ' '.join(name.casefold().replace('_', ' ').split())
    if plain in names():
        return names().index(plain)
    close = difflib.get_close_matches(plain, names(), n=3, cutoff=0.6)
    raise ValueError(f'object {name!r} is not on the turntable: '
                     + (f'did you mean {" or ".join(close)}' if close
                        else f'it has {", ".join(names())}'))


def find(name: str) -> Thing:
    """Return an object by name; ValueError as `index` raises it."""
    return CATALOGUE[index(name)]
