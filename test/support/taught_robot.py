# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A classifier with its command executor, and frames that were answered, without ROS."""

from types import SimpleNamespace

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.ros.asker import Asker
from hybrid_snn_ros.ros.asking import Asking
from hybrid_snn_ros.ros.command_executor import CommandExecutor
from hybrid_snn_ros.ros.recent_frames import RecentFrames, SeenFrame

SETTINGS = {'learning': True, 'recent_frames': 300, 'image_timeout': 60.0, 'keep_pictures': True,
            'min_change': 0.1, 'teach_views': 6, 'false_unknown': 0.02, 'top_k': 3,
            'questions': 'on', 'doubt_period': 60.0}


class Robot:
    """What the worker owns, and what is reported."""

    def __init__(self, rule='lateral', **settings):
        self.classifier = Classifier(rule=rule)
        self.settings = SimpleNamespace(**{**SETTINGS, **settings})
        self.frames, self.results, self.stamp = RecentFrames(300), [], 0
        self.executor = self.make_executor()

    def make_executor(self, **words):
        """Return an executor of this classifier that reports here."""
        return CommandExecutor(self.classifier, self.settings, self.frames, self.results.append,
                               Asking(self.classifier, Asker(self.classifier, self.settings)),
                               **words)

    def see(self, rgb, message_bytes=None):
        """Answer a frame, uint8 (H, W, 3), as the worker does; return its stamp."""
        self.stamp += 1
        message = SimpleNamespace(
            data=bytes(rgb.nbytes if message_bytes is None else message_bytes),
            width=rgb.shape[1], height=rgb.shape[0],
            header=SimpleNamespace(stamp=SimpleNamespace(sec=self.stamp, nanosec=0)))
        self.frames.add((self.stamp, 0), SeenFrame(
            self.classifier.frame_encoder.encode_frame(rgb), message, False), 300)
        self.executor.saw()
        return self.stamp, 0
