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

from hybrid_snn_ros.bench import machine
from hybrid_snn_ros.bench.figures import jitter, summary
from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.network.prediction import Prediction, prediction_of
from hybrid_snn_ros.snn import backend, decision, synaptic_operations
from hybrid_snn_ros.snn.response import Response
from hybrid_snn_ros.snn.rule import Lesson
from hybrid_snn_ros.snn.rules import DEFAULT, RULES
from hybrid_snn_ros.vision import frames
from hybrid_snn_ros.vision.encoder import Encoder
from hybrid_snn_ros.vision.framing import Crop

SIZES = {'vga': (480, 640), '720p': (720, 1280), 'compressed': (480, 640)}
STAGES = ('receive', 'decode', 'crop', 'encode', 'code', 'present', 'decide', 'publish', 'whole',
          'beside_encoder')
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


class Subject:
    """An encoder and a rule's network that was taught its frames under many labels."""

    def __init__(self, encoder: Encoder, labels: int, shots: int, seed: int = 0, xp: Any = np,
                 rule: str = DEFAULT) -> None:
        """
        Teach; frames of a label are the embedding of a picture with other codes changed.

        :param labels: columns C; shots: samples of each; xp: backend that holds the network.
        :param rule: a name in snn.rules.RULES.
        """
        self.encoder = encoder
        self.crop = Crop()
        self.rule = RULES[rule]
        self.params = self.rule.Params()
        rng = np.random.default_rng(seed)
        seen = [encoder.codes(self.cut('vga', picture)) for picture in pictures('vga', 8, seed)]
        self.state = self.rule.initial(self.params, encoder.width, xp)
        lessons: list[Lesson] = []
        for column in range(labels):
            own = rng.permutation(seen[column % len(seen)])
            self.state = self.rule.grow(self.params, self.state)
            for _ in range(shots):
                codes = np.where(rng.random(len(own)) < 0.1, rng.permutation(own), own)
                counts = self.rule.counts(self.params, codes)
                lessons.append(Lesson(len(lessons), column, codes, counts))
                self.state = self.rule.teach(self.params, self.state, counts, column)
        self.labels = [f'label {column}' for column in range(labels)]
        self.readout = self.rule.readout(self.params, self.state)
        self.calibrate(lessons)

    def calibrate(self, lessons: list[Lesson]) -> None:
        """Renew what taught frames look like, from some that were taught."""
        samples = np.bincount([lesson.column for lesson in lessons], minlength=len(self.labels))
        self.calibration = self.rule.calibrate(
            self.params, self.state, lessons, [], samples.tolist())

    def cut(self, kind: str, picture: Picture) -> np.ndarray:
        """Return the encoder's RGB crop of a frame."""
        return frames.crop_message(plain_message(kind, picture), kind == 'compressed',
                                   self.encoder.input_size, self.crop)

    def decide(self, response: Response) -> Prediction:
        """Return the Prediction that the node would publish."""
        return prediction_of(decision.decide(response, self.calibration, 0.05, 5), self.labels)

    def synaptic_operations(self) -> str:
        """Return one line: what the pictures make the network do, on average."""
        activity = np.mean([synaptic_operations.activity(self.rule.counts(
            self.params, self.encoder.codes(self.cut('vga', picture))))
            for picture in pictures('vga')], axis=0)
        mean = synaptic_operations.count(
            self.rule.reach(self.state), self.encoder.width, *activity)
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
    compressed, size, crop = kind == 'compressed', subject.encoder.input_size, subject.crop
    clock = time.perf_counter
    taken = np.zeros((count, len(STAGES)))
    gc.collect()
    used = time.process_time()
    for number in range(-warm_up, count):
        if number == 0:
            used = time.process_time()
        begin = clock()
        message = wire.receive(number) if wire else plain[number % len(plain)]
        received = clock()
        picture = frames.decode_message(message, compressed, size, crop)
        decoded = clock()
        rgb = frames.crop_picture(picture, size)
        cropped = clock()
        codes = subject.encoder.codes(rgb)
        encoded = clock()
        counts = subject.rule.counts(subject.params, codes)
        coded = clock()
        response = subject.rule.present(subject.params, subject.readout, counts)
        presented = clock()
        prediction = subject.decide(response)
        decided = clock()
        if wire:
            wire.publish(message.header, prediction)
        end = clock()
        if number >= 0:
            taken[number] = (
                received - begin, decoded - received, cropped - decoded, encoded - cropped,
                coded - encoded, presented - coded, decided - presented, end - decided,
                decided - received, decided - received - (encoded - cropped))
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
    Teach frames as the node does: shown, answered, stored and synced, learned.

    :return: {stage: summary}; 'whole' is from the frame in hand to the sample learned and on disk,
        'calibrate' and 'readout' are what the next frame pays.
    """
    shown = pictures('vga')
    clock = time.perf_counter
    stages = ('encode', 'store', 'learn', 'whole', 'readout', 'calibrate')
    taken = []
    rule = subject.rule
    learned: list[Lesson] = []
    labels = len(subject.labels)
    with tempfile.TemporaryDirectory() as directory, DiskStore.open(
            Path(directory), {'encoder': subject.encoder.digest, 'inputs': subject.encoder.width}
    ) as store:
        for number in range(count):
            begin = clock()
            codes = subject.encoder.codes(subject.cut('vga', shown[number % len(shown)]))
            encoded = clock()
            counts = rule.counts(subject.params, codes)
            rule.present(subject.params, subject.readout, counts)
            answered = clock()
            store.teach(f'label{number % labels}', codes, source='bench')
            stored = clock()
            subject.state = rule.teach(subject.params, subject.state, counts, number % labels,
                                       subject.readout)
            backend.synchronize(subject.state[0])
            end = clock()
            subject.readout = rule.readout(subject.params, subject.state)
            ready = clock()
            learned.append(Lesson(number, number % labels, codes, counts))
            subject.calibrate(learned)
            taken.append((encoded - begin, stored - answered, end - stored, end - begin,
                          ready - end, clock() - ready))
    columns = np.array(taken[count // 5:]).T * 1e3
    return {stage: summary(column) for stage, column in zip(stages, columns)}
