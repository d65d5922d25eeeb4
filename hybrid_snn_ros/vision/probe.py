# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Try a foreign model in a process of its own before it is let into this one.

A TFLite runtime is native code that trusts its file: a truncated or bit-flipped one can end the
process or never come back, and no exception tells of either. So a child process with a time and a
memory limit loads it first and shows it two pictures. The model that is shipped is known by its
sha256 and spared that, so that the usual start stays fast.
"""

import hashlib
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import textwrap

import yaml

from hybrid_snn_ros.resources import shared_file
from hybrid_snn_ros.vision.encoder import Encoder, EncoderError
from hybrid_snn_ros.vision.frame_encoder import SHIPPED_ENCODER
from hybrid_snn_ros.vision.runtime import DELEGATES

SECONDS = 30.0  # a slow computer loads Python, NumPy, the runtime and the model in about five
MEMORY = 4 << 30  # bytes of address space; the shipped model stays under 1 GiB


def load_probed(model: str | Path | None, threads: int = 1, delegate: str = 'auto',
                cpus: str = '', seconds: float = SECONDS) -> Encoder:
    """
    Return the encoder of a model; any but the shipped one on its own runtime is probed first.

    Any file whose sha256 the YAML of the shipped model names counts as the shipped one. A model
    that loads and runs is taken: whether its weights are the right ones only a sha256 in the YAML
    beside it can tell.

    :param model: path, or None for the shipped model.
    :param threads, delegate, cpus: as Encoder takes them; foreign delegates are probed, too.
    :raises EncoderError: with one sentence, when the model isn't usable.
    """
    model = Path(model) if model else shared_file(*SHIPPED_ENCODER)
    if _digest(model) == _shipped_digest() and delegate in DELEGATES:
        return Encoder(model, threads, delegate, cpus)
    report = probe(model, threads, delegate, seconds)
    encoder = Encoder(model, threads, delegate, cpus)
    if encoder.digest != report['digest']:
        raise EncoderError(f'the encoder model {model} was replaced while it was being probed')
    return encoder


def probe(model: str | Path, threads: int = 1, delegate: str = 'auto',
          seconds: float = SECONDS) -> dict:
    """
    Let a child process load a model and encode a black picture and one of noise.

    :return: dict with digest (sha256), input_size (pixels a side) and width (of the embedding).
    :raises EncoderError: with one sentence, when it is refused, crashes, hangs or reports garbage.
    """
    here = os.pathsep.join(path for path in sys.path if path)
    try:
        child = subprocess.run(
            [sys.executable, '-m', __name__, str(model), str(threads), delegate, str(seconds)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            timeout=seconds, env={**os.environ, 'PYTHONPATH': here})
    except subprocess.TimeoutExpired:
        raise EncoderError(f'the encoder model {model} was not through its trial run within '
                           f'{seconds:g} s') from None
    except OSError as error:
        raise EncoderError(f'the encoder model {model} cannot be tried: no process for it '
                           f'({error.strerror})') from error
    if child.returncode:
        raise EncoderError(f'the encoder model {model} is damaged: the process that tried it '
                           f'{_end(child.returncode)}')
    return _read(child.stdout, model)


def _read(said: bytes, model: str | Path) -> dict:
    """Return the report in the last line a child has written."""
    try:
        report = json.loads(said.splitlines()[-1])
        if set(report) == {'error'}:
            raise EncoderError(textwrap.shorten(str(report['error']), 400, placeholder=' ...'))
        sizes = report['input_size'], report['width']
        if set(report) == {'digest', 'input_size', 'width'} and all(
                type(size) is int and size > 0 for size in sizes):
            return report
    except (ValueError, IndexError, KeyError, TypeError):
        pass
    raise EncoderError(f'the encoder model {model} is damaged: its trial run gave no report')


def _end(code: int) -> str:
    if code > 0:
        return f'ended with code {code}'
    try:
        return f'died of {signal.Signals(-code).name}'
    except ValueError:
        return f'died of signal {-code}'


def _digest(path: Path) -> str | None:
    """Return the sha256 of a file in hex; None where it cannot be read, which Encoder reports."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


def _shipped_digest() -> str:
    """Return the sha256 that the YAML of the shipped model names."""
    notes = shared_file(*SHIPPED_ENCODER).with_suffix('.yaml').read_text(encoding='utf-8')
    return yaml.safe_load(notes)['sha256']


def _limit(seconds: float) -> None:
    """Bound this process also where its parent is killed and cannot: time, memory, no core."""
    import resource
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    most = MEMORY if hard == resource.RLIM_INFINITY else min(MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _child(model: str, threads: str, delegate: str, seconds: str) -> None:
    """Load and run the model; say on stdout what came of it."""
    import numpy as np
    _limit(float(seconds))
    try:
        encoder = Encoder(model, int(threads), delegate)
        side = (encoder.input_size, encoder.input_size, 3)
        for picture in (np.zeros(side, np.uint8),
                        np.random.default_rng(0).integers(0, 256, side, np.uint8)):
            encoder.codes(picture)
        report = {'digest': encoder.digest, 'input_size': encoder.input_size,
                  'width': encoder.width}
    except EncoderError as error:
        report = {'error': str(error)}
    except Exception as error:  # whatever a runtime raises over a damaged file
        reason = ' '.join(str(error).split()) or type(error).__name__
        report = {'error': f'the encoder model {model} cannot be run: {reason}'}
    print(json.dumps(report), flush=True)


if __name__ == '__main__':
    _child(*sys.argv[1:])
    # Not through the interpreter's end: a model that ran has done all that is asked of it.
    os._exit(0)
