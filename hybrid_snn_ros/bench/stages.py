# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The stages of a frame and of a lesson in one process, in the order the node takes them.

'receive' makes the camera's message of the bytes that DDS brings, 'publish' the bytes of the
answer; both need rclpy and are left out without it.  'whole' is what lies between them: from the
message in memory to the decision.
"""

import gc
from pathlib import Path
import tempfile
import time
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np

from hybrid_snn_ros import frame_pipeline
from hybrid_snn_ros.bench import machine
from hybrid_snn_ros.bench.figures import jitter, summary
from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.frame_pipeline import answer
from hybrid_snn_ros.snn import synaptic_operations
from hybrid_snn_ros.snn.backend import synchronize
from hybrid_snn_ros.snn.rules import DEFAULT
from hybrid_snn_ros.stopwatch import Stopwatch
from hybrid_snn_ros.vision.encoder import Encoder

SIZES = {'vga': (480, 640), '720p': (720, 1280), 'compressed': (480, 640)}
STAGES = ('receive', *frame_pipeline.STAGES, 'publish', 'whole', 'beside_encoder')
_ROS_STAGES = ('receive', 'publish')
_PICTURES = 16  # different frames, so that branches and caches see more than one

Picture = Any  # bgr8 uint8 (H, W, 3), or the bytes of a JPEG
Figures = dict[str, dict[str, float]]  # {stage: summary in ms}


def pictures(kind: str, count: int = _PICTURES, seed: int = 0) -> list[Picture]:
    """
    Make frames with structure at every scale, so that they code and compress like photographs.

    :param kind: a key of SIZES.
    :return: [bgr8 uint8 (H, W, 3)], or for 'compressed' [JPEG bytes].
    """
    rng = np.random.default_rng(seed)
    height, width = SIZES[kind]
    drawn = []
    for _ in range(min(count, _PICTURES)):
        layers = [cv2.resize(rng.normal(0, 90 / (octave + 1), (3 * 2 ** octave, 4 * 2 ** octave, 3)
                                        ), (width, height), interpolation=cv2.INTER_CUBIC)
                  for octave in range(7)]
        drawn.append(np.clip(sum(layers, np.float64(0)) + 128, 0, 255).astype(np.uint8))
    made = [np.roll(drawn[n % _PICTURES], 41 * (n // _PICTURES), axis=1) for n in range(count)]
    if kind == 'compressed':
        return [cv2.imencode('.jpg', picture)[1].tobytes() for picture in made]
    return made


def another_view(codes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return codes of the same thing, uint8 (N,): one in ten has the value of another."""
    return np.where(rng.random(len(codes)) < 0.1, rng.permutation(codes), codes)


class Subject:
    """A classifier that was taught its frames under many labels."""

    def __init__(self, encoder: Encoder, labels: int, shots: int, seed: int = 0,
                 backend: str = 'numpy', rule: str = DEFAULT) -> None:
        """
        Teach; frames of a label are the embedding of a picture with other codes changed.

        :param labels: columns C; shots: samples of each; backend: 'numpy' or 'cupy'.
        :param rule: a name in snn.rules.RULES.
        """
        self.classifier = Classifier(encoder, rule, backend=backend)
        rng = np.random.default_rng(seed)
        seen = [self.codes('vga', picture) for picture in pictures('vga', 8, seed)]
        for column in range(labels):
            own = rng.permutation(seen[column % len(seen)])
            for _ in range(shots):
                self.classifier.teach(another_view(own, rng), f'label {column}', min_change=0)

    def codes(self, kind: str, picture: Picture) -> np.ndarray:
        """Return the encoder's codes of a frame, uint8 (N,)."""
        return self.classifier.frame_encoder.encode_message(
            plain_message(kind, picture), kind == 'compressed').codes

    def synaptic_operations(self) -> str:
        """Return one line: what the pictures make the network do, on average."""
        network = self.classifier.network
        activity = np.mean([synaptic_operations.activity(network.counts(
            self.codes('vga', picture))) for picture in pictures('vga')], axis=0)
        mean = synaptic_operations.count(network.reach, network.inputs, *activity)
        return (f'{mean.spikes:.0f} spikes a frame, sparsity {mean.sparsity:.3f}, synaptic '
                f'operations {mean.columns:.0f} in the columns, {mean.typicality:.0f} for '
                f'typicality, {mean.microjoules:.2f} uJ ({synaptic_operations.ASSUMPTION})')


def plain_message(kind: str, picture: Picture) -> Any:
    """Return an object with the fields of the camera message that holds a picture."""
    if kind == 'compressed':
        return SimpleNamespace(format='jpeg', data=picture)
    height, width = picture.shape[:2]
    return SimpleNamespace(encoding='bgr8', is_bigendian=0, height=height, width=width,
                           step=3 * width, data=picture.data)


def answer_frames(subject: Subject, kind: str, count: int,
                  warm_up: int) -> tuple[Figures, dict[str, float]]:
    """
    Answer frames.

    :return: ({stage: summary}, {jitter_ms, cpu_ms_per_frame, resident_mb}).
    """
    shown = pictures(kind)
    wire = _wire(kind, shown)
    plain = [plain_message(kind, picture) for picture in shown]
    taken = np.zeros((count, len(STAGES)))
    gc.collect()
    used = time.process_time()
    for number in range(-warm_up, count):
        if number == 0:
            used = time.process_time()
        watch = Stopwatch()
        message = wire.receive(number) if wire else plain[number % len(plain)]
        watch.lap('receive')
        answered = answer(subject.classifier, message, kind == 'compressed', watch.lap)
        if wire:
            wire.publish(message.header, answered.prediction)
        watch.lap('publish')
        if number >= 0:
            whole = sum(watch.seconds[stage] for stage in frame_pipeline.STAGES)
            taken[number] = [
                *(watch.seconds[stage] for stage in STAGES[:-2]),
                whole, whole - watch.seconds['encode']]
    used = time.process_time() - used
    taken *= 1e3
    figures = {stage: summary(column) for stage, column in zip(STAGES, taken.T)
               if wire or stage not in _ROS_STAGES}
    return figures, {'jitter_ms': jitter(taken[:, STAGES.index('whole')]),
                     'cpu_ms_per_frame': round(used * 1e3 / count, 3),
                     'resident_mb': machine.resident_mb()[0]}


def _wire(kind: str, shown: list[Picture]) -> Any:
    """Return the Wire of pictures, or None without rclpy."""
    try:
        from hybrid_snn_ros.bench.wire import Wire
    except ImportError:
        return None
    return Wire(kind, shown)


def teach_frames(subject: Subject, count: int) -> Figures:
    """
    Teach frames as the node does, into a memory on disk.

    :return: {stage: summary}; 'views' is what is encoded beside the frame, 'teach' one sample
        checked, on disk and learned, 'whole' from the frame in hand to that, 'next_present' and
        'next_decide' what the frame after it pays.
    """
    shown = pictures('vga')
    stages = ('encode', 'views', 'teach', 'whole', 'next_present', 'next_decide')
    taken = []
    taught = subject.classifier
    labels = list(taught.labels)
    with tempfile.TemporaryDirectory() as directory:
        subject.classifier.save(Path(directory) / 'known.memory')
        classifier = Classifier(taught.encoder, taught.rule_name, backend=taught.backend.name)
        classifier.open(Path(directory) / 'memory', Path(directory) / 'known.memory')
        for number in range(count):
            watch = Stopwatch()
            seen = classifier.frame_encoder.encode_message(
                plain_message('vga', shown[number % len(shown)]), False)
            watch.lap('encode')
            views = list(classifier.frame_encoder.view_codes(
                seen, classifier.learned_views(classifier.teach_views)))
            watch.lap('views')
            classifier.teach(seen.codes, labels[number % len(labels)], source='bench',
                             views=views, min_change=0)
            synchronize(classifier.network.state[0])
            watch.lap('teach')
            whole = watch.total
            response = classifier.present(seen.codes)
            watch.lap('next_present')
            classifier.decide(response)
            watch.lap('next_decide')
            taken.append([{**watch.seconds, 'whole': whole}[stage] for stage in stages])
        classifier.close()
    columns = np.array(taken[count // 5:]).T * 1e3
    return {stage: summary(column) for stage, column in zip(stages, columns)}
