# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What the node, the command line and Python do alike when nothing else is asked for."""

FALSE_UNKNOWN = 0.02  # nominal share of frames of taught labels answered as unknown
# 1 - cosine from all samples of its label that makes a frame new evidence.  A hand that holds a
# thing still changes 0.04 to 0.06.
MIN_CHANGE = 0.1
TEACH_VIEWS = 6  # views that are learned of a frame that is taught
TOP = 5  # labels ranked in an answer
