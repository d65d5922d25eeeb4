# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A memory that may be read and not changed: somebody else writes it, or nobody may."""

from hybrid_snn_ros.memory.book import Book
from hybrid_snn_ros.memory.errors import StoreError


class Borrowed(Book):
    """What is known, with the reason why it stays so."""

    def __init__(self, identity, ledger, reason):
        """
        Take over a ledger.

        :param reason: sentence with which every change is refused; None while it is being filled.
        """
        super().__init__(identity, ledger)
        self.reason = reason

    def condition(self):
        """Say why nothing is written."""
        return {'journal': f'read only: {self.reason}'}

    def _write(self, entries, whole):
        if self.reason:
            raise StoreError(self.reason)
