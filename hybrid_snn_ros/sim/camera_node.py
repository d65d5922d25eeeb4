# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
A camera without hardware: a ROS 2 node that publishes views of objects on a turntable.

`image_raw` carries the pictures. With every picture `~/view` carries a JSON object with the keys
stamp_sec, stamp_nanosec (the picture's header stamp), object, condition, split ('train' or
'test', of this very view) and view (0..35); it is published just before its picture. The latched
topics `~/showing` and `~/view_split` say what the pictures on the way now show; `~/object` and
`~/split` (or the parameters of the same names) choose. While the first view of a new choice is
being drawn, the old one stays on the air under its own name.
"""

from array import array
import json
import sys
from typing import NamedTuple

import cv2
import numpy as np
from rcl_interfaces.msg import ParameterDescriptor, SetParametersResult
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image
from std_msgs.msg import String

from hybrid_snn_ros.ros.process import run
from hybrid_snn_ros.ros.qos import LATCHED
from hybrid_snn_ros.sim import conditions, objects
from hybrid_snn_ros.sim.render_ahead import RenderAhead, Wish
from hybrid_snn_ros.sim.turntable import SimulatorMissing

_ENCODINGS = {'rgb8': None, 'bgr8': cv2.COLOR_RGB2BGR, 'mono8': cv2.COLOR_RGB2GRAY}


class Settings(NamedTuple):
    """The node's parameters; `checked` returns them tidied or raises ValueError."""

    object: str = 'duck'
    condition: str = 'varied'
    split: str = 'all'
    rate: float = 15.0
    loop_views: bool = True
    width: int = 320
    height: int = 240
    encoding: str = 'rgb8'
    reliable: bool = False
    seed: int = 0
    frame_id: str = 'camera'

    def checked(self) -> 'Settings':
        """Return the settings with the object's full name; ValueError with one sentence."""
        for what, value, allowed in (('condition', self.condition, conditions.CONDITIONS),
                                     ('split', self.split, conditions.SPLITS),
                                     ('encoding', self.encoding, tuple(_ENCODINGS))):
            if value not in allowed:
                raise ValueError(f'{what} {value!r} is unknown: it is one of '
                                 f'{", ".join(allowed)}')
        if isinstance(self.rate, bool) or not isinstance(self.rate, (int, float)) \
                or not 0.1 <= self.rate <= 120.0:
            raise ValueError(f'rate {self.rate!r} is not possible: it is a number from 0.1 to '
                             '120 pictures per second')
        for what, side in (('width', self.width), ('height', self.height)):
            if not 16 <= side <= 1920:
                raise ValueError(f'{what} {side} is out of range: it is 16 to 1920 pixels')
        if self.seed < 0:
            raise ValueError(f'seed {self.seed} is negative: it is 0 or more')
        return self._replace(object=objects.find(self.object).name, rate=float(self.rate))


_MEANING = {
    'object': 'what stands on the turntable',
    'condition': 'plain, jitter or varied: what changes from view to view',
    'split': 'train, test or all: which of the 36 views are shown',
    'rate': 'pictures per second, 0.1 to 120',
    'loop_views': 'true: turn round and round; false: stop at the last view and go on showing it',
    'width': 'pixels', 'height': 'pixels',
    'encoding': 'rgb8, bgr8 or mono8',
    'reliable': 'false: sensor-data quality of service, true: reliable delivery',
    'seed': 'seed of the changing views',
    'frame_id': 'frame_id of the published headers',
}
_LIVE = ('object', 'condition', 'split', 'rate', 'loop_views')


class TurntableCamera(Node):
    """The node; `close` joins its worker and has to be called before `destroy_node`."""

    def __init__(self) -> None:
        super().__init__('turntable_camera')
        for name, value in Settings()._asdict().items():
            # A launch file writes 15 for a rate as readily as 15.0: `checked` judges it.
            self.declare_parameter(name, value, ParameterDescriptor(
                description=_MEANING[name], read_only=name not in _LIVE,
                dynamic_typing=name == 'rate'))
        self._settings = Settings(*(self.get_parameter(name).value
                                    for name in Settings._fields)).checked()
        s = self._settings
        self._image_pub = self.create_publisher(Image, 'image_raw', QoSProfile(
            history=HistoryPolicy.KEEP_LAST, depth=5,
            reliability=(ReliabilityPolicy.RELIABLE if s.reliable
                         else ReliabilityPolicy.BEST_EFFORT)))
        self._view_pub = self.create_publisher(String, '~/view', 50)
        self._showing_pub = self.create_publisher(String, '~/showing', LATCHED)
        self._split_pub = self.create_publisher(String, '~/view_split', LATCHED)
        self.create_subscription(String, '~/object', lambda m: self._choose('object', m.data), 10)
        self.create_subscription(String, '~/split', lambda m: self._choose('split', m.data), 10)
        self._shown: Wish | None = None
        self._place = -1
        self._image: np.ndarray | None = None
        self.add_on_set_parameters_callback(self._on_parameters)
        self._timer = self.create_timer(1.0 / s.rate, self._tick)
        self.get_logger().info(f'{s.width}x{s.height} {s.encoding} at {s.rate:g} Hz, '
                               f'{s.condition} views of {len(objects.names())} objects')
        # Last, because from here on there is a thread to join.
        self._ahead = RenderAhead((s.width, s.height), s.seed)
        self._ahead.want(self._wish())

    def close(self) -> None:
        """Stop the worker and wait for it."""
        self._ahead.stop()

    def _wish(self) -> Wish:
        return Wish(self._settings.object, self._settings.condition, self._settings.split)

    def _choose(self, what: str, value: str) -> None:
        # Through the parameter, so that `ros2 param get` tells the same story as the topics.
        result = self.set_parameters([Parameter(what, value=value)])[0]
        if not result.successful:
            self.get_logger().warning(result.reason)

    def _on_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        changes = {p.name: p.value for p in parameters if p.name in Settings._fields}
        before = self._settings
        try:
            self._settings = before._replace(**changes).checked()
        except ValueError as error:
            return SetParametersResult(successful=False, reason=str(error))
        if self._settings.rate != before.rate:
            self.destroy_timer(self._timer)
            self._timer = self.create_timer(1.0 / self._settings.rate, self._tick)
        self._ahead.want(self._wish())
        return SetParametersResult(successful=True)

    def _tick(self) -> None:
        wish = self._wish()
        if wish != self._shown:
            first = conditions.view_indices(wish.split)[0]
            if self._ahead.picture(wish, first) is not None:
                self._shown, self._place = wish, -1
                self._showing_pub.publish(String(data=wish.name))
                self._split_pub.publish(String(data=wish.split))
        if self._shown is None:
            return
        indices = conditions.view_indices(self._shown.split)
        place = self._place + 1
        if place == len(indices):
            place = 0 if self._settings.loop_views else self._place
        image = self._ahead.picture(self._shown, indices[place])
        if image is not None:
            self._place, self._image = place, image
        assert self._image is not None  # the first view was there when it was chosen
        self._publish(self._shown, self._image, indices[self._place])

    def _publish(self, shown: Wish, image: np.ndarray, view_index: int) -> None:
        stamp = self.get_clock().now().to_msg()
        self._view_pub.publish(String(data=json.dumps({
            'stamp_sec': stamp.sec, 'stamp_nanosec': stamp.nanosec, 'object': shown.name,
            'condition': shown.condition, 'split': conditions.split_of(view_index),
            'view': view_index})))
        conversion = _ENCODINGS[self._settings.encoding]
        pixels = image if conversion is None else cv2.cvtColor(image, conversion)
        message = Image()
        message.header.stamp = stamp
        message.header.frame_id = self._settings.frame_id
        message.height, message.width = pixels.shape[:2]
        message.encoding = self._settings.encoding
        message.step = pixels.strides[0]
        message.data = array('B', pixels.tobytes())
        self._image_pub.publish(message)


def main(args: list[str] | None = None) -> int:
    """Run the camera until SIGINT or SIGTERM; return 0, or 1 after one sentence on stderr."""
    return run(TurntableCamera, 'turntable_camera', args, errors=(SimulatorMissing,))


if __name__ == '__main__':
    sys.exit(main())
