# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What the memory takes of the operator's time: opening it, teaching, taking anything back."""

from collections.abc import Callable
from pathlib import Path
import tempfile
import time

import numpy as np

from hybrid_snn_ros.bench.figures import Summary, summary
from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.memory.store import NewLesson

INPUTS = 1280


def measure(labels: int = 100, shots: int = 50, times: int = 20) -> dict[str, Summary]:
    """
    Change a memory of labels x shots samples of random codes, each change committed and synced.

    :return: {what was done: summary in ms}, the network not included; after each, what the node
        tells of it (`~/labels`) is worked out as well.
    """
    rng = np.random.default_rng(0)
    fingerprint = {'encoder': 'bench', 'inputs': INPUTS}

    def codes() -> np.ndarray:
        return rng.integers(0, 256, INPUTS, dtype=np.uint8)

    with tempfile.TemporaryDirectory() as directory:
        with DiskStore.open(Path(directory), fingerprint) as store:
            for _ in range(shots):
                store.teach_all([NewLesson(f'label {number}', codes())
                                 for number in range(labels)])
            store.keep()
        taken: dict[str, list[float]] = {'open': []}
        for _ in range(5):
            begin = time.perf_counter()
            DiskStore.open(Path(directory), fingerprint).close()
            taken['open'].append(time.perf_counter() - begin)
        with DiskStore.open(Path(directory), fingerprint) as store:
            state = store.state
            changes: dict[str, Callable[[int], object]] = {
                'teach': lambda place: store.teach('label 0', codes()),
                'undo a lesson': lambda place: store.undo(),
                'remove the first': lambda place: store.remove(next(iter(state.samples))),
                'forget': lambda place: store.forget(state.labels[place % 2]),
                'undo a forget': lambda place: store.undo(),
                'rename': lambda place: store.rename(state.labels[1], f'name {place}'),
                'merge': lambda place: store.rename(state.labels[0], state.labels[1], merge=True),
                'undo a merge': lambda place: store.undo(),
                'rollback': lambda place: store.rollback(labels * shots // 2),
                'undo a rollback': lambda place: store.undo()}
            pairs = {'forget': 'undo a forget', 'merge': 'undo a merge',
                     'rollback': 'undo a rollback', 'teach': 'undo a lesson'}
            for place in range(times):
                for name in changes:
                    if name in pairs.values():
                        continue  # it comes with what it undoes
                    for each in filter(None, (name, pairs.get(name))):
                        begin = time.perf_counter()
                        changes[each](place)
                        state.history.newest(), state.history.undone()
                        taken.setdefault(each, []).append(time.perf_counter() - begin)
    return {name: summary(np.array(seconds) * 1e3) for name, seconds in taken.items()}
