# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Five things at 30 Hz: what finding and naming them costs, and how late they are told.

The simulated camera (640x480) and the node run as processes and talk over DDS.  Five things on a
table are taught in ten pictures; then another arrangement of them sways before the camera, and
~/detections is heard for as many frames as asked.  Prints frames that were lost, the time from a
frame's stamp to its ~/detections, and the CPU of the node.  The exit code is 1 where a mark is
missed.  vision_msgs is built for it where it is not installed.

    python tools/five_things.py
"""

import argparse
import importlib.util
import json
import os
from pathlib import Path
import sys
import tempfile
import time

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / 'test' / 'support')]

RATE = 30  # frames a second
LATEST = 60.0  # ms from the stamp to ~/detections of 95 % of the frames, at most: the mark
THINGS = ('red ball', 'yellow submarine', 'blue totem', 'green blocks', 'pink rocket')
ARRANGEMENT = 3
_PATIENCE = 300.0  # seconds for anything that is waited for


def with_vision_msgs():
    """Begin again in an environment that has vision_msgs, unless it is there."""
    if importlib.util.find_spec('vision_msgs') is None:
        import vision_msgs_overlay
        prefix = vision_msgs_overlay.build(
            Path(tempfile.gettempdir()) / f'vision_msgs_{os.getuid()}')
        os.execve(sys.executable, [sys.executable, *sys.argv],
                  {**os.environ, **vision_msgs_overlay.environment(prefix)})


class Listener:
    """Hears what the camera shows and what the node finds."""

    def __init__(self):
        import rclpy
        from rclpy.executors import SingleThreadedExecutor
        from std_msgs.msg import String
        from vision_msgs.msg import Detection2DArray
        self._node = rclpy.create_node('listener')
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        self.views = set()  # so many views of the table were drawn
        self.shown = {}  # by stamp, nanoseconds: names of the things that are to be seen
        self.late, self.named = {}, {}  # by stamp: ms until ~/detections came, names in it
        self._node.create_subscription(String, 'turntable_camera/view', self._on_view, 1000)
        self._node.create_subscription(
            Detection2DArray, 'classifier/detections', self._on_detections, 1000)

    def _on_view(self, message):
        view = json.loads(message.data)
        if 'things' in view:
            self.views.add(view['view'])
            self.shown[view['stamp_sec'] * 10 ** 9 + view['stamp_nanosec']] = {
                thing['object'] for thing in view['things']}

    def _on_detections(self, message):
        now = self._node.get_clock().now().nanoseconds
        stamp = message.header.stamp.sec * 10 ** 9 + message.header.stamp.nanosec
        self.late[stamp] = (now - stamp) / 1e6
        self.named[stamp] = {one.results[0].hypothesis.class_id for one in message.detections}

    def spin(self, condition):
        """Listen until a condition holds."""
        end = time.monotonic() + _PATIENCE
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f'waited {_PATIENCE:g} s in vain')
            self._executor.spin_once(timeout_sec=0.1)

    def close(self):
        self._executor.shutdown()
        self._node.destroy_node()


def cpu_seconds(pid):
    """Return the seconds of CPU that a process has used."""
    fields = Path(f'/proc/{pid}/stat').read_text(encoding='utf-8').rpartition(')')[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf('SC_CLK_TCK')


def measured(children, frames):
    """Return (the listener, stamps of the frames that count, share of a CPU)."""
    from hybrid_snn_ros.sim.swaying import VIEWS
    listener = Listener()
    try:
        # Until the camera draws no more, and all things have their names.
        listener.spin(lambda: len(listener.views) == VIEWS and len(listener.late) >= 4 * RATE)
        pid = children.pid('classifier')
        first, begin, used = max(listener.shown), time.monotonic(), cpu_seconds(pid)
        listener.spin(lambda: sum(stamp > first for stamp in listener.shown) >= frames)
        share = (cpu_seconds(pid) - used) / (time.monotonic() - begin)
        counted = sorted(stamp for stamp in listener.shown if stamp > first)
        late = time.monotonic() + 2.0  # for the last ones; what comes later is lost
        listener.spin(lambda: counted[-1] in listener.late or time.monotonic() > late)
    finally:
        listener.close()
    return listener, counted, share


def main():
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--frames', type=int, default=900,
                        help='frames that are counted (default: %(default)s)')
    parser.add_argument('--crops', type=int, default=2,
                        help='parameter where_crops of the node (default: %(default)s)')
    args = parser.parse_args()
    with_vision_msgs()
    import numpy as np

    from hybrid_snn_ros.cli import demo_scene
    from hybrid_snn_ros.cli.demo import environment
    from hybrid_snn_ros.cli.demo_processes import Children
    os.environ.update(environment())
    from hybrid_snn_ros.cli.demo_client import DemoClient
    with tempfile.TemporaryDirectory() as folder:
        children = Children(Path(folder), dict(os.environ))
        client = None
        try:
            children.start('camera', 'hybrid_snn_ros.sim.camera_node', '--ros-args',
                           '-p', f'scene:={len(THINGS)}', '-p', f'objects:={",".join(THINGS)}',
                           '-p', 'floor:=plain', '-p', f'rate:={RATE}')
            children.start('classifier', 'hybrid_snn_ros.ros.main', '--ros-args',
                           '-r', 'image:=image_raw', '-p', f'memory:={folder}/memory',
                           '-p', 'where:=on', '-p', f'where_crops:={args.crops}')
            client = DemoClient(children.check)
            demo_scene.teach(client, THINGS)
            client.show_scene(THINGS, ARRANGEMENT, _PATIENCE)
            listener, counted, share = measured(children, args.frames)
            heard = [listener.late[stamp] for stamp in counted if stamp in listener.late]
            right = [len(listener.named[stamp] & listener.shown[stamp]) / len(
                listener.shown[stamp]) for stamp in counted if stamp in listener.named]
        finally:
            if client is not None:
                client.close()
            children.stop()
    lost = len(counted) - len(heard)
    p50, p95 = np.percentile(heard, (50, 95))
    load = os.getloadavg()[0]
    print(f'{len(THINGS)} things, 640x480 at {RATE} Hz, {args.crops} crops a frame, '
          f'{len(counted)} frames; load of the computer {load:.1f} on {os.cpu_count()} CPUs')
    for what, value, mark in (
            ('frames without ~/detections', str(lost), '0'),
            ('stamp to ~/detections, p50', f'{p50:.0f} ms', ''),
            ('stamp to ~/detections, p95', f'{p95:.0f} ms', f'<= {LATEST:.0f} ms'),
            ('CPU of the node', f'{100 * share:.0f} % of one', ''),
            ('things under their name', f'{100 * np.mean(right):.1f} %', '')):
        print(f'{what:<30} {value:>14}   {mark}')
    return int(lost > 0 or p95 > LATEST)


if __name__ == '__main__':
    sys.exit(main())
