# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The network on a device: same answers as on the CPU, little traffic, and what happens when it dies.

Every test runs on the strict stand-in (which see for what it proves), those of the answers also on
a GPU where CuPy finds one.
"""

import subprocess
import sys

import numpy as np
import pytest
import strict_device
from strict_device import traffic
import things

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.network import cache, Consolidation, Network
from hybrid_snn_ros.network import network as networks
from hybrid_snn_ros.snn import backend as backends
from hybrid_snn_ros.snn import backend_selection, coding, lateral, original
from hybrid_snn_ros.snn.backend import Backend, BackendError
from hybrid_snn_ros.snn.checkpoints import state_to_host
from hybrid_snn_ros.snn.rules import params_of
from hybrid_snn_ros.snn.steps import finish

INPUTS = 48
LABELS = 'abcdef'
RULES = {'lateral': {}, 'original': {}, 'original, all of it': {'replay': 2, 'copies': 2},
         'original, bare': {'beta': 0.0, 'graded_trace': False, 'tie_break': False}}
THINGS = things.things(np.random.default_rng(5), len(LABELS), INPUTS, shape=0.5)


def codes_of(label, number):
    """Return one view of a label's object."""
    return things.view_of(THINGS[LABELS.index(label)], np.random.default_rng(number))


def lessons(number, seed=0):
    """Return [(label, codes)]; every label is among the first ones."""
    order = [*LABELS, *np.random.default_rng(seed).choice(list(LABELS), number)][:number]
    return [(label, codes_of(label, 1000 * seed + place)) for place, label in enumerate(order)]


PROBES = [codes for _, codes in lessons(24, seed=9)]


@pytest.fixture
def strict(monkeypatch):
    """Install the stand-in as CuPy."""
    monkeypatch.setitem(sys.modules, 'cupy', strict_device)
    monkeypatch.setenv('CUPY_CACHE_DIR', '/not/used')
    monkeypatch.setattr(backends, 'devices', lambda: 1)
    yield
    traffic.recover()


@pytest.fixture(params=['strict', 'cupy'])
def device(request):
    """Provide backend 'cupy': the stand-in's, and the real one."""
    if request.param == 'strict':
        request.getfixturevalue('strict')
    try:
        return backends.load('cupy')  # the namespace
    except BackendError as error:
        pytest.skip(f'no GPU: {error}')


@pytest.fixture(params=RULES)
def rule(request):
    """Name a rule and some of its constants."""
    return request.param.split(',')[0], RULES[request.param]


def network(rule, backend='numpy'):
    """Return an untaught network."""
    return Network(rule[0], params_of(*rule), INPUTS, backend)


def taught(network, pairs):
    """Teach a network; return it."""
    for number, (label, codes) in enumerate(pairs, 1):
        network.learn(number, label, codes)
    return network


def consolidated(network):
    """Return a network computed from the set of its samples."""
    consolidation = Consolidation(network)
    for _ in consolidation.steps():
        pass
    return consolidation.network


def agree(ours, theirs, exactly=()):
    """Assert that two networks (or classifiers) answer alike."""
    assert ours.labels == theirs.labels
    for codes in PROBES:
        a, b = ours.present(codes), theirs.present(codes)
        np.testing.assert_array_equal(a.spikes, b.spikes)
        assert [part.dtype for part in a[:3]] == [part.dtype for part in b[:3]]
        np.testing.assert_allclose(a.evidence, b.evidence, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(a.drives, b.drives, rtol=1e-4, atol=1e-4)
        assert a.typicality == pytest.approx(b.typicality, rel=1e-3, abs=1e-3)
        assert len(a.evidence) == 0 or a.evidence.argmax() == b.evidence.argmax()


def same_state(ours, theirs):
    """Assert that two networks have learned the same, weights to 1e-5."""
    for name, a, b in zip(
            ours.state._fields, state_to_host(ours.state), state_to_host(theirs.state)):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5, err_msg=name)


# -- the same answers ----------------------------------------------------------------------------

def test_a_device_answers_and_learns_as_the_cpu(device, rule):
    ours, theirs = network(rule, 'cupy'), network(rule)
    agree(ours, theirs)  # without any label
    for number, (label, codes) in enumerate(lessons(40), 1):
        ours.learn(number, label, codes)
        theirs.learn(number, label, codes)
        if number in (1, 2, 7):
            agree(ours, theirs)
    agree(ours, theirs)
    same_state(ours, theirs)
    assert not ours.backend.lost
    for codes in PROBES:
        a, b = (n.decide(n.present(codes), 0.05, 3) for n in (ours, theirs))
        assert (a.label, a.unknown) == (b.label, b.unknown)
        np.testing.assert_allclose([s for _, s in a.ranked], [s for _, s in b.ranked], atol=1e-3)
    trains, potentials = ours.inspect(PROBES[0], 5)
    np.testing.assert_array_equal(trains, theirs.inspect(PROBES[0], 5)[0])
    assert (potentials is None) == (rule[0] != 'lateral')


@pytest.mark.parametrize('name', ['lateral', 'original'])
def test_weights_agree_after_a_thousand_samples(device, name):
    """As on the CPU: to 1e-5.  The stand-in rounds as the CPU does and is slow: fewer."""
    pairs = lessons(1000 if device is not strict_device else 150, seed=2)
    ours, theirs = (taught(network((name, {}), backend), pairs) for backend in ('cupy', 'numpy'))
    same_state(ours, theirs)
    agree(ours, theirs)


@pytest.mark.parametrize('name', ['lateral', 'original'])
def test_everything_a_user_does_works_on_a_device(device, name, tmp_path):
    """Taught, taken back, forgotten, renamed, merged, saved, loaded, opened again."""
    ours, theirs = (Classifier(rule=name, inputs=INPUTS, backend=b) for b in ('cupy', 'numpy'))
    ours.open(tmp_path / 'ours')
    for label, codes in lessons(30):
        ours.teach(codes, label)
        theirs.teach(codes, label)
    for change in (lambda c: c.undo(), lambda c: c.forget('b'), lambda c: c.rename('a', 'z'),
                   lambda c: c.rename('c', 'd', merge=True), lambda c: c.remove(3),
                   lambda c: c.undo(), lambda c: c.redo()):
        change(ours)
        change(theirs)
        agree(ours, theirs)
    for classifier in (ours, theirs):
        classifier.consolidate()
    if name == 'lateral':  # computed on the CPU for both
        for a, b in zip(state_to_host(ours.network.state), theirs.network.state):
            np.testing.assert_array_equal(a, b)
    agree(ours, theirs)
    ours.save(tmp_path / 'file')
    again = Classifier(rule=name, inputs=INPUTS, backend='cupy')
    again.load(tmp_path / 'file')
    agree(again, theirs)
    ours.close()
    again = Classifier(rule=name, inputs=INPUTS, backend='cupy')
    again.open(tmp_path / 'ours')
    agree(again, theirs)
    again.close()


@pytest.mark.parametrize('name', ['lateral', 'original'])
def test_a_network_of_a_robots_size_answers_as_on_the_cpu(device, name):
    """1280 inputs, of which four in ten fire, and 33 labels."""
    rng = np.random.default_rng(11)
    seen = [(np.minimum(rng.exponential(60, 1280), 255) * (rng.random(1280) < 0.45)).astype(
        np.uint8) for _ in range(40)]
    ours, theirs = (Network(name, params_of(name, {}), 1280, b) for b in ('cupy', 'numpy'))
    for number, codes in enumerate(seen[:36], 1):
        for one in (ours, theirs):
            one.learn(number, f'label {number % 33}', codes)
    # Of 42,000 weights a few lie between two levels of a byte, and each side rounds its own way.
    for place, codes in enumerate(seen):
        a, b = ours.present(codes), theirs.present(codes)
        unlike = np.abs(a.spikes.astype(int) - b.spikes.astype(int))
        assert unlike.max() <= 1 and unlike.mean() <= 0.05
        np.testing.assert_allclose(a.evidence, b.evidence, atol=0.02 * np.abs(b.evidence).max())
        assert place >= 36 or a.evidence.argmax() == b.evidence.argmax() == place % 33
    assert not ours.backend.lost


@pytest.mark.parametrize('seed', [None, 3])
def test_trains_are_the_same_on_a_device(device, seed):
    draw = np.random.default_rng(seed)
    counts = draw.integers(0, 11, 300).astype(np.uint8)
    phases = None if seed is None else draw.integers(0, 10, 300)
    xp = backends.load('cupy')
    there = coding.spike_trains(xp.asarray(counts), None if phases is None else xp.asarray(phases))
    np.testing.assert_array_equal(backends.to_numpy(there), coding.spike_trains(counts, phases))


# -- the traffic ---------------------------------------------------------------------------------

def test_a_frame_is_one_upload_and_one_download(strict, rule):
    ours = taught(network(rule, 'cupy'), lessons(30))
    ours.decide(ours.present(PROBES[0]), 0.05, 3)
    for codes in PROBES:
        traffic.clear()
        ours.decide(ours.present(codes), 0.05, 3)
        assert traffic.uploads == [INPUTS]  # the spike counts, a byte each
        assert len(traffic.downloads) == 1
        assert traffic.downloads[0] <= 8 * (3 * len(LABELS) + 1)


def test_learning_moves_no_weights(strict, rule):
    """Neither a lesson nor the first answer behind it brings synapses to the CPU or back."""
    ours = taught(network(rule, 'cupy'), lessons(30))
    synapses = INPUTS * INPUTS * 4
    traffic.clear()
    for number, (label, codes) in enumerate(lessons(20, seed=4), 31):
        ours.learn(number, label, codes)
        ours.present(codes)
    assert max(traffic.downloads) < synapses / 4
    assert max(traffic.uploads) < synapses / 4
    if rule[0] == 'lateral':
        traffic.clear()
        other = ours.copied()
        other.unlearn([other.lessons[3]])
        other.move([lesson for lesson in other.lessons if lesson.column == 2], 1)
        other.arrange([0, 1, 3, 4, 5], list('abdef'), [lesson.number for lesson in other.lessons])
        assert traffic.downloads == []
        assert max(traffic.uploads) <= INPUTS * 4, 'spike counts and a template'
        most = int(np.argmax(other.sample_counts))
        many = [lesson for lesson in other.lessons if lesson.column == most]
        assert len(many) >= 8, 'or they would be unlearned one by one'
        traffic.clear()
        other.unlearn(many)
        other.learn_in(most, many)
        assert traffic.downloads == 2 * [len(many) ** 2 * 4], 'what lies between the frames'
        assert max(traffic.uploads) < synapses / 4
    ours.present(PROBES[1])
    traffic.clear()
    ours.learn(99, 'a', PROBES[0])
    # Who won has to be known to change that neuron: once for the sample, for its record before it
    # is learned, and for each one replayed.
    assert len(traffic.downloads) == (
        0 if rule[0] == 'lateral' else 2 + ours.params.replay)


def asking(one):
    """Return what a network's metric, products and review are, as NumPy arrays."""
    metric, (x, heard) = one.cluster_metric(), one.hear(np.array([one.counts(c) for c in PROBES]))
    scores = metric.scores(heard, x, (x * heard).sum(axis=1), np.ones(len(x)))
    return [scores, *finish(one.review())]


def test_a_device_groups_and_audits_as_the_cpu(device):
    pairs = lessons(40)
    ours, theirs = (asking(taught(network(('lateral', {}), backend), pairs))
                    for backend in ('cupy', 'numpy'))
    for one, other in zip(ours, theirs):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-3)


def test_lost_while_it_groups_or_audits_it_goes_on_on_the_cpu(strict):
    pairs = lessons(40)
    expected = asking(taught(network(('lateral', {})), pairs))
    at = 0
    while True:
        one = taught(network(('lateral', {}), 'cupy'), pairs)
        traffic.lose_after(at)
        found = asking(one)
        for part, other in zip(found, expected):
            np.testing.assert_allclose(part, other, rtol=1e-3, atol=1e-3)
        if not traffic.lost:
            break
        assert one.on_cpu
        traffic.recover()
        at += 3
    assert at > 30


def test_the_stand_in_is_strict():
    """Otherwise the tests above would prove nothing."""
    there, here = strict_device.asarray(np.ones(3, np.float32)), np.ones(3, np.float32)
    for mixed in (lambda: there + here, lambda: here + there, lambda: np.asarray(there),
                  lambda: there[np.array([0])], lambda: np.concatenate([there, there]),
                  lambda: strict_device.concatenate([there, here]), lambda: here @ there,
                  lambda: there.__setitem__(0, here), lambda: np.maximum(here, there),
                  lambda: here.__iadd__(there), lambda: strict_device.where(here > 0, there, 0)):
        with pytest.raises(TypeError):
            mixed()
    traffic.clear()
    float(there.sum())
    there[there > 0]
    assert len(traffic.downloads) == 2
    assert (np.float32(2) * there).get().tolist() == [2, 2, 2]


def test_warming_up_changes_nothing(device, rule):
    ours, theirs = (taught(network(rule, 'cupy'), lessons(20)) for _ in range(2))
    ours.warm_up()
    for a, b in zip(state_to_host(ours.state), state_to_host(theirs.state)):
        np.testing.assert_array_equal(a, b)
    assert ours.labels == theirs.labels and len(ours.lessons) == 20
    if device is strict_device:
        traffic.clear()
        ours.present(PROBES[0])
        assert len(traffic.uploads) == 1, 'the first frame pays for nothing any more'


# -- a device that is lost -----------------------------------------------------------------------

def lost_in(work, at):
    """Do something while the device is lost after so many operations; tell whether it was."""
    traffic.lose_after(at)
    result = work()
    return result, traffic.lost


def operations(work):
    """Return how many operations something takes, and do it."""
    traffic.clear()
    work()
    return traffic.operations


@pytest.mark.slow
@pytest.mark.parametrize('share', [0.0, 0.5, 0.98])
@pytest.mark.parametrize('name, what', [
    *((name, what) for name in ('lateral', 'original, all of it')
      for what in ('present', 'teach', 'teach a new label', 'calibrate')),
    *(('lateral', what) for what in ('unlearn', 'unlearn many', 'move', 'copy', 'consolidate'))])
def test_lost_in_flight_it_goes_on_on_the_cpu(strict, monkeypatch, name, what, share):
    """At the beginning, in the middle, at the end of the work; the frame in hand is answered."""
    monkeypatch.setattr(networks, 'CHECKPOINT_EVERY', 8)
    rule = name.split(',')[0], RULES[name]

    def work(network):
        if what == 'present':
            network.present(PROBES[0])
        elif what == 'calibrate':
            network._changed()
            network.decide(network.present(PROBES[0]), 0.05, 3)
        elif what == 'unlearn':
            network.unlearn([network.lessons[4]])
        elif what == 'unlearn many':
            network.unlearn([lesson for lesson in network.lessons if lesson.column == 0])
        elif what == 'move':
            network.move([network.lessons[2]], 0)
        elif what == 'copy':
            network.copied()
        elif what == 'consolidate':
            consolidated(network)
        else:
            network.learn(500, 'a' if what == 'teach' else 'new', PROBES[1])

    pairs = lessons(60 if what == 'unlearn many' else 12)
    whole = operations(lambda: work(taught(network(rule, 'cupy'), pairs))) - operations(
        lambda: taught(network(rule, 'cupy'), pairs))
    ours, theirs = taught(network(rule, 'cupy'), pairs), taught(network(rule), pairs)
    work(theirs)
    _, lost = lost_in(lambda: work(ours), int(share * whole))
    assert lost
    if 'unlearn' in what:  # a weight between two levels is rounded as what was lost would have it
        ours, theirs = consolidated(ours), consolidated(theirs)
    agree(ours, theirs)
    same_state(ours, theirs)
    assert ours.backend.name == 'numpy'
    assert 'cudaErrorIllegalAddress' in ours.backend.lost
    for number, (label, codes) in enumerate(lessons(10, seed=6), 600):
        ours.learn(number, label, codes)
        theirs.learn(number, label, codes)
    agree(ours, theirs)
    # What went on from a checkpoint of the device's no other start may take for numpy's alone.
    assert cache.notes(ours)['backend'] == ('numpy' if name == 'lateral' else 'cupy, numpy')


def test_lost_at_any_operation_of_a_life(strict):
    """Made, taught, answered, undone: whenever it is lost, the answers are the CPU's."""
    def life(backend):
        classifier = Classifier(rule='lateral', inputs=INPUTS, backend=backend,
                                min_change=0)
        for label, codes in lessons(8):
            classifier.teach(codes, label)
            classifier.predict(codes)
        classifier.undo()
        classifier.forget('b')
        classifier.teach(PROBES[0], 'new')
        return classifier

    theirs = life('numpy')
    whole = operations(lambda: life('cupy'))
    start = operations(lambda: Backend('cupy'))
    for at in range(start, whole, 37):
        ours, lost = lost_in(lambda: life('cupy'), at)
        assert lost
        assert [*ours.state.samples] == [*theirs.state.samples]
        agree(ours, theirs)
        assert ours.backend.lost
        traffic.recover()


def test_one_that_is_lost_at_the_start_is_refused(strict):
    """Then the user asked for what cannot be had; only in flight is it worth going on."""
    traffic.lose_after(0)
    with pytest.raises(BackendError, match='no usable GPU'):
        Backend('cupy')


# -- choosing ------------------------------------------------------------------------------------

@pytest.mark.parametrize('times, labels, name, words', [
    ({10: (1, 2), 64: (2, 2.5), 1000: (9, 3)}, 64, 'numpy', 'from 1000 labels on'),
    ({10: (1, 2), 64: (2, 2.5), 1000: (9, 3)}, 1000, 'cupy', 'from 1000 labels on'),
    ({10: (2, 1), 64: (3, 2)}, 10, 'cupy', 'from 10 labels on'),
    ({10: (2, 1), 64: (3, 4)}, 64, 'numpy', 'at none of the sizes up to 64'),
    ({1: (0.001, 0.002)}, 1, 'numpy', 'at 1 label a frame takes 1.00 ms on the CPU and 2.00 ms')])
def test_the_faster_one_is_chosen_and_it_says_why(times, labels, name, words):
    chosen, why = backend_selection.decide(times, labels, 'some GPU')
    assert chosen == name
    assert words in why and why.startswith(f'{name}, chosen by auto: at {labels} label')


@pytest.mark.parametrize('slow', ['numpy', 'cupy'])
def test_auto_measures_both(strict, monkeypatch, slow):
    """With the labels that are known when it is opened; the chosen one then answers."""
    monkeypatch.setattr(backend_selection, 'SIZES', (2, 9))
    monkeypatch.setattr(backend_selection, '_FRAMES', 3)
    present, seen = lateral.present, []

    def slowed(params, readout, counts):
        xp = backends.array_namespace(readout.weights)
        seen.append((xp.__name__, len(readout.weights)))
        if (xp is np) == (slow == 'numpy'):
            backend_selection.time.sleep(0.01)
        return present(params, readout, counts)

    with monkeypatch.context() as patch:
        patch.setattr(lateral, 'present', slowed)
        ours = Classifier(rule='lateral', inputs=INPUTS, backend='auto')
        for label, codes in lessons(4):
            ours.store.teach(label, codes, '', 'test')
        backend = ours.backend
    assert {*seen} == {(name, size) for name in ('numpy', 'strict_device') for size in (2, 4, 9)}
    assert backend.name == ('cupy' if slow == 'numpy' else 'numpy')
    assert 'at 4 labels a frame takes' in backend.why and 'Strict Device' in backend.why
    ours.teach(PROBES[0], 'e')
    assert ours.network.backend is backend
    assert ours.predict(PROBES[0]).label == 'e'


def test_auto_takes_numpy_where_there_is_no_gpu(monkeypatch):
    """It does not even import CuPy, which takes longer than starting does."""
    monkeypatch.setattr(backends, 'devices', lambda: 0)
    monkeypatch.setitem(sys.modules, 'cupy', None)
    classifier = Classifier(inputs=INPUTS, backend='auto')
    assert classifier.backend.name == 'numpy'
    assert classifier.backend.why == 'numpy, chosen by auto: there is no CUDA device'
    monkeypatch.setattr(backends, 'devices', lambda: 1)
    classifier = Classifier(inputs=INPUTS, backend='auto')
    assert classifier.backend.name == 'numpy'
    assert "pip install 'hybrid_snn_ros[cuda]'" in classifier.backend.why


@pytest.mark.parametrize('module', [lateral, original])
def test_auto_takes_numpy_where_the_gpu_fails_when_it_is_tried(strict, module):
    start = operations(lambda: Backend('cupy'))
    traffic.lose_after(start + 5)
    backend = backend_selection.choose(module, module.Params(), INPUTS, 3)
    assert backend.name == 'numpy'
    assert 'the GPU failed when it was tried: cudaErrorIllegalAddress' in backend.why


# -- compiled kernels ----------------------------------------------------------------------------

def test_compiled_kernels_are_kept_where_they_can_be_written(tmp_path, monkeypatch, caplog):
    """Where the user says, else in the user's cache, else in a directory of its own."""
    monkeypatch.setenv('CUPY_CACHE_DIR', '/chosen')
    assert backends.kernel_cache() == '/chosen'
    monkeypatch.delenv('CUPY_CACHE_DIR')
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    place = backends.kernel_cache()
    assert place == str(tmp_path / 'hybrid_snn_ros' / 'cupy') == backends.os.environ[
        'CUPY_CACHE_DIR']
    assert caplog.messages == []
    monkeypatch.delenv('CUPY_CACHE_DIR')
    (tmp_path / 'file').write_text('')
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'file'))
    monkeypatch.setattr(backends.tempfile, 'tempdir', str(tmp_path))
    place = backends.kernel_cache()
    assert backends.Path(place).stat().st_mode & 0o777 == 0o700
    assert 'compiled GPU kernels cannot be kept' in caplog.text
    monkeypatch.delenv('CUPY_CACHE_DIR')
    monkeypatch.setattr(backends.tempfile, 'tempdir', str(tmp_path / 'file'))
    with pytest.raises(BackendError, match='finds no directory for compiled kernels'):
        Backend('cupy')
    monkeypatch.setattr(backends, 'devices', lambda: 1)
    chosen = backend_selection.choose(lateral, lateral.Params(), INPUTS, 1)
    assert chosen.name == 'numpy' and 'no directory for compiled kernels' in chosen.why


def test_numpy_never_imports_cupy():
    script = ("import sys; from hybrid_snn_ros import Classifier; c = Classifier(inputs=8); "
              "c.network; sys.exit('cupy' in sys.modules)")
    assert subprocess.run([sys.executable, '-c', script], timeout=60).returncode == 0
