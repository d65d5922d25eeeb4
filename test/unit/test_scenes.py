# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Scenes of several objects: the same every time, within their limits, with true boxes."""

import importlib.util
import itertools
import sys

import numpy as np
import pytest

from hybrid_snn_ros.sim import objects, scene_view, scenes, swaying
from hybrid_snn_ros.sim.turntable import SimulatorMissing
from hybrid_snn_ros.where.boxes import iou

needs_bullet = pytest.mark.skipif(importlib.util.find_spec('pybullet') is None,
                                  reason='pybullet is not installed (extra sim)')
NAMES = objects.names()[:8]


@pytest.fixture(scope='module')
def table():
    """Yield one open table for the whole file."""
    pytest.importorskip('pybullet', reason='pybullet is not installed (extra sim)')
    with swaying.TurningTable() as opened:
        yield opened


def listed(*arguments):
    return list(scenes.scenes(*arguments))


@pytest.mark.slow
@needs_bullet
@pytest.mark.parametrize('floor', scenes.FLOORS)
def test_scenes_keep_to_their_limits(floor):
    told = []
    shown = list(scenes.scenes(NAMES, floor, 'test', 8, 5,
                               progress=lambda *step: told.append(step)))
    assert told == [(place + 1, 8) for place in range(8)]
    for scene in shown:
        assert scene.image.shape == (480, 640, 3) and scene.image.dtype == np.uint8
        assert 2 <= len(scene.names) <= 5 and len(set(scene.names)) == len(scene.names)
        assert set(scene.names) <= set(NAMES) and scene.boxes.shape == (len(scene.names), 4)
        assert (scene.boxes[:, :2] >= 0).all()
        assert (scene.boxes[:, :2] + scene.boxes[:, 2:] <= (640, 480)).all()
        longer = scene.boxes[:, 2:].max(axis=1)
        assert (longer >= 58).all() and (longer <= 174).all()
        shared = iou(scene.boxes, scene.boxes) - np.eye(len(longer))
        assert shared.max() <= scenes.MOST_OVERLAP + 1e-9
    counts = [sum(name in scene.names for scene in shown) for name in NAMES]
    assert max(counts) - min(counts) <= 2  # dealt like cards


@needs_bullet
def test_a_guest_stands_in_every_second_scene():
    guests = objects.names()[8:11]
    shown = list(scenes.scenes(NAMES, 'plain', 'test', 6, 5, guests))
    assert [len(set(scene.names) & set(guests)) for scene in shown] == [0, 1, 0, 1, 0, 1]
    assert {name for scene in shown for name in scene.names} & set(guests) == set(guests)
    assert all(2 <= len(scene.names) <= 5 for scene in shown)


@pytest.mark.slow
@needs_bullet
def test_a_scene_depends_on_its_seed_and_place_alone():
    first, again = listed(NAMES, 'varied', 'train', 3, 7), listed(NAMES, 'varied', 'train', 2, 7)
    for one, other in zip(first, again):
        assert one.names == other.names
        np.testing.assert_array_equal(one.boxes, other.boxes)
        np.testing.assert_array_equal(one.image, other.image)
    for other in (('varied', 'train', 1, 8), ('varied', 'test', 1, 7), ('plain', 'train', 1, 7)):
        different = listed(NAMES, *other)
        assert not np.array_equal(different[0].image, first[0].image)
    for one, other in itertools.combinations(first, 2):
        assert not np.array_equal(one.image, other.image)


def coloured(image):
    """Return x, y, width, height of the strongly coloured pixels of a picture."""
    strong = np.ptp(image.astype(int), axis=2) > 60
    rows, columns = (np.flatnonzero(strong.any(axis=axis)) for axis in (1, 0))
    return np.array([columns[0], rows[0], np.ptp(columns) + 1, np.ptp(rows) + 1])


@pytest.mark.parametrize('name', ['red ball', 'lego brick', 'yellow submarine'])
def test_a_box_lies_around_the_pixels_of_its_thing(table, name):
    """Seen by its colour on the grey floor, not by the simulator's word."""
    for seed in range(3):
        scene = table.scene([name], 'plain', 'test', np.random.default_rng(seed))
        assert scene.names == (name,)
        np.testing.assert_allclose(scene.boxes[0], coloured(scene.image), atol=3)


@needs_bullet
def test_floors_of_training_and_test_are_others_and_may_be_empty():
    for floor in scenes.FLOORS:
        for split in ('train', 'test'):
            shown = list(scenes.empty_scenes(floor, split, 2, 3))
            assert all(scene.names == () and scene.boxes.shape == (0, 4) for scene in shown)
            assert not np.array_equal(shown[0].image, shown[1].image)
    random = np.random.default_rng(0)
    seen = {split: {scene_view.view_of('varied', split, random).floor for _ in range(200)}
            for split in ('train', 'test')}
    assert not seen['train'] & seen['test'] and min(map(len, seen.values())) > 10
    assert {scene_view.view_of('plain', 'test', random).floor for _ in range(5)} == {48}


def test_where_a_floor_is_seen_is_the_camera_turned_round():
    random = np.random.default_rng(2)
    for split in ('train', 'test'):
        view = scene_view.view_of('plain', split, random)
        for at in random.uniform((0, 200), (640, 480), (20, 2)):
            spot, distance = scene_view.on_floor(at, view)
            point = np.array([[*spot, 0.0]])
            np.testing.assert_allclose(scene_view.seen_from(point, view)[0], at, atol=1e-6)
            eye, _ = scene_view.camera_of(view)
            assert np.linalg.norm(point - eye) == pytest.approx(distance)

@pytest.fixture(scope='module')
def arrangement(table):
    """Return things that are in the picture however the floor is turned."""
    return table.arranged(NAMES[:4], 'plain', 'test', np.random.default_rng(4),
                          range(0, 360, 45))


@pytest.mark.slow
def test_things_stay_in_the_picture_while_their_table_turns(table, arrangement):
    scene = table.turned(arrangement, 0)
    assert scene.names == NAMES[:4]
    assert (iou(scene.boxes, scene.boxes) - np.eye(4)).max() <= scenes.MOST_OVERLAP
    for degrees in range(0, 360, 45):
        scene = table.turned(arrangement, degrees)
        assert set(scene.names) <= set(NAMES[:4]) and len(scene.boxes) == len(scene.names)
        assert (scene.boxes[:, 2:] > 0).all() and (scene.boxes[:, :2] >= 0).all()
        assert (scene.boxes[:, :2] + scene.boxes[:, 2:] <= (640, 480)).all()


@needs_bullet
def test_a_table_that_has_turned_once_shows_the_same(table, arrangement):
    first, other, again = (table.turned(arrangement, degrees) for degrees in (20, 50, 380))
    np.testing.assert_array_equal(first.boxes, again.boxes)
    np.testing.assert_array_equal(first.image, again.image)
    assert not np.array_equal(first.boxes, other.boxes)
    bare = table.scene((), 'plain', 'test', np.random.default_rng(1))
    table.turned(arrangement, 50)  # leaves no thing and no turn behind
    np.testing.assert_array_equal(
        table.scene((), 'plain', 'test', np.random.default_rng(1)).image, bare.image)


def test_a_box_follows_its_thing(table):
    arrangement = table.arranged(['red ball'], 'plain', 'test', np.random.default_rng(2),
                                 swaying.SWAY_TURNS)
    for view in (0, 20, 40, 60):
        scene = table.turned(arrangement, swaying.turn_of(view))
        np.testing.assert_allclose(scene.boxes[0], coloured(scene.image), atol=3)


def test_a_table_sways_slowly_and_shows_each_view_on_its_way_back_again():
    """30 frames from the middle to the right, 60 to the left, 30 back; still at the ends."""
    turns = [swaying.turn_of(swaying.view_of(frame)) for frame in range(swaying.LOOP + 1)]
    np.testing.assert_allclose(
        turns, 40 * np.sin(2 * np.pi * np.arange(swaying.LOOP + 1) / swaying.LOOP), atol=1e-9)
    assert abs(np.diff(turns)).max() < 2.1
    assert sorted(swaying.VIEWS_AS_SHOWN) == list(range(61))
    assert swaying.VIEWS_AS_SHOWN[:3] == (30, 31, 32)


@pytest.mark.parametrize('arguments, sentence', [
    ((NAMES, 'green', 'test', 1, 0), "not 'green' and 'test'"),
    ((NAMES, 'plain', 'all', 1, 0), "not 'plain' and 'all'"),
    ((NAMES[:4], 'plain', 'test', 1, 0), 'at least 5 objects, not 4'),
    (((*NAMES, 'ducky'), 'plain', 'test', 9, 0), 'did you mean duck')])
@needs_bullet
def test_what_cannot_be_shown_is_refused_in_a_sentence(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        listed(*arguments)


def test_without_the_simulator_it_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, 'pybullet', None)
    with pytest.raises(SimulatorMissing, match='extra `sim`'):
        listed(NAMES, 'plain', 'test', 1, 0)
