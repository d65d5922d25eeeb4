# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The where-read-out: as defined, a function of the set of drawn boxes, and hard to upset."""

import itertools
import math
import re

from checkout import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
import where_oracle as oracle

from hybrid_snn_ros.vision.framing import FrameError, Window
from hybrid_snn_ros.where import alone, readout
from hybrid_snn_ros.where.boxes import BoxError, checked, iou, MOST, square_of
from hybrid_snn_ros.where.features import cell_sums, units
from hybrid_snn_ros.where.ridge import Drawn, MOST_CELLS, Sums
from hybrid_snn_ros.where.targets import STEPS, targets

C = 4
BOXES = [(0.1, 0.2, 0.3, 0.4), (0.5, 0.1, 0.4, 0.25), (0.45, 0.55, 0.2, 0.4)]


def picture(seed, rows=7, columns=9, channels=C):
    return np.random.default_rng(seed).integers(0, 256, (rows, columns, channels), np.uint8)


def frames():
    """Return frames of every kind: all is drawn, some of it, nothing because it is empty."""
    return [Drawn(picture(1), np.array(BOXES), True), Drawn(picture(2), np.array(BOXES[:1])),
            Drawn(picture(3), np.array(BOXES[1:])), Drawn(picture(4), np.zeros((0, 4)), True),
            Drawn(picture(5, 11, 6), np.array([(-0.1, 0.7, 0.5, 0.6)]), True),
            Drawn(picture(6, 5, 5), np.array([(0.4, 0.4, 0.01, 0.02)]))]


def taught(drawn):
    sums = Sums(drawn[0].codes.shape[2])
    for frame in drawn:
        sums.add(frame)
    return sums


def bits(sums):
    return (sums.frames, sums.cells, sums.heat_products.tobytes(), sums.near_products.tobytes(),
            (sums.responses + 0.0).tobytes())


@pytest.mark.parametrize('rows, columns', [(5, 5), (7, 9), (15, 20)])
def test_features_are_the_codes_and_two_means_around_them(rows, columns):
    codes = picture(rows, rows, columns)
    found = cell_sums(codes)
    assert (found == np.rint(found)).all()
    for i, j in itertools.product(range(rows), range(columns)):
        np.testing.assert_allclose(found[i * columns + j] * units(C),
                                   oracle.features(codes, i, j), rtol=1e-12)


@pytest.mark.parametrize('complete', [True, False])
@pytest.mark.parametrize('boxes', [BOXES, BOXES[2:], [(0.3, 0.3, 0.02, 0.5)], []])
def test_targets_are_heat_and_log_distances(boxes, complete):
    rows, columns = 15, 20
    found = targets(rows, columns, np.array(boxes), complete)
    for i, j in itertools.product(range(rows), range(columns)):
        cell = i * columns + j
        heat, logs, close = oracle.target(boxes, rows, columns, i, j)
        assert found.heat[cell] == round(heat * STEPS)
        assert found.taught[cell] == (complete or close)
        assert found.hot[cell] == (found.taught[cell] and heat > 0.1)
        assert found.near[cell] == (logs is not None)
        assert found.logs[cell].tolist() == [round(n * STEPS) for n in logs or [0] * 4]


def test_the_read_out_is_the_ridge_regression_of_the_drawn_cells():
    drawn = frames()
    # The oracle has boxes as they are; what reaches over the edge is cut off there.
    literal = [(f.codes, checked(f.boxes), f.complete) for f in drawn]
    expected = oracle.readout(literal)
    weights = taught(drawn).solved()
    for codes in (drawn[0].codes, drawn[4].codes, picture(99, 6, 12)):
        rows, columns, _ = codes.shape
        by_hand = [[oracle.features(codes, i, j) @ expected for j in range(columns)]
                   for i in range(rows)]
        # Targets are rounded to 4096ths, weights to float32.
        np.testing.assert_allclose(readout.planes(weights, codes), by_hand, atol=5e-4)


def test_no_order_and_no_history_is_left_in_the_sums():
    drawn = frames()
    expected = bits(taught(drawn))
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(len(drawn))
        sums = Sums(C)
        for place in order:
            other = drawn[place - 1]
            sums.add(drawn[place])
            sums.add(other)
            sums.take_back(other)
        assert bits(sums) == expected
        boxes_turned = [f._replace(boxes=f.boxes[::-1]) for f in drawn]
        assert bits(taught(boxes_turned)) == expected
        assert sums.solved().projections.tobytes() == taught(
            drawn).solved().projections.tobytes()


def test_one_taken_back_leaves_the_bits_from_before():
    sums = Sums(C)
    states = [bits(sums)]
    for frame in frames():
        sums.add(frame)
        states.append(bits(sums))
    assert len(set(states)) == len(states)
    for frame, before in zip(frames()[::-1], states[-2::-1]):
        sums.take_back(frame)
        assert bits(sums) == before
    assert not sums.heat_products.any() and not sums.responses.any() and sums.cells == 0
    with pytest.raises(BoxError, match='no frame was drawn'):
        sums.take_back(frames()[0])


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 5), st.lists(st.sampled_from(BOXES), max_size=4),
                          st.booleans()), min_size=1, max_size=6), st.randoms())
def test_any_set_of_frames_gives_the_same_in_any_order(kinds, random):
    drawn = [Drawn(picture(seed), np.array(boxes).reshape(-1, 4), complete)
             for seed, boxes, complete in kinds]
    expected = bits(taught(drawn))
    random.shuffle(drawn)
    assert bits(taught(drawn)) == expected


def test_sums_are_whole_numbers_even_of_the_largest_features():
    bright = Drawn(np.full((15, 20, 2), 255, np.uint8), np.array(BOXES), True)
    sums = taught([bright] * 3)
    cells = 15 * 20
    hot = int(targets(15, 20, bright.boxes, True).hot.sum())
    assert sums.heat_products[4, 4] == 3 * (cells + 2 * hot) * (255 * 81) ** 2
    assert sums.heat_products[-1, -1] == 3 * (cells + 2 * hot)
    assert MOST_CELLS * 3 * (255 * 81) ** 2 <= 2 ** 53
    sums.cells = MOST_CELLS - cells + 1
    before = bits(sums)
    with pytest.raises(BoxError, match=f'holds {MOST_CELLS} cells'):
        sums.add(bright)
    assert bits(sums) == before


def test_only_what_lies_within_twice_a_box_teaches_unless_all_is_drawn():
    box = np.array([(0.4, 0.4, 0.2, 0.2)])
    codes = picture(8, 20, 20)
    some, every = taught([Drawn(codes, box)]), taught([Drawn(codes, box, True)])
    assert some.cells == 64 and every.cells == 400  # 0.4 x 0.4 of 20 x 20 cells
    elsewhere = codes.copy()
    elsewhere[:, :2] = 0  # six cells from the box: outside of what any cell that teaches sees
    assert bits(taught([Drawn(elsewhere, box)])) == bits(some)
    assert bits(taught([Drawn(elsewhere, box, True)])) != bits(every)
    nothing = taught([Drawn(codes, np.zeros((0, 4)))])
    assert nothing.cells == 0 and not nothing.heat_products.any()


def test_empty_frames_teach_floor():
    codes = picture(8)
    sums = taught([Drawn(codes, np.zeros((0, 4)), True)])
    assert sums.cells == 63 and sums.heat_products.any()
    assert not sums.responses.any() and not sums.near_products.any()


def scene(seed, boxes, rows=15, columns=20):
    """Return codes of a made-up frame: channels that feel a thing's middle and its edges."""
    codes = np.random.default_rng(seed).integers(0, 20, (rows, columns, 6))
    for i, j in itertools.product(range(rows), range(columns)):
        heat, logs, _ = oracle.target(boxes, rows, columns, i, j)
        codes[i, j, 0] += round(200 * heat)
        if logs:
            codes[i, j, 1:5] += np.clip(np.rint(100 + 60 * np.array(logs)), 0, 230).astype(int)
    return codes.astype(np.uint8)


def random_boxes(seed):
    random = np.random.default_rng(seed)
    size = random.uniform(0.18, 0.3, (2, 2))
    corner = np.array([(0.02, 0.1), (0.55, 0.4)]) + random.uniform(0, 0.1, (2, 2))
    return np.hstack([corner, size])


def test_things_like_those_drawn_are_found():
    drawn = [Drawn(scene(seed, random_boxes(seed)), random_boxes(seed), True)
             for seed in range(30)]
    weights = taught(drawn).solved()
    for seed in range(100, 110):
        boxes = random_boxes(seed)
        found = readout.find(weights, scene(seed, boxes))
        assert (iou(boxes, found.boxes[:2]).max(axis=1) > 0.6).all()
        assert (np.diff(found.heat) <= 0).all() and (found.heat > readout.THRESHOLD).all()
    assert len(readout.find(weights, scene(3, [])).boxes) == 0


@pytest.mark.parametrize('frames, complete, heat', [
    (0, 0, 0.25), (1, 0, 0.25), (40, 0, 0.25), (40, 40, 0.35), (1, 1, 0.35), (40, 20, 0.30),
    (10, 2, 0.27), (4, 3, 0.325)])
def test_the_heat_of_a_box_follows_the_share_of_complete_frames(frames, complete, heat):
    assert readout.threshold(frames, complete) == pytest.approx(heat)


def test_one_clear_thing_is_one_box_and_no_other():
    drawn = [Drawn(scene(seed, random_boxes(seed)), random_boxes(seed), True)
             for seed in range(30)]
    weights = taught(drawn).solved()
    # In the middle half of what is looked at, which is the frame.
    thing = np.array([(0.35, 0.4, 0.22, 0.25)])
    box = alone.one_clear(weights, scene(200, thing))
    assert iou(box[None], np.array([(0.2, 0.3, 0.44, 0.5)]))[0, 0] > 0.6
    assert alone.one_clear(weights, scene(200, thing), 2.0) is None  # nothing is so hot
    assert alone.one_clear(weights, scene(201, random_boxes(201))) is None  # two
    assert alone.one_clear(weights, scene(202, [])) is None
    # What lies in the border alone is none of the frame.
    assert alone.one_clear(weights, scene(203, np.array([(0.01, 0.3, 0.2, 0.25)]))) is None
    cut = alone.one_clear(weights, scene(204, np.array([(0.15, 0.4, 0.25, 0.25)])))
    assert cut[0] == 0 and 0 < cut[2] < 0.45 and (cut[:2] + cut[2:] <= 1).all()


@pytest.mark.parametrize('height, width', [(48, 64), (47, 63), (6, 8)])
def test_from_afar_a_frame_is_the_middle_half_within_its_own_edge(height, width):
    rgb = np.random.default_rng(height).integers(0, 256, (height, width, 3), np.uint8)
    seen = alone.from_afar(rgb)
    top, left = height // 2, width // 2
    assert seen.shape == (height + 2 * top, width + 2 * left, 3)
    np.testing.assert_array_equal(seen[top:top + height, left:left + width], rgb)
    assert (seen[:top, :left] == rgb[0, 0]).all() and (seen[-top:, -left:] == rgb[-1, -1]).all()
    np.testing.assert_array_equal(seen[0, left:left + width], rgb[0])


def test_what_is_small_has_lost_its_detail():
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::2] = 200  # pairs of pixels, of which none is left at 64
    np.testing.assert_allclose(alone.as_small(stripes, 224), 100, atol=1)
    halves = np.zeros((300, 300, 3), np.uint8)
    halves[150:] = 200
    seen = alone.as_small(halves, 224)
    assert seen.shape == (224, 224, 3) and seen.flags['C_CONTIGUOUS']
    assert (seen[:100] == 0).all() and (seen[-100:] == 200).all()
    tiny = np.random.default_rng(0).integers(0, 256, (20, 20, 3), np.uint8)
    assert np.ptp(alone.as_small(tiny, 20).astype(int) - tiny) == 0  # small already


@pytest.mark.parametrize('seed', range(12))
def test_boxes_are_decoded_suppressed_and_averaged_as_defined(seed):
    random = np.random.default_rng(seed)
    rows, columns = 10, 13
    planes = np.concatenate([random.uniform(-0.3, 0.8, (rows, columns, 1)),
                             random.normal(0.3 * (seed % 3), 0.5, (rows, columns, 4))],
                            axis=2).astype(np.float32)
    for threshold, most in ((0.4, 12), (0.25, 3), (0.9, 12)):
        found = readout.strongest(*readout.decoded(planes, threshold), most)
        expected = oracle.boxes_of(planes, threshold, most)
        assert len(found.boxes) == len(expected) <= most
        for box, heat, (other, warm) in zip(found.boxes, found.heat, expected):
            np.testing.assert_allclose(box, other, atol=1e-9)
            assert heat == warm
    assert len(expected) == 0


def test_a_read_out_gone_wild_gives_boxes_inside_the_frame():
    planes = np.full((6, 6, 5), 1e30, np.float32)
    planes[..., 1:3] = -1e30
    found = readout.strongest(*readout.decoded(planes, 0.4))
    assert np.isfinite(found.boxes).all() and (found.boxes >= 0).all()
    assert (found.boxes[:, :2] + found.boxes[:, 2:] <= 1 + 1e-9).all()


def test_boxes_of_one_name_that_overlap_become_the_surest():
    boxes = np.array([(0, 0, 0.4, 0.4), (0.2, 0, 0.4, 0.4), (0.1, 0, 0.4, 0.4),
                      (0.6, 0.6, 0.4, 0.4), (0.35, 0, 0.4, 0.4)])
    # Shifts by 0.2, 0.1 and 0.35 of 0.4: IoU of 1/3, 3/5 and 1/15 with the first.
    assert readout.one_of_a_name(boxes, ['a', 'a', 'b', 'a', 'a']) == [0, 2, 3, 4]
    assert readout.one_of_a_name(boxes, [None] * 5) == [0, 1, 2, 3, 4]
    assert readout.one_of_a_name(boxes[:0], []) == []


@pytest.mark.parametrize('boxes, sentence', [
    ([(0.1, 0.1, math.nan, 0.2)], 'finite'), ([(0.1, math.inf, 0.1, 0.2)], 'finite'),
    ([(-math.inf, 0, math.inf, 1)], 'finite'), ([(0.1, 0.1, 0, 0.2)], 'no size'),
    ([(0.1, 0.1, 0.2, -0.2)], 'no size'), ([(1.2, 0.1, 0.2, 0.2)], 'outside'),
    ([(0.1, -0.5, 0.2, 0.4)], 'outside'), ([(1, 0, 1e308, 1)], 'outside'),
    ([(0.1, 0.1, 1e-300, 0.2)], 'outside'),  # too thin to be seen beside 0.1
    ([(0.1, 0.2, 0.3)], 'four numbers'), ((0.1, 0.2, 0.3, 0.4), 'four numbers'), ('box', 'four'),
    ([(0.1, 0.2, 0.3, 'x')], 'four numbers'), ([(1e308, 0, 1e308, 1)], 'finite'),
    (np.ones((MOST + 1, 4)), f'can have {MOST} boxes, not {MOST + 1}'),
    (np.full((10 ** 6, 4), 0.5), 'boxes, not 1000000'), ([[{}] * 4], 'four numbers')])
def test_hostile_boxes_are_refused_in_a_sentence_and_teach_nothing(boxes, sentence):
    with pytest.raises(BoxError, match=sentence) as caught:
        checked(boxes)
    assert '\n' not in str(caught.value)
    sums = taught(frames()[:1])
    before = bits(sums)
    with pytest.raises(BoxError):
        sums.add(Drawn(picture(1), boxes, True))
    assert bits(sums) == before


def test_boxes_that_reach_over_the_edge_are_cut_off_there():
    found = checked([(-0.5, 0.25, 1, 0.5), (0.75, 0.75, 1, 1), (0.1, 0.2, 0.3, 0.4),
                     (-9, -9, 99, 99)])
    assert found.tolist() == [[0, 0.25, 0.5, 0.5], [0.75, 0.75, 0.25, 0.25],
                              [0.1, 0.2, 0.3, 0.4], [0, 0, 1, 1]]
    assert checked([]).shape == checked(np.zeros((0, 4))).shape == (0, 4)


def test_a_frame_of_another_width_is_refused():
    with pytest.raises(BoxError, match='of 4 channels, the frame has 5'):
        Sums(C).add(Drawn(picture(1, channels=5), np.array(BOXES)))


def test_intersection_over_union():
    boxes = np.array([(0, 0, 2, 2), (1, 1, 2, 2), (5, 5, 1, 1)])
    np.testing.assert_allclose(iou(boxes, boxes[:2]), [[1, 1 / 7], [1 / 7, 1], [0, 0]])


@pytest.mark.parametrize('box, window', [
    ((0.25, 0.25, 0.25, 0.25), Window(160, 100, 320, 260)),  # wider than high: 160 x 120
    ((0.5, 0.5, 0.1, 0.5), Window(232, 240, 472, 480)),  # higher than wide: 64 x 240
    ((0, 0, 0.25, 0.25), Window(0, 0, 160, 160)),  # moved into the frame
    ((0.75, 0.75, 0.25, 0.25), Window(480, 320, 640, 480)),
    ((0, 0, 1, 1), Window(80, 0, 560, 480)),  # wider than the frame is high
    ((0.5, 0.5, 1e-9, 1e-9), Window(320, 240, 321, 241))])
def test_a_box_is_shown_by_the_tightest_square_in_the_frame(box, window):
    assert square_of(np.array(box), 480, 640) == window
    with pytest.raises(FrameError):
        square_of(np.array(box), 0, 640)


def test_the_example_of_the_documentation_runs():
    [example] = re.findall(r'```python\n(.*?)```', (ROOT / 'docs/scenes.md').read_text(), re.S)
    random = np.random.default_rng(7)
    names = {name: random.integers(0, 256, (240, 320, 3), np.uint8)
             for name in ('rgb_frame', 'other_frame', 'bare_floor', 'next_frame')}
    exec(example, names := {**names, 'boxes': [(0.5, 0.5, 0.2, 0.2)]})
    assert names['sums'].frames == 2 and names['sums'].cells == 600
    assert names['boxes'].shape == (len(names['heat']), 4)
