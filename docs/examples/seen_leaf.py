# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A leaf of a behaviour tree (py_trees): has the classifier seen a label just now?"""

import time

import py_trees
from std_msgs.msg import String


class Seen(py_trees.behaviour.Behaviour):
    """Succeeds while a label is seen, fails while others are, runs while nothing is answered."""

    def __init__(self, name, node, label, within=1.0, topic='classifier/label'):
        """
        Make the leaf.

        :param node: rclpy node that somebody spins.
        :param within: seconds for which an answer counts.
        """
        super().__init__(name)
        self._node, self._label, self._within, self._topic = node, label, within, topic
        self._seen = self._answered = float('-inf')

    def setup(self, **_):
        """Begin to listen."""
        self._node.create_subscription(String, self._topic, self._on_label, 10)

    def _on_label(self, message):
        self._answered = time.monotonic()
        if message.data == self._label:
            self._seen = self._answered

    def update(self):
        """Say how it stands."""
        now = time.monotonic()
        if now - self._seen <= self._within:
            self.feedback_message = f'{self._label} is there'
            return py_trees.common.Status.SUCCESS
        if now - self._answered <= self._within:
            self.feedback_message = f'no {self._label}'
            return py_trees.common.Status.FAILURE
        self.feedback_message = 'no answer from the classifier'
        return py_trees.common.Status.RUNNING
