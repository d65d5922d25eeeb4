# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Reading a journal's bytes: every valid entry, and a sentence for all that is not.

A torn end is what a power cut leaves: it holds nothing that was acknowledged, and is cut off.
Damage in the middle (a bad sector, a flipped bit) costs only the entries it hits: reading goes on
at the next valid entry with a higher sequence.  Stopping there instead would lose every later
teach *and* every later undo and forget, so it is never nearer to what was meant.
"""

from typing import NamedTuple
import zlib

from hybrid_snn_ros.memory import entry as entries_
from hybrid_snn_ros.memory.header import decode_header, Header


class Scan(NamedTuple):
    """What the bytes of a journal hold."""

    header: Header | None  # None when it is not readable
    entries: list[entries_.Entry]  # sequences rising
    chains: dict[int, int]  # sequence -> fingerprint of the history up to it, from header.base on
    length: int  # bytes up to the end of the last valid entry
    torn: int  # bytes behind them that are no entry
    damage: list[str]  # sentences
    whole: bool  # both copies of the header are there

    @property
    def cut(self) -> bool:
        """Whether the end is missing: what was known at the header's base is not all there."""
        return self.header is not None and _is_cut(self.header, self.entries)

    @property
    def version(self) -> int:
        """Sequence of the last entry."""
        return last_sequence(self.header, self.entries)


def last_sequence(header: Header | None, entries: list[entries_.Entry]) -> int:
    """Return the sequence of the last of some entries behind a header."""
    return max(header.base if header else 0, entries[-1].sequence if entries else 0)


def next_chain(chain: int, crc: int) -> int:
    """Return the fingerprint of a history that goes on with an entry of this CRC."""
    return zlib.crc32(crc.to_bytes(4, 'little'), chain)


def scan(content: bytes, name: str) -> Scan:
    """
    Read the bytes of a journal or an export.

    :param name: what to call it in sentences.
    :return: Scan.
    :raises NewerVersionError: when a newer program wrote it.
    """
    found = decode_header(content, name)
    header, offset, whole = found or (None, 0, False)
    base, chain = (header.base, header.chain) if header else (0, 0)
    entries: list[entries_.Entry] = []
    chains, damage = {base: chain}, []
    fingerprint = 0  # of the entries up to the base, all by themselves
    previous, length = None, offset
    while offset < len(content):
        read = entries_.decode(content, offset)
        if read is None or (entries and read[0].sequence <= entries[-1].sequence):
            offset = content.find(entries_.MARK, offset + 1)
            if offset < 0:
                break
            continue
        entry, crc, end = read
        problem = _gap(name, header, length, offset, previous, entry) if header else None
        if problem:
            damage.append(problem)
        if entry.sequence > base:
            chain = chains[entry.sequence] = next_chain(chain, crc)
        else:
            fingerprint = next_chain(fingerprint, crc)
        entries.append(entry)
        previous, length, offset = entry.sequence, end, end
    if found and not whole:
        damage.insert(0, f'one of the two headers of {name} is damaged, the other one was used')
    if header and _is_cut(header, entries):
        damage.append(_cut(name, header, entries))
    elif header and not damage and _is_export(header, entries) and header.chain != fingerprint:
        damage.append(f'{name}: the first samples are missing')
    return Scan(header, entries, chains, length, max(0, len(content) - length), damage, whole)


def _is_export(header: Header, entries: list[entries_.Entry]) -> bool:
    """Tell whether this is an export that says what belongs to it, with its last sample there."""
    return header.chain > 0 == header.generation and bool(entries) and (
        entries[-1].sequence == header.base)


def _is_cut(header: Header, entries: list[entries_.Entry]) -> bool:
    if entries:
        return entries[-1].sequence < header.base
    return header.chain > 0 == header.generation < header.base  # an export of something


def _cut(name: str, header: Header, entries: list[entries_.Entry]) -> str:
    if not entries:
        return f'{name} is cut off: none of its samples is there'
    all_of_them = header.base - entries[0].sequence + 1
    return f'{name} is cut off: {len(entries)} of {all_of_them} samples are there'


def _gap(name: str, header: Header, length: int, offset: int, previous: int | None,
         entry: entries_.Entry) -> str | None:
    """Return the sentence for what is missing before an entry, None when nothing is."""
    if previous is None and header.base:  # a compacted journal starts with any sequence
        first = None
    else:
        first = (previous or 0) + 1
    missing = first is not None and entry.sequence > first and entry.operation != 'repair'
    if offset == length and not missing:
        return None
    if first is None:
        what = 'one or more samples are lost'
    elif entry.sequence == first:
        what = 'no entry is lost'
    elif entry.sequence == first + 1:
        what = f'entry {first} is lost'
    else:
        what = f'entries {first} to {entry.sequence - 1} are lost'
    where = (f'{offset - length} bytes from byte {length} on are damaged' if offset > length else
             f'a piece is missing at byte {offset}')
    return f'{name}: {where}, {what}; what follows was kept'
