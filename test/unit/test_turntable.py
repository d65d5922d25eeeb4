# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The turntable's objects, views, floors and pictures."""

import hashlib
import importlib.util
import subprocess
import sys

from checkout import ROOT
import numpy as np
import pytest

from hybrid_snn_ros.sim import conditions, floors, objects
from hybrid_snn_ros.sim.turntable import render_set, SimulatorMissing, Turntable

HAS_BULLET = importlib.util.find_spec('pybullet') is not None
needs_bullet = pytest.mark.skipif(not HAS_BULLET, reason='pybullet is not installed (extra sim)')


@pytest.fixture(scope='module')
def table():
    """Yield one open turntable for the whole file."""
    if not HAS_BULLET:
        pytest.skip('pybullet is not installed (extra sim)')
    with Turntable() as opened:
        yield opened


def look(condition, view_index, name, seed=0):
    """Return the view of a named object."""
    return conditions.view(condition, view_index, seed, objects.index(name))


def test_the_catalogue_holds_thirty_differently_named_objects():
    assert len(objects.names()) == len(set(objects.names())) == 30
    assert len({thing.urdf for thing in objects.CATALOGUE}) == 30
    assert objects.find(' Soccer_Ball').name == 'soccer ball'


@pytest.mark.parametrize('name, expected', [('ducky', 'did you mean duck'),
                                            ('zzz', 'mug, lego brick')])
def test_an_unknown_object_is_refused_with_what_there_is(name, expected):
    with pytest.raises(ValueError, match=expected) as caught:
        objects.find(name)
    assert repr(name) in str(caught.value)
    assert '\n' not in str(caught.value)


def test_training_and_test_views_share_nothing():
    train, test = conditions.view_indices('train'), conditions.view_indices('test')
    assert train == (0, 4, 7, 11, 14, 18, 22, 25, 29, 32)
    assert sorted(train + test) == list(range(36)) == list(conditions.view_indices('all'))


def test_views_keep_to_the_bounds_of_their_split():
    for object_index in range(30):
        for split, low, high, allowed in (('train', 18, 32, range(24)),
                                          ('test', 10, 42, range(24, 48))):
            for view in conditions.views('varied', split, 3, object_index):
                assert low <= view.elevation_deg <= high
                assert view.floor in allowed
                assert view.light_direction[2] > 0
    every = [view for o in range(30) for view in conditions.views('varied', 'all', 3, o)]
    assert {view.floor for view in every} == set(range(48))
    # The test range is really wider, not only allowed to be.
    assert min(view.elevation_deg for view in every) < 18
    assert max(view.elevation_deg for view in every) > 32


def test_a_view_is_the_same_through_every_split_and_differs_by_seed():
    through_all = dict(zip(range(36), conditions.views('jitter', 'all', 5, 2), strict=True))
    for split in ('train', 'test'):
        listed = conditions.views('jitter', split, 5, 2)
        assert listed == [through_all[i] for i in conditions.view_indices(split)]
    assert conditions.views('jitter', 'all', 6, 2) != list(through_all.values())
    assert {v[1:] for v in conditions.views('plain', 'all', 5, 2)} \
        == {v[1:] for v in conditions.views('plain', 'all', 6, 9)}


def test_unknown_conditions_splits_and_floors_are_refused():
    with pytest.raises(ValueError, match=r"condition 'foggy' is unknown: .*varied"):
        conditions.views('foggy', 'train', 0, 0)
    with pytest.raises(ValueError, match=r"split 'half' is unknown: .*train"):
        conditions.view_indices('half')
    with pytest.raises(ValueError, match='floor 49 does not exist'):
        floors.texture(49)


@pytest.mark.slow
def test_no_two_floors_are_alike():
    textures = [floors.texture(i) for i in range(floors.FLOOR_COUNT)]
    assert all(t.shape == (256, 256, 3) and t.dtype == np.uint8 for t in textures)
    assert not set(floors.TRAIN_FLOORS) & set(floors.TEST_FLOORS)
    for i, first in enumerate(textures):
        assert np.array_equal(first, floors.texture(i))
        coarse = first[::4, ::4].astype(int)
        for second in textures[i + 1:]:
            assert np.abs(coarse - second[::4, ::4]).mean() > 2.0


@pytest.mark.parametrize('size', [(224, 224), (320, 240), (65, 131)])
def test_a_picture_has_the_size_asked_for_and_something_in_it(table, size):
    image = table.render('mug', look('varied', 4, 'mug'), size)
    assert image.shape == (size[1], size[0], 3)
    assert image.dtype == np.uint8
    assert image.std() > 15
    # The mug is red: colour order and framing in one.
    red = (image[..., 0] > 100) & (image[..., 1] < 90) & (image[..., 2] < 90)
    assert red.mean() > 0.08


@pytest.mark.parametrize('size', [(8, 224), (224, 5000)])
def test_an_impossible_size_is_refused(table, size):
    with pytest.raises(ValueError, match='out of range: each side is 16 to 4096'):
        table.render('mug', look('plain', 0, 'mug'), size)


@pytest.mark.slow
def test_every_object_fills_a_good_part_of_the_picture_and_stays_inside(table):
    for name in objects.names():
        image = table.render(name, look('plain', 4, name), (64, 64)).astype(int)
        # What neither the floor (lower corner) nor the wall (top row) looks like is the object.
        floor, wall = np.median(image[-9:, :9], axis=(0, 1)), np.median(image[0], axis=0)
        body = np.abs(image[:, :, None] - np.array([floor, wall])).max(-1).min(-1) > 30
        assert 0.03 < body.mean() < 0.6, name
        assert body[:, 0].sum() + body[:, -1].sum() + body[-1].sum() < 6, name


def test_the_object_and_the_view_change_the_picture(table):
    duck, turned = look('plain', 0, 'duck'), look('plain', 9, 'duck')
    first = table.render('duck', duck, (96, 96)).astype(int)
    assert np.abs(first - table.render('husky', duck, (96, 96))).mean() > 5
    assert np.abs(first - table.render('duck', turned, (96, 96))).mean() > 2


def test_the_same_pixels_whatever_was_drawn_before(table):
    view = look('varied', 20, 'lego brick', seed=7)
    first = table.render('lego brick', view, (96, 96))
    table.render('kuka arm', look('varied', 3, 'kuka arm'), (96, 96))
    assert np.array_equal(first, table.render('lego brick', view, (96, 96)))
    with Turntable() as other:
        assert np.array_equal(first, other.render('lego brick', view, (96, 96)))


def test_another_process_draws_the_same_pixels_and_prints_nothing_else(table):
    # The husky's URDF makes PyBullet complain on its own stdout, below Python's.
    script = ('import hashlib\n'
              'from hybrid_snn_ros.sim import conditions, objects\n'
              'from hybrid_snn_ros.sim.turntable import Turntable\n'
              "view = conditions.view('varied', 11, 2, objects.index('husky'))\n"
              'with Turntable() as table:\n'
              "    pixels = table.render('husky', view, (96, 96)).tobytes()\n"
              'print(hashlib.sha256(pixels).hexdigest())\n')
    done = subprocess.run([sys.executable, '-c', script], cwd=ROOT, capture_output=True,
                          text=True, timeout=20, check=True)
    pixels = table.render('husky', look('varied', 11, 'husky', seed=2), (96, 96)).tobytes()
    assert done.stdout == hashlib.sha256(pixels).hexdigest() + '\n'
    assert done.stderr == ''


@needs_bullet
def test_a_set_is_rendered_object_after_object_with_progress():
    told = []
    pictures = list(render_set('jitter', 'train', size=32, names=('mug', 'duck'),
                               progress=lambda done, total: told.append((done, total))))
    assert told == [(i, 20) for i in range(1, 21)]
    assert [p.name for p in pictures] == ['mug'] * 10 + ['duck'] * 10
    assert [p.view_index for p in pictures] == list(conditions.TRAIN_VIEWS) * 2
    assert all(p.image.shape == (32, 32, 3) for p in pictures)
    assert pictures[0].object_index == objects.index('mug')


def test_without_pybullet_one_sentence_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, 'pybullet', None)
    with pytest.raises(SimulatorMissing, match=r"pip install 'hybrid_snn_ros\[sim\]'"):
        Turntable()
