# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Stamps of frames as text."""


def stamp_text(stamp: tuple[int, int]) -> str:
    """Return a stamp (sec, nanosec) as text, seconds with nine decimals."""
    return f'{stamp[0]}.{stamp[1]:09d}'
