# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What the robot asks: unknown things it has seen often enough, and frames torn between two labels.

A question is answered as one change: all its members are taught, less those that were struck out.
What is kept of a member besides its codes is the picture that the encoder saw, for people to look
at and for the memory.  Questions outlive the node where pictures are kept.
"""

from collections.abc import Callable, Generator, Sequence
import contextlib
import math
import time
from typing import Any, NamedTuple

import numpy as np

from hybrid_snn_ros.classifier import Classifier, Prediction
from hybrid_snn_ros.memory.errors import StoreError
from hybrid_snn_ros.memory.history import ANSWER
from hybrid_snn_ros.memory.record import Region, WHOLE
from hybrid_snn_ros.memory.store import NewLesson
from hybrid_snn_ros.questions import DoubtPolicy, torn, UnknownClusters
from hybrid_snn_ros.questions.cluster import Cluster
from hybrid_snn_ros.recent import Recent
from hybrid_snn_ros.ros.commands import CommandError
from hybrid_snn_ros.ros.parameters import Parameters
from hybrid_snn_ros.snn.steps import UnderWay
from hybrid_snn_ros.vision.pictures import kept_jpeg

_NEAREST = 3  # labels that are offered with a question
_DOUBTS = 4  # that wait for an answer; the oldest falls out
_KEPT = 'questions'  # name of what is kept for the next start
_FORM = '2'  # of what is kept
_SAVE_PERIOD = 60.0  # seconds between two times, while the node runs


class Seen(NamedTuple):
    """A frame, or a thing in one, that was answered."""

    codes: np.ndarray  # uint8 (N,)
    picture: np.ndarray  # uint8 RGB (size, size, 3), what the encoder saw
    stamp: str  # of the frame
    region: Region = WHOLE  # of the frame


class _Kept(NamedTuple):
    """What is kept of a member."""

    jpeg: bytes
    region: Region


class Doubted(NamedTuple):
    """A frame that is torn between two labels."""

    labels: tuple[str, str]
    codes: np.ndarray
    stamp: str
    time: float  # unix seconds
    kept: _Kept


class Asker:
    """Used by the worker alone."""

    def __init__(self, classifier: Classifier, settings: Parameters,
                 now: Callable[[], float] = time.time,
                 clock: Callable[[], float] = time.monotonic) -> None:
        """
        Begin with the questions that were kept.

        :param now: unix time in seconds.
        :param clock: seconds that never run backwards.
        """
        self._classifier = classifier
        self._settings = settings
        self._now = now
        self._clusters = UnknownClusters(settings.false_unknown)
        self._clock = clock
        self._policy = DoubtPolicy(settings.doubt_period, clock)
        self._pictures: dict[int, _Kept] = {}  # by the id of the member
        self._doubts: Recent[str, Doubted] = Recent(_DOUBTS)
        self._asked = 0  # doubts until now
        self._following = UnderWay()
        self._failed: object = None  # revision of the network that could not be followed
        self._nearest: dict[str, list[tuple[str, float]]] = {}  # of questions, as they were asked
        self._told: object = None  # what was told last
        self._changed = True  # whether there may be more to tell
        self._unsaved = False
        self._save_from = -math.inf  # on the clock
        self._restore()

    # -- seeing --------------------------------------------------------------------------------

    def saw(self, seen: Callable[[], Seen], prediction: Prediction) -> None:
        """
        Take note of an answer.

        :param seen: returns what was answered, called only where it matters.
        """
        if not self._asks:
            return
        if prediction.unknown and prediction.reason == 'strange':
            self._saw_unknown(seen())
        elif torn(prediction) is not None and self._settings.doubt_period:
            self._saw_torn(seen(), prediction)

    @property
    def ranks(self) -> int:
        """How many labels must be ranked in an answer for it to be seen that it is torn."""
        return 2 if self._asks and self._settings.doubt_period else 0

    @property
    def _asks(self) -> bool:
        return self._settings.learning and self._settings.questions == 'on'

    def _saw_unknown(self, seen: Seen) -> None:
        clusters = self._clusters
        clusters.false_unknown = self._settings.false_unknown
        member = clusters.add(self._classifier.network, seen.codes, seen.stamp, self._now())
        if member is None:
            return
        self._pictures[member.number] = _Kept(kept_jpeg(seen.picture), seen.region)
        self._forget_pictures()  # of those that made room for it
        self._unsaved = self._changed = True

    def _saw_torn(self, frame: Seen, prediction: Prediction) -> None:
        self._policy.period_s = self._settings.doubt_period
        doubt = self._policy.ask(prediction, frame.codes)
        if doubt is not None:
            self._changed = True
            self._asked += 1
            self._doubts.add(f'd{self._asked}', Doubted(
                (doubt.label, doubt.other), frame.codes, frame.stamp, self._now(),
                _Kept(kept_jpeg(frame.picture), frame.region)))

    def _forget_pictures(self) -> None:
        numbers = self._clusters.numbers
        for number in self._pictures.keys() - numbers:
            del self._pictures[number]

    # -- idle time -----------------------------------------------------------------------------

    @property
    def is_stale(self) -> bool:
        """Whether something was taught that what waits has yet to be compared with."""
        if self._following:
            return True
        network = self._classifier.network
        return (self._clusters.is_stale(network) and network.revision is not self._failed
                and (self._asks or bool(self._clusters.numbers)))

    def follow(self) -> None:
        """Take a step of a few milliseconds towards that."""
        if not self._following:
            self._following.begin(self._steps())
        try:
            self._following.go_on()
        except Exception:
            self._failed = self._classifier.network.revision  # until that is another one
            raise

    def _steps(self) -> Generator[None, None, None]:
        classifier = self._classifier
        yield from self._clusters.follow(lambda: classifier.network)
        self._changed = True
        self._nearest.clear()
        self._forget_pictures()
        for cluster in self._clusters.questions:  # one at a time: 32 members are heard
            if cluster in self._clusters.questions:  # not answered meanwhile
                self._find_nearest(cluster)
            yield

    def save(self) -> None:
        """Keep what waits for the next start, where pictures may be kept; StoreError."""
        if not self._unsaved or not self._settings.keep_pictures:
            return
        self._save_from = self._clock() + _SAVE_PERIOD
        arrays = self._clusters.saved()
        kept = [self._pictures[number] for number in arrays['member'].tolist()]
        content = b''.join(one.jpeg for one in kept)
        self._classifier.store.keep_computed(_KEPT, _FORM, {
            **arrays, 'jpegs': np.frombuffer(content, np.uint8),
            'sizes': np.array([len(one.jpeg) for one in kept], np.int64),
            'regions': np.array([one.region for one in kept], np.float64).reshape(-1, 4)})
        self._unsaved = False

    @property
    def save_is_due(self) -> bool:
        """Whether `save` should be called, though nobody ends: it writes some megabytes."""
        return (self._unsaved and self._clock() >= self._save_from
                and bool(self._clusters.questions))

    def _restore(self) -> None:
        # What cannot be read any more was no knowledge: things are seen again.
        with contextlib.suppress(StoreError, ValueError, KeyError):
            arrays = self._classifier.store.computed(_KEPT, _FORM)
            if arrays is None:
                return
            ends = np.cumsum(arrays['sizes'])
            content = arrays['jpegs'].tobytes()
            pictures = {
                int(number): _Kept(content[end - size:end], (float(x), float(y), float(w),
                                                             float(h)))
                for number, end, size, (x, y, w, h) in zip(
                    arrays['member'], ends, arrays['sizes'], arrays['regions'], strict=True)}
            self._clusters.restore(arrays)
            self._pictures = pictures

    # -- asking --------------------------------------------------------------------------------

    def news(self) -> dict[str, Any] | None:
        """Return all questions as JSON can hold them, None where nothing has changed."""
        if not self._changed:
            return None
        self._changed = False
        asked = self._clusters.questions
        state = ([(one.number, len(one.members)) for one in asked], list(self._doubts))
        if state == self._told:
            return None
        self._told = state
        open_questions = {one.number for one in asked}
        waiting = sum(one.number not in open_questions and not one.ignored
                      for one in self._clusters.clusters)
        return {'questions': [*map(self._unknown, asked), *(
            self._doubt(name, one) for name, one in self._doubts.items())], 'waiting': waiting}

    def _unknown(self, cluster: Cluster) -> dict[str, Any]:
        name = f'u{cluster.number}'
        return {'id': name, 'kind': 'unknown', 'count': len(cluster.members),
                'seen': cluster.seen, 'first': round(cluster.first, 3),
                'last': round(cluster.last, 3),
                'nearest': [[label, round(score, 4)]
                            for label, score in self._find_nearest(cluster)],
                'members': [{'id': str(one.number), 'time': round(one.time, 3),
                             'region': _shown(self._pictures[one.number].region)}
                            for one in reversed(cluster.members)]}

    def _find_nearest(self, cluster: Cluster) -> list[tuple[str, float]]:
        """Return the labels that are offered with a question; they stay until more is taught."""
        name = f'u{cluster.number}'
        if name not in self._nearest:
            self._nearest[name] = self._clusters.nearest(
                self._classifier.network, cluster.number, _NEAREST)
        return self._nearest[name]

    @staticmethod
    def _doubt(name: str, one: Doubted) -> dict[str, Any]:
        return {'id': name, 'kind': 'doubt', 'labels': list(one.labels),
                'time': round(one.time, 3),
                'members': [{'id': name, 'time': round(one.time, 3),
                             'region': _shown(one.kept.region)}]}

    def pictures(self, question: str) -> dict[str, bytes]:
        """Return {name of a member: JPEG} of a question; CommandError where there is none."""
        if question in self._doubts:
            return {question: self._doubts[question].kept.jpeg}
        cluster = self._cluster(question)
        return {str(one.number): self._pictures[one.number].jpeg for one in cluster.members}

    def _cluster(self, question: str) -> Cluster:
        for cluster in self._clusters.questions:
            if f'u{cluster.number}' == question:
                return cluster
        raise CommandError(f'there is no question {question!r} any more')

    # -- answers -------------------------------------------------------------------------------

    def answer(self, question: str, label: str, without: Sequence[str], source: str) -> int:
        """
        Teach the members of a question as one change; return how many they are.

        :param without: ids of members that show something else.
        :raises CommandError: when there is no such question, or nothing is left of it.
        :raises LabelError: when the text cannot be a label.
        :raises StoreError: when the disk refuses; the question stays.
        """
        keep = self._settings.keep_pictures

        def lesson(codes: np.ndarray, stamp: str, kept: _Kept) -> NewLesson:
            return NewLesson(label, codes, stamp, kept.region, kept.jpeg if keep else None)
        if question in self._doubts:
            one = self._doubts[question]
            lessons = [lesson(one.codes, one.stamp, one.kept)]
        else:
            cluster = self._cluster(question)
            struck = set(without)
            lessons = [lesson(one.codes, one.stamp, self._pictures[one.number])
                       for one in cluster.members if str(one.number) not in struck]
        if not lessons:
            raise CommandError('all pictures of that question are struck out; to ask no more '
                               'about it, say "ignore": true')
        self._classifier.teach_all(lessons, source, f'{ANSWER}{question} {time.time_ns()}',
                                   later=True)
        if question in self._doubts:
            del self._doubts[question]
        else:
            self._clusters.answer(cluster.number, [
                one.number for one in cluster.members if str(one.number) in struck])
            self._forget_pictures()
        self._unsaved = self._changed = True
        return len(lessons)

    def split(self, question: str) -> list[str]:
        """
        Make two questions of one that shows different things; return their ids.

        :raises CommandError: when there is no such question, or nothing in it to be split.
        """
        if question in self._doubts:
            raise CommandError('that question shows one picture; there is nothing to split')
        cluster = self._cluster(question)
        try:
            parts = self._clusters.split(self._classifier.network, cluster.number)
        except ValueError as error:
            raise CommandError(f'{error}; answer it or leave it') from error
        self._unsaved = self._changed = True
        return [f'u{number}' for number in parts]

    def ignore(self, question: str) -> None:
        """Never ask about a question's thing again; CommandError where there is none."""
        self._changed = True
        if question in self._doubts:
            del self._doubts[question]
            return
        self._clusters.ignore(self._cluster(question).number)
        self._unsaved = True


def _shown(region: Region) -> list[float] | None:
    return None if region == WHOLE else [round(part, 4) for part in region]
