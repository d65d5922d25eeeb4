# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Who taught what, and what robots call things: against sets written down by hand."""

import time

from fleets import codes, FINGERPRINT, KEYS, store_of
import pytest

from hybrid_snn_ros.cli.main import main
from hybrid_snn_ros.memory.authors import also_called, robot_names, taught_by
from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.memory.exchange import Foreign

ARM, BELT, CART = (key.author for key in KEYS[:3])


def give(store, *others):
    """Let a store know what others know."""
    for other in others:
        store.admit([Foreign(one, b'') for one in other.state.records])


@pytest.fixture
def stores():
    """Return three robots that know of one mug, which the first one taught."""
    arm, belt, cart = (store_of(key, time.time) for key in KEYS[:3])
    arm.decide('allow', BELT, 'the belt')
    arm.teach('mug', codes(1))
    give(belt, arm)
    give(cart, arm)
    return arm, belt, cart


def test_who_taught_what(stores):
    arm, belt, cart = stores
    belt.teach('mug', codes(2))
    belt.teach('mug', codes(3))
    cart.teach('bowl', codes(4))
    give(arm, belt, cart)
    assert taught_by(arm.state) == {'mug': {ARM: 1, BELT: 2}, 'bowl': {CART: 1}}
    arm.forget('bowl')
    assert taught_by(arm.state) == {'mug': {ARM: 1, BELT: 2}}
    assert robot_names(arm.state) == {BELT: 'the belt'}


def test_of_names_that_robots_chose_the_latest_is_shown_and_the_others_are_not_hidden(stores):
    arm, belt, cart = stores
    belt.rename('mug', 'beaker')
    cart.rename('mug', 'cup')
    give(arm, belt, cart)
    give(belt, cart)
    shown, = arm.state.labels
    assert shown in ('beaker', 'cup') and belt.state.labels == [shown]
    assert also_called(arm.state) == also_called(belt.state) == {
        shown: [({'beaker', 'cup'} - {shown}).pop()]}
    loser = cart if shown == 'beaker' else belt
    give(loser, arm)
    loser.rename(shown, 'tumbler')  # gives up what it had chosen, not what the other had
    assert also_called(loser.state) == {'tumbler': [shown]}
    loser.undo()
    assert also_called(loser.state) == also_called(arm.state)


def test_one_robot_alone_is_also_called_nothing(stores):
    arm, _, _ = stores
    arm.rename('mug', 'cup')
    arm.rename('cup', 'beaker')
    assert also_called(arm.state) == {}


def test_show_says_who_taught_what_once_there_are_several(tmp_path, stores, capsys):
    with DiskStore.open(tmp_path, FINGERPRINT) as store:
        store.take_author(CART)
        store.teach('bowl', codes(5))
        assert main(['state', 'show', '-m', str(tmp_path)]) == 0
        assert 'taught by' not in capsys.readouterr().out
        _, belt, _ = stores
        belt.teach('mug', codes(6))
        belt.rename('mug', 'beaker')
        give(store, belt)
        store.rename('beaker', 'cup')
    assert main(['state', 'show', '-m', str(tmp_path)]) == 0
    said = capsys.readouterr().out
    rows = {line.split()[-1]: line for line in said.splitlines() if line}
    assert 'this robot 1' in rows['bowl']
    assert f'{ARM[:8]} 1, the belt 1' in rows['cup']
    assert "'cup' is called 'beaker', too, by other robots" in said
