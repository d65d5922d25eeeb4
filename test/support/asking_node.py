# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Another process's part: asks on ~/questions what a test wants the operator's page to show."""

from array import array
import json
import time

import cv2
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
import numpy as np
from ros_harness import LATCHED
from sensor_msgs.msg import CompressedImage
from spinning_node import SpinningNode
from std_msgs.msg import Header, String

NAME = 'asker'


def unknown(name, count=9, nearest=('mug', 'bowl', 'tea pot')):
    """Return a question about an unknown thing."""
    now = time.time()
    return {'id': name, 'kind': 'unknown', 'count': count, 'seen': 3 * count, 'first': now - 60,
            'last': now, 'nearest': [[label, 0.3] for label in nearest],
            'members': [{'id': str(number), 'time': now, 'region': None}
                        for number in range(count, 0, -1)]}


def doubt(name, *labels):
    """Return a question about a frame torn between two labels."""
    return {'id': name, 'kind': 'doubt', 'labels': list(labels), 'time': time.time(),
            'members': [{'id': name, 'time': time.time(), 'region': None}]}


class AskingNode(SpinningNode):
    """
    Says it is well, and what it knows; asks, and takes note of what comes on ~/command.

    `samples` are {label: ids} whose pictures it has; an `old` one asks nothing and has none.
    """

    def __init__(self, domain, old=False):
        self.loses = 0  # answers whose pictures do not arrive
        self.commands, self.asked, self.samples = [], [], {'mug': [1, 2, 3], 'bowl': [4, 5]}
        self.facts = {}  # that it says in /diagnostics
        self.where = None  # how well it finds things by itself, where it does
        super().__init__(domain, NAME)

        def out(kind, topic, qos):
            return self._node.create_publisher(kind, f'{NAME}/{topic}', qos)
        self._labels = out(String, 'labels', LATCHED)
        self._results = out(DiagnosticStatus, 'teach_result', 100)
        self._pictures = None
        if not old:
            self._questions = out(String, 'questions', LATCHED)
            self._quality = out(String, 'quality', LATCHED)
            self._pictures = out(CompressedImage, 'question_pictures', 64)
        self._health = self._node.create_publisher(DiagnosticArray, '/diagnostics', 10)
        self._node.create_subscription(String, f'{NAME}/command', self._on_command, 100)
        self._node.create_timer(0.3, self._tell_health)
        self.know()

    def _tell_health(self):
        self._health.publish(DiagnosticArray(status=[DiagnosticStatus(
            level=DiagnosticStatus.OK, name=f'/{NAME}: camera to label',
            values=[KeyValue(key=key, value=value) for key, value in self.facts.items()])]))

    def know(self):
        """Say what is known."""
        self._labels.publish(String(data=json.dumps({
            'database_version': 9, 'undo': None, 'redo': None, 'newest': [], 'where': self.where,
            'labels': [{'label': label, 'samples': len(ids)}
                       for label, ids in self.samples.items()]})))

    def ask(self, *questions):
        """Ask these, and no others any more."""
        self.asked = questions
        self._questions.publish(String(data=json.dumps({'questions': questions, 'waiting': 0})))

    def judge(self, labels, doubtful):
        """Say how good what was taught is."""
        self._quality.publish(String(data=json.dumps({'labels': labels, 'doubtful': doubtful})))

    def _on_command(self, message):
        command = json.loads(message.data)
        self.commands.append(command)
        if command['do'] != 'pictures':
            return
        if 'question' in command:
            names = [f"{question['id']}/{one['id']}" for question in self.asked
                     if question['id'] == command['question'] for one in question['members']]
        else:
            names = [f'sample/{number}' for number in self.samples.get(command['label'], ())]
        if self.loses:  # on their way
            self.loses -= 1
            self.answer(command, 'pictures follow', pictures=' '.join(names))
            return
        if self._pictures is None or not names:
            self.answer(command, 'there are no pictures', DiagnosticStatus.ERROR)
            return
        for place, name in enumerate(names):
            picture = np.full((224, 224, 3), (60, 20 * place, 255 - 20 * place), np.uint8)
            cv2.circle(picture, (112, 112), 30 + 6 * place, (240, 240, 240), -1)
            self._pictures.publish(CompressedImage(
                header=Header(frame_id=name), format='jpeg',
                data=array('B', cv2.imencode('.jpg', picture)[1].tobytes())))
        self.answer(command, 'pictures follow', pictures=' '.join(names))

    def answer(self, command, sentence, level=DiagnosticStatus.OK, **values):
        """Acknowledge a command."""
        self._results.publish(DiagnosticStatus(
            level=level, name=command.get('label', ''), message=sentence,
            values=[KeyValue(key=key, value=str(value)) for key, value in {
                'operation': command['do'], 'id': command.get('id', ''), **values}.items()]))

    def last(self, do, question='', seconds=20.0):
        """Wait for a command, of a question or of any, and return the newest."""
        end = time.monotonic() + seconds
        while not (found := [one for one in self.commands if one['do'] == do
                             and question in ('', one.get('question'))]):
            assert time.monotonic() < end, f'no {do} came: {self.commands}'
            time.sleep(0.05)
        return found[-1]
