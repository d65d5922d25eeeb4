# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Another process's part: tells on ~/fleet what a test wants the operator's page to show."""

import json

from asking_node import AskingNode, NAME
from ros_harness import LATCHED
from std_msgs.msg import String

OWN = 'a0' * 16  # this robot
MEMORY = '/var/lib/robot one'  # a shell reads it only with quotes


def key(number):
    """Return the key of another robot."""
    return f'{number:08x}' * 4


def robot(number, state='same', name=None, **said):
    """Return another robot as ~/fleet has it."""
    return {'robot': key(number), 'name': f'robot {number}' if name is None else name,
            'state': state, 'heard': None, 'samples': 0, 'lacks': {}, 'why': '', **said}


def told(*robots, **said):
    """Return what a robot called arm tells of these others."""
    return {'mode': 'share', 'robot': OWN, 'name': 'arm', 'samples': 3, 'records': 9,
            'digest': '0f' * 16, 'robots': list(robots), 'taught': {}, 'also_called': {},
            'errors': [], **said}


class FleetTellingNode(AskingNode):
    """Says it is well and has a part in a fleet, once it has told something."""

    def __init__(self, domain):
        super().__init__(domain)
        self._fleet = self._node.create_publisher(String, f'{NAME}/fleet', LATCHED)

    def tell(self, message, problem=''):
        """Tell a dict as JSON, or a text as it is; `problem`: why it takes no part just now."""
        self.say(message)
        state = {'fleet_state': problem} if problem else {
            'fleet_state': '1 of 1 other robots know the same, 0 are away',
            'fleet_digest': '0f' * 16}
        self.facts = {'fleet': 'share', 'memory': MEMORY, **state}

    def say(self, message):
        """Say it on ~/fleet, and in /diagnostics nothing new."""
        text = message if isinstance(message, str) else json.dumps(message)
        self._fleet.publish(String(data=text))
