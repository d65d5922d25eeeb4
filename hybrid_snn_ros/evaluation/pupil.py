# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The classifier under test, spoken to in samples and classes of a data set."""

from typing import NamedTuple

import numpy as np

from hybrid_snn_ros.classifier import Classifier


class Answers(NamedTuple):
    """
    What was said to T test frames.

    ``best`` is the label with most evidence, also for a frame that was called unknown, and -1
    before anything was taught; ``score`` is the published score of that label.
    """

    asked: np.ndarray  # (T,) int64, the true classes
    best: np.ndarray  # (T,) int64
    score: np.ndarray  # (T,) float64, 0..1
    refused: np.ndarray  # (T,) bool, called unknown
    familiarity: np.ndarray  # (T,) float64

    @property
    def right(self):
        """Tell which answers are right, (T,) bool; rejection does not count."""
        return self.best == self.asked


class Pupil:
    """A classifier that learns samples of a data set, named by their place in it."""

    def __init__(self, data, rule, params, false_unknown, tick=lambda: None):
        """
        Begin with nothing taught.

        :param data: sources.Embeddings.
        :param tick: called after every frame that was taught or asked.
        """
        self._data = data
        self._network = Classifier(rule=rule, params=params, inputs=data.train.shape[1],
                                   false_unknown=false_unknown, top=1)
        self._class = {name: place for place, name in enumerate(data.class_names)}
        self._tick = tick

    def teach(self, samples):
        """Teach training samples in this order."""
        for sample in samples:
            self._network.teach(self._data.train[sample],
                                self._data.class_names[self._data.train_labels[sample]])
            self._tick()

    def answer(self, frames):
        """Ask test frames, given by their places; return Answers."""
        asked = self._data.test_labels[frames]
        best, score, familiarity = np.full(len(frames), -1), *np.zeros((2, len(frames)))
        refused = np.zeros(len(frames), dtype=bool)
        for place, frame in enumerate(frames):
            response = self._network.present(self._data.test[frame])
            said = self._network.decide(response)
            if said.ranked:
                best[place], score[place] = self._class[said.ranked[0][0]], said.ranked[0][1]
            refused[place], familiarity[place] = said.unknown, response.familiarity
            self._tick()
        return Answers(asked, best, score, refused, familiarity)

    def look(self, frames):
        """
        Ask test frames for the best label alone, (T,) bool: which are right.

        Nothing is calibrated for it, so the classifier goes on as if nobody had looked.
        """
        right = np.zeros(len(frames), dtype=bool)
        for place, frame in enumerate(frames):
            evidence = self._network.present(self._data.test[frame]).evidence
            best = self._class[self._network.labels[int(evidence.argmax())]]
            right[place] = best == self._data.test_labels[frame]
            self._tick()
        return right
