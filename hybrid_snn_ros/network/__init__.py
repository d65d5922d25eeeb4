# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The learned network: a rule's columns, their labels, and the samples they were taught, in order.

A network is a function of its samples and nothing else, bit for bit on the CPU: that makes undo
exact.  (Compiled teaching rounds otherwise than NumPy's; the two are never mixed.)  ``Rebuild``
builds that of other samples, from the last checkpoint that the two lists have in common, and
``cache`` saves one so that the next start need not learn it again.
"""

from hybrid_snn_ros.network.network import Network
from hybrid_snn_ros.network.prediction import Prediction
from hybrid_snn_ros.network.rebuild import Rebuild

__all__ = ['Network', 'Prediction', 'Rebuild']
