# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Pictures of what was answered: the nine first frames, the nine worst, and the heat of one."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from hybrid_snn_ros.evaluation.pictured import Pictured, PicturedSet
from hybrid_snn_ros.evaluation.scene_scores import LOOSE, matched, Truth
from hybrid_snn_ros.evaluation.scene_trial import Answer
from hybrid_snn_ros.vision.pictures import encode_jpeg

SHOWN = 9
_TILE = (480, 360)  # pixels, width and height
# Of those that a colour-blind person can tell apart (Okabe and Ito, 2008); RGB.
_RIGHT, _WRONG, _UNKNOWN, _TRUE = (0, 158, 115), (213, 94, 0), (86, 180, 233), (255, 255, 255)
_QUALITY = 85


def draw(directory: str | Path, data: PicturedSet, answers: Sequence[Answer],
         heat: np.ndarray) -> None:
    """
    Write first.jpg, worst.jpg and heat.jpg.

    A box is green where its name is right, orange where it is wrong, blue where it is unknown;
    true boxes are thin and white.

    :param directory: made if it is not there.
    :param heat: (rows, columns), of the first frame.
    :raises OSError: when they cannot be written.
    """
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    order = sorted(range(len(answers)), key=lambda at: -faults(data.test[at], answers[at],
                                                               data.taught))
    for name, places in (('first', list(range(len(answers)))), ('worst', order)):
        tiles = [drawn(data.test[at], answers[at]) for at in places[:SHOWN]]
        _write(directory / f'{name}.jpg', _mosaic(tiles))
    first = drawn(data.test[0], answers[0])
    _write(directory / 'heat.jpg', np.hstack([first, _heated(data.test[0].image, heat)]))


def faults(frame: Pictured, answer: Answer, taught: frozenset[str]) -> int:
    """Count taught things without their name, and names that are wrong."""
    same = _standing(frame, answer)
    missed = sum(name in taught and not same[at].any() for at, name in enumerate(frame.names))
    return missed + sum(said is not None and not same[:, at].any()
                        for at, said in enumerate(answer.shown.names))


def _standing(frame: Pictured, answer: Answer) -> np.ndarray:
    """Tell which box stands at which thing under its name, bool (things, B)."""
    overlap, same = matched(Truth(frame.boxes, frame.names), answer.shown)
    return same & (overlap >= LOOSE)


def drawn(frame: Pictured, answer: Answer) -> np.ndarray:
    """Return a frame with what is in it and what is shown, uint8 RGB (360, 480, 3)."""
    image = cv2.resize(frame.image, _TILE, interpolation=cv2.INTER_AREA)
    for box in frame.boxes:
        cv2.rectangle(image, *_corners(box), _TRUE, 1)
    same = _standing(frame, answer)
    for at, (box, said) in enumerate(zip(*answer.shown)):
        right = bool(same[:, at].any())
        colour = _UNKNOWN if said is None else _RIGHT if right else _WRONG
        first, last = _corners(box)
        cv2.rectangle(image, first, last, colour, 2)
        text = said or 'unknown'
        (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.45, 1)
        top = max(first[1] - 2, height + 2)
        cv2.rectangle(image, (first[0], top - height - 2), (first[0] + width, top + 3), colour, -1)
        cv2.putText(image, text, (first[0], top), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 1,
                    cv2.LINE_AA)
    return image


def _corners(box: np.ndarray) -> tuple[tuple[int, int], tuple[int, int]]:
    x, y, right, bottom = (int(round(float(number) * side)) for number, side in zip(
        (box[0], box[1], box[0] + box[2], box[1] + box[3]), _TILE * 2))
    return (x, y), (right, bottom)


def _heated(image: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Return a frame, grey, with the heat of its cells over it."""
    grey = cv2.cvtColor(cv2.resize(image, _TILE, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    level = cv2.resize((255 * np.clip(heat, 0, 1)).astype(np.uint8), _TILE,
                       interpolation=cv2.INTER_NEAREST)
    colours = cv2.cvtColor(cv2.applyColorMap(level, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    return cv2.addWeighted(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), 0.4, colours, 0.6, 0)


def _mosaic(tiles: Sequence[np.ndarray]) -> np.ndarray:
    """Return pictures in rows of three, the rest black."""
    rows = -(-len(tiles) // 3)
    page = np.zeros((rows * _TILE[1], 3 * _TILE[0], 3), np.uint8)
    for at, tile in enumerate(tiles):
        top, left = at // 3 * _TILE[1], at % 3 * _TILE[0]
        page[top:top + _TILE[1], left:left + _TILE[0]] = tile
    return page


def _write(path: Path, rgb: np.ndarray) -> None:
    path.write_bytes(encode_jpeg(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), _QUALITY))
