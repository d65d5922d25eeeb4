# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Teach one robot, all know: have/want over any transport that carries bytes to all others."""
