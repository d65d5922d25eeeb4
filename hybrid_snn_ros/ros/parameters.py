# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The one table of the classifier's parameters.

Declaration, validation, `config/classifier.yaml` and the table in the README all come from it:
after a change here, `hybrid-snn parameters --write` writes those two again.
"""

from collections.abc import Callable, Iterable
from typing import Any, TYPE_CHECKING

from hybrid_snn_ros.defaults import FALSE_UNKNOWN, MIN_CHANGE, TEACH_VIEWS, TOP
from hybrid_snn_ros.paths import user_path
from hybrid_snn_ros.ros.parameter_table import declare, meant, Parameter, refusal
from hybrid_snn_ros.snn.rules import DEFAULT, RULES

if TYPE_CHECKING:
    from rcl_interfaces.msg import SetParametersResult

GROUPS = {
    'Encoder, memory and network': (
        Parameter('model', '', 'TFLite encoder; empty for the shipped EfficientNet-Lite0'),
        Parameter('memory', '', 'directory that keeps what was taught; empty for '
                  '`~/.ros/hybrid_snn_ros/<namespace>/<node>`'),
        Parameter('initial_memory', '', 'file that an empty memory starts from, written by '
                  '`hybrid-snn state export`; empty for none (the launch file sets '
                  '`everyday.memory`)'),
        Parameter('rule', DEFAULT, 'learning rule: lateral is ours, original is CoLaNET as '
                  'published', choices=RULES.keys()),  # a view: also what is registered later
        Parameter('backend', 'numpy', 'where the network runs: numpy on the CPU, cupy on an '
                  'NVIDIA GPU, auto on the one that answers a frame faster with the labels known '
                  'at configure', choices=('numpy', 'cupy', 'auto')),
        Parameter('seed', 0, 'seed of all random numbers', 0, 2**31 - 1),
        Parameter('threads', 1, 'threads of the encoder', 1, 64),
        Parameter('delegate', 'auto', 'what runs the encoder: auto, xnnpack, none, or the '
                  'library of an external delegate, e.g. libedgetpu.so.1'),
        Parameter('encoder', 'tflite', 'what computes the encoder: tflite, the runtime; for '
                  'research, and slowly, radix (the same codes by exact spikes) or rate '
                  '(rate-coded spikes, other codes; thresholds in NAME.rate.json beside the '
                  'model)',
                  choices=('tflite', 'radix', 'rate')),
        Parameter('cpus', '', "CPUs for the encoder's threads and the classifier, e.g. 0-3,6 "
                  '(Linux); empty for all'),
        Parameter('autostart', True, 'configure and activate at start, without a lifecycle '
                  'manager'),
    ),
    'Things in a frame': (
        Parameter('where', 'off', 'on: find the things in each frame, follow and name them '
                  '(`~/detections`, `~/things`), and learn from drawn boxes where things are; '
                  'off: name and learn the boxes of others only', choices=('off', 'on')),
        Parameter('where_crops', 2, 'things that are looked at anew in each frame, in turn: each '
                  'takes an encoding', 1, 12, live=True),
    ),
    'Camera': (
        Parameter('image_transport', 'raw', 'raw: sensor_msgs/Image on `image`; compressed: '
                  'sensor_msgs/CompressedImage on `image/compressed`',
                  choices=('raw', 'compressed')),
        Parameter('reliability', 'auto', 'reliability of the camera subscription: best_effort '
                  'takes frames from every camera; reliable takes them from reliable cameras only '
                  'and loses none on the way; auto is reliable if frame_queue is above 1, else '
                  'best_effort', choices=('auto', 'best_effort', 'reliable')),
        Parameter('frame_queue', 1, 'frames that may wait: 1 answers the newest only; set more '
                  'to lose no frame of a data set or bag', 1, 1000),
        Parameter('depth', 0, 'frames that DDS keeps until the node takes them; 0 for as many as '
                  'frame_queue', 0, 1000),
        Parameter('roi', [0.0, 0.0, 1.0, 1.0], 'region of interest: x, y, width, height as '
                  'fractions of the frame', 0.0, 1.0),
        Parameter('crop', 0.875, 'side of the centre square that the encoder sees, as a fraction '
                  'of the short side of the region of interest', 0.05, 1.0),
        Parameter('image_timeout', 2.0, 'seconds without a frame after which the camera counts '
                  'as silent', 0.1, 3600.0, live=True),
    ),
    'Teaching': (
        Parameter('learning', True, 'accept teaching', live=True),
        Parameter('teach_frames', 1, 'frames that one `~/teach` labels: the newest, and of those '
                  'after it the next one whenever a lesson is learned', 1, 1000, live=True),
        Parameter('min_change', MIN_CHANGE, 'least change (1 - cosine of the embeddings) from '
                  'all samples of the label; a frame that changed less is not learned '
                  'again; 0 learns every frame', 0.0, 1.0, live=True),
        Parameter('teach_views', TEACH_VIEWS, 'views that are learned of each taught frame: 1 the '
                  'frame alone; 6 also its mirror image and parts of it, each as a sixth of a '
                  'sample, for five encodings more between the frames that follow',
                  choices=(1, 6), live=True),
        Parameter('recent_frames', 300, 'how many answered frames can still be taught by their '
                  'stamp', 1, 100000, live=True),
        Parameter('keep_pictures', True, 'keep what the encoder saw of each taught frame with it, '
                  'as a JPEG of about 9 kB, or of about 16 kB what its views were cut from',
                  live=True),
    ),
    'Questions': (
        Parameter('questions', 'on', 'on: group what is unknown and ask about it (`~/questions`) '
                  'once it was seen eight times; off: do not ask', choices=('off', 'on'),
                  live=True),
        Parameter('doubt_period', 60.0, 'seconds between two questions about frames that are torn '
                  'between two labels, at least; 0 never asks about those', 0.0, 86400.0,
                  live=True),
    ),
    'Fleet': (
        Parameter('fleet', 'off', 'share: what is taught here is known at all robots that allow '
                  'this one, and the other way round (docs/fleet.md); listen: only the other way '
                  'round; off: neither', choices=('off', 'listen', 'share')),
        Parameter('fleet_pictures', 'off', 'on: pictures of what was taught are given to robots '
                  'of the fleet, when somebody looks at a label there, and asked of them; off: '
                  'they stay on their robot', choices=('off', 'on')),
    ),
    'Answers': (
        Parameter('false_unknown', FALSE_UNKNOWN, 'nominal share of frames of taught labels that '
                  'are answered as unknown; 0 never answers unknown', 0.0, 0.9, live=True),
        Parameter('top_k', TOP, 'labels ranked in an answer', 1, 100, live=True),
        Parameter('answer_views', 1, 'views of each frame that are looked at, and whose answers '
                  'are averaged: each takes an encoding', choices=(1, 3, 6), live=True),
        Parameter('still_gate', True, 'hold the answer while nothing moves before the camera, '
                  'instead of looking at every frame anew', live=True),
        Parameter('held_for', 10.0, 'seconds for which an answer is held at most', 0.1, 3600.0,
                  live=True),
        Parameter('smoothing', 3, 'frames of one scene over which answers are averaged; 1 judges '
                  'every frame alone', 1, 100, live=True),
    ),
}
PATHS = ('model', 'memory', 'initial_memory', 'delegate')
TABLE = tuple(parameter for group in GROUPS.values() for parameter in group)
_BY_NAME = {parameter.name: parameter for parameter in TABLE}


class Parameters:
    """Declares the table on a node and hands out validated values as attributes."""

    def __init__(self, node: Any, is_configured: Callable[[], bool]) -> None:
        """
        Declare all parameters.

        :param node: an rclpy node.
        :param is_configured: function telling whether start parameters are in use now.
        :raises ValueError: with a sentence, when the parameter file holds a bad value.
        """
        self._node = node
        self._is_configured = is_configured
        _, self.unknown = declare(node, TABLE, 'configure', live_too=True)
        node.add_on_set_parameters_callback(self._on_set)

    def _on_set(self, changes: Iterable[Any]) -> 'SetParametersResult':
        from rcl_interfaces.msg import SetParametersResult  # the table is read without ROS, too
        for change in changes:
            parameter = _BY_NAME.get(change.name)
            if parameter is None:
                continue
            problem = refusal(parameter, change.value)
            if not problem and not parameter.live and self._is_configured():
                problem = (f'{parameter.name} is read at configure; clean the node up first '
                           '(ros2 lifecycle set <node> deactivate, cleanup)')
            if problem:
                return SetParametersResult(successful=False, reason=problem)
        return SetParametersResult(successful=True)

    def path(self, name: str) -> str:
        """
        Return a parameter that is a path as text, with its ~ replaced; '' where it is empty.

        :raises PathError: where ~ or ~user stands for no one.
        """
        text = getattr(self, name)
        return text and str(user_path(text))

    def __getattr__(self, name: str) -> Any:
        parameter = _BY_NAME.get(name)
        if parameter is None:
            raise AttributeError(name)
        return meant(parameter, self._node.get_parameter(name).value)
