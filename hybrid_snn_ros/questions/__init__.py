# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
What the robot would ask a person: things it sees again and again and has no name for, and doubt.

``unknown_clusters`` groups frames that were answered ``unknown`` and says when there are enough of
a thing to ask for its name; ``doubt`` tells frames that lie between two labels, and when to ask
about one.
"""

from hybrid_snn_ros.questions.doubt import DoubtPolicy, torn
from hybrid_snn_ros.questions.unknown_clusters import UnknownClusters

__all__ = ['DoubtPolicy', 'UnknownClusters', 'torn']
