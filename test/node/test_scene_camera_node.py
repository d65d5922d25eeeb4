# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The simulated camera before a swaying table, as a process of its own, heard over DDS."""

import os
import signal
import subprocess

import numpy as np
import pytest
from simulated_camera import end, pixels, start, viewer

from hybrid_snn_ros.sim import swaying
from hybrid_snn_ros.sim.scene_ahead import SceneWish

pytest.importorskip('pybullet', reason='pybullet is not installed (extra sim)')

SEED = 3


@pytest.fixture
def client():
    """Yield a node that hears the camera."""
    with viewer() as client:
        yield client


def drawn_scene(view, names=()):
    """Draw, in this process, the scene that a `~/view` message describes."""
    wish = SceneWish(view['scene'], names, view['floor'], view['split'],
                     (SEED, view['arrangement']))
    with swaying.TurningTable() as table:
        arrangement = table.arranged(
            wish.chosen(), wish.floor, wish.split, np.random.default_rng([*wish.seed, 1]),
            swaying.SWAY_TURNS)
        return wish.chosen(), table.turned(arrangement, swaying.turn_of(view['view']))


def workers_of(pid):
    """Return the numbers of the processes that a process started."""
    listed = subprocess.run(['ps', '-o', 'pid=', '--ppid', str(pid)], check=False, text=True,
                            capture_output=True).stdout
    return {int(number) for number in listed.split()}


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return 'Z' not in open(f'/proc/{pid}/stat', encoding='utf-8').read().rpartition(')')[2][:3]


def test_a_scene_moves_and_says_what_is_where_in_it(client):
    process = start('scene:=3', 'objects:=mug, Red_Ball', 'floor:=plain', 'split:=test',
                    f'seed:={SEED}', 'rate:=20')
    try:
        frames = client.until('pictures of four views', lambda: (
            len({view['view'] for _, view in client.frames() if 'scene' in view}) > 3
            and client.frames()))
        image, view = frames[-1]
        assert (image.width, image.height, image.encoding) == (640, 480, 'rgb8')
        assert (view['scene'], view['arrangement'], view['size']) == (3, 0, [640, 480])
        assert (view['floor'], view['split']) == ('plain', 'test')
        names, scene = drawn_scene(view, ('mug', 'red ball'))
        assert names[:2] == ['mug', 'red ball'] and client.showing == [', '.join(names)]
        assert np.array_equal(pixels(image), scene.image)
        assert [thing['object'] for thing in view['things']] == list(scene.names)
        assert np.array_equal([thing['box'] for thing in view['things']], scene.boxes)

        assert client.set_whole_numbers(scene=5, arrangement=7).successful
        image, view = client.until('the other table', lambda: [
            pair for pair in client.frames() if pair[1]['arrangement'] == 7])[0]
        names, scene = drawn_scene(view, ('mug', 'red ball'))
        assert len(names) == 5 and np.array_equal(pixels(image), scene.image)

        refused = client.set_whole_numbers(scene=1)
        assert not refused.successful
        assert refused.reason == 'objects names 2, but scene is 1'
        assert client.set_whole_numbers(scene=0).successful
        client.until('the turntable', lambda: client.frames()[-1][1].get('object') == 'duck')
        assert (client.images[-1].width, client.images[-1].height) == (320, 240)
        drawing = workers_of(process.pid)
        assert drawing
    finally:
        code, printed = end(process, signal.SIGINT)
    assert code == 0, printed
    assert 'Traceback' not in printed
    client.until('the end of those who draw', lambda: not any(map(alive, drawing)))


def test_no_process_outlives_a_camera_that_was_killed(client):
    process = start('scene:=2', f'seed:={SEED}')
    try:
        client.until('a picture', lambda: [
            pair for pair in client.frames() if pair[1].get('scene') == 2])
        drawing = workers_of(process.pid)
        assert drawing
    finally:
        process.kill()
        process.communicate()
    client.until('the end of those who draw', lambda: not any(map(alive, drawing)))


@pytest.mark.parametrize('parameters, sentence', [
    (['scene:=6'], 'scene 6 is not possible: it is 1 to 5 things on a table, or 0 for the '
                   'turntable'),
    (['scene:=2', 'objects:=duk'], "object 'duk' is not on the turntable: did you mean duck"),
    (['scene:=3', 'objects:=duck,mug,duck'], "objects 'duck,mug,duck' names one twice"),
    (['scene:=2', 'floor:=green'], "floor 'green' is unknown: it is one of plain, varied"),
    (['arrangement:=-1'], 'arrangement -1 is negative: it is 0 or more'),
    (['scene:=2', 'width:=320', 'height:=240'],
     'a scene has 640x480 pixels, not 320x240: leave width and height at 0')])
def test_a_scene_that_cannot_be_ends_the_start_with_one_sentence(parameters, sentence):
    code, printed = end(start(*parameters))
    assert code == 1
    assert printed == f'turntable_camera: {sentence}\n'
