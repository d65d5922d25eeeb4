# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A token bucket: so many bytes a second on average, and a second's worth at once."""


class TokenBucket:
    """Time is handed in, so that it may be a simulated one."""

    def __init__(self, rate: float, now: float) -> None:
        """
        Begin full.

        :param rate: bytes a second.
        """
        self.rate = rate
        self._tokens = rate
        self._since = now

    def _fill(self, now: float) -> None:
        self._tokens = min(self.rate, self._tokens + (now - self._since) * self.rate)
        self._since = now

    def wait(self, size: int, now: float) -> float:
        """Return after how many seconds so many bytes may be sent; what exceeds it, when full."""
        self._fill(now)
        return max(0.0, (min(size, self.rate) - self._tokens) / self.rate)

    def take(self, size: int, now: float) -> None:
        """Take the tokens of what is sent, now."""
        self._fill(now)
        self._tokens -= size
