# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
A node's part in a fleet: its memory's peer, as long as the memory can be written.

A robot that does not learn takes nothing in from others either, and says nothing: its memory is
another process's to change, and so is its key.
"""

from collections import deque
from collections.abc import Callable, Iterable
import functools
import time
from typing import Any

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.fleet.log import StoreLog
from hybrid_snn_ros.fleet.overview import AWAY, overview, SAME, STRANGER
from hybrid_snn_ros.fleet.peer import Peer
from hybrid_snn_ros.fleet.pictures import Id, Pictures
from hybrid_snn_ros.fleet.seal import Key
from hybrid_snn_ros.fleet.store_key import key_for
from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.memory.errors import StoreError
from hybrid_snn_ros.recent import Recent
from hybrid_snn_ros.ros.parameters import Parameters

_WAITING = 256  # messages; of those that come faster the oldest are asked for again
_AGAIN = 5.0  # seconds, after which what failed is tried again
_PICTURES = 256  # of other robots that are remembered
_LOOK = 0.5  # seconds between two looks at how the fleet stands


class FleetMember:
    """Used by the worker alone, but for `hear`."""

    def __init__(self, classifier: Classifier, settings: Parameters,
                 send: Callable[[str, bytes], None], tell: Callable[[dict[str, Any]], None],
                 show: Callable[[list[tuple[str, bytes]]], None],
                 wake: Callable[[], None]) -> None:
        """
        Join as soon as the memory can be written.

        :param settings: ros.parameters.Parameters: fleet is listen or share; fleet_pictures.
        :param send: function of topic and bytes: send them to all others.
        :param tell: function of the overview (fleet.overview), where that has changed.
        :param show: function of [(name, JPEG)]: publish pictures that came from other robots.
        :param wake: function that wakes the worker.
        """
        self._classifier = classifier
        self._share = settings.fleet == 'share'
        self._pictures = Pictures(self._on_picture) if settings.fleet_pictures == 'on' else None
        self._show = show
        self._looked_at: Recent[int, tuple[Id, bytes]] = Recent(_PICTURES)  # by number
        self._numbers: Recent[Id, int] = Recent(_PICTURES)  # of samples whose pictures are asked
        self._send = send
        self._tell = tell
        self._wake = wake
        self._inbox: deque[tuple[str, bytes]] = deque(maxlen=_WAITING)
        self._store: DiskStore | None = None
        self._peer: Peer | None = None
        self._next_try = 0.0  # monotonic seconds
        self._due = 0.0  # monotonic seconds; when the peer has more to do
        self._next_look = 0.0
        self._looked: tuple[object, ...] = ()  # at what was told last
        self._told: dict[str, Any] | None = None
        self.problem = ''  # why this robot takes no part now, a sentence

    @property
    def mode(self) -> str:
        """What this robot does: listen or share."""
        return 'share' if self._share else 'listen'

    def hear(self, topic: str, data: bytes) -> None:
        """Take note of a message; from any thread."""
        self._inbox.append((topic, data))
        self._wake()

    def go_on(self, may_learn: bool, until: float) -> bool:
        """
        Do what is due, and take in what was heard.

        :param may_learn: whether records may be taken in now; messages wait else.
        :param until: performance counter at which no further message is begun.
        :return: whether something was learned.
        """
        peer = self._joined()
        if peer is None:
            self._inbox.clear()
            return False
        self._due = peer.tick()
        learned = False
        while may_learn and self._inbox:
            message = self._inbox.popleft()
            learned |= self._classifier.let_change(functools.partial(peer.receive, *message))
            if time.perf_counter() >= until:
                break
        if learned:
            self._due = peer.tick()
        self._look(peer)
        return learned

    @property
    def has_mail(self) -> bool:
        """Whether messages wait."""
        return bool(self._inbox)

    @property
    def patience(self) -> float:
        """Seconds until something is due."""
        return max(self._due - time.monotonic(), 0.0)

    def _joined(self) -> Peer | None:
        """Return the peer of the memory as it is opened now; None while it cannot be one."""
        store = self._classifier.store
        if not isinstance(store, DiskStore):
            self._leave('the memory is only read')
            return None
        if self._peer is not None and store is self._store and (
                store.author == self._peer.log.author):
            return self._peer
        if time.monotonic() < self._next_try:
            return None
        self._leave('')
        keys: list[Key] = []
        try:
            self._classifier.let_change(lambda: keys.append(key_for(store)))
        except StoreError as error:
            self._next_try = time.monotonic() + _AGAIN
            self._leave(str(error))
            return None
        [key] = keys
        self._store = store
        self._peer = Peer(StoreLog(store, key, self._share), key, self._send, time.monotonic,
                          share=self._share, pictures=self._pictures)
        return self._peer

    def _leave(self, problem: str) -> None:
        self.problem, self._peer, self._store, self._told = problem, None, None, None
        self._due = time.monotonic() + _AGAIN

    def look_elsewhere(self, numbers: Iterable[int]) -> dict[int, bytes]:
        """
        Look for pictures of samples that other robots were taught; those to come are shown.

        :return: {number: JPEG} of those that came before.
        """
        if self._pictures is None or self._peer is None:
            return {}
        found, state = {}, self._classifier.state
        for number in numbers:
            record = state.record(number)
            if record is None or record.author == self._peer.log.author:
                continue
            known = self._looked_at.get(number)
            if known is not None and known[0] == record.id:
                found[number] = known[1]
            else:
                self._numbers.add(record.id, number)
                self._pictures.want([record.id], time.monotonic())
        return found

    def _on_picture(self, lesson: Id, jpeg: bytes) -> None:
        number = self._numbers.pop(lesson, None)
        if number is not None:
            self._looked_at.add(number, (lesson, jpeg))
            self._show([(f'sample/{number}', jpeg)])

    def _look(self, peer: Peer) -> None:
        """Tell how the fleet stands, where that has changed."""
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + _LOOK
        state = self._classifier.state
        seen = (state, state.version, peer.digest, len(peer.errors), list(peer.strangers),
                list(peer.misfits), {author: (one.digest, one.lengths, peer.is_away(one))
                                     for author, one in peer.robots().items()})
        if seen != self._looked or self._told is None:
            self._looked = seen
            told = overview(peer, state, self.mode, time.time())
            if told != self._told:
                self._told = told
                self._tell(told)

    def facts(self) -> dict[str, object]:
        """Return what is worth knowing of it, for a diagnostic: {name: value}."""
        peer = self._peer
        if peer is None or self._told is None:
            return {'fleet': self.mode, 'fleet_state': self.problem or 'joining'}
        states = [one['state'] for one in self._told['robots']]
        others = len(states) - states.count(STRANGER)
        kept_out = sum(count for name, count in peer.counters.items()
                       if name.split()[0] in ('messages', 'records')
                       and not name.endswith(('taken in', 'known', 'sent')))
        return {'fleet': self.mode,
                'fleet_state': f'{states.count(SAME)} of {others} other robots know the '
                               f'same, {states.count(AWAY)} are away',
                'fleet_robot': peer.log.author, 'fleet_digest': peer.digest,
                'fleet_records': len(peer.log.index), 'fleet_kept_out': kept_out,
                'fleet_bytes_sent': peer.counters['bytes sent'],
                'fleet_error': peer.errors[-1] if peer.errors else ''}
