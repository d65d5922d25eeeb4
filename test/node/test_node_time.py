# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Stamps and clocks: headers come back untouched, and time that jumps does no harm."""


from builtin_interfaces.msg import Time
from camera_frames import BLUE, frame, picture, RED
from domains import fresh_domain
from ros_harness import ERROR, NodeProcess, OK, Peer, values
from rosgraph_msgs.msg import Clock

STAMPS = [(0, 0), (0, 1), (-1, 0), (-2**31, 0), (2**31 - 1, 999999999), (7, 2**32 - 1), (1, 5)]


def shown(peer, colour, sec, nanosec=0, seed=0):
    """Show a picture under a stamp of our own and return the answer."""
    message = frame(picture(colour, seed))
    message.header.stamp.sec, message.header.stamp.nanosec = sec, nanosec
    return peer.show(message)


def stage_times(counters):
    """Return all figures of the stages that /diagnostics names, in milliseconds."""
    return [float(word) for key, text in counters.items() if key.endswith('_ms')
            for word in text.split()[1::2]]


def test_stamps_come_back_untouched_and_make_no_absurd_latency(robot):
    """None, negative, huge, beyond a second of nanoseconds: another clock's are no measure."""
    peer, _, _ = robot
    for sec, nanosec in STAMPS:
        answer = shown(peer, BLUE, sec, nanosec)
        assert answer['stamp'] == {'sec': sec, 'nanosec': nanosec}
        assert (answer['label'], answer['frame_id']) == ('blue', 'camera')
        assert 0 <= answer['latency_ms'] < 20000
    times = stage_times(peer.counters())
    assert len(times) >= 20 and all(0 <= time < 60000 for time in times)


def test_a_simulated_clock_and_a_bag_that_loops(tmp_path):
    """What a stamp meant before time went back it does not mean after; nothing else is lost."""
    domain = fresh_domain()
    with NodeProcess(tmp_path, domain, memory=str(tmp_path / 'memory'), use_sim_time=True,
                     false_unknown=0.0) as node, Peer(domain) as peer:
        clock = peer.node.create_publisher(Clock, '/clock', 10)
        peer.until('the subscription of /clock', clock.get_subscription_count)

        def told(sec):
            """Set the clock; return the first /diagnostics stamped by it."""
            peer.diagnostics.clear()

            def stamped():
                clock.publish(Clock(clock=Time(sec=sec)))
                return [array for array in peer.diagnostics if array.header.stamp.sec == sec]
            return values(peer.until(f'/diagnostics at {sec} s', stamped)[0].status[0])

        told(1000)
        for sec, colour, label in ((999, RED, 'red'), (1000, BLUE, 'blue')):
            answer = shown(peer, colour, sec)
            assert 1000 * (1000 - sec) <= answer['latency_ms'] < 1000 * (1000 - sec) + 1
            assert peer.teach(label)[0].level == OK
        assert peer.command(do='teach', label='red', stamp={'sec': 999, 'nanosec': 0}).level == OK
        assert peer.set(smoothing=50) == ['']
        for number in range(3):
            answer = shown(peer, RED, 1000, 10 + number)

        assert stage_times(told(10))  # back by 990 s
        assert shown(peer, BLUE, 9)['label'] == 'blue'  # not averaged with what was shown then
        lost = peer.command(do='teach', label='red', stamp={'sec': 1000, 'nanosec': 10})
        assert lost.level == ERROR
        assert 'the last 1 frames run from 9.000000000 to 9.000000000' in lost.message
        again = peer.command(do='teach', label='blue', stamp={'sec': 9, 'nanosec': 0})
        assert again.level != ERROR, again.message

        # The clock jumps back once more, the frames that are under way are of its future.
        assert peer.set(smoothing=1) == ['']
        counters = told(3)
        answer = shown(peer, RED, 10)
        assert (answer['label'], 0 <= answer['latency_ms'] < 20000) == ('red', True)
        assert all(0 <= time < 60000 for time in stage_times(told(4)))
        assert counters['failed'] == '0'
        node.end()
