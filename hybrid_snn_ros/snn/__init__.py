# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The spiking classifier: coding, presentation, two learning rules, decision (arrays only)."""
