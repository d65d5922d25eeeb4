# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Thresholds of a rate code in a file (JSON), with encoder and steps they were fitted for."""

from collections.abc import Mapping
import json
from pathlib import Path

from hybrid_snn_ros.spiking_encoder.graph import SpikingError


def write(path: str | Path, digest: str, steps: int, thresholds: Mapping[str, float]) -> None:
    """
    Write thresholds to a file.

    :param digest: of the encoder's model (Encoder.digest).
    :raises SpikingError: when it cannot be written.
    """
    content = {'encoder': digest, 'steps': steps, 'thresholds': dict(thresholds)}
    try:
        Path(path).write_text(json.dumps(content, indent=1) + '\n', encoding='utf-8')
    except OSError as error:
        raise SpikingError(f'{path} cannot be written: {error.strerror}') from error


def read(path: str | Path, digest: str) -> tuple[int, dict[str, float]]:
    """
    Return the steps and the thresholds in a file.

    :param digest: of the encoder's model that they must have been fitted for.
    :raises SpikingError: when the file cannot be read, or is for another encoder.
    """
    try:
        content = json.loads(Path(path).read_text(encoding='utf-8'))
        known, steps = str(content['encoder']), int(content['steps'])
        thresholds = {str(name): float(value) for name, value in content['thresholds'].items()}
    except OSError as error:
        raise SpikingError(f'the thresholds {path} cannot be read: {error.strerror}') from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SpikingError(f'{path} holds no thresholds; `hybrid-snn spiking-encoder FOLDER '
                           '--steps T --thresholds FILE` writes them') from error
    if known != digest:
        raise SpikingError(f'the thresholds {path} were fitted for another encoder '
                           f'({known[:12]}..., not {digest[:12]}...)')
    return steps, thresholds
