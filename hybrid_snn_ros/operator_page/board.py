# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What every viewer sees alike: labels, what was just taught, and how well each label is known.

The traffic light of a label judges by what the classifier said of frames *before* they were taught
under it: they were new then, and the operator has told the truth about them.
"""

from collections import Counter, deque

from hybrid_snn_ros.operator_page.pictures import Recent, thumbnail

HISTORY = 24  # thumbnails kept
RECENT_LABELS = 5
ENOUGH = 5  # samples of a label
_JUDGED = 10  # newest taught frames of a label that its light looks at
_BEGINNING = 2  # samples of a label before which nobody can know it
_CONFUSED = 0.25  # share of the judged frames that were given one other label


class Board:
    """Follows the classifier's topics; `state` is what is sent to the viewers."""

    def __init__(self):
        self.labels = []  # [(label, samples)]
        self.history = deque(maxlen=HISTORY)  # newest first: dicts
        self.thumbnails = {}  # number -> JPEG
        self.pictures = Recent()
        self.answers = Recent()
        self._recent = deque(maxlen=RECENT_LABELS)
        self._verdicts = {}  # label -> deque of answered labels
        self._number = 0
        self._known = set()
        self._version = 0  # of the newest acknowledgement

    def set_labels(self, labels, version):
        """Take over what ~/labels says: [{'label', 'samples'}] and the version of it."""
        self.labels = [(entry['label'], entry['samples']) for entry in labels]
        self._known = {label for label, _ in self.labels}
        if version >= self._version:  # else it is older than what was acknowledged last
            self._keep(lambda item: item['label'] in self._known)

    def add_answer(self, answer):
        """Remember an answer until its frame is perhaps taught."""
        stamp = answer['stamp']
        self.answers.add((stamp['sec'], stamp['nanosec']), answer)

    def add_result(self, result, command):
        """
        Follow an acknowledgement of the classifier.

        :param result: dict with level, label, operation, id, sample, samples, stamp, version.
        :param command: the request it answers if it came from here, else None.
        """
        if result['level'] != 'OK':
            return
        operation = result['operation']
        self._version = result['version'] or self._version
        if operation == 'teach':
            self._taught(result)
        elif operation == 'undo':
            self._keep(lambda item: item['sample'] != result['sample'])
        elif operation == 'forget':
            self._keep(lambda item: item['label'] != result['label'])
            self._verdicts.pop(result['label'], None)
            self._replace_recent(result['label'], None)
        elif operation == 'rename' and command:
            self._renamed(command['label'], command['to'])
        elif operation == 'rollback':
            self._keep(lambda item: False)
            self._verdicts.clear()

    def _taught(self, result):
        label, sample = result['label'], result['sample']
        self._replace_recent(label, None)
        self._recent.appendleft(label)
        if sample is None or any(item['sample'] == sample for item in self.history):
            return
        self._known.add(label)
        answer = self.answers.get(result['stamp'])
        if answer and (result['samples'] or 0) > _BEGINNING:
            self._verdicts.setdefault(label, deque(maxlen=_JUDGED)).append(answer['label'])
        self._number += 1
        picture = self.pictures.get(result['stamp'])
        small = thumbnail(picture) if picture else None
        if small:
            self.thumbnails[self._number] = small
        self.history.appendleft({'number': self._number, 'sample': sample, 'label': label,
                                 'press': result['id'].rpartition('.')[0] or result['id'],
                                 'picture': bool(small)})
        self._keep(lambda item: True)

    def _renamed(self, old, new):
        for item in self.history:
            if item['label'] == old:
                item['label'] = new
        self._known.add(new)
        self._replace_recent(old, new)
        if old in self._verdicts:
            self._verdicts[new] = self._verdicts.pop(old)
        for verdicts in self._verdicts.values():
            for place, said in enumerate(verdicts):
                if said == old:
                    verdicts[place] = new

    def _replace_recent(self, old, new):
        self._recent = deque((new if label == old else label for label in self._recent
                              if label != old or new), maxlen=RECENT_LABELS)

    def _keep(self, wanted):
        self.history = deque(filter(wanted, self.history), maxlen=HISTORY)
        numbers = {item['number'] for item in self.history}
        self.thumbnails = {n: jpeg for n, jpeg in self.thumbnails.items() if n in numbers}

    def light(self, label, samples):
        """Return ('few' | 'enough' | 'confused', the label it is confused with or '')."""
        verdicts = self._verdicts.get(label, ())
        others = Counter(said for said in verdicts if said != label and said in self._known)
        if others:
            other, count = others.most_common(1)[0]
            if count >= 2 and count >= _CONFUSED * len(verdicts):
                return 'confused', other
        return ('enough' if samples >= ENOUGH else 'few'), ''

    def state(self):
        """Return what the viewers draw."""
        labels = []
        for label, samples in self.labels:
            light, other = self.light(label, samples)
            labels.append({'label': label, 'samples': samples, 'light': light, 'with': other})
        return {'labels': labels, 'history': list(self.history),
                'recent': [label for label in self._recent if label in self._known]}
