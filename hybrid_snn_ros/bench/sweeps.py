# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""How present and decide, and teaching, grow with labels, L neurons, copies; and BLAS threads."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from hybrid_snn_ros.bench.figures import time_it
from hybrid_snn_ros.snn import backend, decision, lateral, original
from hybrid_snn_ros.snn.original import plasticity

INPUTS = 1280
LABELS = (10, 64, 256, 1000)
NETWORKS = ((64, 2, 1), (64, 5, 1), (64, 15, 1), (64, 15, 3), (64, 15, 15))


def frame(rng: np.random.Generator) -> np.ndarray:
    """Return spike counts as a photograph gives them: four in ten inputs fire, most rarely."""
    return (np.minimum(rng.exponential(2.6, INPUTS), 10)
            * (rng.random(INPUTS) < 0.45)).astype(np.uint8)


def lateral_network(labels: int, seed: int = 0, xp: Any = np) -> tuple[
        lateral.Params, lateral.State, list[np.ndarray]]:
    """Return (params, state, frames) of a network on backend xp, taught each label twice."""
    params, rng = lateral.Params(), np.random.default_rng(seed)
    state = lateral.initial(params, INPUTS, xp)
    shown = []
    for column in range(labels):
        state = lateral.grow(params, state)
        shown.append(frame(rng))
        # Columns beyond the first ones are taught once: P is as dense, in a tenth of the time.
        for _ in range(2 if column < 100 else 1):
            state = lateral.teach(params, state, shown[-1], column)
            shown[-1] = np.where(rng.random(INPUTS) < 0.1, frame(rng), shown[-1])
    return params, state, shown


def lateral_sweep(labels: Iterable[int] = LABELS, seconds: float = 0.3,
                  xp: Any = np) -> dict[str, Any]:
    """Return {labels: {present_decide, teach, readout: summary}} of the lateral rule."""
    calibration = decision.Calibration(np.linspace(-5, 0, 256), 0.1)
    figures = {}
    for number in labels:
        params, state, shown = lateral_network(number, xp=xp)
        readout = lateral.readout(params, state)

        def answer(params: lateral.Params = params, readout: lateral.Readout = readout,
                   frame: np.ndarray = shown[0]) -> None:
            response = lateral.present(params, readout, frame)
            decision.decide(response, calibration, 0.05, 5)

        def teach(params: lateral.Params = params, state: lateral.State = state,
                  frame: np.ndarray = shown[0]) -> None:
            lateral.teach(params, state, frame, 0)
            backend.synchronize(state.lateral)

        def read(params: lateral.Params = params, state: lateral.State = state) -> None:
            lateral.readout(params, state)

        figures[str(number)] = {
            'present_decide': time_it(answer, seconds),
            'teach': time_it(teach, seconds, before=answer),
            'readout': time_it(read, seconds)}
    return figures


def original_network(labels: int, neurons: int, copies: int, seed: int = 0,
                     xp: Any = np) -> tuple[original.Params, original.Readout]:
    """Return (params, readout) of the original rule with every neuron committed."""
    params, rng = original.published(neurons, copies), np.random.default_rng(seed)
    state = plasticity.blocks(params, labels, INPUTS, xp)
    weight = rng.normal(0, 0.05, state.weight.shape).astype(np.float32)
    state = state._replace(weight=xp.asarray(weight), samples=np.ones_like(state.samples))
    return params, original.readout(params, state)


def original_sweep(networks: Iterable[tuple[int, int, int]] = NETWORKS, seconds: float = 0.3,
                   xp: Any = np) -> dict[str, Any]:
    """Return {'labels x neurons x copies': summary} of presenting with the original rule."""
    counts = frame(np.random.default_rng(1))
    figures = {}
    for labels, neurons, copies in networks:
        params, readout = original_network(labels, neurons, copies, xp=xp)

        def answer(params: original.Params = params, readout: original.Readout = readout) -> None:
            original.present(params, readout, counts)

        figures[f'{labels}x{neurons}x{copies}'] = time_it(answer, seconds)
    return figures
