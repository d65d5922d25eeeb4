# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Scores of boxes and names against true ones: pure functions, all shares 0..1."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from hybrid_snn_ros.where.boxes import iou

LOOSE, TIGHT = 0.3, 0.5  # intersection over union from which a box is at a thing, lies well on it


class Shown(NamedTuple):
    """What was shown of a frame: boxes and what stands at them."""

    boxes: np.ndarray  # (B, 4)
    names: list[str | None]  # None: unknown


class Truth(NamedTuple):
    """What is in a frame."""

    boxes: np.ndarray  # (things, 4)
    names: tuple[str, ...]


def located(truths: Sequence[Truth], found: Sequence[np.ndarray],
            taught: frozenset[str]) -> dict[str, float]:
    """
    Score boxes whatever their names: how many things one lies on, and how many there are.

    A figure that nothing was asked for is NaN.
    """
    best = [iou(truth.boxes, boxes).max(axis=1, initial=0)
            for truth, boxes in zip(truths, found)]
    reached = np.concatenate([*best, np.zeros(0)])
    new = np.array([name not in taught for truth in truths for name in truth.names], bool)
    return {'any_loose': _share(reached >= LOOSE), 'any_tight': _share(reached >= TIGHT),
            'new_tight': _share(reached[new] >= TIGHT),
            'boxes': float(np.mean([len(boxes) for boxes in found])),
            'things': float(np.mean([len(truth.names) for truth in truths]))}


def matched(truth: Truth, frame: Shown) -> tuple[np.ndarray, np.ndarray]:
    """Return how much each box overlaps each thing (things, B), and whether it has its name."""
    overlap = iou(truth.boxes, frame.boxes)
    same = np.array([[name == true for name in frame.names] for true in truth.names], bool)
    return overlap, same.reshape(overlap.shape)


def named(truths: Sequence[Truth], shown: Sequence[Shown],
          taught: frozenset[str]) -> dict[str, float]:
    """
    Score boxes with their names.

    A thing is named when its name stands at a box on it (IoU of 0.3), and a name is right when it
    stands at a box on a thing of that name; all other names are false labels.
    """
    recalled, tight, right, refused = [], [], [], []
    for truth, frame in zip(truths, shown):
        overlap, same = matched(truth, frame)
        names = frame.names
        for place, name in enumerate(truth.names):
            if name in taught:
                recalled.append((same[place] & (overlap[place] >= LOOSE)).any())
                tight.append((same[place] & (overlap[place] >= TIGHT)).any())
            elif overlap[place].max(initial=0) >= LOOSE:
                refused.append(not names[overlap[place].argmax()])
        right += [bool((same[:, at] & (overlap[:, at] >= LOOSE)).any())
                  for at in range(len(names)) if names[at]]
    return {'named': _share(recalled), 'right': _share(right), 'named_tight': _share(tight),
            'refused_new': _share(refused), 'false': (len(right) - sum(right)) / len(truths)}


def by_visibility(truths: Sequence[Truth], shown: Sequence[Shown], found: Sequence[np.ndarray],
                  visible: Sequence[np.ndarray], taught: frozenset[str],
                  least: float, most: float) -> dict[str, float]:
    """
    Score the things of which a share in [least, most) is seen.

    :param found: boxes whatever their names; visible: of each frame (things,), share of each.
    """
    boxed, recalled, tight = [], [], []
    for truth, frame, boxes, shares in zip(truths, shown, found, visible):
        overlap, same = matched(truth, frame)
        reached = iou(truth.boxes, boxes).max(axis=1, initial=0)
        for place in np.flatnonzero((shares >= least) & (shares < most)):
            boxed.append(reached[place] >= LOOSE)
            if truth.names[place] in taught:
                recalled.append((same[place] & (overlap[place] >= LOOSE)).any())
                tight.append((same[place] & (overlap[place] >= TIGHT)).any())
    return {'things': float(len(boxed)), 'any_loose': _share(boxed), 'named': _share(recalled),
            'named_tight': _share(tight)}


def named_whole(truths: Sequence[Truth], answers: Sequence[str | None],
                taught: frozenset[str]) -> dict[str, float]:
    """Score one name for a whole frame: right when there is such a thing, wherever."""
    right = [answer in truth.names for truth, answer in zip(truths, answers)
             if answer is not None]
    things = sum(name in taught for truth in truths for name in truth.names)
    # A name tells of one thing.
    return {'named': sum(right) / things if things else float('nan'), 'right': _share(right),
            'false': (len(right) - sum(right)) / len(truths)}


def _share(which: Sequence[bool] | np.ndarray) -> float:
    return float(np.mean(which)) if len(which) else float('nan')
