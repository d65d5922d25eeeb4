# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
A camera without hardware: a ROS 2 node that publishes views of objects on a turntable.

With `scene` above 0 it is a table with so many of them, which sways.  What is below holds for
both, but then `~/view` has the keys scene, arrangement, floor, split, view (0..60), size, and
things: of each that is seen its object and its box, x, y, width, height in pixels.

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
from typing import Any, NamedTuple

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
from hybrid_snn_ros.sim import conditions, objects, scenes
from hybrid_snn_ros.sim.render_ahead import RenderAhead, Wish
from hybrid_snn_ros.sim.scene_ahead import SceneAhead, SceneWish
from hybrid_snn_ros.sim.swaying import LOOP, view_of
from hybrid_snn_ros.sim.turntable import SimulatorMissing

_TURNTABLE_SIZE = 320, 240
_ENCODINGS = {'rgb8': None, 'bgr8': cv2.COLOR_RGB2BGR, 'mono8': cv2.COLOR_RGB2GRAY}


class Settings(NamedTuple):
    """The node's parameters; `checked` returns them tidied or raises ValueError."""

    object: str = 'duck'
    scene: int = 0
    objects: str = ''
    arrangement: int = 0
    floor: str = 'varied'
    condition: str = 'varied'
    split: str = 'all'
    rate: float = 15.0
    loop_views: bool = True
    width: int = 0
    height: int = 0
    encoding: str = 'rgb8'
    reliable: bool = False
    seed: int = 0
    frame_id: str = 'camera'

    def checked(self) -> 'Settings':
        """Return the settings with the object's full name; ValueError with one sentence."""
        for what, value, allowed in (('condition', self.condition, conditions.CONDITIONS),
                                     ('split', self.split, conditions.SPLITS),
                                     ('floor', self.floor, scenes.FLOORS),
                                     ('encoding', self.encoding, tuple(_ENCODINGS))):
            if value not in allowed:
                raise ValueError(f'{what} {value!r} is unknown: it is one of '
                                 f'{", ".join(allowed)}')
        if isinstance(self.rate, bool) or not isinstance(self.rate, (int, float)) \
                or not 0.1 <= self.rate <= 120.0:
            raise ValueError(f'rate {self.rate!r} is not possible: it is a number from 0.1 to '
                             '120 pictures per second')
        for what, side in (('width', self.width), ('height', self.height)):
            if side and not 16 <= side <= 1920:
                raise ValueError(f'{what} {side} is out of range: it is 16 to 1920 pixels')
        for what, number in (('seed', self.seed), ('arrangement', self.arrangement)):
            if number < 0:
                raise ValueError(f'{what} {number} is negative: it is 0 or more')
        return self._replace(object=objects.find(self.object).name, rate=float(self.rate),
                             objects=', '.join(self._checked_scene()))

    def _checked_scene(self) -> list[str]:
        """Return the full names of `objects`."""
        most = scenes.THINGS[1]
        if not 0 <= self.scene <= most:
            raise ValueError(f'scene {self.scene} is not possible: it is 1 to {most} things on a '
                             'table, or 0 for the turntable')
        names = [objects.find(name).name for name in self.objects.split(',') if name.strip()]
        if len(set(names)) < len(names):
            raise ValueError(f'objects {self.objects!r} names one twice')
        if self.scene and len(names) > self.scene:
            raise ValueError(f'objects names {len(names)}, but scene is {self.scene}')
        if self.scene and (self.width, self.height) not in ((0, 0), scenes.SIZE):
            raise ValueError(f'a scene has {scenes.SIZE[0]}x{scenes.SIZE[1]} pixels, not '
                             f'{self.width}x{self.height}: leave width and height at 0')
        return names

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the turntable's pictures."""
        return self.width or _TURNTABLE_SIZE[0], self.height or _TURNTABLE_SIZE[1]


_MEANING = {
    'object': 'what stands on the turntable',
    'scene': 'things on a swaying table, 1 to 5; 0 for the turntable',
    'objects': 'names of those things, with commas between them; what is missing is dealt',
    'arrangement': 'which of the endless arrangements of the things, 0 or more',
    'floor': 'plain or varied: what the things of a scene stand on',
    'condition': 'plain, jitter or varied: what changes from view to view',
    'split': 'train, test or all: which of the 36 views are shown; of a scene its floors and '
             'heights of the camera, all being train',
    'rate': 'pictures per second, 0.1 to 120',
    'loop_views': 'true: turn round and round; false: stop at the last view and go on showing it',
    'width': 'pixels; 0 for 320 on the turntable and 640 of a scene',
    'height': 'pixels; 0 for 240 on the turntable and 480 of a scene',
    'encoding': 'rgb8, bgr8 or mono8',
    'reliable': 'false: sensor-data quality of service, true: reliable delivery',
    'seed': 'seed of the changing views',
    'frame_id': 'frame_id of the published headers',
}
_LIVE = ('object', 'scene', 'objects', 'arrangement', 'floor', 'condition', 'split', 'rate',
         'loop_views')


class _Shot(NamedTuple):
    """A picture, and what `~/view` says of it."""

    image: np.ndarray
    about: dict[str, Any]


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
        self._shown: Wish | SceneWish | None = None
        self._place = -1
        self._shot: _Shot | None = None
        self.add_on_set_parameters_callback(self._on_parameters)
        self._timer = self.create_timer(1.0 / s.rate, self._tick)
        width, height = scenes.SIZE if s.scene else s.size
        self.get_logger().info(
            f'{width}x{height} {s.encoding} at {s.rate:g} Hz, '
            + (f'a table with {s.scene} of {len(objects.names())} objects' if s.scene else
               f'{s.condition} views of {len(objects.names())} objects'))
        # Last, because from here on there are threads and processes to join.
        self._ahead, self._scenes = RenderAhead(s.size, s.seed), SceneAhead()
        self._want()

    def close(self) -> None:
        """Stop those who draw and wait for them."""
        self._ahead.stop()
        self._scenes.stop()

    def _wish(self) -> Wish | SceneWish:
        s = self._settings
        if not s.scene:
            return Wish(s.object, s.condition, s.split)
        return SceneWish(s.scene, tuple(filter(None, s.objects.split(', '))), s.floor,
                         'test' if s.split == 'test' else 'train', (s.seed, s.arrangement))

    def _want(self) -> None:
        wish = self._wish()
        if isinstance(wish, SceneWish):
            self._scenes.want(wish)
        else:
            self._ahead.want(wish)

    def _drawn(self, wish: Wish | SceneWish, place: int) -> '_Shot | None':
        """Return what is shown at a place of a loop, None while it is not drawn."""
        if isinstance(wish, SceneWish):
            view = view_of(place)
            scene = self._scenes.picture(wish, view)
            return scene and _Shot(scene.image, {
                'scene': wish.things, 'arrangement': wish.seed[1], 'floor': wish.floor,
                'split': wish.split, 'view': view, 'size': list(scenes.SIZE),
                'things': [{'object': name, 'box': box.tolist()}
                           for name, box in zip(scene.names, scene.boxes)]})
        view = conditions.view_indices(wish.split)[place]
        image = self._ahead.picture(wish, view)
        return None if image is None else _Shot(image, {
            'object': wish.name, 'condition': wish.condition,
            'split': conditions.split_of(view), 'view': view})

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
        self._want()
        return SetParametersResult(successful=True)

    def _tick(self) -> None:
        wish = self._wish()
        if wish != self._shown and self._drawn(wish, 0) is not None:
            self._shown, self._place = wish, -1
            names = wish.chosen() if isinstance(wish, SceneWish) else [wish.name]
            self._showing_pub.publish(String(data=', '.join(names)))
            self._split_pub.publish(String(data=wish.split))
        if self._shown is None:
            return
        length = LOOP if isinstance(self._shown, SceneWish) else len(
            conditions.view_indices(self._shown.split))
        place = self._place + 1
        if place == length:
            place = 0 if self._settings.loop_views else self._place
        shot = self._drawn(self._shown, place)
        if shot is not None:
            self._place, self._shot = place, shot
        assert self._shot is not None  # the first view was there when it was chosen
        self._publish(self._shot)

    def _publish(self, shot: '_Shot') -> None:
        stamp = self.get_clock().now().to_msg()
        self._view_pub.publish(String(data=json.dumps({
            'stamp_sec': stamp.sec, 'stamp_nanosec': stamp.nanosec, **shot.about})))
        conversion = _ENCODINGS[self._settings.encoding]
        pixels = shot.image if conversion is None else cv2.cvtColor(
            shot.image, conversion)
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
