# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""How a fleet stands, for people: which robots know which labels, and since when they are away."""

from collections.abc import Mapping
from typing import Any

from hybrid_snn_ros.fleet.peer import Peer, Seen
from hybrid_snn_ros.memory.authors import also_called, robot_names, taught_by
from hybrid_snn_ros.memory.state import StoreState

# How a robot stands to this one.
SAME, BEHIND, AHEAD, AWAY, UNHEARD, UNLIKE, DENIED, STRANGER, TWIN = (
    'same', 'behind', 'ahead', 'away', 'unheard', 'unlike', 'denied', 'stranger', 'twin')
_MOST_LABELS = 64  # that are listed of what a robot lacks


def overview(peer: Peer, state: StoreState, mode: str, unix: float) -> dict[str, Any]:
    """
    Return how the fleet stands, as JSON can hold it.

    :param mode: what this robot does, 'listen' or 'share'.
    :param unix: the time now, seconds.
    :return: mode; robot, name, records and digest of this one; robots: of the others robot,
        name, state, heard (unix seconds, null while it is there or where it never was), samples
        that it taught, lacks {label: samples}, why; taught {label: {robot: samples}};
        also_called {label: names}; errors.
    """
    log = peer.log
    names, taught = robot_names(state), taught_by(state)
    robots = [_robot(peer, author, one, state, unix) for author, one in peer.robots().items()
              if author != log.author or not peer.is_away(one)]
    there = {one['robot'] for one in robots} | {log.author}
    robots += [_line(author, DENIED) for author in sorted(state.denied - there)]
    there |= state.denied
    robots += [_line(author, UNLIKE, why=why) for author, why in peer.misfits.items()
               if author not in there]
    there |= peer.misfits.keys()
    robots += [_line(author, UNHEARD) for author in sorted(log.trusted - there)]
    robots += [_line(author, STRANGER) for author in peer.strangers
               if author not in there | log.trusted]
    samples: dict[str, int] = {}
    for authors in taught.values():
        for author, count in authors.items():
            samples[author] = samples.get(author, 0) + count
    for one in robots:
        one['name'] = names.get(one['robot'], '')
        one['samples'] = samples.get(one['robot'], 0)
    return {'mode': mode, 'robot': log.author, 'name': names.get(log.author, ''),
            'samples': samples.get(log.author, 0), 'records': len(log.index),
            'digest': peer.digest, 'robots': robots, 'taught': taught,
            'also_called': also_called(state), 'errors': list(peer.errors)}


def _line(author: str, state: str, heard: float | None = None,
          lacks: Mapping[str, int] | None = None, why: str = '') -> dict[str, Any]:
    return {'robot': author, 'state': state, 'heard': heard, 'lacks': dict(lacks or {}),
            'why': why}


def _robot(peer: Peer, author: str, one: Seen, state: StoreState, unix: float) -> dict[str, Any]:
    if author == peer.log.author:
        return _line(author, TWIN, why='another robot has the key of this one')
    same = peer.knows_the_same(one)
    lacks = {} if same else _lacks(one, state)
    if peer.is_away(one):
        return _line(author, AWAY, round(unix - peer.silence(one), 1), lacks)
    if same:
        return _line(author, SAME)
    index = peer.log.index
    more = any(length > index.length(other) for other, length in one.lengths.items())
    return _line(author, AHEAD if more else BEHIND, lacks=lacks)


def _lacks(one: Seen, state: StoreState) -> dict[str, int]:
    """Return how many samples of each label a robot did not have when it was heard last."""
    found: dict[str, int] = {}
    for record in state.records:
        sample = state.samples.get(record.number)
        if sample is not None and record.sequence > one.lengths.get(record.author, 0):
            if sample.label in found or len(found) < _MOST_LABELS:
                found[sample.label] = found.get(sample.label, 0) + 1
    return found
