# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Scenes pasted together from photographs: cuts, pastes, and what a folder must hold."""

import cv2
import numpy as np
import pytest

from hybrid_snn_ros.evaluation import composites
from hybrid_snn_ros.evaluation.cut_outs import cut_out, paste
from hybrid_snn_ros.evaluation.sources import SourceError
from hybrid_snn_ros.where.boxes import iou

COLOURS = [(220, 30, 30), (30, 200, 30), (40, 60, 230), (220, 210, 40), (200, 40, 200),
           (40, 210, 210)]


def photograph(colour, seed, height=150, width=200):
    """Return a noisy grey RGB photograph with a coloured disc, and the disc's mask."""
    random = np.random.default_rng(seed)
    rgb = random.normal(110, 12, (height, width, 3))
    y, x = np.mgrid[:height, :width]
    middle = random.uniform(0.45, 0.55, 2) * (height, width)
    disc = (y - middle[0]) ** 2 + (x - middle[1]) ** 2 <= (0.3 * height) ** 2
    rgb[disc] = random.normal(colour, 12, (int(disc.sum()), 3))
    return np.clip(rgb, 0, 255).astype(np.uint8), disc


@pytest.fixture
def folder(tmp_path):
    """Return a folder of twelve labels: two colours of discs, six of each."""
    for part, count in (('train', 3), ('test', 2)):
        for label in range(12):
            place = tmp_path / 'discs' / part / f'disc_{label:02d}'
            place.mkdir(parents=True)
            for number in range(count):
                rgb, _ = photograph(COLOURS[label % 6], 100 * label + number + 50 * (count == 2))
                cv2.imwrite(str(place / f'{number}.png'), rgb[..., ::-1])
    return tmp_path / 'discs'


@pytest.mark.parametrize('seed', range(4))
def test_what_is_cut_out_is_the_thing(seed):
    rgb, disc = photograph(COLOURS[seed], seed)
    thing, mask = cut_out(rgb)
    rows, columns = np.flatnonzero(disc.any(axis=1)), np.flatnonzero(disc.any(axis=0))
    scale = 192 / 200
    assert abs(mask.shape[0] / scale - len(rows)) < 8 > abs(mask.shape[1] / scale - len(columns))
    assert thing.shape == (*mask.shape, 3) and mask.any(axis=0).all() and mask.any(axis=1).all()
    assert abs(mask.sum() / scale ** 2 - disc.sum()) < 0.06 * disc.sum()
    assert np.abs(thing[mask].mean(axis=0) - COLOURS[seed]).max() < 12
    again = cut_out(rgb)
    np.testing.assert_array_equal(again[1], mask)


def test_where_no_thing_can_be_told_from_the_rest_the_ellipse_is_cut_out():
    _, mask = cut_out(np.full((100, 80, 3), 77, np.uint8))
    assert 0.70 < mask.mean() < 0.80  # pi / 4


def test_a_thing_is_pasted_where_its_mask_is():
    ground = np.full((60, 80, 3), 10, np.uint8)
    mask = np.zeros((20, 20), bool)
    mask[5:15, 5:15] = True
    paste(ground, np.full((20, 20, 3), 210, np.uint8), mask, (30, 20, 20, 20))
    assert (ground[25:35, 35:45] == 210).all() and (ground == 210).all(axis=2).sum() == 100
    assert (ground == 10).all(axis=2).sum() == 60 * 80 - 100
    paste(ground, np.full((20, 20, 3), 210, np.uint8), mask, (0, 0, 40, 60))  # to another shape
    assert (ground[20:40, 15:25] == 210).all() and (ground[:5] == 10).all()


@pytest.mark.slow
def test_composites_have_things_with_boxes_on_other_photographs(folder):
    data = composites.load_composites(folder, None, 3, 4, 2, 6)
    again = composites.load_composites(folder, None, 3, 4, 2, 6)
    other = composites.load_composites(folder, None, 4, 4, 2, 6)
    assert data.name == 'composites of discs' and len(data.taught) == 6
    assert len(data.test) == len(data.empty) == 6 and len(data.train) >= 4
    counts = {name: sum(name in frame.names for frame in data.train) for name in data.taught}
    assert min(counts.values()) >= 2
    assert {name for frame in data.train for name in frame.names} == data.taught
    assert [len(set(frame.names) - data.taught) for frame in data.test] == [0, 1] * 3
    for frame in data.train + data.test:
        assert frame.image.shape == (480, 640, 3) and 2 <= len(frame.names) <= 5
        pixels = frame.boxes * np.tile((640, 480), 2)
        assert (pixels[:, :2] >= 0).all() and (pixels[:, :2] + pixels[:, 2:] <= (640, 480)).all()
        assert ((pixels[:, 2:].max(axis=1) > 59) & (pixels[:, 2:].max(axis=1) < 171)).all()
        assert np.triu(iou(pixels, pixels), 1).max() <= 0.12 + 1e-9
        for (x, y, across, down), name in zip(pixels, frame.names):
            seen = frame.image[int(y + down / 2), int(x + across / 2)].astype(int)
            assert np.abs(seen - COLOURS[int(name[-2:]) % 6]).max() < 60
    for one, same in zip(data.test, again.test):
        np.testing.assert_array_equal(one.image, same.image)
        np.testing.assert_array_equal(one.boxes, same.boxes)
    assert not np.array_equal(data.test[0].image, other.test[0].image)


@pytest.mark.slow
def test_things_can_be_pasted_on_another_folder(folder, tmp_path):
    for part in ('train', 'test'):
        place = tmp_path / 'walls' / part / 'wall'
        place.mkdir(parents=True)
        cv2.imwrite(str(place / '0.png'), np.full((90, 90, 3), (10, 100, 200), np.uint8))
    data = composites.load_composites(folder, tmp_path / 'walls', 3, 2, 1, 2)
    assert all((frame.image == (200, 100, 10)).all() for frame in data.empty)
    assert (data.test[0].image[[0, -1]] == (200, 100, 10)).all(axis=2).mean() > 0.5


def test_what_cannot_be_pasted_is_refused_or_left_out_in_a_sentence(folder, tmp_path):
    with pytest.raises(SourceError, match='must hold train/ and test/'):
        composites.load_composites(tmp_path, None, 0, 2, 1, 2)
    with pytest.raises(SourceError, match='must hold train/ and test/'):
        composites.load_composites(folder, tmp_path, 0, 2, 1, 2)
    gone = folder / 'train' / 'disc_03'
    gone.rename(tmp_path / 'away')
    with pytest.raises(SourceError, match=r'holds disc 03 in train/ or in test/ alone'):
        composites.load_composites(folder, None, 0, 2, 1, 2)
    (tmp_path / 'away').rename(gone)
    for part in ('train', 'test'):
        (folder / part / 'disc_11').rename(tmp_path / f'{part}_11')
    with pytest.raises(SourceError, match='has 11 labels; composites need 12'):
        composites.load_composites(folder, None, 0, 2, 1, 2)
    for part in ('train', 'test'):
        (tmp_path / f'{part}_11').rename(folder / part / 'disc_11')
    for path in folder.glob('test/*/0.png'):
        path.write_bytes(b'\x89PNG')
    told = []
    assert len(composites.load_composites(folder, None, 0, 2, 1, 4, remark=told.append).test) == 4
    assert len(told) == 1 and 'no picture that can be read' in told[0]
    for path in folder.glob('test/*/1.png'):
        path.write_bytes(b'\x89PNG')
    with pytest.raises(SourceError, match='has no picture .* that can be read'):
        composites.load_composites(folder, None, 0, 2, 1, 2)
