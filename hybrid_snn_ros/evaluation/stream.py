# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
A stream with cuts: what a camera sees of objects that come and go, a hand between them.

Objects stay for 5 to 40 frames, in which they turn; one in five was never taught.  Between two of
them 1 to 3 frames show something else that was never taught, as the hand does that takes the one
away and brings the other.
"""

from typing import Any, NamedTuple

import numpy as np

from hybrid_snn_ros.evaluation.evaluated_classifier import Answers, EvaluatedClassifier
from hybrid_snn_ros.evaluation.sources import Embeddings

VISITS = 150  # objects that come and go
_SHORTEST, _LONGEST, _HAND = 5, 40, 3  # frames
_STRANGE = 0.2  # share of visits of objects never taught


class Stream(NamedTuple):
    """A stream of test frames."""

    frames: np.ndarray  # (T,), their places
    visit: np.ndarray  # (T,), which visit, -1 for a hand
    strange: np.ndarray  # (T,) bool, of an object that was never taught


def drawn(data: Embeddings, known: np.ndarray, strange: np.ndarray, hands: np.ndarray,
          random: np.random.Generator) -> Stream:
    """
    Draw a stream.

    :param known, strange, hands: classes that were taught, that were not, and that hands are.
    """
    views = {c: np.flatnonzero(data.test_labels == c) for c in np.unique(data.test_labels)}
    frames: list[int] = []
    visit: list[int] = []
    for number in range(VISITS):
        shown = random.choice(strange if random.random() < _STRANGE else known)
        first = int(random.integers(len(views[shown])))
        length = int(random.integers(_SHORTEST, _LONGEST + 1))
        frames += list(views[shown][np.arange(first, first + length) % len(views[shown])])
        visit += [number] * length
        for _ in range(random.integers(1, _HAND + 1)):
            frames.append(random.choice(views[random.choice(hands)]))
            visit.append(-1)
    return Stream(np.array(frames), np.array(visit),
                  ~np.isin(data.test_labels[frames], known))


def watched(classifier: EvaluatedClassifier, stream: Stream,
            smoothing: int) -> tuple[Answers, Answers, dict[str, Any]]:
    """
    Ask all frames of a stream, one after the other.

    :return: answers to frames of what was taught, to those of strange objects, and the figures:
        shares named right (unknown counts as wrong) and caught, and how many frames pass until an
        object is named right for the first time (mean and 95th percentile; as long as it is there
        where it never is).
    """
    answers = classifier.answer(stream.frames, smoothing)
    right = answers.correct & ~answers.refused
    known, strange = (stream.visit >= 0) & ~stream.strange, (stream.visit >= 0) & stream.strange
    delays = []
    for number in np.unique(stream.visit[known]):
        own = right[stream.visit == number]
        delays.append(int(own.argmax()) if own.any() else len(own))

    def of(which: np.ndarray) -> Answers:
        return Answers(*(part[which] for part in answers))
    return of(known), of(strange), {
        'named_right': float(right[known].mean()),
        'unknown_detected': float(answers.refused[strange].mean()),
        'delay': {'mean': float(np.mean(delays)), 'p95': float(np.quantile(delays, 0.95))}}
