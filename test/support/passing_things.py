# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Things that go past a robot which asks about them, and a person who answers on the page.

The person knows what a picture shows: it is compared with the camera's pictures, whose things the
camera says.
"""

import json
import time
from typing import NamedTuple

import cv2
import numpy as np
from operator_page_harness import settled
from rclpy.qos import qos_profile_sensor_data
from ros_harness import LATCHED
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import String

from hybrid_snn_ros.recent import Recent

SEEN = 0.875  # share of the frame's height that the encoder sees: parameter crop
SMALL = 32  # pixels a side of pictures that are compared


def small(rgb):
    return cv2.resize(rgb, (SMALL, SMALL), interpolation=cv2.INTER_AREA).astype(np.int16)


class Answer(NamedTuple):
    """One answer, given on the page."""

    label: str
    taught: int  # pictures
    struck: int  # pictures that were left out


class Person:
    """Looks at questions, strikes out what does not belong, and names the rest."""

    def __init__(self, robot, phone):
        self.robot, self.phone, self.peer = robot, phone, robot.peer
        self._frames, self._views = Recent(200), Recent(200)  # by stamp
        self._looks = {}  # (name, condition, split, view) -> small picture
        self.questions, self._pictures = [], {}
        self.answers, self.began = [], False
        node = self.peer.node
        node.create_subscription(Image, 'image_raw', self._on_image, qos_profile_sensor_data)
        node.create_subscription(String, 'turntable_camera/view', self._on_view, 50)
        node.create_subscription(String, 'classifier/questions', self._on_questions, LATCHED)
        node.create_subscription(
            CompressedImage, 'classifier/question_pictures', self._on_picture, 64)

    def _on_image(self, message):
        rgb = np.frombuffer(message.data, np.uint8).reshape(message.height, message.width, 3)
        side = round(SEEN * message.height)
        top, left = (message.height - side) // 2, (message.width - side) // 2
        self._frames.add((message.header.stamp.sec, message.header.stamp.nanosec),
                         small(rgb[top:top + side, left:left + side]))
        self._join()

    def _on_view(self, message):
        view = json.loads(message.data)
        self._views.add((view['stamp_sec'], view['stamp_nanosec']), view)
        self._join()

    def _join(self):
        for stamp in self._frames.keys() & self._views.keys():
            view = self._views.pop(stamp)
            key = view['object'], view['condition'], view['split'], view['view']
            self._looks[key] = self._frames.pop(stamp)

    def _on_questions(self, message):
        self.questions = json.loads(message.data)['questions']

    def _on_picture(self, message):
        self._pictures[message.header.frame_id] = cv2.cvtColor(cv2.imdecode(
            np.frombuffer(message.data, np.uint8), 1), cv2.COLOR_BGR2RGB)

    @property
    def labels(self):
        """The labels that were answers."""
        return {answer.label for answer in self.answers}

    def what(self, name):
        """Return what a picture shows that the robot has published by a name."""
        self.peer.until(f'picture {name}', lambda: name in self._pictures)
        picture = small(self._pictures[name])
        return min(self._looks, key=lambda key: np.abs(self._looks[key] - picture).mean())[0]

    # -- on the page ---------------------------------------------------------------------------

    def open(self):
        """Open the inbox."""
        self.phone.tap('#inbox-open')
        self.taken()

    def taken(self):
        """Wait until the question on the screen takes an answer."""
        self.phone.until('a question', "return document.getElementById('inbox-later')"
                         ".checkVisibility() && document.getElementById('inbox-ignore')"
                         ".getAttribute('aria-disabled') === 'false'")
        self.phone.until('its pictures', "return [...document.querySelectorAll("
                         "'#inbox-members img')].every((each) => each.complete && each.src)")

    def answer(self):
        """Answer the question on the screen; return its label."""
        phone = self.phone
        self.taken()
        ids = phone.run("return [...document.querySelectorAll('#inbox-members button')]"
                        '.map((each) => each.dataset.id)')
        question = self.peer.until('its question', lambda: next((
            one for one in self.questions if {member['id'] for member in one['members']}
            >= set(ids)), None))
        shown = {each: self.what(f"{question['id']}/{each}") for each in ids}
        names = list(shown.values())
        label = max(set(names), key=names.count)
        struck = [each for each, name in shown.items() if name != label]
        for each in struck:
            phone.tap(f'#inbox-members [data-id="{each}"]')
        offered = phone.run("return [...document.querySelectorAll('#inbox-labels button')]"
                            '.map((each) => each.innerText)')
        if label in offered:
            phone.tap(f'#inbox-labels button:nth-child({offered.index(label) + 1})')
        else:
            phone.tap('#inbox-other')
            phone.until('the picker', "return document.getElementById('picker').matches(':modal')")
            phone.tap('#search')
            phone.type(label)
            phone.enter()
            if phone.run("return document.getElementById('picker').open"):
                phone.tap('#new')
        n = len(ids) - len(struck)
        phone.until_text('#inbox-note', f'{n} saved as “{label}”')
        self.answers.append(Answer(label, n, len(struck)))
        return label

    def undo_and_redo(self, label):
        """Take the last answer back and put it back, on the screen that shows the questions."""
        samples = self.robot.samples()[label]
        n = self.answers[-1].taught
        self.phone.until_text('#inbox .undo-here', f'{n} × {label}')
        self.phone.tap('#inbox .undo-here')
        self.phone.until_text('#inbox-note', f'Taken back: {n} × {label}')
        self.peer.until('the samples to be gone', lambda: self.robot.samples().get(
            label, 0) == samples - n)
        self.phone.tap('#inbox .redo-here')
        self.phone.until_text('#inbox-note', f'Put back: {n} × {label}')
        self.peer.until('the samples again', lambda: self.robot.samples().get(label) == samples)
        settled(self.phone)

    def answer_all(self):
        """Answer what is asked, each answer undone and redone; return the labels."""
        labels = []
        if not self.questions:
            return labels
        self.open()
        while not self.phone.run("return document.getElementById('inbox-body').hidden"):
            labels.append(self.answer())
            self.undo_and_redo(labels[-1])
        self.phone.tap('#inbox-close')
        return labels

    # -- before the camera ---------------------------------------------------------------------

    def let_pass(self, name, views, split):
        """
        Let a thing turn before the camera until it is asked about, or so many views long.

        Before the first one the robot asks nothing (`questions: off`): of what stood there no view
        is to be known.
        """
        self.robot.show(name, split)
        if not self.began:
            assert self.peer.set(questions='on') == ['']
            self.began = True
        asked = len(self.questions)
        seen = 0
        while seen < views and len(self.questions) <= asked:
            self.peer.spin(0.2)
            seen = sum(stamp in self.peer.answers for stamp in self.robot.stamps)

    def ready(self):
        """Wait until the network and the questions have followed what was taught."""
        for counter, value in (('consolidated', 'yes'), ('questions_wait', 'no')):
            self.peer.until(counter, lambda counter=counter, value=value: self.peer.counters()[
                counter] == value, 120.0)

    def look(self, name, split, views):
        """Return the labels that so many views of a thing get."""
        self.robot.show(name, split)
        end = time.monotonic() + 60.0
        answers = []
        while len(answers) < views and time.monotonic() < end:
            self.peer.spin(0.2)
            answers = [self.peer.answers[stamp]['label'] for stamp in self.robot.stamps
                       if stamp in self.peer.answers]
        return answers[:views]
