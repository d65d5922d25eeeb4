# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A classifier that remembers: taken back, left, opened again, moved to another robot."""

import subprocess
import sys

import numpy as np
import pytest
import things

from hybrid_snn_ros import Classifier
from hybrid_snn_ros.memory import disk_store
from hybrid_snn_ros.memory.contents import read_store
from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.memory.errors import FingerprintError, StoreError
from hybrid_snn_ros.memory.labels import LabelError
from hybrid_snn_ros.network import network as networks
from hybrid_snn_ros.snn.rules import RULES

INPUTS = 24
DRAW = np.random.default_rng(17)
THINGS = things.things(DRAW, 5, INPUTS)
CODES = [things.view_of(THINGS[view % 5], DRAW) for view in range(60)]
PROBES = CODES[50:]
LESSON = list(zip(CODES[:20], ['mug', 'duck', 'mug', 'tray', 'duck', 'mug', 'box', 'mug', 'tray',
                               'duck'] * 2))


def made(rule='lateral', **options):
    """Return an untaught classifier."""
    return Classifier(rule=rule, inputs=INPUTS, **{'min_change': 0, **options})


def taught(rule='lateral', lesson=LESSON, **options):
    """Return a classifier that was taught a lesson."""
    classifier = made(rule, **options)
    for codes, label in lesson:
        classifier.teach(codes, label)
    return classifier


def remaining(classifier):
    """Return a fresh classifier that was only taught what another one knows now."""
    return taught(classifier.rule_name, [(sample.codes, sample.label) for sample
                                         in classifier.state.samples.values()],
                  params=classifier.params)


def bits(classifier):
    """Return state, labels and answers, comparable bit for bit; consolidated where it can be."""
    for _ in classifier.consolidation():  # nothing while it is behind
        pass
    return classifier.labels, things.bits(classifier.network, PROBES, classifier.decide)


@pytest.fixture
def often(monkeypatch):
    """Keep a checkpoint after three lessons and a second copy after five changes."""
    monkeypatch.setattr(networks, 'CHECKPOINT_EVERY', 3)
    monkeypatch.setattr(disk_store, 'COPY_EVERY', 5)


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
    assert classifier.version == 27 and not classifier.is_stale


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
    assert bits(classifier) == before and classifier.version == 20 and not classifier.is_stale


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
    """What is known has changed at once, the answers change at the end."""
    classifier = taught(rule)
    before = bits(classifier)
    change(classifier)
    assert classifier.is_stale and classifier.version == 21 and bits(classifier) == before
    steps = classifier.catch_up()
    done = []
    for step in steps:
        done.append(step)
        assert classifier.is_stale and bits(classifier) == before
    assert done and done == sorted(done) and done[-1] == (done[-1][1],) * 2
    assert not classifier.is_stale
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
    assert not classifier.is_stale and classifier.labels == ['duck', 'tray', 'box', 'spoon']
    expected = bits(remaining(classifier))
    assert bits(classifier) == expected
    assert list(steps) == [], 'what was begun before is given up'
    assert bits(classifier) == expected and not classifier.is_stale


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
    assert not classifier.is_stale
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


@pytest.mark.parametrize('rule', RULES)
@pytest.mark.parametrize('word', ['other', 'nothing'])
def test_what_needs_no_name_is_answered_as_unknown(rule, word, monkeypatch):
    """Also under its new name, without anything being learned again, and after an undo."""
    classifier = taught(rule)
    before = bits(classifier)
    shown, label = next((codes, label) for codes, label in LESSON
                        if classifier.predict(codes).label == label)
    assert classifier.predict(shown).reason == ''
    learned = counting(monkeypatch)
    classifier.rename(label, word.upper())
    assert learned == [] and word in classifier.labels
    answer = classifier.predict(shown)
    assert (answer.label, answer.unknown, answer.reason) == ('unknown', True, word)
    assert answer.ranked[0] == (word, answer.score)
    reasons = {classifier.predict(codes).reason for codes, _ in LESSON}
    assert word in reasons and (rule == 'original' or '' in reasons)
    classifier.undo()
    assert bits(classifier) == before


def test_what_needs_no_name_says_nothing_of_what_labels_look_like():
    classifier = taught('lateral')
    few = len(classifier.network._calibrated().typicalities)
    for number, codes in enumerate(CODES[20:30]):
        classifier.teach(codes, 'other')
        assert len(classifier.network._calibrated().typicalities) == few, number
    classifier.rename('other', 'something')
    classifier.predict(CODES[0])
    assert len(classifier.network._calibrated().typicalities) > few


# -- restarts ------------------------------------------------------------------------------------


@pytest.mark.parametrize('rule', RULES)
def test_a_restart_is_the_same(rule, tmp_path, monkeypatch):
    """Bit for bit; where the order matters it learns next to nothing again."""
    monkeypatch.setattr(networks, 'CHECKPOINT_EVERY', 3)
    classifier = made(rule)
    assert classifier.open(tmp_path) == []
    for codes, label in LESSON:
        classifier.teach(codes, label)
    classifier.remove(2)
    before = bits(classifier)
    assert classifier.keep() and not classifier.keep()
    assert classifier.versions() == [21]
    classifier.close()
    again = made(rule)
    learned = counting(monkeypatch)
    assert again.open(tmp_path) == []
    if rule == 'original':
        assert len(learned) == 1
    assert bits(again) == before and again.version == 21
    learned.clear()
    again.remove(20)
    assert rule == 'lateral' or len(learned) <= 3, 'also the last one is quickly taken back'
    assert bits(again) == bits(remaining(again))
    again.teach(CODES[40], 'spoon')
    assert bits(again) == bits(remaining(again))
    again.close()


@pytest.mark.parametrize('options', [
    {'rule': 'lateral'}, {'rule': 'original', 'params': {'seed': 3}}])
def test_what_another_rule_or_constant_computed_is_learned_anew(options, tmp_path):
    """The samples belong to no rule."""
    classifier = made('original')
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


def test_copies_come_by_themselves(often, tmp_path):
    """After so many changes, whatever kind they are; each is a version to return to."""
    classifier = made()
    classifier.open(tmp_path)
    for place, (codes, label) in enumerate(LESSON):
        classifier.teach(codes, label)
        assert len(classifier.versions()) == (place + 1) // 5
        copied = read_store(tmp_path / 'memory.copy.db').records
        assert len(copied) == 5 * ((place + 1) // 5)
    assert classifier.versions() == [20, 15, 10, 5]
    for _ in range(5):
        classifier.undo()
    assert classifier.versions()[0] == 25
    classifier.rollback(15)
    assert bits(classifier) == bits(taught(lesson=LESSON[:15]))
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
        assert bits(classifier) == before and not classifier.is_stale
        assert classifier.version == 20 and classifier.taught_as('9.5') is None
    away.rename(directory)
    assert classifier.teach(CODES[30], 'spoon', '9.5')[:3] == (21, 1, '')
    assert bits(classifier) == bits(remaining(classifier))
    directory.rename(away)
    classifier.close()  # no copy can be kept, which is no reason not to end
    classifier.open(away)
    assert bits(classifier) == bits(remaining(classifier)) and classifier.version == 21
    classifier.close()


OTHER_PROCESS = """
import sys
from hybrid_snn_ros import Classifier
classifier = Classifier(inputs=24, min_change=0)
classifier.open(sys.argv[1])
for line in sys.stdin:
    exec(line)
    print(classifier.version, flush=True)
"""


def test_two_processes_teach_one_memory_and_answer_alike(tmp_path):
    """Neither waits for the other, nothing is lost; one that was killed leaves no lock."""
    home = made()
    home.open(tmp_path)
    with subprocess.Popen([sys.executable, '-c', OTHER_PROCESS, tmp_path], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        def ask(line):
            other.stdin.write(line + '\n')
            other.stdin.flush()
            return int(other.stdout.readline())

        try:
            for place, (codes, label) in enumerate(LESSON):
                if place % 2:
                    assert ask(f'classifier.teach(np.array({codes.tolist()}, np.uint8), {label!r})'
                               if place > 1 else 'import numpy as np; classifier.teach(np.array('
                               f'{codes.tolist()}, np.uint8), {label!r})') == place + 1
                else:
                    assert home.teach(codes, label).sample == place + 1
            assert home.poll() and not home.poll()
            assert bits(home) == bits(taught())
            ask('classifier.rename("duck", "bird")'), ask('classifier.undo()')
            assert home.undo().what == 'teach', 'the newest is what anybody did last'
            assert ask('classifier.poll()') == home.version
            assert home.state.counts == {'mug': 8, 'duck': 5, 'tray': 4, 'box': 2}
        finally:
            other.kill()
    assert bits(home) == bits(remaining(home))
    home.teach(CODES[30], 'spoon')
    home.close()
    with DiskStore.open(tmp_path, None) as store:
        assert store.state.counts['spoon'] == 1 and not store.remarks


def test_a_memory_that_is_only_read_is_followed_and_left_alone(tmp_path):
    """It refuses with the reason it was given, writes nothing, and knows what others do."""
    reader = made()
    assert reader.open_readonly(tmp_path / 'none', 'a reason') == []
    assert not (tmp_path / 'none').exists()
    home = made()
    home.open(tmp_path)
    for codes, label in LESSON[:10]:
        home.teach(codes, label)
    home.close()
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert reader.open_readonly(tmp_path, 'a reason') == []
    assert bits(reader) == bits(taught(lesson=LESSON[:10])) and reader.is_readonly
    reader._home = tmp_path / 'file' / 'no directory', None
    (tmp_path / 'file').touch()
    with pytest.raises(StoreError, match='Not a directory'):
        reader.teach(CODES[30], 'spoon')
    (tmp_path / 'file').unlink()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == files
    home.open(tmp_path)
    for codes, label in LESSON[10:]:
        home.teach(codes, label)
        assert reader.poll() and not reader.poll()
    assert bits(reader) == bits(taught())
    home.forget('mug')
    assert reader.poll() and bits(reader) == bits(home)
    home.store.compact()
    reader.poll()
    assert bits(reader) == bits(home) and reader.state.base == home.version
    home.close()
    reader.close()


def test_what_was_written_while_it_was_only_read_is_known_before_a_change(tmp_path):
    """Also that a frame was taught meanwhile."""
    classifier = made()
    classifier.open_readonly(tmp_path, 'a reason')
    with DiskStore.open(tmp_path, {'inputs': INPUTS}) as store:
        store.teach('mug', CODES[0], '1.5')
    assert classifier.teach(CODES[0], 'mug', '1.5')[:3] == (
        1, 1, 'that frame is sample 1 already')
    assert bits(classifier) == bits(taught(lesson=LESSON[:1]))
    classifier.close()


def test_one_frame_teaches_several_things(tmp_path):
    """Each region once; a picture is kept with it and goes along with what is saved."""
    classifier = made()
    classifier.open(tmp_path / 'memory')
    left, right = (0.0, 0.0, 0.5, 1.0), (0.5, 0.0, 0.5, 1.0)
    assert classifier.teach(CODES[0], 'mug', '1.5', region=left, picture=b'a jpeg').sample == 1
    assert classifier.teach(CODES[1], 'duck', '1.5', region=right).sample == 2
    assert classifier.teach(CODES[2], 'table', '1.5').sample == 3
    assert classifier.teach(CODES[0], 'mug', '1.5', region=left).skipped
    with pytest.raises(StoreError, match="that frame was taught as 'duck'"):
        classifier.teach(CODES[1], 'mug', '1.5', region=right)
    assert (classifier.taught_as('1.5', left), classifier.taught_as('1.5')) == ('mug', 'table')
    with pytest.raises(StoreError, match='a region is x, y, width and height'):
        classifier.teach(CODES[1], 'mug', '2.5', region=(0.6, 0.0, 0.5, 1.0))
    classifier.save(tmp_path / 'x.memory', classifier.store.pictures([1, 2, 3]))
    classifier.close()
    again = made()
    again.open(tmp_path / 'other')
    again.load(tmp_path / 'x.memory')
    assert [sample.region for sample in again.state.samples.values()] == [
        left, right, (0.0, 0.0, 1.0, 1.0)]
    assert again.store.pictures([1, 2, 3]) == {1: b'a jpeg'}
    again.close()


@pytest.mark.parametrize('known, new, said', [
    ('mug', 'Mug', "'mug' differs in case or width only"),
    ('mug', 'ｍｕｇ', "'mug' differs in case or width only"),
    ('STRASSE', 'Straße', "'STRASSE' differs in case or width only"), ('mug', 'mugs', '')])
def test_a_new_label_that_looks_like_another_one_is_pointed_out(known, new, said):
    """Once, and it is made all the same."""
    classifier = taught(lesson=[(CODES[0], known)])
    assert classifier.teach(CODES[1], new).remark == said
    assert classifier.teach(CODES[2], new).remark == ''
    assert classifier.labels == [known, new]


def test_another_width_is_refused_and_nothing_changes(tmp_path):
    """With the setting and both values."""
    with DiskStore.open(tmp_path, {'inputs': INPUTS // 2}) as store:
        store.teach('mug', CODES[0][:INPUTS // 2])
    classifier = taught()
    before = bits(classifier)
    for call in (classifier.open, classifier.load,
                 lambda place: classifier.open_readonly(place, 'a reason')):
        with pytest.raises(FingerprintError, match=(
                f'with embedding width {INPUTS // 2}, here it is {INPUTS}; restore that setting '
                'or choose')):
            call(tmp_path)
        assert bits(classifier) == before
    classifier.teach(CODES[30], 'mug')
    DiskStore.open(tmp_path, None).close()


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
    assert classifier.state.counts == {'duck': 2, 'mug': 3, 'spoon': 1, 'tray': 1}
    assert bits(classifier) == bits(taught(
        lesson=[*LESSON[4:6], (CODES[30], 'spoon'), *LESSON[:4]]))
    classifier.rollback(3)
    assert classifier.state.counts == {'duck': 1, 'mug': 1, 'spoon': 1}


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
    assert again.state.counts == {'mug': 1} and again.taught_as('1.5') == 'mug'
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
