# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The lateral rule against the slow network and float64 algebra."""

import math

from checkout import EMBEDDINGS
from lateral_common import (
    adopt,
    any_counts,
    decisions,
    ends,
    few_counts,
    slow,
    slow_evidence,
    sparse_codes,
    teach_all,
    untaught,
)
from lateral_oracle import counts as slow_counts
import numpy as np
import pytest

from hybrid_snn_ros.snn import lateral

STATE_ARRAYS = ('lateral', 'templates', 'weights', 'costs', 'samples')


# --- 1. fast form against the slow network ------------------------------------------------------

CASES = [
    pytest.param(few_counts, 1, 120, 60, 5, id='sparse'),
    pytest.param(few_counts, 2, 60, 40, 12, id='sparse, few shots'),
    pytest.param(any_counts, 3, 120, 48, 4, id='any counts'),
    pytest.param(any_counts, 4, 150, 16, 3, id='many frames, few inputs'),
    pytest.param(few_counts, 5, 30, 40, 12, id='one or two shots'),
]
READOUTS = [
    pytest.param({}, id='default'),
    pytest.param({'prior_strength': 0.0, 'bias_correction': 0.0}, id='plain LDA'),
    pytest.param({'prior_strength': 3.5, 'bias_correction': 0.0}, id='prior_strength alone'),
    pytest.param({'prior_strength': 0.0, 'bias_correction': 1.0}, id='bias_correction alone'),
]


@pytest.mark.parametrize('draw, seed, frames, inputs, labels', CASES)
def test_teaching_equals_the_slow_network(draw, seed, frames, inputs, labels):
    """Every learned array agrees with the network that is stepped in float64."""
    params = lateral.Params()
    counts, column = draw(params, seed, frames, inputs, labels)
    state = teach_all(params, untaught(params, inputs, labels), counts, column)
    network = slow(params, inputs, labels)
    for k, c in zip(counts, column):
        network.teach(k, int(c))
    neurons = [network.background, *network.columns]
    for fast, exact in ((state.lateral, network.p),
                        (state.templates, [c.m for c in neurons]),
                        (state.weights, [c.w for c in neurons]),
                        (state.costs, [c.a for c in neurons])):
        exact = np.asarray(exact)
        np.testing.assert_allclose(fast, exact, rtol=1e-4, atol=1e-5 * np.abs(exact).max())
    assert state.samples.tolist() == [c.n for c in neurons]


@pytest.mark.parametrize('constants', READOUTS)
@pytest.mark.parametrize('draw, seed, frames, inputs, labels', CASES)
def test_presentation_equals_the_slow_network(draw, seed, frames, inputs, labels, constants):
    """Same OUT counts, potentials, drives, answer and typicality, on taught and new frames."""
    params = lateral.Params(**constants)
    counts, column = draw(params, seed, frames, inputs, labels)
    half = frames // 2
    state = teach_all(params, untaught(params, inputs, labels), counts[:half], column[:half])
    network = adopt(slow(params, inputs, labels), state, counts[:half], column[:half])
    read = lateral.readout(params, state)
    seen = 0
    for k in counts:
        shown = network.show(k)
        response = lateral.present(params, read, k)
        np.testing.assert_array_equal(response.spikes, shown.counts)
        np.testing.assert_allclose(ends(params, response), shown.potentials[-1], rtol=1e-4,
                                   atol=1e-4 * np.abs(shown.potentials).max())
        assert response.evidence.argmax() == slow_evidence(params, shown).argmax()
        np.testing.assert_allclose(response.drives, shown.drives, rtol=1e-4, atol=1e-4)
        least_typical = network.gain() * (shown.trace @ shown.response)
        assert response.typicality == pytest.approx(
            shown.typicality[response.evidence.argmax()], rel=1e-4, abs=1e-5 * least_typical)
        seen += int(shown.counts.sum())
    assert seen > 0  # columns that never fire would agree on nothing


def test_evidence_ranks_by_count_first():
    """
    Frames of taught labels are answered as by OUT count first, end potential second.

    The evidence adds the two, so it could put a column with fewer spikes first; on frames that
    look like anything taught this hardly ever happens.
    """
    params = lateral.Params()
    counts, column = few_counts(params, 9, 600, 60, 6)
    state = teach_all(params, untaught(params, 60, 6), counts[:100], column[:100])
    network = adopt(slow(params, 60, 6), state, counts[:100], column[:100])
    answers = decisions(params, state, counts[100:])
    assert sum(network.show(k).decision != a for k, a in zip(counts[100:], answers)) <= 2


@pytest.mark.parametrize('constants', READOUTS[:2])
def test_the_whole_way_equals_the_slow_network(constants):
    """From codes to the answer, each form with its own learning: the same answers."""
    params = lateral.Params(**constants)
    codes, column = sparse_codes(np.random.default_rng(7), 160, 60, 6)
    state = untaught(params, 60, 6)
    network = slow(params, 60, 6)
    for frame, c in zip(codes[:100], column[:100]):
        state = lateral.teach(params, state, lateral.counts(params, frame), int(c))
        network.teach(slow_counts(frame, params.saturation, params.power), int(c))
    read = lateral.readout(params, state)
    right = 0
    for frame, c in zip(codes[100:], column[100:]):
        response = lateral.present(params, read, lateral.counts(params, frame))
        shown = network.show(slow_counts(frame, params.saturation, params.power))
        assert response.evidence.argmax() == slow_evidence(params, shown).argmax()
        # A weight that float32 rounds to the other int8 level moves a potential a little.
        np.testing.assert_allclose(ends(params, response), shown.potentials[-1], rtol=1e-2,
                                   atol=1e-2 * np.abs(shown.potentials).max())
        right += response.evidence.argmax() == c
    assert right >= 54  # of 60; the task can be learned, so agreeing on it means something


def test_int8_costs_little():
    """The int8 copy answers as the unquantised weights of the slow network do."""
    params = lateral.Params()
    counts, column = few_counts(params, 8, 200, 60, 5)
    state = teach_all(params, untaught(params, 60, 5), counts[:100], column[:100])
    whole = adopt(slow(params, 60, 5, levels=None), state, counts[:100], column[:100])
    read = lateral.readout(params, state)
    assert np.abs(read.weights).max() == 127
    np.testing.assert_array_equal(read.weights, np.rint(read.weights))
    same = sum(lateral.present(params, read, k).evidence.argmax()
               == slow_evidence(params, whole.show(k)).argmax() for k in counts[100:])
    assert same >= 97


def fitted(params, seed=20, labels=6):
    """Return the read-out after few, unequally many samples a label."""
    counts, column = few_counts(params, seed, 40, 60, labels)
    state = teach_all(params, untaught(params, 60, labels), counts, column)
    return lateral.readout(params, state), counts, column


def test_with_many_samples_the_answer_is_plain_lda():
    """Shrinkage and bias correction vanish with samples: drives approach those without them."""
    plain = lateral.Params(prior_strength=0.0, bias_correction=0.0)
    mature = lateral.Params()
    assert mature.prior_strength > 0 or mature.bias_correction > 0
    apart = []
    for frames in (12, 120, 1200):
        counts, column = few_counts(plain, 21, frames, 40, 4)
        state = teach_all(plain, untaught(plain, 40, 4), counts, column)
        one, two = (np.array([lateral.present(p, lateral.readout(p, state), k).drives
                              for k in counts[:12]]) for p in (plain, mature))
        apart.append(np.abs(one - two).max())
    assert apart[0] > 2 * apart[1] > 4 * apart[2]
    assert apart[2] < 0.05


def test_gain_makes_the_mean_drive_of_a_template_one():
    """A template shown to its own column drives it by 1 on average, whatever n_prior."""
    for prior_strength in (0.0, lateral.Params().prior_strength, 7.0):
        params = lateral.Params(prior_strength=prior_strength, bias_correction=0.0)
        read, _, _ = fitted(params)
        own = read.state.templates[1:] * np.float32(read.scale / params.trace_scale)
        assert ((read.weights * own).sum(axis=1) - read.bias).mean() == pytest.approx(1, abs=0.01)


def test_maturity_only_scales_a_columns_weights():
    """A column speaks the more softly the fewer samples it has, of the same thing."""
    params = lateral.Params(prior_strength=2.0)
    read, _, column = fitted(params)
    plain, _, _ = fitted(params._replace(prior_strength=0.0))
    ratio = [(a @ b) / (b @ b) for a, b in
             zip(read.weights * read.scale / read.gain, plain.weights * plain.scale / plain.gain)]
    n = np.bincount(column)
    assert len(set(n.tolist())) > 2
    np.testing.assert_allclose(ratio, n / (n + 2.0), rtol=0.02)


def test_relief_favours_the_columns_with_few_samples():
    """The thresholds of all columns fall, by kappa / n, so most where n is small."""
    params = lateral.Params(prior_strength=0.0, bias_correction=0.0)
    plain, counts, column = fitted(params)
    corrected, _, _ = fitted(params._replace(bias_correction=1.0))
    x = counts * np.float64(params.trace_scale)
    scatter = sum((x[column == c] - x[column == c].mean(axis=0)).T
                  @ (x[column == c] - x[column == c].mean(axis=0)) for c in range(6))
    kappa = np.sum(np.linalg.inv(params.ridge * np.eye(60) + scatter) * scatter) / (40 - 6)
    assert lateral.Products.of(params, plain.state).residual == pytest.approx(kappa, rel=1e-3)
    np.testing.assert_allclose(plain.bias - corrected.bias,
                               plain.gain * kappa / np.bincount(column) / 2, rtol=1e-2)


def test_no_error_learned_means_no_correction():
    """With one frame a label nothing is known of noise, and rounding does not stand in for it."""
    for ridge in (0.2, 0.3, 1e-3, 77.0):
        params = lateral.Params(ridge=ridge)
        counts, _ = few_counts(params, 22, 7, 1280, 7)
        state = teach_all(params, untaught(params, 1280, 7), counts, range(7))
        assert lateral.Products.of(params, state).residual == 0


# --- 2. invariants ------------------------------------------------------------------------------

def scatter_state(params, counts, column, labels):
    """Return P, and m, w, A with the background first, straight from float64 algebra."""
    x = counts.astype(np.float64) * params.trace_scale
    scatter = np.zeros((x.shape[1],) * 2)
    means = [x.mean(axis=0)]
    for c in range(labels):
        own = x[column == c]
        means.append(own.mean(axis=0))
        scatter += (own - means[-1]).T @ (own - means[-1])
    p = np.linalg.inv(params.ridge * np.eye(x.shape[1]) + scatter)
    m = np.array(means)
    w = m @ p
    return p, m, w, (w * m).sum(axis=1) / 2


@pytest.fixture(scope='module')
def learned():
    """Return params, counts, columns and the state after 400 frames of 8 labels."""
    params = lateral.Params()
    counts, column = few_counts(params, 11, 400, 200, 8)
    return params, counts, column, teach_all(params, untaught(params, 200, 8), counts, column)


def test_learning_is_the_float64_algebra(learned):
    """P = inv(lambda I + within-class scatter), w = P m, A = w.m / 2: local steps get there."""
    params, counts, column, state = learned
    p, m, w, a = scatter_state(params, counts, column, 8)
    # P has moved far from where it started, or agreeing would be easy.
    assert np.abs(p - np.eye(200) / params.ridge).max() > 0.5 / params.ridge
    for fast, exact in ((state.lateral, p), (state.templates, m), (state.weights, w),
                        (state.costs, a)):
        np.testing.assert_allclose(fast, exact, rtol=1e-4, atol=1e-5 * np.abs(exact).max())
    assert state.samples.tolist() == [400, *np.bincount(column, minlength=8)]


def test_invariants_hold_inside_the_state(learned):
    """The float32 arrays fit each other, without a look at the frames."""
    _, _, _, state = learned
    w = state.templates.astype(np.float64) @ state.lateral.astype(np.float64)
    np.testing.assert_allclose(state.weights, w, rtol=1e-4, atol=1e-5 * np.abs(w).max())
    a = (state.weights.astype(np.float64) * state.templates).sum(axis=1) / 2
    np.testing.assert_allclose(state.costs, a, rtol=1e-4)


def test_lateral_synapses_stay_symmetric_bit_for_bit(learned):
    """Both triangles of P hold the same bits, or rounding would let them drift apart."""
    _, _, _, state = learned
    assert state.lateral.dtype == np.float32
    np.testing.assert_array_equal(state.lateral, state.lateral.T)
    assert np.linalg.eigvalsh(state.lateral.astype(np.float64)).min() > 0


# --- 3. to 6. order, growth, repetition, little or nothing taught -------------------------------

def test_order_of_frames_does_not_matter(learned):
    """Any order ends in the same state and the same answers."""
    params, counts, column, state = learned
    new, _ = few_counts(params, 12, 100, 200, 8)
    for order in (np.random.default_rng(1).permutation(400), np.argsort(column, kind='stable')):
        other = teach_all(params, untaught(params, 200, 8), counts[order], column[order])
        for name in STATE_ARRAYS:
            one = np.asarray(getattr(state, name), dtype=np.float64)
            np.testing.assert_allclose(getattr(other, name), one, rtol=1e-4,
                                       atol=1e-5 * np.abs(one).max(), err_msg=name)
        np.testing.assert_array_equal(decisions(params, other, counts),
                                      decisions(params, state, counts))
        np.testing.assert_array_equal(decisions(params, other, new),
                                      decisions(params, state, new))


def test_columns_grown_one_by_one():
    """A column grown when its label comes up equals one that has been waiting from the start."""
    params = lateral.Params()
    counts, column = few_counts(params, 13, 90, 50, 6)
    names = {c: i for i, c in enumerate(dict.fromkeys(column.tolist()))}  # by first appearance
    column = np.array([names[c] for c in column.tolist()])
    early = untaught(params, 50, 6)
    late = lateral.initial(params, 50)
    assert lateral.columns(late) == 0
    for k, c in zip(counts, column):
        if c == lateral.columns(late):
            late = lateral.grow(params, late)
        early = lateral.teach(params, early, k, int(c))
        late = lateral.teach(params, late, k, int(c))
        grown = lateral.columns(late)
        one = lateral.present(params, lateral.readout(params, early), counts[-1])
        two = lateral.present(params, lateral.readout(params, late), counts[-1])
        np.testing.assert_allclose(one.evidence[:grown], two.evidence, rtol=1e-4, atol=1e-3)
        assert (one.evidence[grown:] == -np.inf).all()  # never taught: never the answer
    assert lateral.columns(late) == 6
    for name in STATE_ARRAYS:
        one = np.asarray(getattr(early, name), dtype=np.float64)
        np.testing.assert_allclose(getattr(late, name), one, rtol=1e-5,
                                   atol=1e-6 * np.abs(one).max(), err_msg=name)


def test_repeats_bit_for_bit():
    """The same frames in the same order: the same bits, and the same answers to the last bit."""
    params = lateral.Params()
    counts, column = few_counts(params, 14, 120, 300, 5)
    states = [teach_all(params, untaught(params, 300, 5), counts, column) for _ in range(2)]
    for name in STATE_ARRAYS:
        assert getattr(states[0], name).tobytes() == getattr(states[1], name).tobytes(), name
    reads = [lateral.readout(params, state) for state in states]
    for k in counts:
        one, two = (lateral.present(params, read, k) for read in reads)
        assert one.evidence.tobytes() == two.evidence.tobytes()
        assert one.typicality == two.typicality


def test_seed_draws_the_phases():
    """Another seed, other phases; the same seed, the same; all in 0..9 and all used."""
    one = lateral.phases(lateral.Params(), 1280)
    np.testing.assert_array_equal(one, lateral.phases(lateral.Params(), 1280))
    assert sorted(set(one.tolist())) == list(range(10))
    assert (one != lateral.phases(lateral.Params(seed=1), 1280)).any()


@pytest.mark.parametrize('frames', [1, 2, 50])
@pytest.mark.filterwarnings('error')
def test_a_single_label(frames):
    """With one label there is nothing to tell apart: no division by zero, it is the answer."""
    params = lateral.Params()
    counts, _ = few_counts(params, 15, frames, 100, 1)
    state = teach_all(params, untaught(params, 100, 1), counts, np.zeros(frames, dtype=int))
    response = lateral.present(params, lateral.readout(params, state), counts[0])
    assert response.evidence.argmax() == 0
    assert response.evidence.tolist() == [0.0]
    shown = adopt(slow(params, 100, 1), state, counts, [0] * frames).show(counts[0])
    assert (shown.decision, shown.counts.tolist()) == (0, [0])
    assert response.typicality == pytest.approx(shown.typicality[0], rel=1e-3, abs=1e-6)
    assert (response.typicality < 0) == (frames > 1), 'how well its template explains the frame'


@pytest.mark.parametrize('labels', [2, 3, 4, 5, 9])
@pytest.mark.filterwarnings('error')
def test_labels_taught_the_same_frames(labels):
    """Columns that float rounding alone tells apart drive nothing, instead of 1 / rounding."""
    params = lateral.Params()
    for seed in range(6):
        counts, _ = few_counts(params, seed, 3, 1280, 1)
        state = untaught(params, 1280, labels)
        for k in counts:
            for c in range(labels):
                state = lateral.teach(params, state, k, c)
        read = lateral.readout(params, state)
        assert read.gain == 0
        response = lateral.present(params, read, counts[0])
        assert response.spikes.tolist() == [0] * labels
        assert abs(response.typicality) < 100


@pytest.mark.filterwarnings('error')
def test_no_label():
    """Before anything is taught the response is empty, and no number pretends typicality."""
    params = lateral.Params()
    state = lateral.initial(params, 20)
    response = lateral.present(params, lateral.readout(params, state),
                               np.full(20, 5, dtype=np.uint8))
    assert response.spikes.shape == response.evidence.shape == (0,)
    assert response.typicality == -math.inf


@pytest.mark.filterwarnings('error')
def test_frame_without_spikes():
    """A black frame can be taught and shown; nothing taught beats columns never taught."""
    params = lateral.Params()
    counts, column = few_counts(params, 16, 30, 60, 3)
    nothing = np.zeros(60, dtype=np.uint8)
    state = teach_all(params, untaught(params, 60, 5), counts, column)
    network = adopt(slow(params, 60, 5), state, counts, column)
    response = lateral.present(params, lateral.readout(params, state), nothing)
    shown = network.show(nothing)
    np.testing.assert_array_equal(response.spikes, shown.counts)
    assert response.evidence.argmax() == shown.decision < 3
    np.testing.assert_allclose(ends(params, response)[:3], shown.potentials[-1, :3], rtol=1e-4)
    assert response.typicality == pytest.approx(shown.typicality[shown.decision],
                                                 rel=1e-4)

    state = lateral.teach(params, state, nothing, 3)  # first frame of a column: all zero
    state = lateral.teach(params, state, nothing, 0)  # and one more of a known column
    for name in STATE_ARRAYS:
        assert np.isfinite(getattr(state, name)).all(), name
    response = lateral.present(params, lateral.readout(params, state), nothing)
    assert response.evidence.argmax() == 3
    assert np.isfinite(response.evidence[:4]).all()


@pytest.mark.filterwarnings('error')
def test_only_frames_without_spikes():
    """Nothing but black frames: all columns alike, no division by zero."""
    params = lateral.Params()
    nothing = np.zeros(30, dtype=np.uint8)
    state = teach_all(params, untaught(params, 30, 2), [nothing] * 4, [0, 1, 0, 1])
    response = lateral.present(params, lateral.readout(params, state), nothing)
    assert response.spikes.tolist() == [0, 0]
    assert response.typicality == 0


@pytest.mark.parametrize('name, value', [
    ('saturation', 0), ('power', 0), ('ridge', 0), ('trace_scale', -1), ('theta', 0),
    ('leak', 1.1), ('prior_strength', -1), ('prior_strength', math.nan),
    ('bias_correction', -0.1), ('bias_correction', math.inf)])
def test_constants_out_of_bounds(name, value):
    """A constant the rule cannot work with is refused by name."""
    with pytest.raises(ValueError, match=name):
        lateral.check(lateral.Params(**{name: value}))
    lateral.check(lateral.Params())


# --- 7. real embeddings -------------------------------------------------------------------------

@pytest.fixture(scope='module')
def caltech():
    """Return params, the state after one pass over caltech64 in random order, and both parts."""
    path = EMBEDDINGS / 'caltech64.npz'
    if not path.exists():
        pytest.skip(f'{path} is not there')
    params = lateral.Params()
    with np.load(path) as pack:
        codes, column, test, truth = (pack[n] for n in ('X_train', 'y_train', 'X_test', 'y_test'))
    state = untaught(params, codes.shape[1], int(column.max()) + 1)
    for i in np.random.default_rng(0).permutation(len(codes)):
        state = lateral.teach(params, state, lateral.counts(params, codes[i]), int(column[i]))
    taught, test = (np.array([lateral.counts(params, c) for c in x]) for x in (codes, test))
    return params, state, (taught, column), (test, truth)


@pytest.mark.slow
def test_caltech_accuracy(caltech):
    """One pass, each sample once: at least 97.3 % (measured: 97.71 %)."""
    params, state, _, (counts, truth) = caltech
    accuracy = float((decisions(params, state, counts) == truth).mean())
    print(f'caltech64: {accuracy:.4f} of {len(truth)} test frames')
    assert accuracy >= 0.973


@pytest.mark.slow
def test_consolidated_it_answers_as_taught_one_by_one(caltech):
    """The same winners but for near ties, drives apart by a level of a weight at most."""
    params, state, (taught, column), (counts, _) = caltech
    consolidated = lateral.consolidated(params, taught, column, 64)
    for name in STATE_ARRAYS:
        exact = np.asarray(getattr(consolidated, name), dtype=np.float64)
        np.testing.assert_allclose(getattr(state, name), exact, rtol=0,
                                   atol=2e-5 * np.abs(exact).max(), err_msg=name)
    reads = [lateral.readout(params, s) for s in (state, consolidated)]
    same = 0
    for k in counts:
        one, two = (lateral.present(params, read, k) for read in reads)
        same += one.evidence.argmax() == two.evidence.argmax()
        np.testing.assert_allclose(one.drives, two.drives, rtol=0, atol=0.01)
        assert one.typicality == pytest.approx(two.typicality, abs=0.02)
    assert same >= len(counts) - 3  # measured: 1,354 of 1,355


@pytest.mark.slow
def test_real_frames_equal_the_slow_network(caltech):
    """The full-size network, 1280 inputs and 64 columns, answers real frames as the slow one."""
    params, state, (taught, column), (counts, _) = caltech
    network = adopt(slow(params, 1280, 64), state, taught, column)
    read = lateral.readout(params, state)
    for k in counts[::150]:
        shown = network.show(k)
        response = lateral.present(params, read, k)
        np.testing.assert_array_equal(response.spikes, shown.counts)
        np.testing.assert_allclose(ends(params, response), shown.potentials[-1], rtol=1e-4,
                                   atol=1e-4 * np.abs(shown.potentials).max())
        assert response.evidence.argmax() == shown.decision
        assert response.typicality == pytest.approx(shown.typicality[shown.decision],
                                                     rel=1e-3, abs=1e-3)
