# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Have/want between real stores in virtual time: whatever is lost, all come to know all."""

import itertools

from fleets import agree, codes, FINGERPRINT, fleet, frame, KEYS, Robot, store_of
import msgpack
import numpy as np
import pytest

from hybrid_snn_ros.fleet import wire
from hybrid_snn_ros.fleet.bucket import TokenBucket
from hybrid_snn_ros.fleet.index import Index
from hybrid_snn_ros.fleet.log import StoreLog
from hybrid_snn_ros.fleet.network import VirtualNetwork
from hybrid_snn_ros.fleet.seal import key_from, of_record
from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.memory.exchange import Foreign
from hybrid_snn_ros.memory.record import canonical, DENY, Record, WHOLE


def settled(network, robots, within):
    """Let time pass until robots know the same."""
    network.run(network.now + 0.2)  # what was taught just now is noticed
    assert network.run(network.now + within, lambda: agree(robots)), [
        (robot.peer.digest, dict(robot.peer.counters)) for robot in robots]


def test_taught_at_one_named_at_all_within_a_second():
    network, robots = fleet(5)
    settled(network, robots, 5)
    delays = []
    for number in range(20):
        network.run(network.now + 0.37)
        taught = network.now
        robots[number % 5].store.teach('mug', codes(number), f'{number}.5')
        assert network.run(taught + 1, lambda count=number + 1: all(
            len(robot.store.state.samples) == count for robot in robots))
        delays.append(network.now - taught)
    assert max(delays) < 0.3
    assert all(robot.known == robots[0].known for robot in robots)


@pytest.mark.parametrize('held', [
    combination for combination in itertools.combinations_with_replacement(range(16), 3)
    if combination[0] | combination[1] | combination[2] == 15], ids=str)
def test_no_distribution_of_four_records_is_a_stuck_state(held):
    """
    Three robots, any subsets of an absent fourth's four records.

    Whatever was lost and in whatever order the rest came, such a distribution is what is left of
    it; from each, messages that arrive again must lead to where all know all.
    """
    author = KEYS[3]
    writer = store_of(author)
    for number in range(4):
        writer.teach('mug', codes(number))
    StoreLog(writer, author).refresh()  # signs
    records = writer.records_of(author.author, 1, 4)
    network = VirtualNetwork(sum(held))
    robots = []
    for number, subset in enumerate(held):
        store = store_of(KEYS[number], lambda: 1e9,
                         [key for key in KEYS[:4] if key is not KEYS[number]])
        store.admit([one for place, one in enumerate(records) if subset >> place & 1])
        robots.append(Robot(network, number, KEYS[number], store).start())
    settled(network, robots, 15)
    assert all(len(robot.store.state.samples) == 4 for robot in robots)


class _Scripted(VirtualNetwork):
    """The first messages are lost or late as a script says, the rest arrives."""

    def __init__(self, script):
        super().__init__(0)
        self._script = iter(script)

    def send(self, sender, topic, data):
        for name in list(self._receivers):
            delay = next(self._script, 0.004) if name != sender else None
            if delay is not None:
                self.at(self.now + delay, self._delivery(name, topic, data))


def _meet(script):
    network, robots = fleet(3, network=_Scripted(script))
    for number in range(4):
        robots[number % 3].store.teach('mug', codes(number))
    settled(network, robots, 15)
    assert all(len(robot.store.state.samples) == 4 for robot in robots)


@pytest.mark.slow
@pytest.mark.parametrize('lost', range(256))
def test_every_loss_among_the_first_messages_heals(lost):
    _meet([None if lost >> place & 1 else 0.004 for place in range(8)])


@pytest.mark.slow
@pytest.mark.parametrize('order', itertools.permutations(range(5)), ids=str)
def test_every_order_of_the_first_messages_heals(order):
    _meet([0.004 + 0.8 * place for place in order])


def test_idle_robots_send_less_than_200_bytes_a_second():
    network, robots = fleet(5)
    for number, robot in enumerate(robots):
        robot.store.teach('mug', codes(number))
    settled(network, robots, 10)
    network.run(network.now + 10)
    before = [robot.peer.counters['bytes sent'] for robot in robots]
    network.run(network.now + 60)
    for robot, start in zip(robots, before):
        assert 0 < robot.peer.counters['bytes sent'] - start < 200 * 60


def test_an_answer_is_given_once_for_all_who_lack_it():
    """Seven robots of eight lack 48 records, and five of them could answer after a while."""
    network, robots = fleet(8)
    settled(network, robots, 10)
    before = sum(robot.peer.counters['records sent'] for robot in robots)
    for number in range(48):
        robots[0].store.teach('mug', codes(number))
    settled(network, robots, 10)
    sent = sum(robot.peer.counters['records sent'] for robot in robots) - before
    assert 48 <= sent <= 60


def test_no_robot_sends_more_than_its_rate():
    rate = 4000
    network = VirtualNetwork(3)
    sent = []
    network, robots = fleet(2, network=network, rate=rate)
    send = network.send
    network.send = lambda name, topic, data: (sent.append((network.now, len(data), name)),
                                              send(name, topic, data))
    for number in range(200):
        robots[0].store.teach('mug', codes(number))
    settled(network, robots, 60)
    mine = [(when, size) for when, size, name in sent if name == 0]
    assert sum(size for _, size in mine) > 5 * rate
    for begin, _ in mine:
        window = sum(size for when, size in mine if begin <= when < begin + 4)
        assert window <= 4 * rate + rate + 2000  # a second's worth at once, and what is no record


def test_a_token_bucket_counts_as_by_hand():
    bucket = TokenBucket(100, 0.0)
    assert bucket.wait(100, 0.0) == 0
    bucket.take(100, 0.0)
    assert bucket.wait(50, 0.0) == 0.5 and bucket.wait(50, 0.25) == 0.25
    assert bucket.wait(1000, 0.5) == 0.5  # no more than a full one
    bucket.take(50, 0.5)
    assert bucket.wait(100, 100.0) == 0


def test_what_was_compacted_away_is_said_to_be_gone_and_asked_for_no_more():
    network, robots = fleet(2)
    one, other = robots
    other.stop()
    for number in range(6):
        one.store.teach('mug', codes(number), f'{number}.0')
    network.run(network.now + 2)
    one.store.forget('mug')
    one.store.teach('cup', codes(9))
    dropped = [record for record in one.store.state.records if record.text == 'mug'
               and record.kind == 'lesson']
    left = [record for record in one.store.state.records if record not in dropped]
    one.stop()
    one.store.state = type(one.store.state)(left, author=one.store.author)
    one.store._gone = {one.store.author: [[dropped[0].sequence, dropped[-1].sequence]]}
    one.start()
    other.start()
    settled(network, robots, 20)
    assert other.store.state.counts == {'cup': 1}
    assert other.store.lengths() == one.store.lengths()
    assert other.store.gone()[one.store.author] == [[dropped[0].sequence, dropped[-1].sequence]]
    before = other.peer.counters['bytes sent']
    network.run(network.now + 20)
    assert other.peer.counters['bytes sent'] - before < 200 * 20


def test_a_redo_of_what_one_robot_has_compacted_brings_it_from_another():
    network, robots = fleet(3)
    one = robots[0]
    one.store.teach('mug', codes(1), '1.0')
    one.store.teach('mug', codes(2), '2.0')
    network.run(network.now + 1)
    one.store.undo()
    settled(network, robots, 10)
    last = robots[2]
    last.stop()
    gone = next(record for record in last.store.state.records
                if record.kind == 'lesson' and not last.store.state.in_force(record))
    last.store.state = type(last.store.state)(
        (record for record in last.store.state.records if record is not gone),
        author=last.store.author)
    last.store._gone = {gone.author: [[gone.sequence, gone.sequence]]}
    last.start()
    settled(network, robots, 10)
    one.store.redo()
    settled(network, robots, 30)
    assert all(robot.store.state.counts == {'mug': 2} for robot in robots)


def test_two_records_of_one_id_are_kept_out_everywhere_and_said():
    """Two robots with one key, two more, and what the key's owner taught before counts on."""
    network, robots = fleet(4)
    robots[0].store.teach('mug', codes(1), '1.0')
    settled(network, robots, 10)
    twin = Robot(network, 'twin', KEYS[0], store_of(KEYS[0], lambda: 1e9 + network.now))
    twin.store.admit(robots[1].store.records_of(KEYS[0].author, 1, 99))
    twin.store.state.add([one.record._replace(number=100 + place) for place, one in enumerate(
        robots[0].store.records_of(KEYS[1].author, 1, 99))])
    links = {(a, b) for a in ('twin', 3) for b in (0, 1, 2)}
    network.cut = links | {(b, a) for a, b in links}
    twin.start()
    twin.store.teach('cup', codes(2), '2.0')
    robots[0].store.teach('box', codes(3), '3.0')
    network.run(network.now + 5)
    assert robots[3].store.state.counts == {'mug': 1, 'cup': 1}
    assert robots[2].store.state.counts == {'mug': 1, 'box': 1}
    network.cut = set()
    everyone = [*robots, twin]
    settled(network, everyone, 60)
    for robot in everyone:
        assert robot.store.state.counts == {'mug': 1}
        assert robot.known == robots[0].known
    told = [sentence for robot in robots[1:] for sentence in robot.peer.errors]
    assert any(KEYS[0].author in sentence and 'both are kept out' in sentence
               for sentence in told)
    robots[1].store.teach('pen', codes(4))
    settled(network, everyone, 10)
    assert all(robot.store.state.counts == {'mug': 1, 'pen': 1} for robot in everyone)


def test_listen_takes_in_and_gives_nothing():
    network, (one, other) = fleet(2)
    other.stop()
    other.options['share'] = False
    other.start()
    one.store.teach('mug', codes(1))
    other.store.teach('cup', codes(2))
    network.run(network.now + 10)
    assert other.store.state.counts == {'cup': 1, 'mug': 1}
    assert one.store.state.counts == {'mug': 1}
    assert other.peer.counters['records sent'] == 0


def test_boxes_come_without_their_frame_and_teach_when_it_is_there():
    network, (one, other) = fleet(2)
    one.store.teach('mug', codes(1), '1.0', region=(0.1, 0.1, 0.2, 0.2), frame=frame())
    settled(network, [one, other], 10)
    [(name, drawing)] = other.store.state.drawn.items()
    assert name == frame().name and drawing.boxes == ((0.1, 0.1, 0.2, 0.2),)
    assert other.store.frame(name) is None and one.store.frame(name) is not None


def test_another_encoder_is_listed_and_never_mixed():
    network, robots = fleet(2)
    stranger = Robot(network, 'stranger', KEYS[2], store_of(
        KEYS[2], allowed=KEYS[:2], fingerprint={**FINGERPRINT, 'encoder': 'ef' * 32})).start()
    for robot in robots:
        robot.store.decide('allow', KEYS[2].author)
    stranger.store.teach('mug', codes(1))
    robots[0].store.teach('cup', codes(2))
    network.run(network.now + 30)
    assert stranger.store.state.counts == {'mug': 1}
    assert [robot.store.state.counts for robot in robots] == [{'cup': 1}] * 2
    for robot in robots:
        assert 'encoder' in robot.peer.misfits[KEYS[2].author]
        assert len(robot.peer.errors) == 1  # said once


def test_a_runtime_that_rounds_a_little_differently_is_mixed():
    network, robots = fleet(2)
    robots[1].store._fingerprint = {**FINGERPRINT, 'runtime': 'another one'}
    robots[0].store.teach('mug', codes(1))
    settled(network, robots, 20)
    assert robots[1].store.state.counts == {'mug': 1}


def test_a_disk_that_refuses_stops_no_one_and_is_made_good_for(tmp_path):
    """What was taught is sent from memory; what is heard is not saved, and comes again."""
    network, (one, other) = fleet(2)
    one.stop()
    one.store = DiskStore.open(tmp_path, FINGERPRINT)
    one.store.take_author(one.key.author)
    one.store.decide('allow', other.key.author)
    one.start()
    settled(network, [one, other], 10)
    one.store.teach('mug', codes(1))
    one.store.close()  # as a disk that has gone
    other.store.teach('cup', codes(2))
    network.run(network.now + 5)
    assert other.store.state.counts == {'mug': 1, 'cup': 1}
    assert one.store.state.counts == {'mug': 1}
    assert one.peer.counters['records not saved'] >= 1
    assert ['is not saved' in sentence for sentence in one.peer.errors] == [True]
    one.store = one.peer.log.store = DiskStore.open(tmp_path, FINGERPRINT)
    settled(network, [one, other], 10)
    assert one.store.state.counts == {'mug': 1, 'cup': 1}
    one.store.close()


# -- a hostile participant -----------------------------------------------------------------------


def hostile_setting():
    """Return a network, two robots, all that was sent, and how to send as someone else."""
    network, robots = fleet(2)
    heard = []
    network.join('hostile', lambda topic, data: heard.append((topic, data)))
    robots[0].store.teach('mug', codes(1), '1.0')
    settled(network, robots, 10)
    network.run(network.now + 1)
    return network, robots, heard


def lesson_of(key, sequence=1, number=5, encoder=FINGERPRINT['encoder'], **fields):
    """Return a well-formed record of a key, in bytes."""
    record = Record(0, key.author, sequence, 'lesson', 'teach', 2 ** 50, 1e9, 'teach',
                    text='bomb', samples=1, codes=codes(number))._replace(**fields)
    return wire.packed_record(Foreign(record, key.seal(of_record(record, encoder))))


def sent_by(key, *records):
    return wire.packed(key, wire.fit_of(FINGERPRINT), wire.CONTENT, (records, ()))


def test_a_hostile_participant_teaches_nothing_and_is_counted():
    network, robots, heard = hostile_setting()
    stranger, mine = key_from(b'a stranger'), KEYS[1]
    good = lesson_of(mine, 50)
    attacks = {
        # a whole message in its own name, well-formed and well signed
        'messages not allowed': sent_by(stranger, lesson_of(stranger)),
        # in the name of a robot that is allowed, whose signature it cannot make
        'messages wrongly signed': (wire.RECORDS, mine.seal(b'')[:32] + bytes(64) + sent_by(
            mine, good)[1][96:]),
        'messages garbage': (wire.RECORDS, b'\xc1' * 400),
        # an allowed robot that passes on what no one signed
        'records unsigned': sent_by(mine, bytes(96) + good[96:]),
        'records wrongly signed': sent_by(mine, good[:40] + bytes([good[40] ^ 1]) + good[41:]),
        'records not allowed': sent_by(mine, lesson_of(stranger)),
        'records garbage': sent_by(mine, good[:-3]),
        'records refused': sent_by(mine, lesson_of(mine, codes=codes(1, 9))),
    }
    before = robots[0].known, robots[0].peer.digest
    for counter, (topic, data) in attacks.items():
        network.send('hostile', topic, data)
        network.run(network.now + 0.2)
        assert robots[0].peer.counters[counter] == 1, (counter, robots[0].peer.counters)
    # what was taught through another encoder, played back to this one
    network.send('hostile', *sent_by(mine, lesson_of(mine, encoder='ef' * 32)))
    network.run(network.now + 1)
    assert robots[0].peer.counters['records wrongly signed'] == 2
    assert (robots[0].known, robots[0].peer.digest) == before


def test_a_replay_of_all_that_was_ever_sent_changes_nothing():
    network, robots, heard = hostile_setting()
    before = [(robot.known, robot.store.version) for robot in robots]
    for topic, data in heard * 2:
        network.send('hostile', topic, data)
    network.run(network.now + 10)
    assert [(robot.known, robot.store.version) for robot in robots] == before
    assert robots[1].peer.counters['records known'] >= 2


def test_what_a_denied_robot_had_said_stays_out_when_it_is_replayed():
    network, robots, heard = hostile_setting()
    robots[1].store.decide(DENY, KEYS[0].author)
    assert robots[1].store.state.counts == {}
    for topic, data in heard:
        network.send('hostile', topic, data)
    network.run(network.now + 5)
    assert robots[1].store.state.counts == {}
    robots[1].store.decide('allow', KEYS[0].author)
    assert robots[1].store.state.counts == {'mug': 1}


@pytest.mark.parametrize('seed', range(3))
def test_garbage_is_refused_without_an_exception(seed):
    """Random bytes, changed messages, cut ones, nested and huge ones, on every topic."""
    network, robots, heard = hostile_setting()
    rng = np.random.default_rng(seed)
    key, fit = KEYS[1], wire.fit_of(FINGERPRINT)
    values = [None, True, -1, 2 ** 63, 1.5, float('nan'), 'x' * 100, b'\0' * 16, (), ((),),
              ((((),),),), ((b'\0' * 16, 1, 2),), ((b'\0' * 16, 2, 1),), {}, 'ä']

    def content():
        kind = rng.integers(0, 5)
        if kind == 0:
            return rng.bytes(rng.integers(0, 2000))
        if kind == 1:
            data = bytearray(heard[rng.integers(len(heard))][1])
            data[rng.integers(len(data))] ^= 1 << rng.integers(8)
            return bytes(data)
        if kind == 2:
            data = heard[rng.integers(len(heard))][1]
            return data[:rng.integers(len(data))]
        body = [values[rng.integers(len(values))] for _ in range(rng.integers(0, 4))]
        if kind == 3:  # signed by one who is allowed
            packed = msgpack.packb((int(rng.integers(-1, 8)), fit, *body[:-1]))
        else:
            packed = b'\x91' * int(rng.integers(1, 3000)) + b'\xc0'
        return key.seal(b'hybrid_snn_ros message\0' + packed) + packed
    before = robots[0].known
    for _ in range(400):
        robots[0].peer.receive(wire.TOPICS[rng.integers(3)], content())
    robots[0].peer.receive(wire.RECORDS, bytes(wire.MOST_BYTES + 1))
    robots[0].peer.receive('fleet/other', heard[0][1])
    network.run(network.now + 1)
    assert robots[0].known == before
    assert robots[0].peer.counters['messages garbage'] > 50


def test_an_allowed_robot_that_claims_too_much_costs_little():
    """Logs of 10^14 records, and questions for all of them."""
    network, robots, _ = hostile_setting()
    key, fit = KEYS[1], wire.fit_of(FINGERPRINT)
    before = robots[0].peer.counters['bytes sent']
    for _ in range(30):
        author = bytes.fromhex(KEYS[1].author)
        network.send('hostile', *wire.packed(
            key, fit, wire.LENGTHS, (bytes(16), False, ((author, 10 ** 14, 7),))))
        network.send('hostile', *wire.packed(
            key, fit, wire.RANGES, (((author, 1, 10 ** 14),) * 200,)))
        network.send('hostile', *wire.packed(
            key, fit, wire.CHECK, (author, 10 ** 12, (1,) * 256)))
        network.run(network.now + 1)
    assert robots[0].peer.counters['bytes sent'] - before < 30 * 2000
    robots[1].store.teach('cup', codes(3))
    network.run(network.now + 3)
    assert robots[0].store.state.counts == {'mug': 1, 'cup': 1}


# -- bytes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize('fields', [
    {}, {'codes': codes(3, 16).reshape(2, 8), 'samples': 2}, {'region': (0.1, 0.2, 0.3, 0.4)},
    {'text': 'Schlüssel', 'stamp': '17.000000001', 'group': 'press 3', 'label': 'ab' * 16 + '/7'},
    {'kind': 'tombstone', 'act': 'undo', 'target': 'ab' * 16 + '/1-9', 'codes': codes(0, 0)}])
def test_a_record_is_the_same_after_its_way(fields):
    data = lesson_of(KEYS[0], **fields)
    found = wire.unpacked_record(data)
    assert found.record.author == KEYS[0].author
    assert wire.packed_record(found) == data
    again = lesson_of(KEYS[0], **{**found.record._asdict(), 'number': 0})
    assert again == data and found.record.region == fields.get('region', WHOLE)
    assert canonical(found.record) == canonical(wire.unpacked_record(again).record)


def test_a_lesson_takes_no_more_than_what_it_says():
    """1280 codes that cannot be compressed; real ones can."""
    assert len(lesson_of(KEYS[0], codes=codes(1, 1280))) < 1480


def test_the_index_against_sets():
    """Lengths and what is missing, of any subset and any gaps, against counting by hand."""
    for here, gone in itertools.product(range(32), range(32)):
        index = Index()
        present = {n + 1 for n in range(5) if here >> n & 1}
        dropped = {n + 1 for n in range(5) if gone >> n & 1} - present
        for sequence in present:
            index.put('a', sequence, sequence)
        for sequence in dropped:
            index.put_gone('a', sequence, sequence)
        covered = present | dropped
        length = next(n for n in range(7) if n + 1 not in covered)
        assert index.length('a') == length
        assert list(index.missing('a', 6)) == [n for n in range(1, 7) if n not in covered]
        assert index.here('a', 2, 4) == sorted(present & {2, 3, 4})
        assert index.hash('a') == sum(present)
        assert index.blocks('a', 0, 2) == (sum(present), 0)
