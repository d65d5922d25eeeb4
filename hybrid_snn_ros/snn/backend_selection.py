# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Backend selection: which backend answers faster on this computer, measured (``backend: auto``).

A frame costs a GPU some dozens of small kernels and two transfers, whatever the network's size; a
CPU pays by the column.  So there is a number of labels from which a GPU pays, if at all.
"""

import time
from typing import Any

import numpy as np

from hybrid_snn_ros.snn import backend as backends
from hybrid_snn_ros.snn.backend import ArrayNamespace, Backend, BackendError
from hybrid_snn_ros.snn.checkpoints import size
from hybrid_snn_ros.snn.coding import MAX_COUNT
from hybrid_snn_ros.snn.rule import Rule

SIZES = (10, 64, 256, 1000)  # labels
_FRAMES = 15
_TRIED_BYTES = 256 * 2**20  # columns larger than this are tried only if the network is that large


def choose(rule: Rule, params: Any, inputs: int, labels: int) -> Backend:
    """
    Return the Backend that answers faster.

    :param labels: how many the network knows now, at least one is measured.
    :return: Backend; its ``why`` has the two times.
    """
    if not backends.devices():
        return Backend('numpy', 'numpy, chosen by auto: there is no CUDA device')
    try:
        gpu = Backend('cupy')
    except BackendError as error:
        return Backend('numpy', f'numpy, chosen by auto: {error}')
    try:
        labels = max(labels, 1)
        # labels: seconds on the CPU and on the GPU
        times: dict[int, tuple[float, float]] = {}
        each = column_bytes(rule, params, inputs)
        for count in sorted({labels, *SIZES}):
            if count == labels or count * each <= _TRIED_BYTES:
                cpu, device = (seconds(rule, params, inputs, count, xp) for xp in (np, gpu.xp))
                times[count] = cpu, device
        name, why = decide(times, labels, backends.device_name(gpu.xp))
    except gpu.errors as error:
        return Backend(
            'numpy', f'numpy, chosen by auto: the GPU failed when it was tried: {error}')
    if name == 'numpy':
        return Backend('numpy', why)
    gpu.why = why
    return gpu


def decide(times: dict[int, tuple[float, float]], labels: int,
           device: str) -> tuple[str, str]:
    """
    Judge measured times.

    :param times: {labels: (seconds on the CPU, seconds on the GPU)}.
    :param labels: the size that counts, a key of times.
    :param device: what the GPU calls itself.
    :return: (name of the backend, sentence saying why).
    """
    cpu, gpu = times[labels]
    name = 'cupy' if gpu < cpu else 'numpy'
    wins = [count for count in sorted(times) if all(
        times[more][1] < times[more][0] for more in times if more >= count)]
    return name, (
        f'{name}, chosen by auto: at {labels} label{"s" * (labels > 1)} a frame takes '
        f'{cpu * 1e3:.2f} ms on the CPU and {gpu * 1e3:.2f} ms on {device}, which is faster '
        + (f'from {wins[0]} labels on' if wins else f'at none of the sizes up to {max(times)}'))


def column_bytes(rule: Rule, params: Any, inputs: int) -> int:
    """Return how many bytes one more column takes."""
    state = rule.initial(params, inputs)
    before = size(state)
    return size(rule.grow(params, state)) - before


def as_if_taught(rule: Rule, params: Any, inputs: int, labels: int,
                 xp: ArrayNamespace) -> Any:
    """Return a state of many columns in which no weight is zero, as if they had been taught."""
    draw = np.random.default_rng(0)
    state = rule.initial(params, inputs, xp)

    def many(before: Any, after: Any) -> Any:
        """Return what an array is with many more columns, from what it is with one more."""
        if isinstance(after, int) or after.shape == before.shape:
            return after
        shape = (len(before) + labels, *after.shape[1:])
        values = (draw.random(shape, dtype=np.float32) if after.dtype == np.float32
                  else np.ones(shape, dtype=after.dtype))
        return values if isinstance(after, np.ndarray) else xp.asarray(values)

    grown = rule.grow(params, state)
    return type(state)(*map(many, state, grown))


def seconds(rule: Rule, params: Any, inputs: int, labels: int, xp: ArrayNamespace) -> float:
    """Return the median time in which a network of some labels answers a frame."""
    readout = rule.readout(params, as_if_taught(rule, params, inputs, labels, xp))
    frames = np.random.default_rng(1).integers(
        0, MAX_COUNT + 1, (_FRAMES + 3, inputs), dtype=np.uint8)
    taken = []
    for frame in frames:
        begin = time.perf_counter()
        rule.present(params, readout, frame)  # ends when the answer is on the CPU
        taken.append(time.perf_counter() - begin)
    return float(np.median(taken[3:]))  # the first ones compile and load
