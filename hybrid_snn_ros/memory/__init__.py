# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What has been taught, on disk and by name; knows nothing of how it is learned."""
