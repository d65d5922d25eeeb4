# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A node under messages with anything in them: refused where they must be, none lost."""

from builtin_interfaces.msg import Time
from camera_frames import frame, header, picture, RED
from domains import fresh_domain
from fuzz import Fuzz, readable
from ros_harness import NodeProcess, OK, Peer, WAIT
from sensor_msgs.msg import Image

OVER_DDS = 2000
TIMES = ((0, 0), (-1, 0), (-2 ** 31, 0), (2 ** 31 - 1, 2 ** 32 - 1), (5, 10 ** 9), (9, 1))


def test_a_node_under_two_thousand_of_them_refuses_what_is_to_be_refused_and_lives(tmp_path):
    """None is lost on the way (reliable, a queue), so that the counters are known beforehand."""
    fuzz, domain, refused = Fuzz(6), fresh_domain(), 0
    with NodeProcess(tmp_path, domain, memory=str(tmp_path / 'memory'), frame_queue=1000,
                     min_change=0.0) as node, Peer(domain) as peer:
        peer.show(frame(picture(RED)))
        assert peer.teach('red')[0].level == OK
        camera = peer.node.create_publisher(Image, 'image', OVER_DDS)
        peer.until('the camera to be heard', camera.get_subscription_count)
        before = {name: int(value) for name, value in peer.counters().items()
                  if name in ('received', 'answered', 'refused')}
        for number in range(OVER_DDS):
            fields = fuzz.raw(0.4)
            refused += not readable(fields)
            message = header(Image(**fields))
            if number % 3 == 0:
                sec, nanosec = fuzz.random.choice(TIMES)
                message.header.stamp = Time(sec=sec, nanosec=nanosec)
            camera.publish(message)
            peer.spin(0.002)
        last = frame(picture(RED))
        camera.publish(last)
        stamp = last.header.stamp.sec, last.header.stamp.nanosec
        answer = peer.until('the answer to the last', lambda: peer.answers.get(stamp), 3 * WAIT)
        assert answer['label'] == 'red'
        after = peer.counters()
        assert int(after['refused']) - before['refused'] == refused
        assert int(after['received']) - before['received'] == OVER_DDS + 1
        assert int(after['answered']) - before['answered'] == OVER_DDS + 1 - refused
        assert (after['failed'], after['dropped']) == ('0', '0')
        assert OVER_DDS // 2 < refused < OVER_DDS
        node.end()
