# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The compiled kernel, built from the sources at hand, against NumPy's forms."""

import importlib.util
import os
import shutil
import subprocess
import sys

from checkout import ROOT
from lateral_common import few_counts, teach_all, untaught
import numpy as np
import pytest

from hybrid_snn_ros.compiled import SWITCH
from hybrid_snn_ros.snn import kernel, lateral, original
from hybrid_snn_ros.snn.lateral import quantisation, synapses
from hybrid_snn_ros.snn.original import plasticity

SOURCE = ROOT / 'hybrid_snn_ros' / 'snn' / '_kernel.c'
FLAGS = ('-std=gnu11', '-O3', '-ffp-contract=off', '-fno-math-errno', '-fPIC', '-shared')
NUMPY = (None, 'NumPy: for a test')
COMPILER = os.environ.get('CC') or next(filter(shutil.which, ('cc', 'gcc', 'clang')), None)


def build(folder, name, *flags):
    """Compile the kernel and return it loaded, as kernel.use takes it."""
    if COMPILER is None:
        pytest.skip('no C compiler')
    path = folder / name
    done = subprocess.run([*COMPILER.split(), *FLAGS, *flags, str(SOURCE), '-o', str(path)],
                          capture_output=True, text=True, timeout=900)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return kernel.open_library(path)


@pytest.fixture(scope='module')
def built(tmp_path_factory):
    """Return the kernel as it is shipped."""
    return build(tmp_path_factory.mktemp('kernel'), 'shipped.so', '-Wall', '-Wextra')


@pytest.fixture(scope='module')
def narrow(tmp_path_factory):
    """Return it for the oldest processors of this kind: other instructions, narrower vectors."""
    return build(tmp_path_factory.mktemp('kernel'), 'narrow.so', '-DCLONED=')


@pytest.fixture
def forms():
    """Yield a function that runs another with one form after the other, and restore the form."""
    before = kernel.use(NUMPY)

    def each(function, *loaded):
        results = []
        for one in loaded:
            kernel.use(one)
            results.append(function())
        return results
    yield each
    kernel.use(before)


def frames_of(rng, number, inputs):
    """Return spike counts of all kinds: usual, empty, full, one input, all alike."""
    usual = np.minimum(rng.exponential(2.6, (number, inputs)), 10) * (
        rng.random((number, inputs)) < 0.45)
    odd = np.zeros((4, inputs))
    odd[1], odd[2, -1], odd[3] = 10, 10, 1
    return np.concatenate([usual, odd]).astype(np.uint8)


def same(ours, plain):
    for name in ('spikes', 'evidence', 'drives'):
        a, b = getattr(ours, name), getattr(plain, name)
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b, err_msg=name)


# ---- the lateral rule -----------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize('inputs, labels', [(1, 2), (5, 3), (64, 64), (200, 65), (333, 1),
                                            (1280, 130)])
def test_lateral_columns_answer_bit_for_bit(forms, built, inputs, labels):
    params, rng = lateral.Params(), np.random.default_rng(labels)
    counts, column = few_counts(params, 4, 3 * labels, inputs, labels)
    state = teach_all(params, untaught(params, inputs, labels), counts, column)
    state = lateral.grow(params, state)  # a column that was never taught

    def answers():
        read = lateral.readout(params, state)
        assert (read.compiled is None) == (kernel.library() is None)
        return [lateral.present(params, read, frame) for frame in shown]
    shown = np.concatenate([counts[:20], frames_of(rng, 10, inputs)])
    ours, plain = forms(answers, built, NUMPY)
    assert any(answer.spikes.any() for answer in plain) or labels == 1
    for a, b in zip(ours, plain, strict=True):
        same(a, b)
        assert a.typicality == pytest.approx(b.typicality, rel=1e-4, abs=1e-4)
        assert np.isneginf(a.evidence[-1])


@pytest.mark.parametrize('weights', ['peaks', 'signs', 'noise'])
def test_extreme_sums_and_potentials_on_the_threshold(forms, built, weights):
    """Sums beyond 16 bits, drives that just reach the threshold, drives that stay just below."""
    rng = np.random.default_rng(7)
    inputs, labels = 1280, 70
    whole = {'peaks': np.full((labels, inputs), 127), 'noise': rng.integers(
        -127, 128, (labels, inputs)), 'signs': 127 * rng.choice([-1, 1], (labels, inputs))
        }[weights].astype(np.float32)
    state = lateral.initial(lateral.Params(), inputs)
    for _ in range(labels):
        state = lateral.grow(lateral.Params(), state)
    frames = frames_of(rng, 5, inputs)
    exact = 2.0 ** -10  # sums times this are exact, so thresholds of such numbers are just met
    bias = (rng.integers(-200, 200, labels) * 10 * exact).astype(np.float32)
    for leak, theta, scale in ((1.0, 127 * exact, exact), (0.5, 64 * exact, exact),
                               (0.9, 0.13, 3e-5), (0.0, 1e-3, 1e-4)):
        params = lateral.Params(leak=leak, theta=theta)
        read = lateral.Readout(whole, scale, bias, 1.0, 1.0, lateral.phases(params, inputs),
                               None, state)

        def answers(params=params, read=read):
            shown = read._replace(compiled=quantisation.compiled(params, read))
            return [lateral.present(params, shown, frame) for frame in frames]
        for a, b in zip(*forms(answers, built, NUMPY), strict=True):
            same(a, b)


def test_teaching_agrees_and_leaves_the_synapses_symmetric(forms, built):
    params = lateral.Params()
    counts, column = few_counts(params, 8, 150, 333, 9)

    def teach():
        return teach_all(params, untaught(params, 333, 9), counts, column)
    ours, again, plain = forms(teach, built, built, NUMPY)
    for a, b, c in zip(ours, again, plain, strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_allclose(a, c, rtol=2e-5, atol=2e-5)
    np.testing.assert_array_equal(ours.samples, plain.samples)
    np.testing.assert_array_equal(ours.lateral, ours.lateral.T)
    # Relearned from a copy half-way, or answered in between, it is the same network, bit for bit.

    def in_two_parts():
        half = teach_all(params, untaught(params, 333, 9), counts[:70], column[:70])
        half = lateral.State(*(array.copy() for array in half))
        for frame, c in zip(counts[70:], column[70:]):
            read = lateral.readout(params, half)
            lateral.present(params, read, frame)
            half = lateral.teach(params, half, frame, int(c))
        return half
    for a, b in zip(ours, forms(in_two_parts, built)[0], strict=True):
        np.testing.assert_array_equal(a, b)


def test_an_error_is_learned_and_unlearned_as_by_numpy(forms, built, narrow):
    params = lateral.Params()
    counts, column = few_counts(params, 8, 90, 201, 5)
    start = teach_all(params, untaught(params, 201, 5), counts, column)
    d = (counts[3] * np.float32(params.trace_scale)) - start.templates[2]
    r = start.lateral @ d
    for back, f in ((False, np.float32(0.4)), (True, np.float32(0.3))):
        def step(back=back, f=f):
            state = lateral.State(*(array.copy() for array in start))
            synapses.step(state, d, r, f, back)
            return state
        ours, slim, plain = forms(step, built, narrow, NUMPY)
        for a, b, c in zip(ours, slim, plain, strict=True):
            np.testing.assert_array_equal(a, b)
            np.testing.assert_allclose(a, c, rtol=1e-5, atol=1e-5)
        np.testing.assert_array_equal(ours.lateral, ours.lateral.T)
        assert (np.trace(ours.lateral) > np.trace(start.lateral)) == back


# ---- the original rule ----------------------------------------------------------------------


def original_state(params, labels, inputs, kind, rng):
    """Return a state with neurons of all kinds: never taught, all alike, at the ends of int8."""
    state = plasticity.blocks(params, labels, inputs)
    weight = rng.normal(0, 0.05, state.weight.shape).astype(np.float32)
    if kind == 'alike':  # ties in every column, and drives that meet thresholds
        weight[:] = np.float32(2.0 ** -6)
    if kind == 'halves':  # between two levels: which one must not depend on the form
        weight[:] = rng.integers(-254, 255, weight.shape) / np.float32(256)
        weight[..., 0] = 127 / 128
    samples = rng.integers(0, 3, state.samples.shape).astype(np.int32)
    weight[samples == 0] = 0
    slow = state.slow if params.beta == 0 else weight
    excess = rng.random(state.excess.shape).astype(np.float32) * (kind == 'noise')
    return state._replace(weight=weight, slow=slow, samples=samples, excess=excess,
                          slow_excess=excess)


@pytest.mark.parametrize('kind', ['noise', 'alike', 'halves'])
@pytest.mark.parametrize('labels, neurons, copies, inputs', [
    (1, 1, 1, 5), (7, 2, 1, 130), (64, 3, 2, 64), (13, 15, 5, 320), (3, 40, 1, 1280)])
def test_original_columns_answer_bit_for_bit(forms, built, labels, neurons, copies, inputs, kind):
    rng = np.random.default_rng(labels)
    for params in (original.Params(neurons=neurons, copies=copies, theta=2.5),
                   # With 'halves' the potentials are exact, and some just reach this threshold.
                   original.Params(neurons=neurons, copies=copies, theta=0.25, leak=0.5, sigma=0.0,
                                   margin_negative=0.0),
                   original.published(neurons, copies)._replace(theta=2.0, tie_break=True)):
        state = original_state(params, labels, inputs, kind, rng)
        frames = frames_of(rng, 6, inputs)

        def answers(params=params, state=state, frames=frames):
            read = original.readout(params, state)
            assert (read.compiled is None) == (
                kernel.library() is None or not state.samples.any())
            return [original.present(params, read, frame) for frame in frames]
        ours, plain = forms(answers, built, NUMPY)
        for a, b in zip(ours, plain, strict=True):
            same(a, b)
            assert a.typicality == b.typicality


@pytest.mark.parametrize('labels, neurons, copies, inputs, more', [
    (3, 15, 2, 70, {}), (70, 12, 1, 129, {'beta': 0.0}), (23, 32, 3, 64, {'graded_trace': False})])
def test_rows_renewed_after_lessons_are_those_of_a_whole_rebuild(forms, built, labels, neurons,
                                                                copies, inputs, more):
    """Of columns in several blocks, neurons taught for the first time and again, peaks moved."""
    params = original.Params(neurons=neurons, copies=copies, theta=2.5, **more)
    counts, column = few_counts(params, 3, labels + 30, inputs, labels)

    def compare():
        state = plasticity.blocks(params, labels, inputs)
        read = renewed = None
        for number, (frame, c) in enumerate(zip(counts, column)):
            state = original.teach(params, state, frame, int(c))
            if number % 3 == 1:  # several lessons without an answer in between
                continue
            before, read = read, original.readout(params, state, read)
            whole = original.readout(params, state)
            renewed = renewed or before is not None and read.compiled is before.compiled
            np.testing.assert_array_equal(read.threshold, whole.threshold)
            np.testing.assert_array_equal(read.committed, whole.committed)
            for name in ('_packed', '_steps', '_bounds'):
                np.testing.assert_array_equal(
                    getattr(read.compiled, name), getattr(whole.compiled, name), err_msg=name)
            same(original.present(params, read, frame), original.present(params, whole, frame))
        assert renewed
        grown = original.grow(params, state)
        wider = original.readout(params, grown, read)
        same(original.present(params, wider, frame),
             original.present(params, original.readout(params, grown), frame))
    forms(compare, built)


# ---- other processors, other inputs, no kernel ----------------------------------------------


def test_results_do_not_depend_on_the_width_of_vectors(forms, built, narrow):
    params = lateral.Params()
    counts, column = few_counts(params, 12, 80, 777, 70)

    def all_of_it():
        state = teach_all(params, untaught(params, 777, 70), counts, column)
        read = lateral.readout(params, state)
        answers = [lateral.present(params, read, frame) for frame in counts]
        return [*state, *(part for answer in answers for part in answer)]
    assert narrow[1] != built[1] or 'avx2' not in built[1]
    for a, b in zip(*forms(all_of_it, built, narrow), strict=True):
        np.testing.assert_array_equal(a, b)


def test_what_does_not_fit_is_refused_before_it_is_touched(forms, built):
    params = lateral.Params()
    counts, column = few_counts(params, 1, 6, 40, 2)
    forms(lambda: None, built)
    state = teach_all(params, untaught(params, 40, 2), counts, column)
    read = lateral.readout(params, state)
    with pytest.raises(ValueError, match='40 spike counts are wanted, not 39'):
        lateral.present(params, read, counts[0][:-1])
    with pytest.raises(ValueError, match='40 inputs and a row'):
        lateral.teach(params, state, counts[0][:-1], 0)
    with pytest.raises(ValueError, match='a row below 3'):
        lateral.teach(params, state, counts[0], -3)
    with pytest.raises(ValueError, match='not of one lateral network'):
        lateral.teach(params, state._replace(costs=state.costs[:-1]), counts[0], 0)
    frozen = state.templates.copy()
    frozen.flags.writeable = False
    with pytest.raises(ValueError, match='read-only'):
        lateral.teach(params, state._replace(templates=frozen), counts[0], 0)
    net, error = kernel.Lateral(*state[:4]), np.ones(40, np.float32)
    with pytest.raises(ValueError, match='40 inputs are wanted'):
        net.step(error[:-1], error, 0.5)
    with pytest.raises(ValueError, match='40 inputs are wanted'):
        net.step(error, error[:-1], 0.5)
    with pytest.raises(TypeError, match='needs contiguous float32'):
        net.step(error, error.astype(float), 0.5)
    with pytest.raises(ValueError, match='read-only'):
        kernel.Lateral(state.lateral, frozen, *state[2:4]).step(error, error, 0.5)
    with pytest.raises(TypeError, match='needs contiguous float32'):
        lateral.teach(params, state._replace(weights=state.weights.astype(float)), counts[0], 0)
    # Counts beyond ten, which no code makes, count as ten.
    high, ten = (lateral.present(params, read, np.full(40, k, np.uint8)) for k in (200, 10))
    assert high.spikes.tolist() == ten.spikes.tolist()


def describe_in(folder, **environment):
    """Return what a new process says of the kernel, the package being in a folder."""
    environment = {**{name: value for name, value in os.environ.items() if name != SWITCH},
                   'PYTHONPATH': str(folder), **environment}
    program = 'from hybrid_snn_ros.snn import kernel; print(kernel.describe())'
    return subprocess.run([sys.executable, '-c', program], capture_output=True, text=True,
                          timeout=900, check=True, cwd=folder, env=environment).stdout


@pytest.fixture(scope='module')
def sources(tmp_path_factory):
    """Return a folder with what is needed to build the package, and nothing built."""
    folder = tmp_path_factory.mktemp('sources')
    shutil.copytree(ROOT / 'hybrid_snn_ros', folder / 'hybrid_snn_ros',
                    ignore=shutil.ignore_patterns('*.so', '__pycache__'))
    for name in ('setup.py', 'setup.cfg', 'pyproject.toml'):
        shutil.copy(ROOT / name, folder)
    return folder


def test_without_a_compiler_the_build_goes_on_and_numpy_answers(sources):
    if importlib.util.find_spec('setuptools') is None:
        pytest.skip('setuptools is not installed')
    done = subprocess.run(
        [sys.executable, 'setup.py', '-q', 'build_ext', '--inplace'], cwd=sources,
        capture_output=True, text=True, timeout=900, env={**os.environ, 'CC': 'false'})
    assert done.returncode == 0, done.stderr
    assert not list(sources.rglob('*.so'))
    assert describe_in(sources).startswith('NumPy: there is no compiled kernel: it was not built')


@pytest.mark.slow
def test_the_package_builds_its_kernel_and_refuses_one_of_other_sources(sources, built):
    if importlib.util.find_spec('setuptools') is None:
        pytest.skip('setuptools is not installed')
    subprocess.run([sys.executable, 'setup.py', '-q', 'build_ext', '--inplace'], cwd=sources,
                   capture_output=True, timeout=900, check=True)
    assert describe_in(sources).startswith('compiled kernel (')
    assert describe_in(sources, HYBRID_SNN_KERNEL='off').startswith('NumPy: the kernel is off')
    with open(sources / 'hybrid_snn_ros' / 'snn' / '_kernel.c', 'a') as source:
        source.write('/* changed since */\n')
    assert 'is not of this source' in describe_in(sources)
