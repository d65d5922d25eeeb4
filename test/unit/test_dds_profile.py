# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Which Fast DDS profile a process gets: a user's own set-up is kept, and that is told."""

from xml.etree import ElementTree

from checkout import ROOT
import pytest

from hybrid_snn_ros import dds_profile

OURS = str(ROOT / 'config' / 'fastdds.xml')
NEW, OLD = 'FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE'


def test_ours_is_taken_where_nobody_has_chosen():
    for environment in ({}, {NEW: ''}, {'ROS_DISTRO': 'humble'},
                        {'FASTDDS_BUILTIN_TRANSPORTS': ''},
                        {'RMW_IMPLEMENTATION': 'rmw_fastrtps_cpp'},
                        {'RMW_IMPLEMENTATION': 'rmw_fastrtps_dynamic_cpp'}):
        assert dds_profile.choose('', OURS, environment) == (OURS, ''), environment


@pytest.mark.parametrize('environment, named', [
    ({NEW: '/mine.xml'}, f'your Fast DDS profile /mine.xml ({NEW}) is kept'),
    ({NEW: '/mine.xml', 'ROS_DISTRO': 'jazzy'}, f'/mine.xml ({NEW}) is kept'),
    ({OLD: '/old.xml'}, f'your Fast DDS profile /old.xml ({OLD}) is kept'),
    ({NEW: '/mine.xml', OLD: '/old.xml'}, f'/mine.xml ({NEW}) is kept'),
    ({NEW: '/mine.xml', OLD: '/old.xml', 'ROS_DISTRO': 'humble'}, f'/old.xml ({OLD}) is kept'),
    ({'FASTDDS_BUILTIN_TRANSPORTS': 'UDPv4'}, 'your FASTDDS_BUILTIN_TRANSPORTS=UDPv4 is kept'),
    ({'FASTDDS_BUILTIN_TRANSPORTS': 'LARGE_DATA?max_msg_size=1MB'}, 'LARGE_DATA?max_msg_size=1MB'),
])
def test_a_users_own_is_kept_and_that_is_told(environment, named):
    path, remark = dds_profile.choose('', OURS, environment)
    assert path is None and named in remark and '512 KiB' in remark and '\n' not in remark


def test_a_users_own_that_is_not_there_is_told_too(tmp_path):
    (tmp_path / 'mine.xml').touch()
    for name, said in (('mine.xml', 'need a larger segment_size in it'),
                       ('none.xml', f'there is no such file {tmp_path}/none.xml'),
                       ('mime.xml', f'did you mean {tmp_path}/mine.xml?'), ('', 'is a directory')):
        path, remark = dds_profile.choose('', OURS, {NEW: f'{tmp_path}/{name}'})
        assert path is None and said in remark and remark.startswith('your Fast DDS profile')
    # Fast DDS replaces no ~ there.
    assert 'no such file ~/mine.xml' in dds_profile.choose('', OURS, {OLD: '~/mine.xml'})[1]


def test_nothing_is_said_of_ours_and_of_another_middleware():
    for environment in ({NEW: OURS}, {OLD: OURS, 'ROS_DISTRO': 'humble'},
                        {'RMW_IMPLEMENTATION': 'rmw_cyclonedds_cpp'},
                        {'RMW_IMPLEMENTATION': 'rmw_zenoh_cpp', NEW: '/mine.xml'},
                        {'RMW_IMPLEMENTATION': 'rmw_connextdds'}):
        assert dds_profile.choose('', OURS, environment) == (None, ''), environment
    assert dds_profile.choose('none', OURS, {}) == (None, '')


def test_what_humble_does_not_read_is_replaced_and_that_is_told():
    path, remark = dds_profile.choose('', OURS, {NEW: '/mine.xml', 'ROS_DISTRO': 'humble'})
    assert path == OURS and '/mine.xml is replaced by' in remark
    assert dds_profile.variable('humble') == OLD
    assert {dds_profile.variable(name) for name in ('jazzy', 'kilted', None, '')} == {NEW}


def test_what_is_asked_for_wins(tmp_path, monkeypatch):
    mine = tmp_path / 'mine.xml'
    mine.touch()
    monkeypatch.setenv('HOME', str(tmp_path))
    for environment in ({}, {NEW: '/other.xml'}, {'RMW_IMPLEMENTATION': 'rmw_cyclonedds_cpp'}):
        assert dds_profile.choose('~/mine.xml', OURS, environment) == (str(mine), '')
    for wrong, sentence in (('~/mime.xml', f'did you mean {mine}?; give a file, or none'),
                            ('~', 'is a directory'), ('/no/x.xml', 'not even the directory /no'),
                            ('~nobody_is_called_so/x.xml', 'there is no user'),
                            ('$HOME/mine.xml', 'write ~/mine.xml')):
        with pytest.raises(ValueError, match='.') as refusal:
            dds_profile.choose(wrong, OURS, {})
        assert sentence in str(refusal.value)


def transports(name):
    """Return {kind of transport: descriptor} of a profile of ours, with names cut."""
    found = {}
    for node in ElementTree.parse(ROOT / 'config' / name).getroot().iter():
        if node.tag.endswith('}transport_descriptor'):
            values = {one.tag.split('}')[1]: one.text for one in node}
            found[values.pop('type')] = values
    return found


def test_ours_are_what_they_are_for():
    frame = 640 * 480 * 3
    assert int(transports('fastdds.xml')['SHM']['segment_size']) > 10 * frame
    [(kind, udp)] = transports('fastdds_udp.xml').items()
    assert kind == 'UDPv4' and int(udp['receiveBufferSize']) > 4 * frame
