# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The evaluated classifier, spoken to in samples and classes of a data set."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.codes import all_views, first_view
from hybrid_snn_ros.evaluation.sources import Embeddings
from hybrid_snn_ros.snn.response import mean_of, Response
from hybrid_snn_ros.snn.track import Track


class Answers(NamedTuple):
    """
    What was answered to T test frames.

    ``y_pred`` is the label with most evidence, also for a frame that was called unknown, and -1
    before anything was taught, and for what needs no name; ``score`` is the published score of
    that label.
    """

    y_true: np.ndarray  # (T,) int64, the true classes
    y_pred: np.ndarray  # (T,) int64
    score: np.ndarray  # (T,) float64, 0..1
    refused: np.ndarray  # (T,) bool, called unknown
    typicality: np.ndarray  # (T,) float64, unit of the drive

    @property
    def correct(self) -> np.ndarray:
        """Tell which answers are correct, (T,) bool; rejection does not count."""
        return self.y_pred == self.y_true


class EvaluatedClassifier:
    """A classifier that learns samples of a data set, named by their place in it."""

    def __init__(self, data: Embeddings, rule: str, params: Any, false_unknown: float,
                 tick: Callable[[], None] = lambda: None) -> None:
        """
        Begin with nothing taught.

        :param tick: called after every frame that was taught or asked.
        """
        self._data = data
        self._classifier = Classifier(rule=rule, params=params, inputs=data.train.shape[-1],
                                      false_unknown=false_unknown, top=2, min_change=0)
        self._class = {name: place for place, name in enumerate(data.class_names)}
        self._tick = tick

    @property
    def classifier(self) -> Classifier:
        """What is evaluated; its labels are the names of the classes."""
        return self._classifier

    def teach(self, samples: Iterable[int], label: str = '') -> None:
        """Teach training samples in this order, as what they are or under a label."""
        for sample in samples:
            own = self._data.class_names[self._data.train_labels[sample]]
            self._classifier.teach(self._data.train[sample], label or own)
            self._tick()

    def teach_frames(self, frames: Iterable[int]) -> None:
        """Teach test frames as what they are: for protocols in which the robot sees them."""
        for frame in frames:
            self._classifier.teach(first_view(self._data.test[frame]),
                                   self._data.class_names[self._data.test_labels[frame]])
            self._tick()

    def answer(self, frames: Sequence[int] | np.ndarray, smoothing: int = 1) -> Answers:
        """
        Ask test frames, given by their places.

        :param smoothing: frames of a scene over which answers are averaged (snn.track).
        """
        track = Track(smoothing)
        y_true = self._data.test_labels[frames]
        y_pred, score, typicality = np.full(len(frames), -1), *np.zeros((2, len(frames)))
        refused = np.zeros(len(frames), dtype=bool)
        for place, frame in enumerate(frames):
            codes = self._data.test[frame]
            response = track.add(first_view(codes), self._present(codes))
            prediction = self._classifier.decide(response)
            if prediction.ranked:
                label, score[place] = prediction.ranked[0]
                y_pred[place] = self._class.get(label, -1)
            refused[place], typicality[place] = prediction.unknown, response.typicality
            self._tick()
        return Answers(y_true, y_pred, score, refused, typicality)

    def _present(self, codes: np.ndarray) -> Response:
        return mean_of([self._classifier.present(view) for view in all_views(codes)])

    def forget(self, label: int) -> None:
        """Forget what was taught of a class."""
        self._classifier.forget(self._data.class_names[label])

    def look(self, frames: Sequence[int] | np.ndarray) -> np.ndarray:
        """
        Ask test frames for the best label alone, (T,) bool: which are correct.

        Nothing is calibrated for it, so the classifier goes on as if no one had looked.
        """
        correct = np.zeros(len(frames), dtype=bool)
        for place, frame in enumerate(frames):
            evidence = self._present(self._data.test[frame]).evidence
            y_pred = self._class[self._classifier.network.labels[int(evidence.argmax())]]
            correct[place] = y_pred == self._data.test_labels[frame]
            self._tick()
        return correct
