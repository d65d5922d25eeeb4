# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Scenes in which things hide parts of each other: how much is seen is what is seen."""

import numpy as np
import pytest

from hybrid_snn_ros.sim import objects, occlusion
from hybrid_snn_ros.sim.scene_view import view_of
from hybrid_snn_ros.sim.scenes import Place

pytest.importorskip('pybullet', reason='pybullet is not installed (extra sim)')
NAMES = objects.names()[:8]


@pytest.mark.slow
@pytest.mark.parametrize('floor', ['plain', 'varied'])
def test_of_every_scene_something_is_hidden_and_nothing_wholly(floor):
    told = []
    shown = list(occlusion.occluded_scenes(NAMES, floor, 'test', 4, 3, objects.names()[8:10],
                                           lambda *step: told.append(step)))
    assert told == [(place + 1, 4) for place in range(4)]
    for place, scene in enumerate(shown):
        assert scene.image.shape == (480, 640, 3) and 2 <= len(scene.names) <= 5
        assert len(scene.boxes) == len(scene.visible) == len(scene.names)
        assert len(set(scene.names) - set(NAMES)) == place % 2
        assert 0.25 <= scene.visible.min() <= 0.9 and scene.visible.max() <= 1
        assert (scene.boxes[:, 2:] > 0).all() and (scene.boxes[:, :2] >= 0).all()
        assert (scene.boxes[:, :2] + scene.boxes[:, 2:] <= (640, 480)).all()
    again = next(occlusion.occluded_scenes(NAMES, floor, 'test', 1, 3))
    other = next(occlusion.occluded_scenes(NAMES, floor, 'test', 1, 4))
    np.testing.assert_array_equal(again.image, shown[0].image)
    np.testing.assert_array_equal(again.visible, shown[0].visible)
    assert not np.array_equal(other.image, again.image)


def test_a_thing_behind_another_shows_fewer_pixels_than_alone():
    """The share that a ball covers of a larger one, counted in pictures by its colour."""
    with occlusion.OcclusionTable() as table:
        view = view_of('plain', 'test', np.random.default_rng(1))
        behind = Place(objects.find('lego brick'), 0.6, np.array([0.0, 0.1]), 20.0)
        before = Place(objects.find('red ball'), 0.45, np.array([0.0, -0.1]), 0.0)
        alone = table._alone(view, [behind])[0]
        _, (seen, ball) = table._look(view, [behind, before], occlusion._COARSE)
        image, _ = table._look(view, [before], occlusion._COARSE)
    red = (image[..., 0].astype(int) - image[..., 1:].max(axis=2)) > 60
    assert 0.8 < (red & ball).sum() / ball.sum() <= 1  # the mask is the ball's
    hidden = (alone & ball).sum()
    assert 0.05 * alone.sum() < hidden < alone.sum()
    assert seen.sum() == alone.sum() - hidden


def test_a_bar_stands_in_front_of_a_thing():
    with occlusion.OcclusionTable() as table:
        view = view_of('plain', 'test', np.random.default_rng(1))
        place = Place(objects.find('lego brick'), 0.6, np.array([0.0, 0.0]), 20.0)
        alone = table._alone(view, [place])
        box = occlusion.boxes_of(alone) * 2
        shares = []
        for seed in range(6):
            bar = table._bar(box, view, np.random.default_rng(seed))
            seen = table._look(view, [place], occlusion._COARSE)[1]
            table._bullet.removeBody(bar, physicsClientId=table._client)
            shares.append(seen.sum() / alone.sum())
        assert all(0.2 < share < 0.97 for share in shares) and len(set(shares)) == 6
        assert table._look(view, [place], occlusion._COARSE)[1].sum() == alone.sum()


@pytest.mark.parametrize('arguments, sentence', [
    ((NAMES, 'green', 'test', 1, 0), "not 'green' and 'test'"),
    (((*NAMES, 'ducky'), 'plain', 'test', 9, 0), 'did you mean duck'),
    ((NAMES[:4], 'plain', 'test', 1, 0), 'at least 5 objects, not 4')])
def test_what_cannot_be_shown_is_refused_in_a_sentence(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        list(occlusion.occluded_scenes(*arguments))
