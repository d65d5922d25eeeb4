# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The inside of one answer, as JSON for ~/debug; made only while somebody looks."""

import json

import numpy as np

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.memory.record import JOIN, LESSON, NAME, Record
from hybrid_snn_ros.snn import synaptic_operations
from hybrid_snn_ros.snn.response import Response

PERIOD = 0.2  # seconds between two looks
_INPUTS = 40
_COLUMNS = 8
_RECORDS = 8


def view(classifier: Classifier, codes: np.ndarray, response: Response,
         stamp: tuple[int, int]) -> str:
    """
    Describe how one frame was answered.

    :param codes: uint8 (N,) of the frame; response: to it; stamp: (sec, nanosec).
    :return: JSON text: stamp, spikes and evidence of the leading labels, spike trains of the
        busiest inputs (steps at which each fired), potentials of the leading columns in units of
        the threshold, what the frame makes the network do (snn.synaptic_operations), and the last
        records of the memory.
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
        'records': [_line(record) for record in
                    classifier.state.records_since(classifier.version - _RECORDS)],
    }, ensure_ascii=False)


def _plain(value: float) -> float | None:
    return round(float(value), 3) if np.isfinite(value) else None


def _line(record: Record) -> str:
    words = [str(record.number), record.act]
    words += [f"'{record.was or record.text}'"] if record.text else []
    words += [f"to '{record.text}'"] if record.kind in (NAME, JOIN) else []
    words += [f'sample {record.number}'] if record.kind == LESSON else []
    return ' '.join(words + [f'({record.source})'])
