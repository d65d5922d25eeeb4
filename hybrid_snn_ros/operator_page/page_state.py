# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What every viewer sees alike: labels, what was just taught, what Undo would do, and the lights.

The traffic light of a label judges by what the classifier said of frames *before* they were taught
under it: they were new then, and the operator has told the truth about them.
"""

from collections import Counter, deque
from collections.abc import Sequence
from typing import Any

from hybrid_snn_ros.operator_page import things
from hybrid_snn_ros.operator_page.pictures import REMEMBERED, thumbnail
from hybrid_snn_ros.recent import Recent

RECENT_LABELS = 5
ENOUGH = 3  # samples of a label, each of which shows it differently (`min_change`)
_HELD = 8  # pictures that stand still while somebody draws in them
_THUMBNAILS = 96  # kept, also of what was taken back: it may be put back
_ASKED = 256  # pictures that somebody asked for, of about 10 kB
_JUDGED = 10  # newest taught frames of a label that its light looks at
_BEGINNING = 2  # samples of a label before which no one can know it
_CONFUSED = 0.25  # share of the judged frames that were given one other label


class PageState:
    """Follows the classifier's topics; `state` is what is sent to the viewers."""

    def __init__(self) -> None:
        self.labels: list[tuple[str, int]] = []  # label, samples
        self.thumbnails: Recent[int, bytes] = Recent(_THUMBNAILS)  # id of a sample -> JPEG
        # name of a member of a question, or of a sample -> JPEG, as it was asked for
        self.asked_pictures: Recent[str, bytes] = Recent(_ASKED)
        self.pictures: Recent[tuple[int, int], bytes] = Recent(REMEMBERED)
        self.answers: Recent[tuple[int, int], dict[str, Any]] = Recent(REMEMBERED)
        # stamp -> what was found in the frame
        self.things: Recent[tuple[int, int], list[dict[str, Any]]] = Recent(REMEMBERED)
        # stamp -> picture, answer and things of a frame that stands still in a browser
        self._held: Recent[tuple[int, int], tuple[Any, Any, Any]] = Recent(_HELD)
        self._where: dict[str, Any] | None = None
        self._newest: list[Any] = []  # [id, label, time] of the newest samples, newest first
        self._undo: dict[str, Any] | None = None
        self._redo: dict[str, Any] | None = None
        self._recent: list[str] = []  # labels taught last, newest first
        self._verdicts: dict[str, deque[str]] = {}  # label -> answered labels
        self._judged: Recent[int, bool] = Recent(REMEMBERED)  # id of a sample that has a verdict
        self._known: set[str] = set()
        self._version = 0

    def set_known(self, known: dict[str, Any]) -> None:
        """Take over what ~/labels says."""
        self.labels = [(entry['label'], entry['samples']) for entry in known['labels']]
        self._known = {label for label, _ in self.labels}
        self._newest = known.get('newest', [])
        if known['database_version'] < self._version:  # another memory: its ids are others
            self.thumbnails.clear()
            self._judged.clear()
            self._verdicts.clear()
        self._version = known['database_version']
        self._follow_names(known.get('undo'), known.get('redo'))
        self._undo, self._redo = known.get('undo'), known.get('redo')
        self._where = known.get('where')
        self._verdicts = {label: said for label, said in self._verdicts.items()
                          if label in self._known}
        if not self._recent:  # at the start: the labels that were taught last
            self._recent = list(dict.fromkeys(
                label for _, label, _ in self._newest))[:RECENT_LABELS]

    def add_answer(self, answer: dict[str, Any]) -> None:
        """Remember an answer until its frame is perhaps taught."""
        stamp = answer['stamp']
        self.answers.add((stamp['sec'], stamp['nanosec']), answer)

    def add_things(self, found: dict[str, Any]) -> None:
        """Remember what was found in a frame (things.shown) until it is perhaps taught."""
        self.things.add(found['stamp'], found['things'])

    def hold(self, stamp: tuple[int, int]) -> None:
        """Remember all there is of a frame for as long as somebody may draw in it."""
        self._held.add(stamp, self._of_frame(stamp))

    def _of_frame(self, stamp: tuple[int, int]) -> tuple[Any, Any, Any]:
        """Return picture, answer and things of a frame, None for each that is not there."""
        return self._held.get(stamp) or (
            self.pictures.get(stamp), self.answers.get(stamp), self.things.get(stamp))

    def add_result(self, result: dict[str, Any], box: Sequence[float] | None = None) -> None:
        """
        Follow an acknowledgement of the classifier.

        :param result: dict with level, label, operation, id, sample, samples, stamp, version.
        :param box: what was taught of the frame, as fractions of it; None for all of it.
        """
        if result['level'] != 'OK':
            return
        if result['operation'] in ('teach', 'answer', 'relabel') and result['label']:
            label = result['label']
            self._recent = [label, *(
                one for one in self._recent if one != label)][:RECENT_LABELS]
        if result['operation'] == 'teach':
            self._taught(result, box)

    def _taught(self, result: dict[str, Any], box: Sequence[float] | None) -> None:
        label, sample = result['label'], result['sample']
        if sample is None or sample in self._judged:
            return
        self._known.add(label)
        self._judged.add(sample, True)
        picture, answer, found = self._of_frame(result['stamp'])
        said = answer if box is None else things.at(found or [], box)
        if said and (result['samples'] or 0) > _BEGINNING:
            self._verdicts.setdefault(label, deque(maxlen=_JUDGED)).append(said['label'])
        small = picture and thumbnail(picture, answer.get('seen') if answer else None, box)
        if small:
            self.thumbnails.add(sample, small)

    def add_asked_picture(self, name: str, content: bytes) -> bool:
        """Remember a JPEG by its name; return whether there is a new thumbnail."""
        self.asked_pictures.add(name, content)
        kind, _, number = name.partition('/')
        if kind != 'sample' or not number.isdecimal() or int(number) in self.thumbnails or (
                int(number) not in [sample for sample, _, _ in self._newest]):
            return False
        small = thumbnail(content)
        if small:
            self.thumbnails.add(int(number), small)
        return bool(small)

    def _follow_names(self, undo: dict[str, Any] | None, redo: dict[str, Any] | None) -> None:
        """Take what was judged along to the new name of a label, and back."""
        if undo and undo != self._undo and undo['what'] in ('rename', 'merge'):
            old, new = undo['label'], undo['to']
        elif redo and redo != self._redo and redo['what'] == 'rename':
            old, new = redo['to'], redo['label']
        else:
            return
        if old in self._verdicts:
            self._verdicts[new] = self._verdicts.pop(old)
        for verdicts in self._verdicts.values():
            for place, said in enumerate(verdicts):
                if said == old:
                    verdicts[place] = new
        self._recent = list(dict.fromkeys(new if label == old else label
                                          for label in self._recent))

    def light(self, label: str, samples: int) -> tuple[str, str]:
        """Return ('few' | 'unjudged' | 'enough' | 'confused', the label it is confused with)."""
        verdicts = self._verdicts.get(label, ())
        others = Counter(said for said in verdicts if said != label and said in self._known)
        if others:
            other, count = others.most_common(1)[0]
            if count >= 2 and count >= _CONFUSED * len(verdicts):
                return 'confused', other
        if samples < ENOUGH:
            return 'few', ''
        return ('enough' if verdicts else 'unjudged'), ''

    def state(self) -> dict[str, Any]:
        """Return what the viewers draw."""
        labels = []
        for label, samples in self.labels:
            light, other = self.light(label, samples)
            labels.append({'label': label, 'samples': samples, 'light': light, 'with': other})
        history = [{'number': sample, 'sample': sample, 'label': label, 'at': at,
                    'picture': sample in self.thumbnails} for sample, label, at in self._newest]
        return {'version': self._version, 'labels': labels, 'history': history,
                'undo': self._undo, 'redo': self._redo, 'where': self._where,
                'recent': [label for label in self._recent if label in self._known]}
