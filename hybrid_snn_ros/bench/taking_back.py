# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
How long taking back takes, and a start, with a memory of many samples on disk.

A change is *acknowledged* when it is on disk, and *in effect* when a frame was answered by a
network that knows of it; both are counted from the request.
"""

from collections.abc import Callable
from pathlib import Path
import tempfile
import time
from typing import Any

import numpy as np

from hybrid_snn_ros.bench.figures import summary
from hybrid_snn_ros.bench.stages import another_view, pictures
from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.snn.rules import DEFAULT
from hybrid_snn_ros.vision.encoder import Encoder

LABELS, SHOTS = 100, 50
ROUNDS = 20


def measure(encoder: Encoder, labels: int = LABELS, shots: int = SHOTS, rounds: int = ROUNDS,
            rule: str = DEFAULT, backend: str = 'numpy') -> dict[str, Any]:
    """
    Take back, put back, forget and merge in a memory of labels x shots samples.

    :param rounds: how often each is done.
    :return: {'samples', 'changes': {change: {acknowledged, in_effect: summary}}, 'start',
        'consolidation', 'consolidation_step': summary}, all in milliseconds; without the last two
        for a rule that is not consolidated.
    """
    def made() -> Classifier:
        return Classifier(encoder, rule, backend=backend)

    picture = pictures('vga', 1)[0][:, :, ::-1].copy()
    with tempfile.TemporaryDirectory() as directory:
        place, file = Path(directory) / 'memory', Path(directory) / 'file'
        filled = made()
        for label, codes in _samples(encoder, labels, shots):
            filled.teach(codes, label, min_change=0)
        filled.save(file)
        classifier = made()
        classifier.open(place, file)
        classifier.close()
        starts = []
        for _ in range(max(2, rounds // 4)):
            begin = time.perf_counter()
            classifier = made()
            classifier.open(place)
            classifier.predict(picture)
            starts.append((time.perf_counter() - begin) * 1e3)
            classifier.close()
        classifier = made()
        classifier.open(place)
        taken = _changes(classifier, picture, rounds)
        classifier.close()
    steps, whole = taken.pop('steps'), taken.pop('consolidations')
    report: dict[str, Any] = {
        'samples': labels * shots, 'start': summary(starts),
        'changes': {name: {'acknowledged': summary(times[0]), 'in_effect': summary(times[1])}
                    for name, times in taken.items()}}
    if steps:
        report |= {'consolidation': summary(whole), 'consolidation_step': summary(steps)}
    return report


def _samples(encoder: Encoder, labels: int, shots: int) -> list[tuple[str, np.ndarray]]:
    """Return (label, codes) in a random order, each label with views of one thing."""
    rng = np.random.default_rng(0)
    size = encoder.input_size
    seen = [encoder.codes(np.ascontiguousarray(picture[:size, :size]))
            for picture in pictures('vga', 8)]
    own = [rng.permutation(seen[label % len(seen)]) for label in range(labels)]
    return [(f'label {label}', another_view(own[label], rng))
            for label in rng.permutation(np.repeat(np.arange(labels), shots))]


def _changes(classifier: Classifier, picture: np.ndarray, rounds: int) -> dict[str, Any]:
    """Do every change and take it back; return {change: ([ms acknowledged], [ms in effect])}."""
    taken: dict[str, Any] = {'steps': [], 'consolidations': []}

    def do(name: str, change: Callable[..., Any], *arguments: Any, **options: Any) -> None:
        begin = time.perf_counter()
        change(*arguments, **options)
        acknowledged = time.perf_counter()
        for _ in classifier.catch_up():
            pass
        classifier.predict(picture)
        times = taken.setdefault(name, ([], []))
        times[0].append((acknowledged - begin) * 1e3)
        times[1].append((time.perf_counter() - begin) * 1e3)

    rng = np.random.default_rng(1)
    codes = next(iter(classifier.state.samples.values())).codes
    for _ in range(rounds):
        one, other = rng.choice(classifier.labels, 2, replace=False)
        first = next(iter(classifier.state.samples))
        do('teach', classifier.teach, rng.permutation(codes), one, min_change=0)
        do('undo the lesson', classifier.undo, later=True)
        do('take the first sample back', classifier.remove, first, later=True)
        do('undo that', classifier.undo, later=True)
        do('forget a label', classifier.forget, one, later=True)
        do('undo the forget', classifier.undo, later=True)
        do('merge two labels', classifier.rename, one, other, merge=True, later=True)
        do('undo the merge', classifier.undo, later=True)
        begin, steps = time.perf_counter(), classifier.consolidation()
        while True:
            paused = time.perf_counter()
            ended = next(steps, True)
            taken['steps'].append((time.perf_counter() - paused) * 1e3)
            if ended:
                break
        taken['consolidations'].append((time.perf_counter() - begin) * 1e3)
    if not classifier.network.rule.consolidate:
        taken['steps'], taken['consolidations'] = [], []
    return taken
