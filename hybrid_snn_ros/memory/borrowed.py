# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A memory that may be read and not changed: somebody else writes it, or nobody may."""

from typing import Any

from hybrid_snn_ros.memory.book import Book
from hybrid_snn_ros.memory.entry import Entry
from hybrid_snn_ros.memory.errors import StoreError
from hybrid_snn_ros.memory.follower import Follower
from hybrid_snn_ros.memory.ledger import Ledger


class Borrowed(Book):
    """What is known, with the reason why it is not to be changed here."""

    def __init__(self, identity: dict[str, Any], ledger: Ledger | None,
                 follower: Follower) -> None:
        """
        Take over a ledger.

        :param follower: Follower that tells what becomes of it.
        """
        super().__init__(identity, ledger)
        # sentence with which changes are refused; None while it is filled
        self.reason: str | None = None
        self._follower = follower

    def follow(self) -> bool:
        """
        Take in what was written meanwhile.

        :return: whether there was anything; the ledger is another one where it was read anew.
        :raises StoreError: when it cannot be read; what is known stays.
        """
        with self._guard:
            news = self._follower.news()
            if not news:
                return False
            if isinstance(news, list):
                try:
                    for entry in news:
                        self.ledger.apply(entry)
                    return True
                except StoreError:  # makes no sense here: only the whole can tell
                    news = self._follower.anew()
            self.ledger = news.ledger
            return True

    def condition(self) -> dict[str, Any]:
        """Say that it is read here, and why it is not written."""
        return {'journal': f'reader: {self.reason}'}

    def _write(self, entries: list[Entry], whole: bool) -> None:
        if self.reason:
            raise StoreError(self.reason)
