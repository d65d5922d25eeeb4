# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""How good what was taught is, found out in idle time while somebody wants to know."""

from collections.abc import Callable, Generator
import contextlib
import json
import time
from typing import Any

import numpy as np

from hybrid_snn_ros.audit import audit, Findings, FitLog
from hybrid_snn_ros.audit.as_json import as_json
from hybrid_snn_ros.classifier import Classifier, Prediction
from hybrid_snn_ros.memory.errors import StoreError

_KEPT = 'fit'  # name of what is kept for the next start
_FORM = '1'  # of what is kept


class Reviewer:
    """Used by the worker alone."""

    def __init__(self, classifier: Classifier, watched: Callable[[], bool],
                 now: Callable[[], float] = time.time) -> None:
        """
        Begin with nothing judged.

        :param watched: tells whether anybody listens.
        :param now: unix time in seconds.
        """
        self._classifier = classifier
        self._watched = watched
        self._now = now
        self._fit = FitLog()
        self._judged: object = None  # revision of the network that was judged last
        self._counts: dict[str, int] = {}  # samples of each label then
        self._work: Generator[None, None, Findings | None] | None = None
        self._revision: object = None  # of the network that is being judged
        with contextlib.suppress(StoreError, ValueError, KeyError, TypeError):
            kept = classifier.store.computed(_KEPT, _FORM)
            if kept is not None:
                said = json.loads(kept['json'].tobytes())
                self._fit.restore(said['fit'])
                self._counts = said['counts']

    def save(self) -> None:
        """Keep what tells of drift for the next start; StoreError."""
        text = json.dumps({'fit': self._fit.saved(), 'counts': self._counts})
        self._classifier.store.keep_computed(
            _KEPT, _FORM, {'json': np.frombuffer(text.encode(), np.uint8)})

    def saw(self, prediction: Prediction) -> None:
        """Take note of an answer, which tells of drift."""
        if not prediction.unknown:
            self._fit.add(prediction.label, prediction.p_value, self._now())

    @property
    def is_due(self) -> bool:
        """Whether there is something new to judge, and somebody who wants to know."""
        return (self._judged is not self._classifier.network.revision
                and len(self._classifier.labels) > 1 and self._watched())

    def go_on(self) -> dict[str, Any] | None:
        """Take a step of a few milliseconds; return what was found once all is."""
        network = self._classifier.network
        if self._work is None or self._revision is not network.revision:
            self._work, self._revision = audit(network), network.revision
        try:
            next(self._work)
            return None
        except StopIteration as end:
            self._work, self._judged = None, self._revision
            found: Findings | None = end.value
        except Exception:
            self._work, self._judged = None, self._revision  # until the next change
            raise
        if found is None:  # a rule that cannot look at a sample without it
            return None
        counts = dict(self._classifier.state.counts)
        for label in self._counts.keys() | counts.keys():
            if self._counts.get(label) != counts.get(label):
                self._fit.forget(label)
        self._counts = counts
        return {'database_version': self._classifier.version, **as_json(found),
                'drift': [[label, round(fall, 3)] for label, fall in self._fit.drifted()]}
