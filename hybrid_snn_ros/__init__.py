# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""On-device visual learning for ROS 2: a quantized EfficientNet and a spiking classifier."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hybrid_snn_ros.classifier import Classifier

__version__ = '0.2.0'
__all__ = ['Classifier', '__version__']


def __getattr__(name: str) -> 'type[Classifier]':
    # Loaded on demand: `import hybrid_snn_ros` alone must stay cheap and need no numpy.
    if name == 'Classifier':
        from hybrid_snn_ros.classifier import Classifier
        return Classifier
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
