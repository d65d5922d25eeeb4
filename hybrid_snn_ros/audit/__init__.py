# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
How good what was taught is: read from the samples themselves, each looked at without itself.

``findings`` turns a network's review (``snn.lateral.review``) into what a person wants to know: is
a label taught enough, what is it taken for, which samples look wrong, which labels are one thing.
``drift`` follows how well what is answered fits what was taught, from week to week.
"""

from hybrid_snn_ros.audit.drift import FitLog
from hybrid_snn_ros.audit.findings import audit, Findings

__all__ = ['Findings', 'FitLog', 'audit']
