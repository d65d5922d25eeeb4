# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
CPU against GPU: the network of each rule at several sizes, a consolidation, what `auto` takes.

Needs no encoder, so NumPy, OpenCV and CuPy are enough (``make gpu``).
"""

from collections.abc import Callable, Sequence
import gc
import time
from typing import Any, NamedTuple

import numpy as np

from hybrid_snn_ros.bench.figures import Summary, time_it
from hybrid_snn_ros.bench.machine import available_bytes
from hybrid_snn_ros.bench.sweeps import frame
from hybrid_snn_ros.network import Consolidation, Network
from hybrid_snn_ros.snn import backend as backends
from hybrid_snn_ros.snn import backend_selection, decision
from hybrid_snn_ros.snn.checkpoints import state_to_host
from hybrid_snn_ros.snn.rules import params_of, RULES

WORKS = ('frame', 'lesson', 'readout')
_COPIES = 4  # of all weights at once, at most: state, what it is made of, readout


class Sizes(NamedTuple):
    """How much is measured."""

    labels: tuple[int, ...] = (64, 1000, 10_000)
    inputs: int = 1280
    seconds: float = 0.5  # each figure
    consolidated: tuple[int, int] = (64, 20)  # labels, samples of each


def facts() -> dict[str, Any]:
    """Return what the GPU is, and what speaks to it; CuPy has been loaded."""
    cupy = backends.load('cupy')
    runtime = cupy.cuda.runtime
    found = {'name': backends.device_name(cupy), 'cupy': str(getattr(cupy, '__version__', '?'))}
    for name, ask in (('cuda_driver', 'driverGetVersion'), ('cuda_runtime', 'runtimeGetVersion')):
        if hasattr(runtime, ask):
            version = getattr(runtime, ask)()
            found[name] = f'{version // 1000}.{version % 1000 // 10}'
    if hasattr(runtime, 'memGetInfo'):
        found['memory_gb'] = f'{runtime.memGetInfo()[1] / 1e9:.0f}'
    return found


def networks(sizes: Sizes, said: Callable[[str], None]) -> list[dict[str, Any]]:
    """
    Time both rules at all sizes on both.

    :param said: called with each row as a line, as soon as it is there.
    :return: [{rule, labels, numpy, cupy, chosen, why, fastest, measured}]; numpy and cupy have a
        summary in ms for each of WORKS, or a sentence why there is none.
    """
    rows = []
    for name in RULES:
        rule, params = RULES[name], params_of(name, {})
        for labels in sizes.labels:
            row: dict[str, Any] = {'rule': name, 'labels': labels}
            for backend in ('numpy', 'cupy'):
                gc.collect()
                row[backend] = _tried(rule, params, sizes, labels, backend)
            chosen = backend_selection.choose(rule, params, sizes.inputs, labels)
            times = {backend: row[backend]['frame']['p50'] for backend in ('numpy', 'cupy')
                     if isinstance(row[backend], dict)}
            row.update(chosen=chosen.name, why=chosen.why,
                       fastest=min(times, key=lambda one: times[one]) if times else None)
            rows.append(row)
            said(f'{name}, {labels} labels: ' + '; '.join(
                f'{backend} {_short(row[backend])}' for backend in ('numpy', 'cupy'))
                + f'; auto takes {chosen.name}')
    return rows


def _tried(rule: Any, params: Any, sizes: Sizes, labels: int,
           backend: str) -> dict[str, Any] | str:
    """Return the figures of a network, or why it was not measured."""
    wanted = _COPIES * labels * backend_selection.column_bytes(rule, params, sizes.inputs)
    try:
        xp = backends.load(backend)
        free = available_bytes() if xp is np else xp.cuda.runtime.memGetInfo()[0]
        if wanted > free:
            return (f'not measured: it takes up to {wanted / 1e9:.1f} GB, {free / 1e9:.1f} GB '
                    'are free')
        return _times(rule, params, sizes, labels, xp)
    except (RuntimeError, MemoryError) as error:  # what CuPy raises is of these
        if backend == 'numpy':
            raise
        return f'not measured: {type(error).__name__}: {str(error).splitlines()[0]}'


def _times(rule: Any, params: Any, sizes: Sizes, labels: int,
           xp: Any) -> dict[str, Summary]:
    state = backend_selection.as_if_taught(rule, params, sizes.inputs, labels, xp)
    rng = np.random.default_rng(1)
    counts = np.resize(frame(rng), sizes.inputs)
    calibration = decision.Calibration(np.linspace(-5, 0, 256), 0.1)
    readout = rule.readout(params, state)

    def answer() -> None:  # ends when the answer is on the CPU
        decision.decide(rule.present(params, readout, counts), calibration, 0.05, 5)

    def teach() -> None:
        nonlocal state
        state = rule.teach(params, state, counts, 0)
        backends.synchronize(state[0])

    def read() -> None:
        rule.readout(params, state)
        backends.synchronize(state[0])

    return {'frame': time_it(answer, sizes.seconds), 'lesson': time_it(teach, sizes.seconds),
            'readout': time_it(read, sizes.seconds)}


def consolidation(sizes: Sizes) -> dict[str, Any]:
    """
    Consolidate one network on the CPU and one on the GPU; both were taught the same.

    :return: {samples, numpy and cupy: milliseconds in all, same_bits}.
    """
    labels, shots = sizes.consolidated
    found: dict[str, Any] = {'samples': labels * shots}
    states = []
    for backend in ('numpy', 'cupy'):
        rng, number = np.random.default_rng(2), 0
        network = Network('lateral', params_of('lateral', {}), sizes.inputs, backend)
        for label in range(labels):
            own = rng.integers(0, 200, sizes.inputs).astype(np.uint8)
            column = network.add_column(f'label {label}')
            lessons = []
            for _ in range(shots):
                number += 1
                codes = np.where(rng.random(sizes.inputs) < 0.1, rng.permutation(own), own)
                lessons.append(network.lesson(number, column, codes))
            network.learn_in(column, lessons)
        begin = time.perf_counter()
        work = Consolidation(network)
        for _ in work.steps():
            pass
        backends.synchronize(work.network.state[0])
        found[backend] = round(1e3 * (time.perf_counter() - begin), 1)
        if network.backend.lost:
            found['lost'] = network.backend.lost
        states.append(state_to_host(work.network.state))
    found['same_bits'] = all(np.array_equal(a, b) for a, b in zip(*states))
    return found


def _short(figures: dict[str, Any] | str) -> str:
    if isinstance(figures, str):
        return figures
    return 'frame {} ms, lesson {}, readout {}'.format(
        *(f"{figures[work]['p50']:.3g}" for work in WORKS))


def agreement(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return lines: from how many labels a GPU pays, as `auto` says and as it was measured."""
    lines = []
    for name in dict.fromkeys(row['rule'] for row in rows):
        own = [row for row in rows if row['rule'] == name]
        said = own[-1]['why'].partition('which is faster ')[2] or own[-1]['why']
        measured = [row['labels'] for row in own if all(
            later['fastest'] == 'cupy' for later in own if later['labels'] >= row['labels'])]
        right = [row for row in own if row['chosen'] == row['fastest']]
        lines.append(
            f'{name}: auto says the GPU is faster {said}; measured: '
            + (f'from {measured[0]} labels on' if measured else 'at none of these sizes')
            + f'; auto takes what was faster at {len(right)} of {len(own)} sizes')
    return lines


def table(gpu: dict[str, Any], machine: dict[str, Any], form: str,
          rows: Sequence[dict[str, Any]], consolidated: dict[str, Any]) -> list[str]:
    """Return the figures as a Markdown table with what they were measured on."""
    lines = [f"### {gpu['name']}", '',
             f"CuPy {gpu['cupy']}, CUDA {gpu.get('cuda_runtime', '?')} (driver "
             f"{gpu.get('cuda_driver', '?')}), beside {machine['cores']} cores of "
             f"{machine['cpu']}; NumPy {machine['numpy']} ({machine['blas']}), {form}, Python "
             f"{machine['python']}, load {machine['load'][0]}. p50, ms. `make gpu`", '',
             '| rule | labels | frame: CPU | GPU | lesson: CPU | GPU | readout behind a lesson: '
             'CPU | GPU | auto takes |', '|---|---|---|---|---|---|---|---|---|']
    for row in rows:
        cells = [row['rule'], str(row['labels'])]
        for work in WORKS:
            cells += [f"{row[backend][work]['p50']:.3g}" if isinstance(row[backend], dict)
                      else 'not measured' for backend in ('numpy', 'cupy')]
        lines.append('| ' + ' | '.join([*cells, row['chosen']]) + ' |')
    lines += ['', *agreement(rows), '',
              f"Consolidation of {consolidated['samples']} samples: {consolidated['numpy']} ms "
              f"for a network on the CPU, {consolidated['cupy']} ms for one on the GPU, "
              + ('the same bits.' if consolidated['same_bits'] else 'OTHER BITS.')]
    lines += [f"{row['rule']}, {row['labels']} labels, {backend}: {row[backend]}" for row in rows
              for backend in ('numpy', 'cupy') if isinstance(row[backend], str)]
    return lines
