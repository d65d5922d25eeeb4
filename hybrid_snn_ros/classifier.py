# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The classifier without ROS: look at frames, be taught, answer, save and load.

    >>> from hybrid_snn_ros import Classifier
    >>> classifier = Classifier()                       # the encoder that is shipped
    >>> classifier.teach(rgb_frame, 'mug')              # uint8 (H, W, 3), any size
    >>> classifier.predict(rgb_frame).label
    'mug'
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from hybrid_snn_ros.memory import store
from hybrid_snn_ros.memory.labels import Labels, normalise, UNKNOWN
from hybrid_snn_ros.share import shared_file
from hybrid_snn_ros.snn import backend as backends
from hybrid_snn_ros.snn import decision, lateral, leave_one_out, original

SHIPPED_ENCODER = ('models', 'efficientnet_lite0_int8.tflite')
_CALIBRATION_SAMPLES = 256
RULES = {'lateral': lateral, 'original': original}


class Prediction(NamedTuple):
    """The answer to one frame."""

    label: str  # the best label, or 'unknown'
    score: float  # 0..1; for 'unknown' how sure it is that the frame was never taught
    unknown: bool
    ranked: list  # [(label, score)], the best taught labels, best first
    known: float  # share of taught frames that looked at least as strange, 0..1


class Sample(NamedTuple):
    """One taught frame."""

    column: int
    codes: np.ndarray  # uint8 (N,)
    counts: np.ndarray  # uint8 (N,), the same as spike counts


class Classifier:
    """
    A frozen encoder in front of spiking columns that learn one frame at a time.

    Frames are uint8 RGB arrays (H, W, 3) or, where an embedding is at hand already, the encoder's
    output codes, uint8 (N,).  Everything is deterministic: the same samples in the same order
    give the same answers, bit for bit, on the CPU.
    """

    def __init__(self, encoder=None, rule='lateral', params=None, crop=None, false_unknown=0.05,
                 top=5, backend='numpy', inputs=None):
        """
        Make an untaught classifier.

        :param encoder: a vision.encoder.Encoder, the path of a TFLite model, or None for the
            model that is shipped; loaded at the first frame that needs it.
        :param rule: 'lateral' or 'original'.
        :param params: the rule's Params, or a dict of values that differ from its defaults.
        :param crop: vision.framing.Crop, or None for the default.
        :param false_unknown: nominal share of frames of taught labels answered as unknown.
        :param top: how many labels a prediction ranks.
        :param backend: 'numpy' or 'cupy'.
        :param inputs: width N of the embedding where no encoder is wanted: then only codes can
            be taught and asked.
        :raises ValueError: for an unknown rule or constant, or a value out of bounds.
        :raises BackendError: when the backend cannot be had.
        """
        if rule not in RULES:
            raise ValueError(f"rule must be one of {', '.join(RULES)}, not {rule!r}")
        if not 0 <= false_unknown < 1:
            raise ValueError(f'false_unknown must lie in [0, 1), not {false_unknown}')
        if top < 1:
            raise ValueError(f'top must be at least 1, not {top}')
        if inputs is not None and encoder is not None:
            raise ValueError('inputs stands in for an encoder: give one of the two, not both')
        if inputs is not None and inputs < 1:
            raise ValueError(f'inputs must be at least 1, not {inputs}')
        self.rule_name = rule
        self.rule = RULES[rule]
        self._hindsight = leave_one_out.hindsight if rule == 'lateral' else None
        self.params = _params(self.rule, params)
        self.rule.check(self.params)
        self.false_unknown = false_unknown
        self.top = top
        self._xp = backends.load(backend)
        self._encoder = encoder
        self._crop = crop
        self._inputs = inputs
        self.version = 0
        self._clear()

    def _clear(self):
        self.labels = Labels()
        self.samples = []
        self.sample_counts = []
        self._records = []
        self._state = None
        self._readout = None
        self._calibration = None

    @property
    def encoder(self):
        """The encoder, loaded now if it was not yet."""
        if self._encoder is None or isinstance(self._encoder, (str, Path)):
            from hybrid_snn_ros.vision.encoder import Encoder
            self._encoder = Encoder(self._encoder or shared_file(*SHIPPED_ENCODER))
        return self._encoder

    @property
    def crop(self):
        """The part of each frame the encoder sees."""
        if self._crop is None:
            from hybrid_snn_ros.vision.framing import Crop
            self._crop = Crop()
        return self._crop

    @property
    def inputs(self):
        """Width N of the codes; the encoder is loaded now if it says so and was not yet."""
        return self.encoder.width if self._inputs is None else self._inputs

    def embed(self, frame):
        """
        Run the encoder on one frame.

        :param frame: uint8 RGB (H, W, 3).
        :return: the encoder's output codes, uint8 (N,).
        """
        from hybrid_snn_ros.vision.frames import crop_image
        height, width, channels = frame.shape
        return self.encoder.codes(crop_image(
            'rgb8', height, width, width * channels, np.ascontiguousarray(frame),
            self.encoder.input_size, self.crop))

    def _codes(self, frame_or_codes):
        array = np.asarray(frame_or_codes)
        if array.dtype != np.uint8 or array.ndim not in (1, 3) or (
                array.ndim == 3 and array.shape[2] != 3):
            raise ValueError('a frame must be uint8 (H, W, 3) RGB, or uint8 (N,) codes of the '
                             f'encoder, not {array.dtype} {array.shape}')
        if array.ndim == 3:
            if self._inputs is not None:
                raise ValueError(f'this classifier was made for codes of {self._inputs} inputs '
                                 'and has no encoder for frames')
            return self.embed(array)
        if len(array) != self.inputs:
            raise ValueError(f'this network has {self.inputs} inputs, the frame {len(array)}')
        return array

    def _start(self):
        self._state = self.rule.initial(self.params, self.inputs, self._xp)

    def teach(self, frame_or_codes, label):
        """
        Learn one frame under a label, which is made if it is new.

        :return: the number of samples the label has now.
        :raises LabelError: when the text cannot be a label.
        :raises ValueError: when the frame has the wrong type or size.
        """
        label = normalise(label)
        self._learn(self._codes(frame_or_codes), label)
        self.version += 1
        return self.sample_counts[self.labels.column(label)]

    def _learn(self, codes, label):
        if self._state is None:
            self._start()
        counts = self.rule.counts(self.params, codes)
        if label in self.labels:
            column = self.labels.column(label)
            if self._hindsight is None:
                self._record(counts, column)
        else:
            column = self.labels.add(label)
            self.sample_counts.append(0)
            self._state = self.rule.grow(self.params, self._state)
        self._state = self.rule.teach(self.params, self._state, counts, column)
        self._readout = self._calibration = None
        self.samples.append(Sample(column, codes.copy(), counts))  # the caller may reuse its codes
        self.sample_counts[column] += 1

    def _record(self, counts, column):
        """Keep how familiar a frame is just before it is learned (see snn.decision)."""
        response = self.rule.present(self.params, self._ready(), counts)
        self._records.append(
            decision.Record(column, self.sample_counts[column], response.familiarity))

    def _ready(self):
        if self._readout is None:
            self._readout = self.rule.readout(self.params, self._state)
        return self._readout

    def predict(self, frame_or_codes):
        """
        Answer one frame.

        :return: Prediction; 'unknown' while nothing has been taught.
        :raises ValueError: when the frame has the wrong type or size.
        """
        return self.decide(self.present(self._codes(frame_or_codes)))

    def present(self, codes):
        """Show the encoder's codes, uint8 (N,), to the columns and return rule.Response."""
        if self._state is None:
            self._start()
        return self.rule.present(self.params, self._ready(), self.rule.counts(self.params, codes))

    def decide(self, response):
        """Turn the columns' response into a Prediction."""
        made = decision.decide(response, self._calibrated(), self.false_unknown, self.top)
        ranked = [(self.labels.names[column], score) for column, score in made.ranked]
        if made.unknown:
            return Prediction(UNKNOWN, 1.0 - made.known, True, ranked, made.known)
        return Prediction(*ranked[0], False, ranked, made.known)

    def _calibrated(self):
        """
        Return what the samples say of familiarity and score; renewed after every lesson.

        One frame of a new label changes the gain, and with it what every number means.
        """
        if self._calibration is None:
            if self._hindsight is None:
                self._calibration = decision.calibrate_prequential(
                    self._records, self.sample_counts)
            elif self.samples:
                # Drawn from everything taught; more would cost time and tell no more.
                places = np.random.Generator(np.random.PCG64(0)).permutation(len(self.samples))
                chosen = [self.samples[p] for p in places[:_CALIBRATION_SAMPLES]]
                self._calibration = decision.calibrate(self._hindsight(
                    self.params, self._state, np.array([s.counts for s in chosen]),
                    np.array([s.column for s in chosen])))
        return self._calibration

    def identity(self):
        """Return what the stored codes depend on, for the memory file."""
        if self._inputs is not None:
            return {'inputs': self._inputs}
        encoder = self.encoder
        return {'encoder': encoder.digest, 'runtime': encoder.runtime, 'inputs': encoder.width,
                'crop': self.crop.fraction, 'roi': list(self.crop.roi)}

    def save(self, directory):
        """
        Save what has been taught into a directory, safe against a power cut.

        :return: the path of the file.
        :raises StoreError: when the disk refuses.
        """
        identity = self.identity()
        codes = np.array([s.codes for s in self.samples], np.uint8)
        columns = np.array([s.column for s in self.samples], np.int32)
        return store.save(directory, store.Memory(
            identity, self.labels.names, columns,
            codes.reshape(len(self.samples), identity['inputs']), self.version))

    def load(self, directory):
        """
        Replace what is known by the memory of a directory, learned anew from its samples.

        :return: a list of sentences the user should hear (a different runtime, say); empty when
            all is well or the directory holds no memory.
        :raises StoreError: when the memory is damaged or was taught through another encoder.
        """
        memory = store.load(directory)
        if memory is None:
            return []
        remarks = _compare(directory, memory.identity, self.identity())
        width = memory.codes.shape[1]
        if width != self.inputs:
            raise store.StoreError(f'the memory in {directory} is damaged: its samples have '
                                   f'{width} codes each, {self.inputs} are expected')
        self._clear()
        for column, codes in zip(memory.columns, memory.codes):
            self._learn(codes, memory.labels[column])
        self.version = memory.version
        return remarks


def _params(rule, params):
    if params is None:
        return rule.Params()
    if isinstance(params, rule.Params):
        return params
    if not isinstance(params, dict):
        raise ValueError(f"params must be a dict or the rule's own Params, not {params!r}")
    unknown = set(params) - set(rule.Params._fields)
    if unknown:
        raise ValueError(f"no such constant: {', '.join(sorted(unknown))}; there are "
                         f"{', '.join(rule.Params._fields)}")
    for name, value in params.items():
        if not isinstance(value, (int, float)):
            raise ValueError(f'{name} must be a number, not {value!r}')
    return rule.Params(**params)


def _compare(directory, taught, present):
    """Refuse codes that mean something else here; remark on what merely may differ."""
    for key, name in (('inputs', 'embedding width'), ('encoder', 'encoder'), ('crop', 'crop'),
                      ('roi', 'region of interest')):
        if key in taught and key in present and taught[key] != present[key]:
            raise store.StoreError(
                f'the memory in {directory} was taught with {name} {taught[key]}, this classifier '
                f'uses {present[key]}; restore that setting or choose another directory')
    then, now = taught.get('runtime'), present.get('runtime')
    if then and now and then != now:
        return [f'the memory was taught with {then}, this is {now}: embeddings may differ '
                'slightly (cosine 0.998)']
    return []
