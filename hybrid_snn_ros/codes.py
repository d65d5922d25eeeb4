# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The codes of a lesson: of the frame alone, uint8 (N,), or of k views of it, uint8 (k, N).

The first view is the frame as it was answered.  The same holds for the spike counts they give.
"""

import numpy as np

PARTS = 6  # into so many equal ones a lesson can be divided: a view counts one or several


def first_view(lesson: np.ndarray) -> np.ndarray:
    """Return what belongs to the frame as it was answered, (N,)."""
    return lesson if lesson.ndim == 1 else lesson[0]


def view_count(lesson: np.ndarray) -> int:
    """Return k, the number of views."""
    return 1 if lesson.ndim == 1 else len(lesson)


def all_views(lesson: np.ndarray) -> np.ndarray:
    """Return what belongs to each of the views, (k, N)."""
    return lesson[None] if lesson.ndim == 1 else lesson
