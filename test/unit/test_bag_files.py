# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What a path means that is named as a bag: it is read, or refused in a sentence that helps."""

import gzip
import os
import shutil
import sqlite3
import zlib

from bag_samples import BLUE, file_of, GREEN, IMAGE, recorded, RED, scene, shown, STRING
import numpy as np
import pytest
import yaml

from hybrid_snn_ros.cli.main import main
from hybrid_snn_ros.vision import bags

pytest.importorskip('rosbags', reason='rosbags is not installed')
STORAGES = ('MCAP', 'SQLITE3')
SUFFIX = {'MCAP': '.mcap', 'SQLITE3': '.db3'}
STAMPS = [(5, 1), (6, 0), (7, 0)]


def read(path, labels='/label'):
    """Return the frames of a bag and what was remarked."""
    remarks = []
    _, frames = bags.frames(path, label_topic=labels, remark=remarks.append)
    return list(frames), remarks


def walk(path, storage='MCAP', packed=''):
    """Write a bag of a mug; what is in it is known to `is_the_walk`."""
    return recorded(path, ['mug', *shown(RED, STAMPS)], storage, packed=packed)


def is_the_walk(frames):
    return [(frame.stamp, frame.label, frame.trouble) for frame in frames] == [
        (stamp, 'mug', '') for stamp in STAMPS] and all(
        np.array_equal(np.asarray(frame.message.data), scene(RED, place).reshape(-1))
        for place, frame in enumerate(frames))


def changed(bag, **values):
    """Change values in metadata.yaml."""
    about = yaml.safe_load((bag / 'metadata.yaml').read_text())
    about['rosbag2_bagfile_information'].update(values)
    (bag / 'metadata.yaml').write_text(yaml.safe_dump(about))
    return bag


def moved(bag, name):
    return file_of(bag).rename(bag / name)


def copied(bag, name):
    """Copy the file of a bag to a place beside it."""
    (bag.parent / name).parent.mkdir(exist_ok=True)
    return shutil.copy(file_of(bag), bag.parent / name)


def linked(bag):
    (bag.parent / 'link').symlink_to(bag)
    return bag.parent / 'link'


def without_metadata(bag):
    (bag / 'metadata.yaml').unlink()
    return bag


def with_metadata(content):
    def write(bag, suffix):
        (bag / 'metadata.yaml').write_bytes(content)
        return bag
    return write


RENAMED = 'metadata.yaml names bag'
UNUSABLE = 'metadata.yaml cannot be used: '
WAYS = {  # what is named, what is remarked
    'its folder': (lambda bag, suffix: bag, ''),
    'its metadata': (lambda bag, suffix: bag / 'metadata.yaml', ''),
    'its file': (lambda bag, suffix: file_of(bag), ''),
    'a copy of its file': (lambda bag, suffix: copied(bag, f'copy{suffix}'), ''),
    'capitals': (lambda bag, suffix: copied(bag, f'WALK{suffix.upper()}'), ''),
    'mixed letters': (lambda bag, suffix: copied(bag, f'Walk{suffix.title()}'), ''),
    'no suffix': (lambda bag, suffix: copied(bag, 'walk_of_monday'), ''),
    'another suffix': (lambda bag, suffix: copied(bag, 'walk.backup'), ''),
    'the suffix of the other kind': (lambda bag, suffix: copied(
        bag, 'walk.db3' if suffix == '.mcap' else 'walk.mcap'), ''),
    'the suffix of ROS 1': (lambda bag, suffix: copied(bag, 'walk.bag'), ''),
    'a suffix as if it was packed': (lambda bag, suffix: copied(bag, f'walk{suffix}.zstd'), ''),
    'a name that is an address': (lambda bag, suffix: copied(bag, f'a?b#c%20d{suffix}'), ''),
    'a folder called like a file': (
        lambda bag, suffix: bag.rename(bag.parent / f'b{suffix}'), ''),
    'a link': (lambda bag, suffix: linked(bag), ''),
    'no metadata': (lambda bag, suffix: without_metadata(bag), ''),
    'a renamed file, its folder': (
        lambda bag, suffix: moved(bag, f'kitchen{suffix}').parent, RENAMED),
    'a renamed file in capitals, its folder': (
        lambda bag, suffix: moved(bag, f'K{suffix.upper()}').parent, RENAMED),
    'a renamed file, itself': (lambda bag, suffix: moved(bag, f'kitchen{suffix}'), ''),
    'no storage identifier': (lambda bag, suffix: changed(bag, storage_identifier=''), ''),
    'another storage identifier': (lambda bag, suffix: changed(
        bag, storage_identifier='sqlite3' if suffix == '.mcap' else 'mcap'), ''),
    'a storage of tomorrow': (lambda bag, suffix: changed(
        bag, storage_identifier='hdf5', version=99), ''),
    'an old path in the metadata': (lambda bag, suffix: changed(
        bag, relative_file_paths=[f'before/{file_of(bag).name}']), ''),
    'empty metadata': (with_metadata(b''), UNUSABLE),
    'cut-off metadata': (
        with_metadata(b'rosbag2_bagfile_information:\n  version: 9\n  stor'), UNUSABLE),
    'metadata of something else': (with_metadata(b'license: MIT\n'), UNUSABLE),
    'metadata that is a list': (with_metadata(b'- 1\n- 2\n'), UNUSABLE),
    'metadata that names nothing': (with_metadata(
        b'rosbag2_bagfile_information: {relative_file_paths: []}'), UNUSABLE),
    'metadata that is no text': (with_metadata(b'\xff\xfe\0\1'), UNUSABLE),
    'metadata that is no YAML': (with_metadata(b'{[:'), UNUSABLE),
}


@pytest.mark.slow
@pytest.mark.parametrize('way', WAYS)
@pytest.mark.parametrize('storage', STORAGES)
def test_a_recording_is_read_whatever_was_done_to_its_names(storage, way, tmp_path):
    make, remark = WAYS[way]
    path = make(walk(tmp_path / 'bag', storage), SUFFIX[storage])
    assert bags.is_bag(path)
    frames, remarks = read(path)
    assert is_the_walk(frames)
    assert len(remarks) == bool(remark) and all(remark in said for said in remarks)


@pytest.mark.parametrize('way', ['its folder', 'its file', 'no metadata', 'no suffix'])
@pytest.mark.parametrize('storage, packed', [
    ('MCAP', 'FILE'), ('MCAP', 'MESSAGE'), ('MCAP', 'STORAGE'), ('SQLITE3', 'FILE'),
    ('SQLITE3', 'MESSAGE')])
def test_a_packed_recording_is_read(storage, packed, way, tmp_path):
    frames, remarks = read(WAYS[way][0](
        walk(tmp_path / 'bag', storage, packed), SUFFIX[storage]))
    assert is_the_walk(frames) and not remarks


def split(folder, storage, numbers=(0, 1, 2)):
    """Write a recording of a file for every number: red, green, blue."""
    for number, (label, colour) in zip(numbers, (('red', RED), ('green', GREEN), ('blue', BLUE))):
        part = recorded(folder.parent / f'{folder.name}_{number}',
                        [label, *shown(colour, [(10 + number, n) for n in range(1, 3)])], storage)
        if not folder.exists():
            shutil.copytree(part, folder)
            file_of(folder).unlink()
        shutil.copy(file_of(part), folder / f'walk_{number}{SUFFIX[storage]}')
    return changed(folder, relative_file_paths=[f'walk_{n}{SUFFIX[storage]}' for n in numbers])


@pytest.mark.parametrize('storage', STORAGES)
def test_a_file_of_a_split_recording_means_that_file(storage, tmp_path):
    bag, suffix = split(tmp_path / 'walk', storage), SUFFIX[storage]
    for number, label in enumerate(('red', 'green', 'blue')):
        frames, remarks = read(bag / f'walk_{number}{suffix}')
        assert [(f.stamp[0], f.label) for f in frames] == [(10 + number, label)] * 2
        assert not remarks
    for whole in (bag, bag / 'metadata.yaml'):
        assert [f.label for f in read(whole)[0]] == ['red'] * 2 + ['green'] * 2 + ['blue'] * 2


@pytest.mark.parametrize('storage', STORAGES)
def test_a_split_recording_without_metadata_is_read_in_the_order_of_its_numbers(
        storage, tmp_path):
    bag = without_metadata(split(tmp_path / 'walk', storage, (2, 9, 10)))
    frames, [remark] = read(bag)
    assert [f.stamp[0] for f in frames] == [12, 12, 19, 19, 20, 20]
    assert 'has no metadata.yaml; read: walk_2' in remark


def test_a_split_recording_is_read_without_the_file_that_is_lost(tmp_path):
    bag = split(tmp_path / 'gone', 'MCAP')
    (bag / 'walk_1.mcap').unlink()
    frames, [remark] = read(bag)
    assert [f.label for f in frames] == ['red', 'red', 'blue', 'blue']
    assert 'names walk_1.mcap, which is not there; read: walk_0.mcap, walk_2.mcap' in remark
    for content, reason in ((b'', 'is empty: it holds 0 bytes'), (b'\x89MCAP0\r\n', 'was cut off'),
                            (b'junk', 'is no recording')):
        bag = split(tmp_path / str(len(content)), 'MCAP')
        (bag / 'walk_2.mcap').write_bytes(content)
        frames, [remark] = read(bag)
        assert [f.label for f in frames] == ['red', 'red', 'green', 'green']
        assert remark.startswith('left out: ') and f'walk_2.mcap {reason}' in remark
    (bag / 'walk_3.mcap').write_bytes(b'')
    assert 'walk_3.mcap is not in metadata.yaml and not read' in read(bag)[1][0]


def ros1(path):
    """Write the walk as ROS 1 recorded it."""
    from rosbags.rosbag1 import Writer
    from rosbags.typesys import get_typestore, Stores
    store = get_typestore(Stores.ROS1_NOETIC)
    types = store.types
    with Writer(path) as writer:
        camera = writer.add_connection('/camera/image', IMAGE, typestore=store)
        label = writer.add_connection('/label', STRING, typestore=store)
        writer.write(label, 10**18, store.serialize_ros1(types[STRING]('mug'), STRING))
        for place, (stamp, pixels) in enumerate(shown(RED, STAMPS), 1):
            header = types['std_msgs/msg/Header'](
                0, types['builtin_interfaces/msg/Time'](*stamp), 'camera')
            writer.write(camera, 10**18 + place, store.serialize_ros1(types[IMAGE](
                header, *pixels.shape[:2], 'rgb8', 0, 480, pixels.reshape(-1)), IMAGE))
    return path


@pytest.mark.parametrize('name', ['walk.bag', 'WALK.BAG', 'walk', 'walk.bag.active'])
def test_a_bag_of_ros_1_is_read(name, tmp_path):
    path = ros1(tmp_path / 'one.bag').rename(tmp_path / name)
    assert bags.is_bag(path)
    frames, remarks = read(path)
    assert is_the_walk(frames) and not remarks


@pytest.mark.slow
def test_an_mcap_that_was_cut_off_is_read_as_far_as_it_is_whole(tmp_path):
    """At any place, also where zeros were written instead, in chunks that are packed or not."""
    said = ['mug', *shown(RED, [(n, 0) for n in range(1, 41)])]
    cut = tmp_path / 'cut.mcap'
    for packed in ('', 'STORAGE'):
        whole = file_of(recorded(tmp_path / f'bag{packed}', said, packed=packed)).read_bytes()
        ends = [whole.find(pixels.tobytes()) + pixels.size for _, pixels in said[1:]]
        before = 0
        for percent in range(3, 100, 4):
            end = len(whole) * percent // 100
            for content in (whole[:end], whole[:end] + bytes(len(whole) - end)):
                cut.write_bytes(content)
                try:
                    frames, [remark] = read(cut)
                except bags.BagError as error:
                    assert 'was cut off' in str(error) and '`mcap recover ' in str(error)
                    assert not before, 'more of it was read when it was shorter'
                    continue
                assert all(f.label == 'mug' and np.array_equal(
                    np.asarray(f.message.data), scene(RED, n).reshape(-1))
                    for n, f in enumerate(frames))
                assert (f'cut.mcap was cut off: {len(frames) + 1} messages of it can be read, its '
                        'end is missing') == remark.split('/')[-1]
                if packed:  # chunks of 19 frames, of which one that is cut is not looked into
                    assert len(frames) in (19, 38)
                else:
                    assert len(frames) == sum(one <= end for one in ends)
                assert len(frames) >= before
                before = len(frames)
        assert before >= 38
        cut.write_bytes(whole[:-1])
        assert len(read(cut)[0]) == 40


def test_an_mcap_whose_index_is_damaged_is_read_without_it(tmp_path):
    bag = walk(tmp_path / 'bag')
    whole = file_of(bag).read_bytes()
    index = int.from_bytes(whole[-28:-20], 'little')
    file_of(bag).write_bytes(whole[:index] + b'\xff' * 80 + whole[index + 80:])
    frames, [remark] = read(bag)
    assert is_the_walk(frames) and 'has a damaged index' in remark
    assert '4 messages can be read without it' in remark


def test_what_a_killed_sqlite_left_beside_is_told(tmp_path):
    bag = walk(tmp_path / 'bag', 'SQLITE3')
    with sqlite3.connect(file_of(bag)) as recorder:
        recorder.execute('PRAGMA journal_mode = WAL')
        recorder.execute('DELETE FROM messages WHERE id = 2')
        recorder.commit()
        shutil.copytree(bag, tmp_path / 'killed')
    recorder.close()
    frames, [remark] = read(tmp_path / 'killed')
    assert is_the_walk(frames)
    assert 'bag.db3-wal holds what was recorded last and is not read; `sqlite3' in remark


# -- refused ---------------------------------------------------------------------------------


def gone(tmp_path):
    return tmp_path / 'gone.mcap'


def half(bag):
    content = file_of(bag).read_bytes()
    file_of(bag).write_bytes(content[:len(content) // 2])
    return file_of(bag)


def with_content(name, content):
    def write(tmp_path):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name
    return write


def folder(tmp_path, name, *files):
    for file in (name, *files):
        (tmp_path / file).mkdir(exist_ok=True)
    return tmp_path / name


def several(tmp_path):
    for name in ('mug.mcap', 'duck.mcap', 'cup_1.mcap'):
        copied(walk(tmp_path / f'of_{name}'), f'all/{name}')
    return tmp_path / 'all'


def renamed_twice(tmp_path):
    bag = walk(tmp_path / 'bag')
    shutil.copy(file_of(bag), bag / 'bath.mcap')
    moved_to = bag / 'kitchen.mcap'
    (bag / 'bag.mcap').rename(moved_to)
    return bag


def database(tmp_path):
    with sqlite3.connect(tmp_path / 'music.db3') as other:
        other.execute('CREATE TABLE songs (name)')
    other.close()
    return tmp_path / 'music.db3'


def fifo(tmp_path):
    os.mkfifo(tmp_path / 'pipe.mcap')
    return tmp_path / 'pipe.mcap'


def dangling(tmp_path):
    (tmp_path / 'link.mcap').symlink_to(tmp_path / 'unplugged')
    return tmp_path / 'link.mcap'


def metadata_alone(tmp_path):
    bag = walk(tmp_path / 'bag')
    file_of(bag).unlink()
    return bag


REFUSED = {
    'there is no ': [
        gone, lambda tmp_path: tmp_path / 'gone', lambda tmp_path: tmp_path / 'gone.DB3.zstd',
        lambda tmp_path: tmp_path / 'gone' / 'metadata.yaml'],
    'is a link to .*unplugged, which is not there': [dangling],
    'is empty: it holds 0 bytes': [
        with_content(name, b'') for name in ('a.mcap', 'a.db3', 'a.bag', 'A.MCAP')],
    'is no recording: it does not begin like': [
        with_content('x.mcap', b'a shopping list\n'), with_content('x.db3', bytes(5000)),
        with_content('x.bag', b'\xff\xd8\xff\xe0 a jpeg'), with_content('x.mcap.zstd', b'text'),
        with_content('x.mcap', b'\x89MCA')],
    'is packed with gzip; unpack it first': [
        with_content('x.mcap.gz', gzip.compress(b'x' * 99)),
        with_content('x.mcap', gzip.compress(b'x' * 99))],
    'is packed with zip; unpack it first': [with_content('x.bag.zip', b'PK\x03\x04')],
    'cannot be unpacked; `zstd -t ': [with_content('x.mcap.zstd', b'\x28\xb5\x2f\xfd junk')],
    'is a folder without a recording': [
        lambda tmp_path: folder(tmp_path, 'x.mcap'),
        lambda tmp_path: folder(tmp_path, 'x.mcap', 'x.mcap/y.mcap'),
        lambda tmp_path: with_content('metadata.yaml', b'junk')(
            folder(tmp_path, 'x')).parent],
    'names bag.mcap, which is not there, and no other recording is in the folder': [
        metadata_alone],
    'holds several recordings and no metadata.yaml .* duck.mcap, mug.mcap': [several],
    'names bag.mcap, which is not there; name the file .* bath.mcap, kitchen.mcap': [
        renamed_twice],
    'holds folders with recordings; name one of them: bag': [
        lambda tmp_path: walk(tmp_path / 'all' / 'bag').parent],
    'was cut off, and no message in it is whole; `mcap recover ': [
        lambda tmp_path: with_content('cut.mcap', file_of(
            walk(tmp_path / 'bag')).read_bytes()[:760])(tmp_path)],
    'is damaged or was cut off .* `sqlite3 .* .dump ': [
        lambda tmp_path: half(walk(tmp_path / 'bag', 'SQLITE3')),
        lambda tmp_path: with_content('x.db3', b'SQLite format 3\0' + bytes(99))(tmp_path)],
    'is damaged or was cut off .* `rosbag reindex ': [
        lambda tmp_path: with_content('x.bag', ros1(
            tmp_path / 'one.bag').read_bytes()[:9999])(tmp_path),
        with_content('x.bag', b'#ROSBAG V2.0\n' + bytes(64)),
        with_content('y.bag', b'#ROSBAG V1.2\n')],
    'is no recording of ROS 2, it comes from another program': [
        database, lambda tmp_path: with_content('web.mcap', file_of(
            walk(tmp_path / 'bag')).read_bytes().replace(b'ros2', b'json', 1))(tmp_path)],
    'is neither a file nor a folder': [fifo],
    'holds no frame: nothing was recorded of /camera/image': [
        lambda tmp_path: recorded(tmp_path / 'bag', []),
        lambda tmp_path: recorded(tmp_path / 'bag', ['mug'], 'SQLITE3'),
        lambda tmp_path: file_of(recorded(tmp_path / 'bag', ['mug', 'mug']))],
}


@pytest.mark.parametrize('sentence, make', [
    (sentence, make) for sentence, makes in REFUSED.items() for make in makes])
def test_what_is_no_recording_is_refused_in_a_sentence(sentence, make, tmp_path, capsys):
    path = make(tmp_path)
    with pytest.raises(bags.BagError, match=f'{path.name}.*{sentence}|{sentence}.*{path.name}'):
        read(path)
    # The options of bags must not be what is complained of.
    assert main(['teach', str(path), '--label', 'mug', '--image', '/camera/image',
                 '-m', str(tmp_path / 'memory')]) == 1
    err = capsys.readouterr().err
    assert str(path) in err and '--image' not in err and 'report' not in err
    assert len(err.strip().splitlines()) <= 2  # what metadata.yaml lacks, and the refusal


@pytest.mark.skipif(os.getuid() == 0, reason='root may read everything')
def test_what_one_may_not_read_is_told(tmp_path):
    bag = walk(tmp_path / 'bag')
    for path, named in ((file_of(bag), file_of(bag)), (file_of(bag), bag), (bag, bag)):
        mode = path.stat().st_mode
        path.chmod(0)
        try:
            with pytest.raises(bags.BagError, match='you have no permission'):
                bags.is_bag(named)
                read(named)
        finally:
            path.chmod(mode)


def test_an_empty_recording_without_topics_is_told(tmp_path):
    from rosbags.rosbag2 import StoragePlugin, Writer
    for storage in STORAGES:
        with Writer(tmp_path / storage, version=9, storage_plugin=StoragePlugin[storage]):
            pass
        with pytest.raises(bags.BagError, match='is an empty recording: it holds no topic'):
            read(tmp_path / storage)


def test_what_a_file_is_called_does_not_steer_the_terminal(tmp_path, capsys):
    path = tmp_path / 'a\x1b[31m\nb.mcap'
    path.write_bytes(b'')
    for command in ('teach', 'evaluate'):
        assert main([command, str(path), '--labels', '/label']) != 0
        assert r'/a\x1b[31m\nb.mcap is empty: it holds 0 bytes' in capsys.readouterr().err
    bag = walk(tmp_path / 'c\x1b[31m')
    (bag / 'metadata.yaml').write_text('a: \x1b')
    assert main(['teach', str(bag), '--label', 'mug', '-m', str(tmp_path / 'memory')]) == 0
    assert '\x1b' not in ''.join(capsys.readouterr())


@pytest.mark.parametrize('suffix', ['JPG', 'jpe', 'JFIF', 'webp'])
def test_pictures_and_packs_are_no_bags(tmp_path, suffix):
    for name in ('red', 'blue'):
        (tmp_path / 'pictures' / name).mkdir(parents=True)
        (tmp_path / 'pictures' / name / f'a.{suffix}').write_bytes(b'')
    assert not bags.is_bag(tmp_path / 'pictures')
    (tmp_path / 'pictures' / 'metadata.yaml').write_text('license: MIT')
    (tmp_path / 'pictures' / 'beside.mcap').write_bytes(b'')
    assert not bags.is_bag(tmp_path / 'pictures')
    (tmp_path / 'set' / 'train' / 'red').mkdir(parents=True)
    (tmp_path / 'set' / 'metadata.yaml').write_text('license: MIT')
    assert not bags.is_bag(tmp_path / 'set')
    (tmp_path / 'pack.npz').write_bytes(b'PK\x03\x04' + zlib.compress(b'x'))
    for path in ('pack.npz', 'turntable', f'pictures/red/a.{suffix}', 'pictures/red', 'x' * 300):
        assert not bags.is_bag(tmp_path / path)
