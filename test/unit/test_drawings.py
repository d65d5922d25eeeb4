# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What is drawn in frames is kept, taken back and carried over as everything that is taught."""

import itertools
import shutil
import sqlite3

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from hybrid_snn_ros import Classifier
from hybrid_snn_ros.cli import main as cli
from hybrid_snn_ros.memory import database
from hybrid_snn_ros.memory.contents import drawings_of, frames_of, read_store
from hybrid_snn_ros.memory.database import connect
from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.memory.drawings import Drawing, NewDrawing
from hybrid_snn_ros.memory.drawn_frame import DrawnFrame, packed, unpacked
from hybrid_snn_ros.memory.errors import RefusedError, StoreError, UnknownLabel
from hybrid_snn_ros.memory.readonly_store import ReadOnlyStore
from hybrid_snn_ros.memory.state import StoreState
from hybrid_snn_ros.memory.store import SampleStore
from hybrid_snn_ros.memory.wording import put_back, taken_back
from hybrid_snn_ros.vision.cell_encoder import CellEncoder
from hybrid_snn_ros.vision.pictures import kept_jpeg

FINGERPRINT = {'inputs': 4}
LEFT, RIGHT, TOP = (0.0, 0.0, 0.5, 1.0), (0.5, 0.0, 0.5, 1.0), (0.0, 0.0, 1.0, 0.25)


def frame(seed=0, jpeg=b'a jpeg'):
    """Return a frame that is named by its cells."""
    codes = np.random.default_rng(seed).integers(0, 256, (5, 6, 7), np.uint8)
    return DrawnFrame('ab' * 32, codes, jpeg)


def codes(seed):
    """Return four codes."""
    return np.random.default_rng(seed).integers(0, 256, 4, np.uint8)


def drawn(store):
    """Return what is drawn, without the names of the frames."""
    return sorted((len(one.boxes), one.complete) for one in store.state.drawn.values())


def test_a_frame_is_named_by_its_cells():
    """The JPEG does not count, the encoder and the shape do; packing loses nothing."""
    one = frame()
    assert one.name == frame(jpeg=None).name != frame(1).name
    assert one._replace(encoder='cd' * 32).name != one.name
    assert one._replace(codes=one.codes.reshape(6, 5, 7)).name != one.name
    assert np.array_equal(unpacked(packed(one.codes), 5, 6, 7), one.codes)
    for content, shape in ((packed(one.codes), (5, 6, 8)), (packed(one.codes), (5, 6, 6)),
                           (b'', (5, 6, 7)), (b'no zlib', (5, 6, 7))):
        with pytest.raises(ValueError):
            unpacked(content, *shape)


def test_a_lesson_draws_its_box_and_undo_takes_both():
    """A lesson and its box are one change; a second box in the frame is another."""
    store = SampleStore(FINGERPRINT)
    store.teach('mug', codes(1), '1.0', region=LEFT, frame=frame())
    store.teach('box', codes(2), '1.0', region=RIGHT, frame=frame())
    assert store.state.drawn == {frame().name: Drawing((LEFT, RIGHT), False)}
    change = store.undo()
    assert (change.what, change.label, change.samples) == ('teach', 'box', 1)
    assert (drawn(store), store.state.counts) == ([(1, False)], {'mug': 1})
    store.redo()
    assert (drawn(store), store.state.counts) == ([(2, False)], {'mug': 1, 'box': 1})
    store.forget('mug')
    assert (drawn(store), store.state.counts) == ([(1, False)], {'box': 1})
    store.undo()
    store.rename('mug', 'cup')
    store.remove(1)
    assert (drawn(store), store.state.counts) == ([(1, False)], {'box': 1})
    store.undo()
    assert store.state.boxes_of('cup')[0].region == LEFT
    press = SampleStore(FINGERPRINT)
    for seed, region in enumerate((LEFT, RIGHT)):
        press.teach('mug', codes(seed), '1.0', group='press', region=region, frame=frame())
    press.undo()
    assert not press.state.drawn and not press.state.samples


def test_that_is_all_holds_while_all_of_it_is_there():
    """A thing whose box was taken back is no floor; an empty frame needs no box."""
    store = SampleStore(FINGERPRINT)
    store.draw(NewDrawing(frame(), [(LEFT, ''), (RIGHT, '')]))
    store.draw(NewDrawing(frame(), complete=True))
    assert drawn(store) == [(2, True)]
    assert store.draw(NewDrawing(frame(), [(LEFT, '')], True)) == []  # known, all of it
    store.draw(NewDrawing(frame(), [(TOP, '')]))
    assert drawn(store) == [(3, True)]  # more than was said: still all
    first = store.state.records[0].number
    store.take_back(first)
    assert drawn(store) == [(2, False)]
    store.draw(NewDrawing(frame(), [(LEFT, '')]))
    assert drawn(store) == [(3, False)]  # drawn anew, and not said anew
    store.draw(NewDrawing(frame(), complete=True))
    assert drawn(store) == [(3, True)]
    store.draw(NewDrawing(frame(1), complete=True))
    assert drawn(store) == [(0, True), (3, True)]
    assert store.undo().what == 'empty'
    assert store.undo().what == 'complete'
    assert drawn(store) == [(3, False)]


def test_sentences_for_what_is_drawn():
    """Each change has its sentence, back and forth, here and in `state log`."""
    store = SampleStore(FINGERPRINT)
    for drawing in (NewDrawing(frame(), [(LEFT, '')]), NewDrawing(frame(), complete=True),
                    NewDrawing(frame(1), complete=True)):
        store.draw(drawing)
    told = [taken_back(store.undo()) for _ in range(3)]
    assert told == ['that a frame is empty is taken back',
                    'that everything in a frame is drawn is taken back',
                    'what was drawn is taken back (1 box)']
    assert put_back(store.redo()) == 'what was drawn is put back (1 box)'


def test_what_cannot_be_drawn_is_refused():
    """Nothing is written then."""
    store = SampleStore(FINGERPRINT)
    with pytest.raises(UnknownLabel):
        store.draw(NewDrawing(frame(), [(LEFT, 'mug')]))
    with pytest.raises(StoreError, match='region'):
        store.draw(NewDrawing(frame(), [((0.5, 0.5, 0.6, 0.1), '')]))
    assert not store.state.records
    classifier = Classifier(inputs=4)
    with pytest.raises(RefusedError, match='nothing is drawn in that frame'):
        classifier.complete(frame())
    assert classifier.draw(frame(), [LEFT, RIGHT], complete=True) == 2
    with pytest.raises(RefusedError, match='has 2 boxes: it is not empty'):
        classifier.empty(frame())
    classifier.empty(frame(1))
    assert drawn(classifier.store) == [(0, True), (2, True)]


def test_a_box_that_is_no_evidence_still_says_where():
    """A thing that looks as before, at another place."""
    classifier = Classifier(inputs=4)
    first = classifier.teach(codes(1), 'mug', '1.0', region=LEFT, frame=frame())
    again = classifier.teach(codes(1), 'mug', '2.0', region=RIGHT, frame=frame(1), min_change=0.1)
    assert (first.skipped, first.drawn) == ('', True)
    assert 'nearly sample 1' in again.skipped and again.drawn
    assert drawn(classifier.store) == [(1, False), (1, False)]
    assert classifier.undo().what == 'draw'
    assert drawn(classifier.store) == [(1, False)] and classifier.labels == ['mug']
    assert not classifier.is_stale


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_what_is_drawn_does_not_depend_on_the_order(data):
    """Any order of the same records, twice or once, folds to the same drawings."""
    store = SampleStore(FINGERPRINT)
    for _ in range(data.draw(st.integers(1, 12))):
        act = data.draw(st.sampled_from(['teach', 'draw', 'complete', 'undo', 'take', 'forget']))
        seed, region = data.draw(st.integers(0, 2)), data.draw(st.sampled_from([LEFT, RIGHT]))
        try:
            if act == 'teach':
                store.teach('mug', codes(seed), region=region, frame=frame(seed))
            elif act in ('draw', 'complete'):
                boxes = [(region, '')] * (act == 'draw')
                store.draw(NewDrawing(frame(seed), boxes, act == 'complete'))
            elif act == 'undo':
                store.undo()
            elif act == 'forget':
                store.forget('mug')
            elif store.state.records:
                store.take_back(data.draw(st.sampled_from(store.state.records)).number)
        except RefusedError:
            pass
    records = data.draw(st.permutations(store.state.records))
    cut = data.draw(st.integers(0, len(records)))
    other = StoreState(records[:cut])
    other.add(records[cut:])
    assert other.drawn == store.state.drawn
    assert other.digest == store.state.digest


def fill(store):
    """Draw three frames, one of them wholly, one empty, one with a box that is taken back."""
    store.teach('mug', codes(1), '1.0', region=LEFT, frame=frame(), picture=b'crop')
    store.draw(NewDrawing(frame(), [(RIGHT, '')], True, '1.0'))
    store.draw(NewDrawing(frame(1), complete=True))
    store.draw(NewDrawing(frame(2), [(TOP, '')]))
    store.undo()


def test_a_disk_keeps_frames_once_and_compaction_drops_what_is_not_drawn(tmp_path):
    """Read by others as well, while it is open and after."""
    with DiskStore.open(tmp_path, FINGERPRINT) as store:
        fill(store)
        expected = store.state.drawn
        for reader in (store, ReadOnlyStore(tmp_path, FINGERPRINT)):
            assert reader.state.drawn == expected
            for seed in range(3):
                found = reader.frame(frame(seed).name)
                assert found.encoder == 'ab' * 32 and found.jpeg == b'a jpeg'
                assert np.array_equal(found.codes, frame(seed).codes)
            assert reader.frame('no such frame') is None
        store.compact()
        assert store.state.drawn == expected and store.frame(frame(2).name) is None
    with DiskStore.open(tmp_path, FINGERPRINT) as store:
        assert store.state.drawn == expected
        assert store.frame(frame(1).name) is not None


def test_damage_in_a_frame_is_mended_from_the_second_copy(tmp_path):
    """And a frame that is nowhere whole is passed over, its boxes stay."""
    with DiskStore.open(tmp_path, FINGERPRINT) as store:
        fill(store)
        store.keep()
    path = tmp_path / 'memory.db'
    content = bytearray(path.read_bytes())
    content[content.index(packed(frame().codes)[:64]) + 20] ^= 4
    content[24:28] = b'oops'  # and so that the file is read page by page
    content[0] ^= 1
    path.write_bytes(content)
    assert [one.name for one in frames_of(read_store(tmp_path))] == sorted(
        [frame().name, frame(1).name])
    with DiskStore.open(tmp_path, FINGERPRINT) as store:
        assert store.remarks and store.frame(frame().name) is not None
    only = tmp_path / 'only'
    only.mkdir()
    db = connect(shutil.copy(path, only / 'memory.db'))
    db.execute('UPDATE frames SET cells = zeroblob(20) WHERE name = ?', (frame().name,))
    db.close()
    with DiskStore.open(only, FINGERPRINT) as store:
        assert store.frame(frame().name) is None and len(store.state.drawn) == 2


def test_an_export_carries_what_is_drawn_and_counts_it_once(tmp_path, capsys):
    """Import, merge and replace are one change each; Undo takes the drawings as well."""
    with DiskStore.open(tmp_path / 'one', FINGERPRINT) as store:
        fill(store)
        expected = store.state.drawn
    def run(*words):
        return cli.main(['state', *map(str, words)])
    assert run('export', '-m', tmp_path / 'one', tmp_path / 'file') == 0
    assert run('import', '-m', tmp_path / 'two', tmp_path / 'file') == 0
    assert run('import', '-m', tmp_path / 'two', tmp_path / 'file') == 0
    with DiskStore.open(tmp_path / 'two', FINGERPRINT) as store:
        assert store.state.drawn == expected
        assert [one.text for one in store.state.boxes_of('mug')] == ['mug']
        assert np.array_equal(store.frame(frame().name).codes, frame().codes)
        store.draw(NewDrawing(frame(3), [(TOP, '')]))
    assert run('import', '--replace', '-m', tmp_path / 'two', tmp_path / 'file') == 0
    with DiskStore.open(tmp_path / 'two', FINGERPRINT) as store:
        assert store.state.drawn == expected and store.state.counts == {'mug': 1}
        store.undo()
        assert len(store.state.drawn) == 3
        store.redo()
        assert store.state.drawn == expected
    assert run('show', '-m', tmp_path / 'two') == 0
    assert '2 boxes in 2 frames, 2 of them wholly' in capsys.readouterr().out
    robot = Classifier(inputs=4)
    robot.open(tmp_path / 'three', tmp_path / 'file')
    assert robot.state.drawn == expected
    robot.save(tmp_path / 'again')
    assert [len(one.boxes) for one in drawings_of(read_store(tmp_path / 'again'))] == [
        len(expected[name].boxes) for name in expected]


def test_a_memory_of_the_format_before_is_read_and_renewed(tmp_path, monkeypatch):
    """It has no frames; a reader leaves it, a writer renews it once, another one then knows."""
    with monkeypatch.context() as old:
        old.setattr(database, 'FORMAT', 2)
        old.setattr(database, '_FRAMES', 'SELECT 1')
        with DiskStore.open(tmp_path, FINGERPRINT) as store:
            store.teach('mug', codes(1))
            store.keep()
    before = (tmp_path / 'memory.db').read_bytes()
    reader = ReadOnlyStore(tmp_path, FINGERPRINT)
    assert reader.state.counts == {'mug': 1} and reader.frame('x') is None
    assert read_store(tmp_path).problems == []
    assert (tmp_path / 'memory.db').read_bytes() == before
    one, other = (DiskStore.open(tmp_path, FINGERPRINT) for _ in range(2))
    with one, other:
        other.teach('box', codes(2), region=LEFT, frame=frame())
        one.poll()
        assert one.state.drawn == other.state.drawn
        assert one.frame(frame().name) is not None
    db = sqlite3.connect(tmp_path / 'memory.db')
    assert db.execute('PRAGMA user_version').fetchone() == (3,)
    db.close()


def test_several_boxes_of_several_frames_in_any_grouping():
    """Four boxes in two frames, whatever the order in which they were drawn."""
    boxes = [(seed, region) for seed in range(2) for region in (LEFT, RIGHT)]
    expected = None
    for order in itertools.permutations(boxes):
        store = SampleStore(FINGERPRINT)
        for seed, region in order:
            store.draw(NewDrawing(frame(seed), [(region, '')]))
        expected = expected or store.state.drawn
        assert store.state.drawn == expected


def test_what_was_computed_is_kept_for_its_key_alone(tmp_path):
    """Under its name; another key, a damaged row or another disk gives nothing."""
    arrays = {'numbers': np.arange(5.0)}
    with DiskStore.open(tmp_path, FINGERPRINT) as store:
        store.teach('mug', codes(1))
        version = store.version
        store.keep_computed('where', 'key', arrays)
        assert store.version == version and store.cached() is None
        for reader in (store, ReadOnlyStore(tmp_path, FINGERPRINT)):
            assert np.array_equal(reader.computed('where', 'key')['numbers'], arrays['numbers'])
            assert reader.computed('where', 'other') is reader.computed('other', 'key') is None
        store.keep_computed('where', 'other', arrays)
        assert store.computed('where', 'key') is None
    db = connect(tmp_path / 'memory.db')
    db.execute('UPDATE cache SET crc = crc + 1')
    db.close()
    assert ReadOnlyStore(tmp_path, FINGERPRINT).computed('where', 'other') is None
    with DiskStore.open(tmp_path, FINGERPRINT) as store:
        assert store.computed('where', 'other') is None
    assert SampleStore(FINGERPRINT).computed('where', 'key') is None


def test_a_sample_takes_its_own_box_with_it_and_no_other():
    """Also where neither has a stamp, and where both lie at one place of two frames."""
    store = SampleStore(FINGERPRINT)
    for seed in range(2):
        store.teach('mug', codes(seed), region=LEFT, frame=frame(seed))
    store.remove(1)
    assert list(store.state.drawn) == [frame(1).name]
    store.undo()
    store.draw(NewDrawing(frame(2), [(LEFT, 'mug')], stamp='9.0'))  # no evidence for its label
    store.remove(3)
    assert set(store.state.drawn) == {frame(0).name, frame(2).name}


def test_verify_finds_pictures_and_frames_that_are_damaged(tmp_path, capsys):
    """The records are whole; what hangs on them is not."""
    with DiskStore.open(tmp_path, FINGERPRINT) as store:
        fill(store)
    assert cli.main(['state', 'verify', '-m', str(tmp_path)]) == 0
    db = connect(tmp_path / 'memory.db')
    db.execute('UPDATE frames SET jpeg = ? WHERE name = ?', (b'another', frame(1).name))
    db.execute('UPDATE pictures SET jpeg = ?', (b'another',))
    db.close()
    capsys.readouterr()
    assert cli.main(['state', 'verify', '-m', str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert '1 of 1 pictures cannot be read' in said.err
    assert '1 of 2 drawn frames cannot be read' in said.err
    assert 'damage was found' in said.out


def test_migrate_encodes_drawn_frames_of_another_cut_encoder_again(tmp_path, capsys):
    """From their pictures; one without is told, boxes and history stay."""
    cells = CellEncoder()
    rgb = np.random.default_rng(1).integers(0, 256, (240, 320, 3), np.uint8)
    old = DrawnFrame('cd' * 32, np.zeros((15, 20, 672), np.uint8), kept_jpeg(rgb))
    bare = DrawnFrame('cd' * 32, np.ones((15, 20, 672), np.uint8))
    robot = Classifier()
    robot.open(tmp_path)
    robot.teach(rgb, 'mug', region=LEFT, frame=old, picture=kept_jpeg(rgb[:224, :224]),
                views=[])
    robot.draw(bare, [RIGHT], complete=True)
    robot.draw(DrawnFrame(cells.digest, cells.codes(rgb)), [TOP])
    robot.close()
    assert cli.main(['state', 'migrate', '-m', str(tmp_path),
                     '--model', str(Classifier().encoder.path)]) == 0
    assert '1 of 3 drawn frames are of another cut encoder and have no picture' in (
        capsys.readouterr().out)
    with DiskStore.open(tmp_path, None) as store:
        drawn = {box: name for name, one in store.state.drawn.items() for box in one.boxes}
        assert set(drawn) == {LEFT, RIGHT, TOP} and drawn[RIGHT] == bare.name
        renewed = store.frame(drawn[LEFT])
        assert renewed.encoder == cells.digest and renewed.codes.any()
        assert store.frame(old.name) is None
        for _ in range(3):
            store.undo()
        assert not store.state.drawn


def test_boxes_that_are_merged_in_keep_their_labels(tmp_path):
    """Also where every sample of the label is known: forgetting it takes them along."""
    with DiskStore.open(tmp_path / 'one', FINGERPRINT) as one:
        one.teach('mug', codes(1), '1.0', region=LEFT)
        one.draw(NewDrawing(frame(), [(LEFT, 'mug')], stamp='1.0'))
    with DiskStore.open(tmp_path / 'two', FINGERPRINT) as two:
        two.teach('mug', codes(1))
        found = read_store(tmp_path / 'one')
        two.import_samples(found.fingerprint, found.state.samples.values(),
                           drawings=drawings_of(found))
        assert [box.text for box in two.state.boxes_of('mug')] == ['mug']
        two.forget('mug')
        assert not two.state.drawn


def test_a_box_that_is_drawn_leaves_what_is_known_of_repeats(tmp_path):
    """No sample has changed; the next frame of a stamp that was taught is known all the same."""
    robot = Classifier(inputs=4)
    robot.open(tmp_path)
    robot.teach(codes(1), 'mug', '1.0')
    robot.draw(frame(), [LEFT])
    assert 'sample 1 already' in robot.teach(codes(1), 'mug', '1.0').skipped
    assert robot.undo().what == 'draw'
    assert 'sample 1 already' in robot.teach(codes(1), 'mug', '1.0').skipped
