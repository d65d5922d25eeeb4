# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
A person at a robot of a fleet, in a process of their own: DDS remembers the network it saw first.

The functions are called in that process, one after the other.
"""

from array import array
import json
import os
import random

# Shared memory knows no partition, and the network is more than this computer's.
_DDS = {'ROS_AUTOMATIC_DISCOVERY_RANGE': 'SUBNET', 'FASTDDS_BUILTIN_TRANSPORTS': 'UDPv4'}
_here = {}


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


def teach(label, colour, seed):
    """Show a picture that no one has seen and teach it; return the sample's number."""
    from camera_frames import frame, picture
    from ros_harness import OK, values
    _here['peer'].show(frame(picture(colour, seed, (96, 128))))
    result = _here['peer'].teach(label)[0]
    assert result.level == OK, result.message
    return int(values(result)['sample'])


def undo():
    """Take the last change back, if there is one."""
    _here['peer'].trigger('undo')


def command(fields):
    """Ask for something on ~/command; wait for what becomes of it."""
    _here['peer'].command(**fields)


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
