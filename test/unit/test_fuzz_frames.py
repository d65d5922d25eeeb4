# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A hundred thousand frames that no camera should send: each is read, or refused in a sentence."""

from fuzz import Fuzz, readable
import pytest

IN_PROCESS = 100_000


@pytest.mark.slow
def test_a_hundred_thousand_frames_are_read_or_refused():
    """Nothing else happens to them; both do, many times over."""
    fuzz = Fuzz(5)
    read = [sum(readable(fuzz.raw(wrong)) for _ in range(IN_PROCESS * 3 // 10))
            for wrong in (0.02, 0.1, 0.3)]
    read.append(sum(readable(fuzz.compressed()) for _ in range(IN_PROCESS // 10)))
    assert IN_PROCESS * 0.3 > read[0] > read[1] > read[2] > 1000
    assert 1000 < read[3] < 9000
