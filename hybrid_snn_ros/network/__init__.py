# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The learned network: a rule's columns, their labels, and the samples they were taught, in order.

By a rule that can unlearn, a network is a function of the set of its samples: ``Rebuild`` leads it
to that of any other set by local steps, and ``Consolidation`` takes away what those have rounded,
so that its bits tell nothing of the way.  By one that cannot, it is a function of the samples in
their order: ``Rebuild`` learns again behind the last checkpoint that the two lists have in common,
and ``cache`` saves one so that the next start need not learn it again.
"""

from hybrid_snn_ros.network.network import Network
from hybrid_snn_ros.network.prediction import Prediction
from hybrid_snn_ros.network.rebuild import Consolidation, Rebuild

__all__ = ['Consolidation', 'Network', 'Prediction', 'Rebuild']
