# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
A network as plain arrays, for a snapshot on disk: a cache, nothing depends on it.

Only what would have to be learned again in its order is worth it: a rule that can compute its
network from the set of samples does so about as quickly as the file is read.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from hybrid_snn_ros.memory.state import Sample
from hybrid_snn_ros.network.history import columns_of, History
from hybrid_snn_ros.network.network import Network
from hybrid_snn_ros.snn.decision import Record


def arrays(network: Network) -> dict[str, np.ndarray]:
    """
    Return what a snapshot needs as plain arrays, {name: array}.

    It is the newest checkpoint before the last lesson: the few lessons behind it are quickly
    learned again, and after a restart the last of them can be taken back as quickly.
    """
    if network.rule.unlearn is not None:
        return {}
    saved = next((checkpoint for checkpoint in reversed(network.checkpoints)
                  if checkpoint.lessons < len(network.history)), None) or network.checkpoint()
    state = {f'state_{name}': np.asarray(value)
             for name, value in saved.state._asdict().items()}
    records = [tuple(record) for record in network.history.records[:saved.records]]
    return {**state, 'records': np.array(records, np.float64).reshape(-1, 3),
            'lessons': np.array(saved.lessons)}


def notes(network: Network) -> dict[str, Any]:
    """Return what the arrays depend on besides the samples."""
    return {'rule': network.rule_name, 'backend': network.computed_by,
            'params': {name: str(value) for name, value in network.params._asdict().items()}}


def restored(network: Network, saved: Mapping[str, np.ndarray], saved_notes: Mapping[str, Any],
             samples: Mapping[int, Sample]) -> Network | None:
    """
    Return the network whose arrays were saved, or None if they are of other constants or needless.

    Its lessons are the first of the samples; ``Rebuild`` learns those that are missing.

    :param network: an untaught one of the rule and constants that are wanted.
    :param samples: {id: Sample} as they were then.
    """
    if (network.rule.unlearn is not None or saved_notes != notes(network)
            or set(saved) != set(arrays(network))):
        return None
    learned = list(samples.items())[:int(saved['lessons'])]
    labels, columns = columns_of(sample for _, sample in learned)
    lessons = [network.lesson(number, column, sample.codes)
               for (number, sample), column in zip(learned, columns)]
    records = [Record(int(column), int(count), float(typicality))
               for column, count, typicality in saved['records']]
    state = [saved[f'state_{name}'] for name in network.state._fields]
    fresh = network.untaught()
    fresh.resume(state, History(labels, lessons, records))
    fresh.keep_checkpoint()
    return fresh
