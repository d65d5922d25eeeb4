# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Measuring how fast it is: the stages of a frame, sweeps over sizes, DDS, other simulators."""
