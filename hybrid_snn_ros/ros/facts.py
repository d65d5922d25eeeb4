# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What is worth knowing of a running classifier besides its times, as values of a diagnostic."""

from pathlib import Path
from typing import Any

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.ros import messages, soc
from hybrid_snn_ros.ros.worker import Worker
from hybrid_snn_ros.snn import kernel, synaptic_operations


def facts(classifier: Classifier, worker: Worker, memory: Path,
          root: Path | str = '/') -> dict[str, Any]:
    """
    Collect them, {name: value}; to be called about once a second.

    :param memory: directory of what was taught.
    :param root: see soc.read.
    """
    encoder = classifier.encoder
    relearning = worker.relearning
    return {
        'labels': len(classifier.labels), 'samples': len(classifier.ledger.samples),
        'learning_anew': '{} of {} samples'.format(*relearning) if relearning else 'no',
        'database_version': classifier.version, 'rule': classifier.rule_name,
        'backend': classifier.backend.name, 'backend_reason': classifier.backend.why,
        'network_form': kernel.describe(),
        'encoder': encoder.describe(),
        'interpreter': encoder.runtime, 'delegate': encoder.delegate,
        'threads': encoder.threads, 'cpus': ', '.join(map(str, encoder.cpus)) or 'all',
        'model_digest': encoder.digest, 'memory': str(memory),
        **classifier.status(), **_effort(classifier, worker),
        'vision_msgs': 'on' if messages.HAVE_VISION_MSGS else 'not installed', **soc.read(root)}


def _effort(classifier: Classifier, worker: Worker) -> dict[str, str]:
    """Return what the frames of the ring make the network do, on average."""
    activity = worker.times.spikes()
    if activity is None:
        return {}
    network = classifier.network
    mean = synaptic_operations.count(network.reach, network.inputs, *activity)
    return {
        'spikes_per_frame': f'{mean.spikes:.0f}', 'sparsity': f'{mean.sparsity:.3f}',
        'synaptic_operations': f'{mean.columns:.0f} columns, {mean.typicality:.0f} typicality',
        'energy_estimate': (
            f'{mean.microjoules:.2f} uJ a frame ({synaptic_operations.ASSUMPTION})')}
