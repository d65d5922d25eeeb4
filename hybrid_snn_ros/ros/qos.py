# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The quality of service of topics that say how something stands."""

from rclpy.qos import DurabilityPolicy, QoSProfile

# A late subscriber gets the last message at once.
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
