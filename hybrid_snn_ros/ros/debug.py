# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The inside of one answer, as JSON for ~/debug; made only while somebody looks."""

import json

import numpy as np

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.memory.entry import Entry
from hybrid_snn_ros.snn import synaptic_operations
from hybrid_snn_ros.snn.response import Response

PERIOD = 0.2  # seconds between two looks
_INPUTS = 40
_COLUMNS = 8
_ENTRIES = 8


def view(classifier: Classifier, codes: np.ndarray, response: Response,
         stamp: tuple[int, int]) -> str:
    """
    Describe how one frame was answered.

    :param codes: uint8 (N,) of the frame; response: to it; stamp: (sec, nanosec).
    :return: JSON text: stamp, spikes and evidence of the leading labels, spike trains of the
        busiest inputs (steps at which each fired), potentials of the leading columns in units of
        the threshold, what the frame makes the network do (snn.synaptic_operations), and the last
        entries of the journal.
    """
    network = classifier.network
    labels = network.labels
    leading = [int(c) for c in np.argsort(-response.evidence, kind='stable')[:_COLUMNS]]
    done = synaptic_operations.count(network.reach, network.inputs,
                                     *synaptic_operations.activity(network.counts(codes)))
    trains, potentials = network.inspect(codes, _INPUTS)
    return json.dumps({
        'stamp': {'sec': stamp[0], 'nanosec': stamp[1]},
        'spikes': {labels[c]: int(response.spikes[c]) for c in leading},
        'evidence': {labels[c]: _plain(response.evidence[c]) for c in leading},
        'trains': [np.flatnonzero(train).tolist() for train in trains],
        'membranes': {} if potentials is None else {
            labels[c]: [_plain(u) for u in potentials[:, c]] for c in leading},
        'synaptic_operations': {
            'spikes': _plain(done.spikes), 'sparsity': _plain(done.sparsity),
            'columns': _plain(done.columns), 'typicality': _plain(done.typicality)},
        'journal': [_line(entry) for entry in
                    classifier.ledger.entries_since(classifier.version - _ENTRIES)],
    }, ensure_ascii=False)


def _plain(value: float) -> float | None:
    return round(float(value), 3) if np.isfinite(value) else None


def _line(entry: Entry) -> str:
    words = [str(entry.sequence), entry.operation]
    words += [f"'{entry.label}'"] if entry.label else []
    words += [f"to '{entry.target}'"] if entry.operation == 'rename' else []
    words += [f'sample {entry.sample}'] if entry.sample else []
    return ' '.join(words + [f'({entry.source})'])
