# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The drawn solids: where they stand, how they are lit, that they turn."""

import cv2
import numpy as np
import pytest

from hybrid_snn_ros.sim import conditions, solids

PLAIN = [conditions.view('plain', number, 0, 0) for number in range(conditions.VIEW_COUNT)]


def test_a_view_is_a_picture_of_the_wanted_size_and_the_same_again():
    for name in solids.names():
        picture = solids.render(name, PLAIN[3], (160, 120))
        assert picture.shape == (120, 160, 3) and picture.dtype == np.uint8
        np.testing.assert_array_equal(picture, solids.render(name, PLAIN[3], (160, 120)))
    with pytest.raises(KeyError):
        solids.render('unicorn', PLAIN[0])


def test_a_solid_stands_where_geometry_says():
    """The ball of radius 0.3 m, seen from 0.85 m: its outline is a circle of known size."""
    # Red and blue are coloured, floor and wall are grey; each part of the rim is coloured once.
    turned = [np.ptp(solids.render('beach ball', view).astype(int), axis=2) for view in PLAIN[::3]]
    rows, columns = np.nonzero(np.max(turned, axis=0) > 60)
    focal = 120 / np.tan(np.radians(22.5))
    # The camera looks at its middle, so its outline is a circle of that angle around the centre.
    radius = focal * np.tan(np.arcsin(0.3 / 0.85))
    assert abs(columns.min() - (160 - radius)) < 4 and abs(columns.max() - (160 + radius)) < 4
    assert abs(rows.min() - (120 - radius)) < 4 and abs(rows.max() - (120 + radius)) < 4


def test_the_light_falls_from_where_it_is_said_to():
    view = PLAIN[0]._replace(light_direction=(-1.0, -0.3, 0.3))
    left = solids.render('vase', view).astype(int)
    right = solids.render('vase', view._replace(light_direction=(1.0, -0.3, 0.3))).astype(int)
    middle = np.s_[110:150, 120:155]
    assert left[middle].mean() > right[middle].mean() + 10


def test_what_is_turned_looks_different_and_what_is_round_does_not():
    for name, changes in (('mug', True), ('star', True), ('bottle', False), ('vase', False)):
        a, b = (cv2.GaussianBlur(solids.render(name, PLAIN[number]), (0, 0), 3).astype(int)
                for number in (0, 9))
        # Shading jumps from facet to facet, hence a few levels.
        assert (np.abs(a - b).max() > 60) == changes, name


def test_the_floor_is_the_one_that_is_asked_for():
    """Each floor has a texture of its own; the solid on it stays as it is."""
    one, other = (solids.render('beach ball', PLAIN[0]._replace(floor=floor)).astype(int)
                  for floor in (3, 30))
    assert np.abs(one - other)[200:, :60].mean() > 15
    np.testing.assert_array_equal(one[90:150, 130:190], other[90:150, 130:190])
