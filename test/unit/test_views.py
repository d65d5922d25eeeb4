# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What the views of a lesson show, and that a kept picture is enough to see them again."""

import cv2
import numpy as np
import pytest

from hybrid_snn_ros import Classifier
from hybrid_snn_ros.cli.main import main
from hybrid_snn_ros.likeness import change_between
from hybrid_snn_ros.memory.contents import pictures_of, read_store
from hybrid_snn_ros.vision.framing import Crop
from hybrid_snn_ros.vision.lesson_views import LessonViews
from hybrid_snn_ros.vision.pictures import kept_jpeg
from hybrid_snn_ros.vision.views import seen_in, surroundings, surroundings_size, VIEWS, views_of

SIZE = 224


def scene(seed, height=480, width=640):
    """Draw shapes on a ground that is nowhere the same."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    rgb = np.stack([rows * 255 / height, columns * 255 / width, 255 - rows * 255 / height], axis=2)
    rgb = rgb.astype(np.uint8)
    for _ in range(12):
        cv2.circle(rgb, tuple(map(int, rng.integers(0, (width, height)))),
                   int(rng.integers(5, max(6, height // 4))), rng.integers(0, 255, 3).tolist(), -1)
    return cv2.GaussianBlur(rgb, (0, 0), 1.5)


def test_each_view_is_the_part_that_it_says():
    """Red says how far down a pixel lies, green how far to the right."""
    side = surroundings_size(SIZE)
    assert side == 320
    down, right = np.mgrid[:side, :side] * (255 / side)
    around = np.stack([down, right, 0 * down], axis=2).astype(np.uint8)
    seen = seen_in(around, Crop(), SIZE)
    views = [seen, *views_of(seen, around)]
    assert len(views) == VIEWS
    assert all(one.shape == (SIZE, SIZE, 3) and one.dtype == np.uint8 for one in views)
    margin = (1 - 0.875) / 2
    for view, top, bottom, left, other in zip(
            views, (margin, 0, .25, margin, .15, 0), (1 - margin, .75, 1, 1 - margin, .85, 1),
            (margin, 0, .25, 1 - margin, .15, 0), (1 - margin, .75, 1, margin, .85, 1)):
        for value, share in ((view[0, 0, 0], top), (view[-1, -1, 0], bottom),
                             (view[0, 0, 1], left), (view[-1, -1, 1], other)):
            assert value == pytest.approx(255 * share, abs=3)


@pytest.mark.parametrize('crop, fraction', [
    (Crop(), 1.0), (Crop(0.5), 0.5 / 0.875), (Crop(1.0), 1.0), (Crop(0.05), 0.05 / 0.875),
    (Crop(0.9, (0.25, 0.0, 0.5, 1.0)), 1.0)])
def test_the_surroundings_lie_around_the_crop(crop, fraction):
    assert surroundings(crop).roi == crop.roi
    assert surroundings(crop).fraction == pytest.approx(fraction)


@pytest.mark.parametrize('crop', [Crop(), Crop(0.5), Crop(1.0), Crop(0.8, (0.25, 0.0, 0.5, 1.0))])
@pytest.mark.parametrize('size', [(480, 640), (241, 163), (1081, 1921), (9, 9), (1, 1)])
def test_a_frame_of_any_size_is_taught_in_six_views(crop, size):
    robot = Classifier(crop=crop)
    robot.teach(scene(3, *size), 'thing')
    codes = robot.state.samples[1].codes
    assert codes.shape == (VIEWS, 1280)
    np.testing.assert_array_equal(codes[0], robot.frame_encoder.codes(scene(3, *size)))
    if min(size) > 100 and crop.fraction < 1:  # else nothing lies around the crop
        assert min(change_between(codes[0], one) for one in codes[1:]) > 0.005, 'they differ'


def test_nothing_is_encoded_of_a_frame_that_is_not_learned():
    robot = Classifier()
    robot.teach(scene(4), 'thing')
    asked = []

    def views():
        asked.append(1)
        yield np.zeros(1280, np.uint8)
    again = robot.teach(robot.frame_encoder.codes(scene(4)), 'thing', views=views(),
                        picture=lambda: asked.append(2))
    assert again.skipped and not asked


@pytest.mark.parametrize('views', [1, 2, 3, 6])
def test_a_kept_picture_shows_every_view_again(views, tmp_path, capsys):
    """Within what a JPEG and another size lose: `state migrate` has nothing else."""
    robot = Classifier()
    robot.open(tmp_path / 'memory')
    for seed in range(3):
        seen = robot.frame_encoder.encode_frame(scene(seed))
        more = LessonViews(robot.frame_encoder, seen, views)
        robot.teach(seen.codes, f'thing {seed}', views=more.codes(), picture=more.picture)
    before = {number: sample.codes for number, sample in robot.state.samples.items()}
    model = robot.encoder.path
    robot.close()
    assert main(['state', 'migrate', '--model', str(model), '-m', str(tmp_path / 'memory')]) == 0
    assert '3 samples encoded again' in capsys.readouterr().out
    after = read_store(tmp_path / 'memory')
    for number, sample in after.state.samples.items():
        assert sample.codes.shape == before[number].shape
        for one, other in zip(np.atleast_2d(sample.codes), np.atleast_2d(before[number])):
            assert change_between(one, other) < 0.12
        picture = cv2.imdecode(np.frombuffer(pictures_of(after)[number], np.uint8), 1)
        assert picture.shape[:2] == ((224, 224) if views == 1 else (320, 320))


def test_a_kept_picture_is_small():
    encoder = Classifier().frame_encoder
    seen = encoder.encode_frame(scene(8))
    assert len(kept_jpeg(encoder.surroundings(seen))) < 2.5 * len(kept_jpeg(seen.crop))
