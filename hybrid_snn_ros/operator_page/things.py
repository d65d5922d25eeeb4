# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The things that were found in a frame, as the browsers draw them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from hybrid_snn_ros.where.boxes import iou

_MATCH = 0.5  # intersection over union from which two boxes mean one thing


def shown(found: dict[str, Any]) -> dict[str, Any]:
    """
    Return what ~/things says of a frame, with boxes as fractions of the frame.

    :return: 'stamp' (sec, nanosec); 'asked', whether somebody else drew the boxes; 'things'.
        Boxes that were refused are left out.
    :raises KeyError, TypeError, ValueError, ZeroDivisionError: when it is not such a message.
    """
    across, down = found['size']
    things = []
    for thing in found['things']:
        if 'box' in thing:
            x, y, width, height = thing['box']
            box = [round(part, 4) for part in (
                x / across, y / down, width / across, height / down)]
            things.append({**thing, 'box': box})
    stamp = found['stamp']
    return {'stamp': (stamp['sec'], stamp['nanosec']), 'asked': found.get('by') != 'where',
            'things': things}


def at(things: Sequence[dict[str, Any]], box: Sequence[float]) -> dict[str, Any] | None:
    """Return the thing that a box means, None where it lies on none of them."""
    if not things:
        return None
    [shares] = iou(np.array([box]), np.array([thing['box'] for thing in things]))
    return things[int(shares.argmax())] if shares.max() > _MATCH else None
