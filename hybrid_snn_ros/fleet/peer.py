# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
One robot of a fleet: says what it has, asks for what it lacks, answers what others lack.

A peer needs a Log, a way to send bytes to all others, which may lose, double, delay and change
them, and a clock.  `tick` does what is due and says when it wants to be called again; `receive`
takes what is heard.  Both are called by one thread.
"""

from collections import Counter, deque
from collections.abc import Callable
import json
import random
from typing import Any, NamedTuple

from hybrid_snn_ros.fleet import wire
from hybrid_snn_ros.fleet.answers import Answers
from hybrid_snn_ros.fleet.bucket import TokenBucket
from hybrid_snn_ros.fleet.index import BLOCK
from hybrid_snn_ros.fleet.log import Log, TAKEN
from hybrid_snn_ros.fleet.pictures import Pictures
from hybrid_snn_ros.fleet.questions import Questions
from hybrid_snn_ros.fleet.seal import Key
from hybrid_snn_ros.fleet.wire import Garbage, Message
from hybrid_snn_ros.memory import fingerprint as fingerprints
from hybrid_snn_ros.memory.errors import FingerprintError
from hybrid_snn_ros.recent import Recent

RATE = 50_000  # bytes a second
HAVE_S = 1.0
_SOON_S = 0.25  # after which one answers a robot that says something new with what is here
_LOST_S = 10.0  # without a word, after which a robot is not counted on
_OLD_S = 30.0  # after which no one is taken to have as much as was said
_CALM_S = 10.0  # without progress, after which logs are told in full as seldom
_STABLE_S = 2.0  # of equal lengths and different hashes, before blocks are compared
_STUCK_S = 6.0  # the same, where some lengths differ
_CHECK_S, _MOST_CHECK_S = 4.0, 300.0
_HELPERS = 8  # robots of a large fleet that answer for an author, on average
_PEERS = 1024
_STRANGERS = 16  # whoever speaks without being asked is not remembered at will


class Seen(NamedTuple):
    """What was heard of a robot last."""

    time: float
    since: float  # at which it said its digest first
    digest: bytes
    lengths: dict[str, int]  # {author: up to where it has that log}, as far as it was told


class Peer:
    """See above."""

    def __init__(self, log: Log, key: Key, send: Callable[[str, bytes], None],
                 now: Callable[[], float], seed: int | None = None, rate: float = RATE,
                 share: bool = True, pictures: Pictures | None = None,
                 opened: Callable[[str, bytes], Message] = wire.unpacked,
                 is_genuine: Callable[[bytes], bool] = wire.is_genuine) -> None:
        """
        Join, silent until the first `tick`.

        :param send: function of topic and bytes.
        :param now: function that tells the seconds of a clock that never steps back.
        :param seed: of the delays; None for one of its own.
        :param rate: bytes a second that may be sent on average.
        :param share: whether others are answered; else one listens and asks only.
        :param pictures: where they may be asked for, and given to others.
        :param opened: wire.unpacked, and `is_genuine` of the same module: a simulation hears
            each message a hundred times and opens it once.
        """
        self.log = log
        self.counters: Counter[str] = Counter()
        self.errors: deque[str] = deque(maxlen=32)  # sentences for the operator, oldest first
        self.misfits: Recent[str, str] = Recent(_PEERS)  # author: why its records are no use
        self._key, self._send_bytes, self._now, self._share = key, send, now, share
        self._opened, self._is_genuine = opened, is_genuine
        self._pictures = pictures
        self._rng = random.Random(seed)
        self._bucket = TokenBucket(rate, now())
        self._peers: Recent[str, Seen] = Recent(_PEERS)
        self.strangers: Recent[str, float] = Recent(_STRANGERS)  # not allowed, when heard last
        self._next_stranger = now()
        self._lengths: dict[str, tuple[int, float]] = {}  # the most that was told, and when
        self._questions = Questions()
        self._answers = Answers(self._rng)
        self._next_have = now() + self._rng.random() * HAVE_S
        self._changed = now()  # when a digest changed last, ours or another's
        self._told_all = -_CALM_S
        self._place = 0  # in the authors, where there are too many for a message
        self._fits: Recent[bytes, str] = Recent(_PEERS)  # '' or why a fingerprint does not fit
        self._fingerprint: dict[str, Any] | None = None
        self._own_fit = b''
        self._asked_fit: Recent[bytes, float] = Recent(_PEERS)
        self._checks: Recent[str, tuple[float, float]] = Recent(_PEERS)  # when next, and pause
        log.refresh()
        self._pushed = log.index.last(log.author)
        self._resting = now()  # until the bucket holds a message again

    # -- what is due ---------------------------------------------------------------------------

    def tick(self) -> float:
        """Do what is due; return the time at which there is more to do."""
        now = self._now()
        if self.log.refresh():
            self._note_change(now)
        if now >= self._next_have:
            self._tell(now)
        due = [self._next_have, self._ask(now)]
        if self._share:
            due.append(self._answer(now))
        if self._pictures is not None:
            due.append(self._show(self._pictures, now))
        return min(due)

    def _note_change(self, now: float) -> None:
        self._changed = now
        self._checks.clear()
        digest, lengths = self.log.index.digest, self.log.index.lengths
        for author, one in self._peers.items():
            if one.digest == digest:
                self._peers[author] = one._replace(lengths=lengths)
        last = self.log.index.last(self.log.author)
        if self._share:
            for sequence in range(max(self._pushed, last - wire.MOST_RECORDS) + 1, last + 1):
                self._answers.add((self.log.author, sequence), now)
        self._pushed = max(self._pushed, last)

    def _send(self, kind: int, body: tuple, now: float) -> None:
        topic, data = wire.packed(self._key, self._fit, kind, body)
        self._bucket.take(len(data), now)
        self.counters['bytes sent'] += len(data)
        self._send_bytes(topic, data)

    @property
    def _fit(self) -> bytes:
        if self._fingerprint is not self.log.fingerprint:  # at first, and encoded again
            self._fingerprint = self.log.fingerprint
            self._own_fit = wire.fit_of(self._fingerprint)
            self._fits.clear()
        return self._own_fit

    def _tell(self, now: float) -> None:
        """Say what is here: all of it while robots differ, else this robot's own length."""
        self._next_have = now + HAVE_S
        index, authors, all_of = self.log.index, [self.log.author], False
        digest = index.digest
        differs = any(one.digest != digest for one in self._alive(now))
        if differs and (now - self._changed < _CALM_S or now - self._told_all >= _CALM_S):
            known = index.authors
            authors = (known[self._place:] + known[:self._place])[:wire.MOST_ENTRIES]
            all_of = len(known) <= wire.MOST_ENTRIES
            self._place = (self._place + wire.MOST_ENTRIES) % max(len(known), 1)
            self._told_all = now
        entries = tuple((bytes.fromhex(one), index.length(one), index.hash(one))
                        for one in authors if index.last(one))
        self._send(wire.LENGTHS, (digest, all_of, entries), now)

    def _tell_soon(self, now: float) -> None:
        """Say what is here before the second is over: the other robot knows something else."""
        if len(self._peers) <= _HELPERS:  # in a large fleet many say what they have as it is
            soon = max(self._next_have - HAVE_S + _SOON_S, now + _SOON_S * self._rng.random())
            self._next_have = min(self._next_have, soon)

    def _alive(self, now: float) -> list[Seen]:
        return [one for one in self._peers.values() if now - one.time < _LOST_S]

    def _ask(self, now: float) -> float:
        if now < self._questions.next:
            return self._questions.next
        lengths = {author: length for author, (length, when) in self._lengths.items()
                   if now - when < _OLD_S}
        spans, due = self._questions.due(self.log.index, lengths, now)
        if spans:
            self._send(wire.RANGES, (tuple((bytes.fromhex(author), first, last)
                                           for author, first, last in spans),), now)
        return due

    def _answer(self, now: float) -> float:
        """Send the records that are due, as many as the bucket allows."""
        if now < self._resting:
            return self._resting
        while ids := self._answers.due(now):
            found = {one: data for one in ids
                     if (data := self.log.read(*one)) is not None}
            chosen: list[tuple[str, int]] = []
            size = 0
            for one, data in found.items():
                if chosen and size + len(data) > wire.MOST_BYTES // 8:
                    break
                chosen.append(one)
                size += len(data)
            wait = self._bucket.wait(size, now)
            if wait > 0:
                self._resting = now + wait
                return self._resting
            self._answers.given({*chosen, *(set(ids) - found.keys())}, now)
            if chosen:
                self._send(wire.CONTENT, (tuple(found[one] for one in chosen), ()), now)
                self.counters['records sent'] += len(chosen)
        spans = self._answers.gone(now)
        if spans:
            self._send(wire.CONTENT, ((), tuple((bytes.fromhex(author), first, last)
                                                for author, first, last in spans)), now)
        return self._answers.next_due

    def _show(self, pictures: Pictures, now: float) -> float:
        """Ask for pictures, and give those that are asked for as far as the bucket allows."""
        for author, sequences in pictures.questions(now).items():
            self._send(wire.LOOK, (bytes.fromhex(author), tuple(sequences)), now)
        while self._share and (sequence := pictures.next_answer) is not None:
            jpeg = self.log.picture(sequence)
            if jpeg and len(jpeg) <= wire.MOST_PICTURE:
                wait = self._bucket.wait(len(jpeg), now)
                if wait > 0:
                    return now + wait
                self._send(wire.PICTURE, (sequence, jpeg), now)
                self.counters['pictures sent'] += 1
            pictures.answered(sequence)
        return pictures.next_due

    # -- what is heard -------------------------------------------------------------------------

    def receive(self, topic: str, data: bytes) -> None:
        """Take in what was heard; what is no message of an allowed robot is counted."""
        now = self._now()
        self.counters['bytes heard'] += len(data)
        try:
            message = self._opened(topic, data)
        except Garbage:
            self.counters['messages garbage'] += 1
            return
        if message.author not in self.log.trusted:
            self.counters['messages not allowed'] += 1
            self._note_stranger(message.author, data, now)
        elif not self._is_genuine(data):
            self.counters['messages wrongly signed'] += 1
        else:
            self._hear(message, now)

    def _note_stranger(self, author: str, data: bytes, now: float) -> None:
        """Remember a robot that may want to be allowed, and is who it says."""
        if now >= self._next_stranger:  # a flood costs a signature a second
            self._next_stranger = now + HAVE_S
            if self._is_genuine(data):
                self.strangers.add(author, now)

    def _hear(self, message: Message, now: float) -> None:
        if message.kind == wire.ASK:
            if message.body[0] == self._fit:
                text = wire.fingerprint_text(self.log.fingerprint)
                if self._bucket.wait(len(text), now) == 0:
                    self._send(wire.FINGERPRINT, (text,), now)
        elif message.kind == wire.FINGERPRINT:
            self._compare(message.fit, message.body[0], message.author)
        elif not self._does_fit(message, now):
            self.counters['messages that do not fit'] += 1
        elif message.kind == wire.LENGTHS:
            self._on_have(message, now)
        elif message.kind == wire.CONTENT:
            self._on_records(message, now)
        elif message.kind == wire.LOOK:
            if self._pictures is not None and message.body[0].hex() == self.log.author:
                self._pictures.asked(message.body[1])
        elif message.kind == wire.PICTURE:
            if self._pictures is not None:
                self._pictures.came(message.author, *message.body)
        else:
            self._on_want(message, now)

    def _does_fit(self, message: Message, now: float) -> bool:
        """Tell whether a robot's codes mean here what they mean there; ask where not known."""
        if message.fit == self._fit:
            return True
        if message.fit not in self._fits:
            if now - self._asked_fit.get(message.fit, -_CALM_S) >= _CALM_S:
                self._asked_fit.add(message.fit, now)
                self._send(wire.ASK, (message.fit,), now)
            return False
        reason = self._fits[message.fit]
        if reason:
            self.misfits.add(message.author, reason)
        return not reason

    def _compare(self, fit: bytes, text: bytes, author: str) -> None:
        try:
            theirs: Any = json.loads(text)
            if not isinstance(theirs, dict) or wire.fit_of(theirs) != fit:
                raise ValueError
            fingerprints.compare(f'the memory of robot {author}', theirs, self.log.fingerprint)
        except FingerprintError as error:
            if fit not in self._fits:
                self.errors.append(f'{error}; nothing of it is taken in')
            self._fits.add(fit, str(error))
        except (ValueError, TypeError, RecursionError):
            self.counters['messages garbage'] += 1
        else:
            self._fits.add(fit, '')

    def _on_have(self, message: Message, now: float) -> None:
        digest, all_of, entries = message.body
        before = self._peers.get(message.author)
        same = before is not None and before.digest == digest
        told = {author.hex(): (length, value) for author, length, value in entries
                if author.hex() in self.log.trusted}
        for author, (length, _) in told.items():
            most, when = self._lengths.get(author, (0, now))
            if length >= most or now - when >= _OLD_S:
                self._lengths[author] = length, now
        if digest == self.log.index.digest:  # what it knows need not be told to be known
            lengths = self.log.index.lengths
        else:
            lengths = {**({} if all_of or before is None else before.lengths),
                       **{one: length for one, (length, _) in told.items()}}
        self._peers.add(message.author, Seen(
            now, before.since if same and before is not None else now, digest, lengths))
        if not same:
            self._changed = now
            self._checks.clear()
            if digest != self.log.index.digest:
                self._tell_soon(now)
        elif all_of:
            self._look_closer(self._peers[message.author], told, now)

    def _look_closer(self, peer: Seen, told: dict[str, tuple[int, int]], now: float) -> None:
        """Compare blocks of logs with a robot that has as much and knows something else."""
        index = self.log.index
        catches_up = any(index.length(one) != told.get(one, (0, 0))[0]
                         for one in {*told, *index.authors})
        # One that does not allow an author never will: then what can be compared is compared.
        pause = _STUCK_S if catches_up else _STABLE_S
        if peer.digest == index.digest or now - max(peer.since, self._changed) < pause:
            return
        for author, (length, value) in told.items():
            due, pause = self._checks.get(author, (now, _CHECK_S))
            if length != index.length(author) or value == index.hash(author) or now < due:
                continue
            self._checks.add(author, (now + pause, min(2 * pause, _MOST_CHECK_S)))
            for first in range(0, -(-length // BLOCK), wire.MOST_ENTRIES):
                count = min(wire.MOST_ENTRIES, -(-length // BLOCK) - first)
                self._send(wire.CHECK, (bytes.fromhex(author), first,
                                        index.blocks(author, first, count)), now)

    def _on_want(self, message: Message, now: float) -> None:
        index = self.log.index
        if message.kind == wire.RANGES:
            spans = [(author.hex(), first, last) for author, first, last in message.body[0]]
            self._questions.heard(index, spans, now)
        else:
            author, first, hashes = message.body[0].hex(), message.body[1], message.body[2]
            spans = [(author, block * BLOCK + 1, (block + 1) * BLOCK)
                     for block, (ours, theirs) in enumerate(zip(index.blocks(
                         author, first, len(hashes)), hashes), first) if ours != theirs]
        if self._rng.random() * len(self._peers) > _HELPERS:  # others do
            spans = [span for span in spans if span[0] == self.log.author]
        if self._share:
            self._answers.asked(index, self.log.author, spans, now)

    def _on_records(self, message: Message, now: float) -> None:
        records, gone = message.body
        heard = self.log.admit(records, [(author.hex(), first, last)
                                         for author, first, last in gone])
        self.counters.update(f'records {outcome}' for outcome in heard.outcomes)
        for sentence in heard.errors:
            if sentence not in self.errors:
                self.errors.append(sentence)
        self._answers.given(heard.ids, now)
        if TAKEN in heard.outcomes:
            self._questions.answered(author for author, _ in heard.ids)

    # -- for people ----------------------------------------------------------------------------

    @property
    def digest(self) -> str:
        """What this robot knows, 32 hexadecimal digits; equal ones know the same."""
        return self.log.index.digest.hex()

    def robots(self) -> dict[str, Seen]:
        """Return what was heard last of each allowed robot that speaks: {author: Seen}."""
        return {author: one for author, one in self._peers.items() if author in self.log.trusted}

    def is_away(self, one: Seen) -> bool:
        """Tell whether a robot was not heard of for so long that it is not counted on."""
        return self.silence(one) >= _LOST_S

    def silence(self, one: Seen) -> float:
        """Return for how many seconds a robot was not heard."""
        return self._now() - one.time

    def knows_the_same(self, one: Seen) -> bool:
        """Tell whether a robot has said that it knows what this one knows now."""
        return one.digest == self.log.index.digest
