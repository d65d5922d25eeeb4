# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A classifier that remembers: taken back, left, opened again, moved to another robot."""

import errno
import shutil
import subprocess
import sys

import numpy as np
import pytest

from hybrid_snn_ros import Classifier
from hybrid_snn_ros import classifier as classifiers
from hybrid_snn_ros.memory.errors import IdentityError, LockedError, StoreError
from hybrid_snn_ros.memory.labels import LabelError
from hybrid_snn_ros.memory.vault import Vault
from hybrid_snn_ros.network import network as networks
from hybrid_snn_ros.snn.rules import RULES

INPUTS = 24
DRAW = np.random.default_rng(17)
PLACES = DRAW.gamma(0.6, 40, (5, INPUTS))
CODES = [np.clip(PLACES[view % 5] * DRAW.lognormal(0, 0.4, INPUTS) + DRAW.gamma(1, 6, INPUTS),
                 0, 255).astype(np.uint8) for view in range(60)]
PROBES = CODES[50:]
LESSON = list(zip(CODES[:20], ['mug', 'duck', 'mug', 'tray', 'duck', 'mug', 'box', 'mug', 'tray',
                               'duck'] * 2))


def made(rule='lateral', **options):
    """Return an untaught classifier."""
    return Classifier(rule=rule, inputs=INPUTS, **options)


def taught(rule='lateral', lesson=LESSON, **options):
    """Return a classifier that was taught a lesson."""
    classifier = made(rule, **options)
    for codes, label in lesson:
        classifier.teach(codes, label)
    return classifier


def remaining(classifier):
    """Return a fresh classifier that was only taught what another one knows now."""
    return taught(classifier.rule_name, [(sample.codes, sample.label) for sample
                                         in classifier.ledger.samples.values()],
                  params=classifier.params)


def bits(classifier):
    """Return state, labels and answers, comparable bit for bit; consolidated where it can be."""
    for _ in classifier.consolidation():  # nothing while it is behind
        pass
    responses = [classifier.present(codes) for codes in PROBES]
    return ([np.asarray(value).tobytes() for value in classifier.network.state],
            classifier.labels, classifier.network.sample_counts,
            [(r.spikes.tobytes(), r.evidence.tobytes(), r.drives.tobytes(),
              np.float64(r.typicality).tobytes()) for r in responses],
            [classifier.predict(codes) for codes in PROBES])


@pytest.fixture
def often(monkeypatch):
    """Keep a checkpoint after three lessons and a snapshot after five changes."""
    monkeypatch.setattr(networks, 'CHECKPOINT_EVERY', 3)
    monkeypatch.setattr(classifiers, '_SNAPSHOT_EVERY', 5)


def counting(monkeypatch):
    """Return a list that takes the id of every sample a network learns from now on."""
    learned, teach = [], networks.Network._teach

    def noting(self, lesson):
        learned.append(lesson.number)
        teach(self, lesson)

    monkeypatch.setattr(networks.Network, '_teach', noting)
    return learned


# -- taking back ---------------------------------------------------------------------------------


@pytest.mark.parametrize('rule', RULES)
def test_every_way_back_ends_where_only_the_rest_was_taught(rule, often):
    """Each result says what was done."""
    classifier = taught(rule)
    taken = classifier.undo()
    assert (taken.what, taken.label, taken.taught) == ('teach', 'duck', (20,))
    assert bits(classifier) == bits(remaining(classifier))
    assert classifier.remove(3) == 'mug'
    assert bits(classifier) == bits(remaining(classifier))
    assert classifier.rename('tray', ' plate') == 4
    assert bits(classifier) == bits(remaining(classifier))
    assert classifier.rename('box', 'duck', merge=True) == 7
    assert bits(classifier) == bits(remaining(classifier))
    assert classifier.forget('mug') == 7
    assert bits(classifier) == bits(remaining(classifier))
    assert classifier.labels == ['duck', 'plate']
    classifier.rollback(20)
    assert bits(classifier) == bits(taught(rule))
    classifier.rollback(0)
    assert classifier.labels == [] and classifier.predict(PROBES[0]).label == 'unknown'
    assert classifier.version == 27 and not classifier.behind


@pytest.mark.parametrize('change, sentence', [
    (lambda c: c.remove(99), 'there is no sample 99'),
    (lambda c: c.forget('spoon'), "nothing was taught as 'spoon'"),
    (lambda c: c.rename('spoon', 'mug'), "nothing was taught as 'spoon'"),
    (lambda c: c.rename('mug', 'mug '), "'mug' has that name already"),
    (lambda c: c.rename('mug', 'unknown'), "'unknown' is the answer for"),
    (lambda c: c.rollback(21), 'there is no state 21 to return to')])
def test_what_cannot_be_taken_back_is_refused_by_a_sentence(change, sentence):
    """And nothing changes."""
    classifier = taught()
    before = bits(classifier)
    with pytest.raises((StoreError, LabelError), match=sentence) as refusal:
        change(classifier)
    assert len(str(refusal.value).splitlines()) == 1
    assert bits(classifier) == before and classifier.version == 20 and not classifier.behind


def test_an_untaught_classifier_has_nothing_to_take_back():
    """Said in words."""
    with pytest.raises(StoreError, match='there is nothing to undo'):
        made().undo()


# -- later ---------------------------------------------------------------------------------------


@pytest.mark.parametrize('rule', RULES)
@pytest.mark.parametrize('change', [
    lambda c: c.remove(1, later=True), lambda c: c.forget('mug', later=True),
    lambda c: c.rename('tray', 'mug', later=True, merge=True),
    lambda c: c.rollback(7, later=True)])
def test_the_old_network_answers_until_the_new_one_is_ready(rule, change, often):
    """The book has changed at once, the answers change at the end."""
    classifier = taught(rule)
    before = bits(classifier)
    change(classifier)
    assert classifier.behind and classifier.version == 21 and bits(classifier) == before
    steps = classifier.catch_up()
    done = []
    for step in steps:
        done.append(step)
        assert classifier.behind and bits(classifier) == before
    assert done and done == sorted(done) and done[-1] == (done[-1][1],) * 2
    assert not classifier.behind
    assert bits(classifier) == bits(remaining(classifier))
    assert list(classifier.catch_up()) == []


@pytest.mark.parametrize('rule', RULES)
def test_teaching_while_behind_catches_up_first(rule, often):
    """From the next frame on the new label is known, and the forgotten one is not."""
    classifier = taught(rule)
    classifier.forget('mug', later=True)
    steps = classifier.catch_up()
    next(steps)
    assert classifier.teach(CODES[30], 'spoon')[:3] == (22, 1, '')
    assert not classifier.behind and classifier.labels == ['duck', 'tray', 'box', 'spoon']
    expected = bits(remaining(classifier))
    assert bits(classifier) == expected
    assert list(steps) == [], 'what was begun before is given up'
    assert bits(classifier) == expected and not classifier.behind


@pytest.mark.parametrize('change', [
    lambda c: c.undo(later=True), lambda c: c.rename('duck', 'bird', later=True),
    lambda c: c.rollback(20, later=True), lambda c: c.rename('duck', 'tray', merge=True),
    lambda c: c.load(c.exported)])
def test_a_change_on_the_way_starts_it_anew(change, often, tmp_path):
    """A sample that is to be learned may have been taken back meanwhile."""
    classifier = taught()
    classifier.exported = tmp_path / 'robot.memory'
    taught(lesson=LESSON[:9]).save(classifier.exported)
    for sample in (1, 2, 3):
        classifier.remove(sample, later=True)
    steps = classifier.catch_up()
    next(steps), next(steps)
    change(classifier)
    for _ in steps:
        pass
    assert not classifier.behind
    assert bits(classifier) == bits(remaining(classifier))


def test_another_memory_opened_on_the_way_is_not_mixed_up(often, tmp_path):
    """Although both may be at the same version."""
    other = made()
    other.open(tmp_path)
    for codes, label in LESSON[:4]:
        other.teach(codes, label)
    other.close()
    classifier = taught(lesson=LESSON[10:13])
    classifier.remove(1, later=True)
    steps = classifier.catch_up()
    next(steps)
    classifier.open(tmp_path)
    assert classifier.version == 4
    assert list(steps) == [] and bits(classifier) == bits(taught(lesson=LESSON[:4]))
    classifier.close()


def test_another_name_relearns_nothing(monkeypatch):
    """However much was taught; a merge does relearn where the order counts."""
    classifier = taught('original')
    learned = counting(monkeypatch)
    classifier.rename('duck', 'bird')
    assert learned == [] and classifier.labels == ['mug', 'bird', 'tray', 'box']
    classifier.rename('tray', 'bird', merge=True)
    assert learned == list(range(1, 21))


# -- restarts ------------------------------------------------------------------------------------


@pytest.mark.parametrize('rule', RULES)
@pytest.mark.parametrize('kept', [True, False])
def test_a_restart_with_and_without_snapshot_is_the_same(rule, kept, tmp_path, monkeypatch):
    """Bit for bit; with a snapshot it learns next to nothing."""
    monkeypatch.setattr(networks, 'CHECKPOINT_EVERY', 3)
    classifier = made(rule)
    assert classifier.open(tmp_path) == []
    for codes, label in LESSON:
        classifier.teach(codes, label)
    classifier.remove(2)
    before = bits(classifier)
    path = classifier.keep()
    assert path.name == 'snapshot-000000000021.bin' and classifier.keep() is None
    assert classifier.snapshots() == [21]
    classifier.close()
    if not kept:
        path.unlink()
    again = made(rule)
    learned = counting(monkeypatch)
    assert again.open(tmp_path) == []
    # What can be computed from the set is: no sample is learned for itself.
    assert len(learned) == (0 if rule == 'lateral' else 1 if kept else 19)
    assert bits(again) == before and again.version == 21
    assert again.keep() is None or not kept or rule == 'lateral'
    learned.clear()
    again.remove(20)
    assert len(learned) <= 3, 'also the last one from before the restart is quickly taken back'
    assert bits(again) == bits(remaining(again))
    again.teach(CODES[40], 'spoon')
    assert bits(again) == bits(remaining(again))
    again.close()


@pytest.mark.parametrize('options', [
    {'rule': 'original'}, {'params': {'ridge': 0.5}}, {'params': {'seed': 3}}])
def test_a_snapshot_of_another_rule_or_constant_is_learned_anew(options, tmp_path):
    """The samples belong to no rule."""
    classifier = made()
    classifier.open(tmp_path)
    for codes, label in LESSON:
        classifier.teach(codes, label)
    classifier.close()
    other = made(**options)
    assert other.open(tmp_path) == []
    expected = bits(taught(**options))
    assert bits(other) == expected
    other.close()  # which keeps what was computed now, under the same version
    again = made(**options)
    again.open(tmp_path)
    assert bits(again) == expected
    again.close()


def test_snapshots_come_by_themselves_and_three_stay(often, tmp_path):
    """After so many changes, whatever kind they are."""
    classifier = made()
    classifier.open(tmp_path)
    for place, (codes, label) in enumerate(LESSON):
        classifier.teach(codes, label)
        assert len(classifier.snapshots()) == min((place + 1) // 5, 3)
    assert classifier.snapshots() == [20, 15, 10]
    for _ in range(5):
        classifier.undo()
    assert classifier.snapshots()[0] == 25
    classifier.rollback(15)
    assert bits(classifier) == bits(taught(lesson=LESSON[:15]))
    classifier.close()


def test_a_snapshot_the_disk_refuses_is_tried_again(often, tmp_path, monkeypatch):
    """It costs no sample and no sentence, unless it was asked for."""
    classifier = made()
    classifier.open(tmp_path)
    classifier.teach(*LESSON[0])

    def refuse(*_):  # new files only; the journal has its room
        raise OSError(errno.ENOSPC, 'No space left on device')

    with monkeypatch.context() as patch:
        patch.setattr(classifier.book._disk, 'create', refuse)
        for codes, label in LESSON[1:7]:
            classifier.teach(codes, label)
        with pytest.raises(StoreError, match='cannot save the snapshot .* No space left'):
            classifier.keep()
    assert classifier.snapshots() == []
    classifier.close()
    classifier.open(tmp_path)
    assert classifier.snapshots() == [7], 'by close, when there was room again'
    assert bits(classifier) == bits(taught(lesson=LESSON[:7]))
    classifier.close()


def test_what_is_known_stays_after_close(tmp_path):
    """In memory; the directory is free for others."""
    classifier = made()
    classifier.close()
    classifier.open(tmp_path)
    for codes, label in LESSON:
        classifier.teach(codes, label)
    classifier.close()
    classifier.close()
    assert bits(classifier) == bits(taught())
    other = made()
    other.open(tmp_path)
    classifier.teach(CODES[30], 'only here')
    classifier.remove(1)
    assert bits(classifier) == bits(remaining(classifier))
    assert bits(other) == bits(taught())
    other.close()


# -- trouble -------------------------------------------------------------------------------------


def test_nothing_is_learned_that_is_not_on_disk(tmp_path):
    """A directory that is away: every change is refused, answers go on; it comes back."""
    directory, away = tmp_path / 'memory', tmp_path / 'away'
    classifier = made()
    classifier.open(directory)
    for codes, label in LESSON:
        classifier.teach(codes, label)
    before = bits(classifier)
    directory.rename(away)
    for change in (lambda: classifier.teach(CODES[30], 'spoon', '9.5'),
                   lambda: classifier.teach(CODES[30], 'mug', '9.5'),
                   classifier.undo, lambda: classifier.forget('mug'),
                   lambda: classifier.rename('mug', 'cup'), lambda: classifier.rollback(3)):
        with pytest.raises(StoreError, match='No such file or directory') as refusal:
            change()
        assert len(str(refusal.value).splitlines()) == 1
        assert bits(classifier) == before and not classifier.behind
        assert classifier.version == 20 and classifier.taught_as('9.5') is None
    away.rename(directory)
    assert classifier.teach(CODES[30], 'spoon', '9.5')[:3] == (21, 1, '')
    assert bits(classifier) == bits(remaining(classifier))
    directory.rename(away)
    classifier.close()  # no snapshot can be kept, which is no reason not to end
    classifier.open(away)
    assert bits(classifier) == bits(remaining(classifier)) and classifier.version == 21
    classifier.close()


OTHER_PROCESS = """
import sys
from hybrid_snn_ros import Classifier
classifier = Classifier(inputs=24)
classifier.open(sys.argv[1])
print('open', flush=True)
sys.stdin.readline()
"""


def test_a_directory_in_use_is_refused_and_may_be_borrowed(tmp_path):
    """By name; what is known stays.  A borrowed one is answered from, and had when it is free."""
    home = made()
    home.open(tmp_path)
    for codes, label in LESSON:
        home.teach(codes, label)
    home.close()
    with subprocess.Popen([sys.executable, '-c', OTHER_PROCESS, tmp_path], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout.readline() == 'open\n'
            classifier = taught(lesson=LESSON[:2])
            before = bits(classifier)
            with pytest.raises(LockedError, match=f'in use by process {other.pid}; only one'):
                classifier.open(tmp_path)
            assert bits(classifier) == before
            assert classifier.borrow(tmp_path, 'somebody else has it') == []
            assert bits(classifier) == bits(taught())
            for change in (lambda: classifier.teach(CODES[30], 'spoon'), classifier.undo,
                           lambda: classifier.forget('mug'), lambda: classifier.rollback(3),
                           lambda: classifier.load(tmp_path)):
                with pytest.raises(LockedError, match=f'in use by process {other.pid}'):
                    change()
            assert bits(classifier) == bits(taught()) and classifier.version == 20
        finally:
            other.kill()
    assert classifier.teach(CODES[30], 'spoon').sample == 21
    classifier.close()
    with Vault.open(tmp_path, None) as vault:
        assert vault.ledger.counts['spoon'] == 1


def test_what_was_written_while_it_was_borrowed_is_known_before_a_change(tmp_path):
    """Also that a frame was taught meanwhile."""
    made().open(tmp_path)  # makes the directory; nothing is in it
    classifier = made()
    classifier.borrow(tmp_path, 'a reason')
    shutil.rmtree(tmp_path)
    with Vault.open(tmp_path, {'inputs': INPUTS}) as vault:
        vault.teach('mug', CODES[0], '1.5')
    assert classifier.teach(CODES[0], 'mug', '1.5')[:3] == (
        1, 1, 'that frame is sample 1 already')
    assert bits(classifier) == bits(taught(lesson=LESSON[:1]))
    classifier.close()


def test_a_borrowed_memory_starts_from_its_snapshot_and_writes_nothing(tmp_path, monkeypatch):
    """A frozen robot need not learn everything again at every start."""
    monkeypatch.setattr(networks, 'CHECKPOINT_EVERY', 3)
    home = made('original')
    home.open(tmp_path)
    for codes, label in LESSON:
        home.teach(codes, label)
    home.close()
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    learned = counting(monkeypatch)
    classifier = made('original')
    assert classifier.borrow(tmp_path, 'frozen') == []
    assert len(learned) == 2 and bits(classifier) == bits(taught('original'))
    classifier.close()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == files


def test_who_looks_on_while_a_memory_is_taken_over_finds_a_network(tmp_path, monkeypatch):
    """Diagnostics do, in a thread of their own; one made there could take the place of ours."""
    home = taught(lesson=LESSON[:6])
    home.open(tmp_path)
    home.teach(CODES[0], 'mug')
    home.close()
    classifier = made()
    classifier.borrow(tmp_path, 'frozen')
    for snapshot in tmp_path.glob('snapshot-*'):
        snapshot.unlink()
    found, relearn = [], Classifier._catch_up_now
    monkeypatch.setattr(Classifier, '_catch_up_now', lambda self: (
        found.append(self._network), relearn(self))[1])
    classifier.teach(CODES[1], 'cup')
    assert found and None not in found and classifier.labels == ['mug', 'cup']


def test_another_width_is_refused_and_nothing_changes(tmp_path):
    """With the setting and both values; the lock is given back."""
    with Vault.open(tmp_path, {'inputs': INPUTS // 2}) as vault:
        vault.teach('mug', CODES[0][:INPUTS // 2])
    classifier = taught()
    before = bits(classifier)
    for call in (classifier.open, classifier.load, lambda d: classifier.borrow(d, 'a reason')):
        with pytest.raises(IdentityError, match=f'with embedding width {INPUTS // 2}, here it is '
                                                f'{INPUTS}; restore that setting or choose'):
            call(tmp_path)
        assert bits(classifier) == before
    classifier.teach(CODES[30], 'mug')
    Vault.open(tmp_path, None).close()


# -- to another robot ----------------------------------------------------------------------------


@pytest.mark.parametrize('rule', RULES)
def test_a_saved_file_is_taken_over_bit_for_bit(rule, tmp_path):
    """It replaces what was known; learning goes on as if nothing had happened."""
    file = tmp_path / 'robot.memory'
    one, other = taught(rule), taught(rule, [(CODES[30], 'old')])
    assert one.save(file) == file.stat().st_size
    assert other.load(file) == []
    assert bits(other) == bits(one)
    for classifier in (one, other):
        classifier.teach(CODES[31], 'late')
    assert bits(other) == bits(one)


def test_merging_keeps_what_is_known_and_counts_once(tmp_path):
    """Samples of both; the same label with the same codes is no second one."""
    file = tmp_path / 'robot.memory'
    taught(lesson=LESSON[:6]).save(file)
    classifier = taught(lesson=[*LESSON[4:6], (CODES[30], 'spoon')])
    classifier.load(file, replace=False)
    assert classifier.ledger.counts == {'duck': 2, 'mug': 3, 'spoon': 1, 'tray': 1}
    assert bits(classifier) == bits(taught(
        lesson=[*LESSON[4:6], (CODES[30], 'spoon'), *LESSON[:4]]))
    classifier.rollback(3)
    assert classifier.ledger.counts == {'duck': 1, 'mug': 1, 'spoon': 1}


def test_an_import_is_in_the_directory_too(tmp_path):
    """Stamps included."""
    one = made()
    one.teach(CODES[0], 'mug', '1.5')
    one.save(tmp_path / 'robot.memory')
    other = made()
    other.open(tmp_path / 'memory')
    other.teach(CODES[1], 'old')
    other.load(tmp_path / 'robot.memory')
    other.close()
    again = made()
    again.open(tmp_path / 'memory')
    assert again.ledger.counts == {'mug': 1} and again.taught_as('1.5') == 'mug'
    assert bits(again) == bits(one)
    again.close()


def test_an_empty_memory_begins_with_an_initial_one(tmp_path):
    """An empty one only: what an operator took back does not come again."""
    taught(lesson=LESSON[:5]).save(tmp_path / 'initial.memory')
    classifier = made()
    classifier.open(tmp_path / 'memory', tmp_path / 'initial.memory')
    assert bits(classifier) == bits(taught(lesson=LESSON[:5]))
    classifier.forget('mug')
    classifier.close()
    again = made()
    again.open(tmp_path / 'memory', tmp_path / 'initial.memory')
    assert 'mug' not in again.labels and again.labels == ['duck', 'tray']
    again.close()


def test_a_file_that_is_refused_changes_nothing(tmp_path):
    """Absent, no memory, cut off before the first sample."""
    classifier = taught()
    before = bits(classifier)
    (tmp_path / 'text').write_text('nothing of the kind')
    for name, sentence in (('absent', 'there is no memory'), ('text', 'is not a memory')):
        for replace in (True, False):
            with pytest.raises(StoreError, match=sentence):
                classifier.load(tmp_path / name, replace)
    assert bits(classifier) == before and classifier.version == 20


def test_an_untaught_classifier_may_be_saved(tmp_path):
    """Taking it over means to know nothing, so that must be meant."""
    made().save(tmp_path / 'empty.memory')
    classifier = taught()
    known = classifier.labels
    with pytest.raises(StoreError, match='holds no samples; nothing was forgotten'):
        classifier.load(tmp_path / 'empty.memory')
    classifier.load(tmp_path / 'empty.memory', replace=False)
    assert classifier.labels == known
    classifier.load(tmp_path / 'empty.memory', force=True)
    assert classifier.labels == [] and classifier.predict(PROBES[0]).label == 'unknown'
