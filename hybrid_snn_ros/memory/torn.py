# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Copies of the ends that were cut off a journal because they were not whole entries."""

from pathlib import Path

from hybrid_snn_ros.memory.disk import Disk

TORN = 'journal.torn-'
KEPT = 3  # for inspection


def keep(journal: Path, number: int, torn: bytes, disk: Disk) -> str:
    """
    Keep a copy of a torn end beside its journal, and drop all but the newest three.

    :param number: in the name of the copy; rises with each.
    :return: what became of it, for a sentence.
    """
    aside = journal.with_name(f'{TORN}{number}')
    try:
        disk.replace(aside, torn)
        for _, old in disk.numbered(journal.parent, TORN)[:-KEPT]:
            disk.remove(old)
    except OSError as error:
        return f'no copy could be kept: {error.strerror or error}'
    return f'a copy is in {aside.name}'
