# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Answering by the lateral rule: spikes of the columns, and the typicality of the frame."""

import numpy as np

from hybrid_snn_ros.snn.backend import Array, array_namespace, to_host, to_numpy
from hybrid_snn_ros.snn.coding import spike_trains, STEPS
from hybrid_snn_ros.snn.currents import currents
from hybrid_snn_ros.snn.lateral.constants import Params
from hybrid_snn_ros.snn.lateral.quantisation import Readout
from hybrid_snn_ros.snn.lateral.state import trace
from hybrid_snn_ros.snn.presentation import present_single, Steps
from hybrid_snn_ros.snn.response import Response
from hybrid_snn_ros.snn.rule import Inspection


def present_columns(params: Params, readout: Readout, spike_counts: Array,
                    record: Steps | None = None) -> tuple[Array, Array, Array]:
    """
    Show one frame to the columns alone, by the kernel where there is one.

    :param spike_counts: uint8 (N,) on the readout's backend.
    :param record: see presentation.present; a kernel keeps no record, so NumPy steps, to the
        same bits.
    :return: (spikes (C,) int32, end potentials (C,), graded drives (C,)).
    """
    if readout.compiled and record is None:
        return readout.compiled.columns.present_single(spike_counts)
    drive = currents(readout.weights, spike_trains(spike_counts, readout.phases))
    whole = drive.sum(axis=0)  # of whole numbers: exact in any order
    drives = whole * np.float32(readout.scale) - readout.bias
    drive *= np.float32(readout.scale)
    spikes, end = present_single(drive - readout.bias / STEPS, params.leak, params.theta, record)
    return spikes, end, drives


def present(params: Params, readout: Readout, spike_counts: np.ndarray,
            record: Steps | None = None) -> Response:
    """
    Show one frame.

    :param spike_counts: uint8 (N,), 0..10.
    :param record: see presentation.present.
    :return: Response; the evidence is the spike count plus the potential that is left, in units
        of the threshold, and the class its argmax; -inf for a column never taught.  Typicality
        is ``drive + G fit_share fit`` of the winner j (with a single label ``fit_share fit /
        kappa``), with ``fit = -(x - m_j).P (x - m_j)``, the negative squared Mahalanobis distance:
        how well its template explains the frame (docs/learning.md, "Known or unknown, and how
        sure"); -inf while no column exists.
    """
    shown = array_namespace(readout.weights).asarray(spike_counts)  # all a device gets of a frame
    spikes, end, drives = present_columns(params, readout, shown, record)
    evidence = spikes + end / np.float32(params.theta)
    if readout.untaught is not None:  # silent, and not to win by that
        evidence[readout.untaught] = drives[readout.untaught] = -np.inf
    if not len(drives):
        spikes, evidence, drives = to_host(spikes, evidence, drives)
        return Response(spikes, evidence, drives, float('-inf'))
    if readout.compiled:
        best = int(evidence.argmax())
        fit = readout.compiled.lateral.fit(spike_counts, params.trace_scale, best + 1)
    else:
        j = evidence.argmax() + 1  # on a GPU it stays there
        state = readout.state
        x = trace(params, shown)
        h = state.lateral @ x
        fit = 2 * (state.weights[j] @ x - state.costs[j]) - x @ h
        spikes, evidence, drives, fit = to_host(spikes, evidence, drives, fit)
        best = evidence.argmax()
    typicality = drives[best] + readout.fit_gain * params.fit_share * fit
    return Response(spikes, evidence, drives, float(typicality))


def inspect(params: Params, readout: Readout, spike_counts: np.ndarray) -> Inspection:
    """Present one frame and tell which inputs spiked when, and all potentials."""
    trains = spike_trains(spike_counts, to_numpy(readout.phases))
    if not len(readout.weights):
        return Inspection(trains, None)
    record: Steps = []
    present(params, readout, spike_counts, record)
    potentials = np.array([to_numpy(u)[:, 0] for u, _ in record])
    return Inspection(trains, potentials / params.theta)
