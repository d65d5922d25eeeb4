# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""ROS domains for tests, also where several processes run tests at the same time."""

from collections import deque
import itertools
import random
import socket

from hybrid_snn_ros.bench.dds import empty_domain

_numbers = itertools.count(random.SystemRandom().randrange(101))
# So many of the latest stay claimed; by then one has participants of its own, or is done with.
_claims = deque(maxlen=24)


def fresh_domain():
    """
    Return a ROS domain in 1..101 that is empty now, and another one at every call.

    It is claimed by a port that DDS leaves unused, so that a test in another process does not
    choose it before the first participant is there. The claim ends with this process or before.
    """
    for _ in range(101):
        domain = empty_domain(_numbers)
        claim = socket.socket()
        try:
            claim.bind(('127.0.0.1', 7400 + 250 * domain + 5))
            claim.listen()
        except OSError:
            claim.close()
            continue
        if len(_claims) == _claims.maxlen:
            _claims.popleft().close()
        _claims.append(claim)
        return domain
    raise RuntimeError('all 101 ROS domains are in use on this computer')
