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

import cv2
import numpy as np

from hybrid_snn_ros.bench import machine
from hybrid_snn_ros.bench.figures import jitter, summary
from hybrid_snn_ros.memory.vault import Vault
from hybrid_snn_ros.network import Prediction
from hybrid_snn_ros.snn import backend, decision, effort, lateral, leave_one_out
from hybrid_snn_ros.vision import frames
from hybrid_snn_ros.vision.framing import Crop

SIZES = {'vga': (480, 640), '720p': (720, 1280), 'compressed': (480, 640)}
STAGES = ('receive', 'decode', 'crop', 'encode', 'code', 'present', 'decide', 'publish', 'whole',
          'beside_encoder')
_ROS_STAGES = ('receive', 'publish')
_PICTURES = 16  # different frames, so that branches and caches see more than one


def pictures(kind, count=_PICTURES, seed=0):
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
        drawn.append(np.clip(sum(layers) + 128, 0, 255).astype(np.uint8))
    made = [np.roll(drawn[n % _PICTURES], 41 * (n // _PICTURES), axis=1) for n in range(count)]
    if kind == 'compressed':
        return [cv2.imencode('.jpg', picture)[1].tobytes() for picture in made]
    return made


class Subject:
    """An encoder and a lateral network that was taught its frames under many labels."""

    def __init__(self, encoder, labels, shots, seed=0, xp=np):
        """
        Teach; frames of a label are the embedding of a picture with other codes changed.

        :param labels: columns C; shots: samples of each; xp: backend that holds the network.
        """
        self.encoder = encoder
        self.crop = Crop()
        self.params = lateral.Params()
        rng = np.random.default_rng(seed)
        seen = [encoder.codes(self.cut('vga', picture)) for picture in pictures('vga', 8, seed)]
        self.state = lateral.initial(self.params, encoder.width, xp)
        counts, columns = [], []
        for column in range(labels):
            own = rng.permutation(seen[column % len(seen)])
            self.state = lateral.grow(self.params, self.state)
            for _ in range(shots):
                codes = np.where(rng.random(len(own)) < 0.1, rng.permutation(own), own)
                counts.append(lateral.counts(self.params, codes))
                columns.append(column)
                self.state = lateral.teach(self.params, self.state, counts[-1], column)
        self.readout = lateral.readout(self.params, self.state)
        chosen = rng.permutation(len(counts))[:256]
        self.calibration = decision.calibrate(leave_one_out.hindsight(
            self.params, self.state, np.array(counts)[chosen], np.array(columns)[chosen]))

    def cut(self, kind, picture):
        """Return the encoder's RGB crop of a frame."""
        return frames.crop_message(plain_message(kind, picture), kind == 'compressed',
                                   self.encoder.input_size, self.crop)

    def decide(self, response):
        """Return the Prediction that the node would publish."""
        made = decision.decide(response, self.calibration, 0.05, 5)
        ranked = [(f'label {column}', score) for column, score in made.ranked]
        best = ('unknown', 1 - made.known) if made.unknown else ranked[0]
        return Prediction(*best, made.unknown, ranked, made.known)


    def effort(self):
        """Return one line: what the pictures make the network do, on average."""
        activity = np.mean([effort.activity(lateral.counts(
            self.params, self.encoder.codes(self.cut('vga', picture))))
            for picture in pictures('vga')], axis=0)
        mean = effort.effort(effort.synapses_of(self.state), self.encoder.width, *activity)
        return (f'{mean.spikes:.0f} spikes a frame, sparsity {mean.sparsity:.3f}, synaptic '
                f'operations {mean.columns:.0f} in the columns, {mean.familiarity:.0f} for '
                f'familiarity, {mean.microjoules:.2f} uJ ({effort.ASSUMPTION})')


def plain_message(kind, picture):
    """Return an object with the fields of the camera message that holds a picture."""
    if kind == 'compressed':
        return SimpleNamespace(format='jpeg', data=picture)
    height, width = picture.shape[:2]
    return SimpleNamespace(encoding='bgr8', is_bigendian=0, height=height, width=width,
                           step=3 * width, data=picture.data)


def answer_frames(subject, kind, count, warm_up):
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
        counts = lateral.counts(subject.params, codes)
        coded = clock()
        response = lateral.present(subject.params, subject.readout, counts)
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


def _wire(kind, shown):
    """Return the Wire of pictures, or None without rclpy."""
    try:
        from hybrid_snn_ros.bench.wire import Wire
    except ImportError:
        return None
    return Wire(kind, shown)


def teach_frames(subject, count):
    """
    Teach frames as the node does: shown, answered, journaled with fsync, learned.

    :return: {stage: summary}; 'whole' is from the frame in hand to the sample learned and on disk,
        'calibrate' and 'readout' are what the next frame pays.
    """
    shown = pictures('vga')
    clock = time.perf_counter
    stages = ('encode', 'journal', 'learn', 'whole', 'readout', 'calibrate')
    taken = []
    learned, columns = [], []
    labels = lateral.columns(subject.state)
    with tempfile.TemporaryDirectory() as directory, Vault.open(
            Path(directory), {'encoder': subject.encoder.digest, 'inputs': subject.encoder.width}
    ) as vault:
        for number in range(count):
            begin = clock()
            codes = subject.encoder.codes(subject.cut('vga', shown[number % len(shown)]))
            encoded = clock()
            counts = lateral.counts(subject.params, codes)
            lateral.present(subject.params, subject.readout, counts)
            answered = clock()
            vault.teach_all([(f'label{number % labels}', codes, '')], 'bench')
            stored = clock()
            subject.state = lateral.teach(subject.params, subject.state, counts, number % labels,
                                          subject.readout)
            backend.synchronize(subject.state.lateral)
            end = clock()
            subject.readout = lateral.readout(subject.params, subject.state)
            ready = clock()
            learned.append(counts)
            columns.append(number % labels)
            subject.calibration = decision.calibrate(leave_one_out.hindsight(
                subject.params, subject.state, np.array(learned[-256:]),
                np.array(columns[-256:])))
            taken.append((encoded - begin, stored - answered, end - stored, end - begin,
                          ready - end, clock() - ready))
    taken = np.array(taken[count // 5:]) * 1e3
    return {stage: summary(column) for stage, column in zip(stages, taken.T)}
