# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Rendered scenes as frames with true boxes: twenty objects to teach, ten that never are.

In every second scene that is asked one of the things was never taught. Where occluded scenes are
asked, those that teach are as always.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from hybrid_snn_ros.evaluation.pictured import Pictured, PicturedSet
from hybrid_snn_ros.evaluation.sources import SourceError
from hybrid_snn_ros.where.readout import MOST_BOXES

if TYPE_CHECKING:
    from hybrid_snn_ros.sim.occlusion import OccludedScene
    from hybrid_snn_ros.sim.scenes import Scene

UNKNOWN = 10  # objects that are never taught
_ALONE_STEP = 5  # of the turntable's views for the test every fifth is asked as a whole


def load_scenes(floor: str, seed: int, drawn: int, shots: int, asked: int, alone: bool,
                occluded: bool = False,
                progress: Callable[[int, int], None] = lambda done, total: None) -> PicturedSet:
    """
    Render scenes to teach and scenes to ask, on floors of their own.

    :param floor: 'plain' or 'varied'.
    :param seed: of the scenes, and of which objects are never taught.
    :param drawn: scenes to teach at least.
    :param shots: how often each object is to be seen in them.
    :param asked: scenes to ask, and as many empty floors.
    :param alone: whether each taught object is also shown alone.
    :param occluded: whether things hide parts of each other in what is asked.
    :raises SourceError: when PyBullet is not installed.
    """
    from hybrid_snn_ros.sim import conditions, objects, occlusion, scenes, turntable
    names = np.random.default_rng(seed).permutation(objects.names()).tolist()
    taught = names[UNKNOWN:]
    # Things are dealt evenly, and at least two come with a scene.
    enough = max(drawn, -(-shots * len(taught) // scenes.THINGS[0]) + len(taught))
    train: list[Pictured] = []
    seen = dict.fromkeys(taught, 0)
    total, done = drawn + asked, 0
    singles: dict[str, list[np.ndarray]] = {}
    asked_alone: list[tuple[str, np.ndarray]] = []
    try:
        for scene in scenes.scenes(taught, floor, 'train', enough, seed):
            train.append(_pictured(scene))
            for name in scene.names:
                seen[name] += 1
            done += 1
            progress(min(done, drawn), total)
            if len(train) >= drawn and min(seen.values()) >= shots:
                break
        ask = occlusion.occluded_scenes if occluded else scenes.scenes
        test = [_pictured(scene) for scene in ask(
            taught, floor, 'test', asked, seed, names[:UNKNOWN],
            lambda done, _: progress(drawn + done, total))]
        empty = [_pictured(scene) for scene in scenes.empty_scenes(floor, 'test', asked, seed)]
        if alone:
            with turntable.Turntable() as table:
                for name in taught:
                    views = conditions.views(floor, 'train', seed, objects.index(name))
                    singles[name] = [table.render(name, view, scenes.SIZE)
                                     for view in views[:shots]]
                asked_alone = [(name, table.render(name, view, scenes.SIZE)) for name in names
                               for view in conditions.views(
                                   floor, 'test', seed, objects.index(name))[::_ALONE_STEP]]
    except turntable.SimulatorMissing as error:
        raise SourceError(str(error)) from error
    return PicturedSet('occluded ' * occluded + f'scenes {floor}', train, test, empty,
                       frozenset(taught), singles, MOST_BOXES, asked_alone)


def _pictured(scene: 'Scene | OccludedScene') -> Pictured:
    height, width, _ = scene.image.shape
    return Pictured(scene.image, scene.boxes / (width, height, width, height), scene.names,
                    visible=getattr(scene, 'visible', None))
