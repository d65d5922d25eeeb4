# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Answering by the original rule: OUT spikes of the copies added, ties decided by the excess."""

from collections.abc import Sequence
import math

import numpy as np

from hybrid_snn_ros.snn import decision
from hybrid_snn_ros.snn.backend import Array, array_namespace, to_host
from hybrid_snn_ros.snn.coding import spike_trains, STEPS
from hybrid_snn_ros.snn.currents import currents
from hybrid_snn_ros.snn.original.constants import answering_noise, Params
from hybrid_snn_ros.snn.original.plasticity import State
from hybrid_snn_ros.snn.original.quantisation import Readout
from hybrid_snn_ros.snn.presentation import present_all
from hybrid_snn_ros.snn.response import Response
from hybrid_snn_ros.snn.rule import Inspection, Lesson


def present(params: Params, readout: Readout, spike_counts: np.ndarray) -> Response:
    """
    Show one frame and answer; repeatable, for noise is replaced by a constant current.

    While answering no L neuron silences another (as in the public code): OUT spikes in every step
    in which one or more of its column do.

    :return: Response.  Evidence is the OUT count, summed over copies, plus with ``tie_break`` a
        fraction in 0..1 that rises with the column's best excess, mean over copies.
        Typicality is the best excess of the column that leads: negative where no neuron of it
        reached its threshold, the more so the less typical the frame; -inf without any column.
    """
    count, best = to_host(*_answer(params, readout, spike_counts))
    evidence = count.astype(np.float64)
    if params.tie_break:
        evidence += 0.5 + np.arctan(best / params.theta) / np.pi
    typicality = float(best[evidence.argmax()]) if len(best) else -math.inf
    return Response(count, evidence, evidence, typicality)


def _answer(params: Params, readout: Readout,
            spike_counts: np.ndarray) -> tuple[Array, Array]:
    """Return OUT spikes summed over copies, and best excess, mean over copies: (C,) each."""
    xp = array_namespace(readout.threshold)
    shape = readout.threshold.shape
    if readout.compiled:
        return _merged(*readout.compiled.present(spike_counts), shape)
    drive = currents(readout.weight, spike_trains(xp.asarray(spike_counts)))
    drive *= readout.step
    noise = np.float32(answering_noise(params))
    drive += noise
    if len(readout.committed) < readout.threshold.size:
        heard = drive
        drive = xp.full((STEPS, readout.threshold.size), noise, dtype=np.float32)
        drive[:, readout.committed] = heard
    return _merged(*present_all(
        drive.reshape(STEPS, shape[0] * shape[1], shape[2]), params.leak,
        readout.threshold.reshape(-1, shape[2])), shape)


def _merged(count: Array, best: Array, shape: tuple[int, ...]) -> tuple[Array, Array]:
    """Merge the copies' columns (C E,)."""
    return (count.reshape(shape[:2]).sum(axis=1),
            best.reshape(shape[:2]).mean(axis=1, dtype=np.float64))


def calibrate(params: Params, state: State, lessons: Sequence[Lesson],
              records: Sequence[decision.Record],
              samples: Sequence[int],
              before: decision.Calibration | None = None) -> decision.Calibration:
    """Calibrate on what was recorded just before each frame was learned."""
    return decision.calibrate_prequential(records, samples)


def inspect(params: Params, readout: Readout, spike_counts: np.ndarray) -> Inspection:
    """Tell which inputs spiked when; all have phase 0, and several neurons no one potential."""
    return Inspection(spike_trains(spike_counts), None)
