# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The page on which an operator teaches with a phone; it knows topics and services alone."""
