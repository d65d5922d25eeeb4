# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
How the worker stands: immutable, made by the worker, read by the executor for /diagnostics.

So no other thread than the worker's looks into the classifier.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.ros.stage_times import StageTimes
from hybrid_snn_ros.snn import kernel, synaptic_operations


class Counters(NamedTuple):
    """What became of the frames; every frame counts once. Made again with each frame."""

    answered: int = 0
    held: int = 0  # of them, those that were not looked at, since nothing had moved
    looked_longer: int = 0  # further views of these, in spare time; no frames
    refused: int = 0
    failed: int = 0  # in an unforeseen way
    last_refusal: str = ''
    last_failure: str = ''


class Status(NamedTuple):
    """The rest, made again some times a second."""

    facts: Mapping[str, Any]  # what is worth knowing of the classifier, for a diagnostic
    times: StageTimes  # a copy
    teaching: str  # why teaching is refused; empty when it is not
    gpu: str  # why a GPU was given up; empty when it was not


def collect_status(classifier: Classifier, times: StageTimes, counters: Counters, teaching: str,
                   rebuilding: tuple[int, int] | None, more: Mapping[str, object]) -> Status:
    """
    Collect it; called by the worker alone.

    :param counters: of the same frames as the times.
    :param teaching: why teaching is refused, or ''.
    :param rebuilding: (samples learned, samples to learn) while the network is rebuilt.
    :param more: what others say of themselves, {name: value}.
    """
    encoder = classifier.encoder
    facts = {
        'labels': len(classifier.labels), 'samples': len(classifier.state.samples),
        'rebuilding': '{} of {} samples'.format(*rebuilding) if rebuilding else 'no',
        'consolidated': 'yes' if classifier.consolidated else 'no',
        'database_version': classifier.version, 'rule': classifier.rule_name,
        'backend': classifier.backend.name, 'backend_reason': classifier.backend.why,
        'network_form': kernel.describe(),
        'encoder': encoder.describe(),
        'interpreter': encoder.runtime, 'delegate': encoder.delegate,
        'threads': encoder.threads, 'cpus': ', '.join(map(str, encoder.cpus)) or 'all',
        'model_digest': encoder.digest, **classifier.status(), **more,
        **_operations(classifier, times, counters)}
    return Status(facts, times.copy(), teaching, classifier.backend.lost)


def _operations(classifier: Classifier, times: StageTimes,
                counters: Counters) -> dict[str, str]:
    """Return what the last frames made the network do, on average, and what was spared it."""
    activity = times.spikes()
    if activity is None:
        return {}
    network = classifier.network
    mean = synaptic_operations.count(network.reach, network.inputs, *activity)
    spared = counters.held - counters.looked_longer
    return {
        'spikes_per_frame': f'{mean.spikes:.0f}', 'sparsity': f'{mean.sparsity:.3f}',
        'synaptic_operations': f'{mean.columns:.0f} columns, {mean.typicality:.0f} typicality',
        'energy_estimate': (
            f'{mean.microjoules:.2f} uJ a frame ({synaptic_operations.ASSUMPTION})'),
        'held_share': f'{counters.held / max(counters.answered, 1):.3f}',
        'energy_saved': (
            f'{mean.microjoules * spared * 1e-3:.2f} mJ by energy_estimate, and {spared} '
            'encodings')}
