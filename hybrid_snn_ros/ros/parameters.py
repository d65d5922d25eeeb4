# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The one table of the node's parameters: declaration and validation follow from it."""

from array import array
from typing import Any, NamedTuple

from rcl_interfaces.msg import ParameterDescriptor, SetParametersResult


class Parameter(NamedTuple):
    """A parameter, its bounds and the sentence that explains it."""

    name: str
    default: Any
    text: str
    low: Any = None
    high: Any = None
    choices: tuple = ()
    live: bool = False  # acts at the next frame; else it is read at configure


TABLE = (
    Parameter('model', '', 'TFLite encoder; empty for the EfficientNet-Lite0 that is shipped'),
    Parameter('memory', '', 'directory of what was taught; empty for '
              '~/.ros/hybrid_snn_ros/<namespace>/<node>'),
    Parameter('initial_memory', '', 'file that an empty memory begins with, as `hybrid-snn state '
              'export` writes it; empty for none'),
    Parameter('rule', 'lateral', 'learning rule', choices=('lateral', 'original')),
    Parameter('backend', 'numpy', 'arrays on the CPU or on a GPU', choices=('numpy', 'cupy')),
    Parameter('seed', 0, 'seed of everything random', 0, 2**31 - 1),
    Parameter('threads', 1, 'threads of the encoder', 1, 64),
    Parameter('crop', 0.875, 'centre square of the region of interest that is looked at, as a '
              'fraction of its short side', 0.05, 1.0),
    Parameter('roi', [0.0, 0.0, 1.0, 1.0], 'region of interest: x, y, width, height as fractions '
              'of the frame', 0.0, 1.0),
    Parameter('image_transport', 'raw', 'raw: sensor_msgs/Image on `image`; compressed: '
              'sensor_msgs/CompressedImage on `image/compressed`', choices=('raw', 'compressed')),
    Parameter('frame_queue', 1, 'frames that may wait: 1 answers the newest only; more loses none '
              'of a data set or bag (the camera is then subscribed to reliably)', 1, 1000),
    Parameter('autostart', True, 'configure and activate at start, without a lifecycle manager'),
    Parameter('delegate', 'auto', 'what computes the encoder: auto, xnnpack, none, or the library '
              'of an external delegate, e.g. libedgetpu.so.1'),
    Parameter('cpus', '', "CPUs that the encoder's threads and the classifier keep to, as in "
              "'0-3,6'; empty for all (Linux)"),
    Parameter('learning', True, 'accept teaching', live=True),
    Parameter('teach_frames', 1, 'frames that one ~/teach labels, the newest one included',
              1, 1000, live=True),
    Parameter('min_change', 0.02, 'change (1 - cosine of the embeddings) from the newest sample '
              'of its label below which a frame is not learned again; 0 learns every frame',
              0.0, 1.0, live=True),
    Parameter('recent_frames', 300, 'answered frames that can still be taught by their stamp',
              1, 100000, live=True),
    Parameter('false_unknown', 0.02, 'nominal share of frames of taught labels answered as '
              'unknown; 0 never answers unknown', 0.0, 0.9, live=True),
    Parameter('top_k', 5, 'labels ranked in an answer', 1, 100, live=True),
    Parameter('smoothing', 1, 'frames of one scene whose answers are averaged; 1 judges every '
              'frame alone', 1, 100, live=True),
    Parameter('image_timeout', 2.0, 'seconds without a frame after which the camera counts as '
              'silent', 0.1, 3600.0, live=True),
)
_BY_NAME = {parameter.name: parameter for parameter in TABLE}


def refusal(parameter, value):
    """Return the sentence why a value cannot be taken, or None if it can."""
    wanted = type(parameter.default)
    if wanted is float and type(value) is int:
        value = float(value)
    if isinstance(parameter.default, list):
        values = list(value) if isinstance(value, (list, tuple, array)) else []
        if len(values) != len(parameter.default):
            return f'{parameter.name} needs {len(parameter.default)} numbers, not {value!r}'
    elif type(value) is not wanted:
        return f'{parameter.name} must be of type {wanted.__name__}, not {value!r}'
    else:
        values = [value]
    if parameter.choices and value not in parameter.choices:
        return f"{parameter.name} must be one of {', '.join(parameter.choices)}, not {value!r}"
    if parameter.low is not None and not all(
            isinstance(v, (int, float)) and parameter.low <= v <= parameter.high for v in values):
        return f'{parameter.name} must lie in {parameter.low}..{parameter.high}, not {value!r}'
    return None


class Parameters:
    """Declares the table on a node and hands out validated values as attributes."""

    def __init__(self, node, is_configured):
        """
        Declare all parameters.

        :param node: an rclpy node.
        :param is_configured: function telling whether start parameters are in use now.
        :raises ValueError: with a sentence, when the parameter file holds a bad value.
        """
        self._node = node
        self._is_configured = is_configured
        for parameter in TABLE:
            descriptor = ParameterDescriptor(
                description=parameter.text + ('' if parameter.live else ' (read at configure)'),
                additional_constraints=_constraints(parameter),
                dynamic_typing=True)  # so that `image_timeout: 2` is as good as 2.0
            value = node.declare_parameter(parameter.name, parameter.default, descriptor).value
            problem = refusal(parameter, value)
            if problem:
                raise ValueError(problem)
        node.add_on_set_parameters_callback(self._on_set)

    def _on_set(self, changes):
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

    def __getattr__(self, name):
        parameter = _BY_NAME.get(name)
        if parameter is None:
            raise AttributeError(name)
        value = self._node.get_parameter(name).value
        return float(value) if isinstance(parameter.default, float) else value


def _constraints(parameter):
    if parameter.choices:
        return 'one of ' + ', '.join(parameter.choices)
    if parameter.low is not None:
        return f'{parameter.low}..{parameter.high}'
    return ''
