# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What people did, as JSON can hold it."""

from typing import Any

from hybrid_snn_ros.memory.changes import Listed
from hybrid_snn_ros.memory.history import Change

MAX_CHANGES = 50  # in one message, some 15 kB


def of_change(change: Change) -> dict[str, Any]:
    """Return a change as ``~/labels`` tells it."""
    return {'change': change.id, 'what': change.what, 'label': change.label, 'to': change.target,
            'samples': change.samples, 'source': change.source, 'time': round(change.time, 3)}


def as_json(listed: Listed) -> dict[str, Any]:
    """Return a change and how it stands; an ``obstacle`` is left out where there is none."""
    found = {**of_change(listed.change), 'taken_back': listed.taken_back}
    if listed.obstacle is not None:
        other = listed.obstacle.change
        found['obstacle'] = {'why': listed.obstacle.why, 'label': listed.obstacle.label, **(
            {'by': of_change(other)} if other else {})}
    return found
