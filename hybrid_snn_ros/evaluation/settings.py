# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""How to run a protocol, and what does not fit each other."""

from typing import Any, NamedTuple

import numpy as np

from hybrid_snn_ros.evaluation import PROTOCOLS
from hybrid_snn_ros.evaluation.sources import Embeddings
from hybrid_snn_ros.snn.rules import DEFAULT, RULES


class Settings(NamedTuple):
    """How to run a protocol."""

    protocol: str = 'joint'
    rule: str = DEFAULT
    params: dict[str, Any] = {}
    false_unknown: float = 0.05  # nominal
    shots: int | None = None  # samples of a class that are taught; None: all
    unknown: int = 0  # classes never taught, in open-set and questions
    baselines: bool = False
    other: int = 0  # frames taught as `other`, of half of the classes that are not
    smoothing: int = 1  # frames over which answers are averaged, in a stream
    times: int = 1  # how often each sample is taught, one time after the other
    curve: bool = False  # look at the classifier also while it learns


def check(settings: Settings) -> None:
    """
    Refuse settings that do not fit each other.

    :raises ValueError: one sentence.
    """
    protocol = settings.protocol
    if protocol not in PROTOCOLS:
        raise ValueError(f"protocol must be one of {', '.join(PROTOCOLS)}, not {protocol!r}")
    if settings.shots is not None and settings.shots < 1:
        raise ValueError(f'--shots must be at least 1, not {settings.shots}')
    if settings.shots is None and protocol == 'few-shot':
        raise ValueError('--protocol few-shot needs --shots K')
    if settings.shots is not None and protocol in ('joint', 'turntable'):
        raise ValueError(f'--protocol {protocol} takes no --shots')
    needed = {'audit': 'review', 'questions': 'cluster_metric'}.get(protocol)
    if needed and getattr(RULES[settings.rule], needed) is None:
        raise ValueError(f'--protocol {protocol} is not for the rule {settings.rule}: it has no '
                         'metric that its columns share')
    if settings.times < 1:
        raise ValueError(f'--times must be at least 1, not {settings.times}')
    if settings.times > 1 and protocol in ('audit', 'incremental', 'newcomer', 'questions',
                                           'turntable'):
        raise ValueError(f'--protocol {protocol} takes no --times')
    if not 0 <= settings.false_unknown < 1:
        raise ValueError(f'--false-unknown must lie in [0, 1), not {settings.false_unknown}')
    if not 1 <= settings.smoothing <= 100:
        raise ValueError(f'--smoothing must lie in 1..100, not {settings.smoothing}')
    if settings.smoothing > 1 and protocol != 'stream':
        raise ValueError(f'--protocol {protocol} takes no --smoothing')
    if settings.other < 0:
        raise ValueError(f'--other must be at least 0, not {settings.other}')
    if settings.baselines and protocol in ('audit', 'newcomer', 'questions'):
        raise ValueError(f'--protocol {protocol} takes no --baselines')
    if protocol != 'open-set' and settings.other:
        raise ValueError(f'--protocol {protocol} takes no --other')
    if protocol not in ('open-set', 'questions') and settings.unknown:
        raise ValueError(f'--protocol {protocol} takes no --unknown')


def check_data(settings: Settings, data: Embeddings) -> None:
    """
    Refuse data that the protocol cannot use.

    :raises ValueError: one sentence.
    """
    protocol, classes = settings.protocol, len(np.unique(data.train_labels))
    most = classes - 2 if settings.baselines else classes - 1  # a baseline tells two apart
    if protocol == 'open-set' and not 1 <= settings.unknown <= most:
        raise ValueError(f'--protocol open-set needs --unknown 1..{most} of the {classes} '
                         f'classes of {data.name}, not {settings.unknown}')
    if settings.other and settings.unknown < 2:
        raise ValueError('--other needs --unknown of at least 2: one half is taught as `other`, '
                         'the other half asked')
    least = {'audit': 2, 'newcomer': 2, 'questions': 3, 'turntable': 3,
             'stream': 6}.get(protocol, 1)
    if classes < least:
        raise ValueError(f'--protocol {protocol} needs at least {least} classes, {data.name} has '
                         f'{classes}')
    if protocol == 'questions' and not 0 <= settings.unknown <= classes - 2:
        raise ValueError(f'--protocol questions needs --unknown 1..{classes - 2} of the {classes} '
                         f'classes of {data.name}, not {settings.unknown}')
