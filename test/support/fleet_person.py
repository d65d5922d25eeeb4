# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
A person at a robot of a fleet, in a process of their own: DDS remembers the network it saw first.

The functions are called in that process, one after the other.
"""

from array import array
import itertools
import json
import os
import random
import time

# Shared memory knows no partition, and the network is more than this computer's.
_DDS = {'ROS_AUTOMATIC_DISCOVERY_RANGE': 'SUBNET', 'FASTDDS_BUILTIN_TRANSPORTS': 'UDPv4'}
_here = {}
_identifiers = itertools.count()


def set_dds():
    """Let DDS of this process, and of those it starts, use the network alone."""
    import ros_harness  # sets what other tests need
    os.environ.update(_DDS)
    os.environ.pop('FASTDDS_DEFAULT_PROFILES_FILE', None)
    return ros_harness


def meet(name):
    """Come to the robot of a name."""
    harness = set_dds()
    from std_msgs.msg import String
    peer = harness.Peer(0, f'/{name}/classifier', f'/{name}/image')
    _here.update(peer=peer, told={}, frames=0)
    peer.node.create_subscription(
        String, f'/{name}/classifier/fleet',
        lambda message: _here.update(told=json.loads(message.data)), harness.LATCHED)


def told(seconds=0.0):
    """Listen for a moment, or at most so long until anything was said; return ~/fleet's last."""
    peer = _here['peer']
    if seconds and not _here['told']:
        peer.until('~/fleet', lambda: _here['told'], seconds)
        peer.spin(0.5)  # a node that was killed still counts as one that listens
    peer.spin(0.02)
    return _here['told']


def forget_told():
    """Take what ~/fleet said for nothing: the robot is another one now."""
    _here['told'] = {}


def _asked(fields):
    """
    Ask for something on ~/command; return what becomes of it.

    A node that was killed still counts as one that listens, and what its successor would have
    heard is lost.  So it is greeted until it answers, and only that is said more than once: what
    is said twice may be done twice, the second time when no one looks any more.
    """
    for _ in range(60):
        if _said({'do': 'save'}, 1.0):
            result = _said(fields, 60.0)
            assert result, f'nothing became of {fields}'
            return result
    raise AssertionError('the node does not answer')


def _said(fields, seconds):
    """Say something on ~/command; return what becomes of it within some seconds, or None."""
    from ros_harness import values
    peer = _here['peer']
    identifier = str(next(_identifiers))
    before, end = len(peer.results), time.monotonic() + seconds
    peer.send('command', json.dumps({**fields, 'id': identifier}))
    while time.monotonic() < end:
        peer.executor.spin_once(timeout_sec=0.05)
        for result in peer.results[before:]:
            if values(result)['id'] == identifier:
                return result
    return None


def teach(label, colour, seed):
    """Show a picture that no one has seen and teach it; return the sample's number."""
    from camera_frames import frame, picture
    from ros_harness import values
    shown = frame(picture(colour, seed, (96, 128)))
    _here['peer'].show(shown)
    stamp = {'sec': shown.header.stamp.sec, 'nanosec': shown.header.stamp.nanosec}
    result = _asked({'do': 'teach', 'label': label, 'stamp': stamp})
    assert 'sample' in values(result), result.message
    return int(values(result)['sample'])


def command(fields):
    """Ask for something on ~/command; return once something became of it."""
    _asked(fields)


def answers(colours):
    """Return what the node answers to some pictures, once its network is consolidated."""
    from camera_frames import frame, picture
    peer = _here['peer']
    peer.until('consolidation', lambda: peer.counters()['consolidated'] == 'yes')
    found = [peer.show(frame(picture(colour, 5))) for colour in colours]
    return [(one['label'], one['known'], one['ranked']) for one in found]


def leave():
    """Go."""
    if _here:
        _here['peer'].__exit__()


def make_noise(seed, end):
    """Repeat what is heard, whole, later or corrupted, until a file is there; return how often."""
    harness = set_dds()
    from std_msgs.msg import UInt8MultiArray

    from hybrid_snn_ros.fleet.wire import TOPICS
    chance, heard, said = random.Random(seed), [], 0
    with harness.Peer(0, '/noise/classifier', '/noise/image') as peer:
        out = {topic: peer.node.create_publisher(UInt8MultiArray, f'/{topic}', 32)
               for topic in TOPICS}
        for topic in TOPICS:
            peer.node.create_subscription(
                UInt8MultiArray, f'/{topic}',
                lambda m, topic=topic: heard.append((topic, bytes(m.data))), 32)
        while not os.path.exists(end):
            peer.spin(0.1)
            del heard[:-200]
            if heard:
                topic, data = chance.choice(heard)
                data = bytearray(data)
                if chance.random() < 0.5:
                    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
                out[topic].publish(UInt8MultiArray(data=array('B', data)))
                said += 1
    return said
