# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The ROS 2 face: lifecycle node, messages, parameters, diagnostics."""
