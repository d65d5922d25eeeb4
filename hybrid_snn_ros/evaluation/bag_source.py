# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Recordings as a source: a ROS bag with a topic of labels, or two of them.

Neighbouring frames of a recording are nearly the same picture, so a random split would ask what
was taught.  Either a second recording is asked, or the last frames of every label.
"""

from collections.abc import Callable, Sequence
import math
from pathlib import Path

import numpy as np

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.evaluation.bag_lessons import lessons
from hybrid_snn_ros.evaluation.left_out import LeftOut
from hybrid_snn_ros.evaluation.sources import Embeddings, SourceError
from hybrid_snn_ros.vision import bags

ASKED = 0.3  # share of each label's frames that are asked, where there is one recording


def load_bag(path: str | Path, facade: Classifier, image: str = '', labels: str = '',
             test: str | Path | None = None, asked: float = ASKED,
             progress: Callable[[int, int], None] = lambda done, total: None,
             remark: Callable[[str], None] = lambda sentence: None) -> Embeddings:
    """
    Embed the frames of a bag in their order; those that cannot be used are left out and told.

    :param facade: whose encoder and crop are used.
    :param image, labels: topics, as vision.bags.frames takes them.
    :param test: another bag, all of whose frames are asked; None: the last share of every label's
        frames of the only one, at least one of them, is asked instead of taught.
    :param asked: that share, 0..1.
    :param remark: called with a sentence about frames that could not be used.
    :raises SourceError: when a bag names too little to be taught and asked.
    :raises ValueError: as vision.bags.frames does.
    """
    if not labels:
        raise SourceError('a bag needs --labels TOPIC, which says what its frames show')
    if not 0 < asked < 1:
        raise SourceError(f'--asked must lie between 0 and 1, not {asked:g}')
    train, train_names = _embed(path, facade, image, labels, progress, remark)
    names = list(dict.fromkeys(train_names))  # in the order they are first shown
    if test is not None:
        ask, ask_names = _embed(test, facade, image, labels, progress, remark)
        untaught = sorted(set(ask_names) - set(names))
        if untaught:
            raise SourceError(f"{test} shows {', '.join(untaught)}, which {path} does not")
    else:
        held = _last_of_each(train_names, asked)
        if len(set(np.array(train_names)[~held])) < len(names):
            raise SourceError(f'{path} needs at least 2 frames of every label to teach and to ask')
        ask, ask_names = train[held], [n for n, h in zip(train_names, held) if h]
        train, train_names = train[~held], [n for n, h in zip(train_names, held) if not h]
    return Embeddings(str(path), train, _numbers(train_names, names), ask,
                      _numbers(ask_names, names), names)


def _embed(path: str | Path, facade: Classifier, image: str, labels: str,
           progress: Callable[[int, int], None],
           remark: Callable[[str], None]) -> tuple[np.ndarray, list[str]]:
    """Return codes uint8 (frames, N) and the label of each."""
    total, recorded = bags.frames(path, image, labels, remark=remark)
    codes: list[np.ndarray] = []
    names: list[str] = []
    left_out = LeftOut()
    for place, lesson in enumerate(lessons(recorded, facade, left_out), 1):
        progress(place, max(place, total))
        if lesson:
            codes.append(lesson.seen.codes)
            names.append(lesson.label)
    for line in left_out.lines():
        remark(f'{path}: {line}')
    if not codes:
        raise SourceError(f'{path} holds no frame that can be read and has a label')
    return np.array(codes), names


def _last_of_each(names: Sequence[str], share: float) -> np.ndarray:
    """Return a bool array: whether a frame is among the last share of its label's."""
    held = np.zeros(len(names), bool)
    for name in set(names):
        places = [place for place, other in enumerate(names) if other == name]
        held[places[-math.ceil(share * len(places)):]] = True
    return held


def _numbers(names: Sequence[str], order: Sequence[str]) -> np.ndarray:
    return np.array([order.index(name) for name in names], np.int64)
