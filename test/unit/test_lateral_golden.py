# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The lateral rule, fast and slow, against a trace written out by hand."""

from typing import NamedTuple

from lateral_common import ends, slow, untaught
import numpy as np
import pytest

from hybrid_snn_ros.snn import lateral

# nu = 1, so the trace x is the spike counts; lambda = 1/2, so P starts as 2 I; seed 160 draws the
# phases 0, 5, 3 for three inputs.  Shrinkage and bias correction change nothing about learning.
LDA = lateral.Params(trace_scale=1.0, ridge=0.5, leak=0.5, theta=0.25, fit_share=0.2, seed=160,
                     prior_strength=0.0, bias_correction=0.0)
YOUNG = LDA._replace(prior_strength=2.0, bias_correction=0.5)

# After each taught frame: (counts, label), then P, and m, w, A, n of background, column 0, 1.
GOLDEN_STEPS = [
    # x = (2,0,6), label 0, n = 0: no residual.  h = 2x = (4,0,12).
    # m = x, w = h, A = w.m/2 = (8 + 72)/2 = 40, for column 0 and background alike.
    (([2, 0, 6], 0),
     [[2, 0, 0], [0, 2, 0], [0, 0, 2]],
     [[2, 0, 6], [2, 0, 6], [0, 0, 0]],
     [[4, 0, 12], [4, 0, 12], [0, 0, 0]],
     [40, 40, 0], [1, 1, 0]),
    # x = (0,2,0), label 1, n = 0.  h = (0,4,0), A = 8/2 = 4.
    # background, n = 2: m = (1,1,3), w = (4,0,12) + (-4,4,-12)/2 = (2,2,6), A = (2+2+18)/2 = 11.
    (([0, 2, 0], 1),
     [[2, 0, 0], [0, 2, 0], [0, 0, 2]],
     [[1, 1, 3], [2, 0, 6], [0, 2, 0]],
     [[2, 2, 6], [4, 0, 12], [0, 4, 0]],
     [11, 40, 4], [2, 1, 1]),
    # x = (3,1,5), label 0, n = 1.  h = (6,2,10); d = x - m = (1,1,-1); r = h - w = (2,2,-2).
    # d.r = 6; g = 1/2; f = (1/2)/(1 + 3) = 1/8.
    # P -= r r^T / 8: 4/8 = 1/2 off, with the signs of d d^T.
    # column 0: q = 4 - 12 = -8, fq = -1:      w = (4,0,12) + r = (6,2,10), A = 40 - 64/16 = 36
    # column 1: q = 4,           fq = 1/2:     w = (0,4,0) - r/2 = (-1,3,1), A = 4 - 16/16 = 3
    # backgr.:  q = 2+2-6 = -2,  fq = -1/4:    w = (2,2,6) + r/4 = (2.5,2.5,5.5)
    # h.d = 6+2-10 = -2, so h += r/4: h = (6.5, 2.5, 9.5).
    # dopamine, column 0, n = 2: m = (2.5,.5,5.5), w = (6.25,2.25,9.75),
    #                            A = (15.625 + 1.125 + 53.625)/2 = 35.1875
    # background, n = 3: m = (1,1,3) + (2,0,2)/3, w = (2.5,2.5,5.5) + (4,0,4)/3,
    #                    A = (5/3 * 23/6 + 5/2 + 11/3 * 41/6)/2 = 611/36
    (([3, 1, 5], 0),
     [[1.5, -0.5, 0.5], [-0.5, 1.5, 0.5], [0.5, 0.5, 1.5]],
     [[5 / 3, 1, 11 / 3], [2.5, 0.5, 5.5], [0, 2, 0]],
     [[23 / 6, 5 / 2, 41 / 6], [6.25, 2.25, 9.75], [-1, 3, 1]],
     [611 / 36, 35.1875, 3], [3, 2, 1]),
    # x = (1,3,0), label 1, n = 1.  h = (1.5-1.5, -.5+4.5, .5+1.5) = (0,4,2);
    # d = (1,1,0); r = h - (-1,3,1) = (1,1,1).  d.r = 2; g = 1/2; f = (1/2)/(1 + 1) = 1/4.
    # P -= 1/4 everywhere.
    # column 0: q = 6.25 + 2.25 = 8.5, fq = 2.125: w = (4.125, .125, 7.625),
    #                                              A = 35.1875 - 72.25/8 = 26.15625
    # column 1: q = 2, fq = 1/2: w = (-1.5,2.5,.5), A = 3 - 4/8 = 2.5
    # backgr.:  q = 23/6 + 15/6 = 19/3, fq = 19/12: w = (46-19, 30-19, 82-19)/12 = (27,11,63)/12
    # h.d = 4, so h -= r: h = (-1,3,1).
    # dopamine, column 1, n = 2: m = (.5,2.5,0), w = (-1.25,2.75,.75), A = (-.625 + 6.875)/2
    # background, n = 4: m = (5/3,1,11/3) + (-2/3,2,-11/3)/4 = (1.5,1.5,2.75),
    #                    w = (2.25,11/12,5.25) + (-3.25,25/12,-4.25)/4 = (1.4375,1.4375,4.1875)
    #                    A = (1.4375*1.5*2 + 4.1875*2.75)/2 = 7.9140625
    (([1, 3, 0], 1),
     [[1.25, -0.75, 0.25], [-0.75, 1.25, 0.25], [0.25, 0.25, 1.25]],
     [[1.5, 1.5, 2.75], [2.5, 0.5, 5.5], [0.5, 2.5, 0]],
     [[1.4375, 1.4375, 4.1875], [4.125, 0.125, 7.625], [-1.25, 2.75, 0.75]],
     [7.9140625, 26.15625, 3.125], [4, 2, 2]),
]

# Frame (4,2,5) is shown.
# Accumulators: input 1: 0 4 8 12* 6 10* ...: it fires at steps 2, 4, 7, 9; input 2 starts at 5:
# steps 2, 7; input 3 starts at 3: steps 1, 3, 5, 7, 9.
FRAME = np.array([4, 2, 5], dtype=np.uint8)
RASTER = np.array([
    [0, 0, 0], [0, 0, 1], [1, 1, 0], [0, 0, 1], [1, 0, 0],
    [0, 0, 1], [0, 0, 0], [1, 1, 1], [0, 0, 0], [1, 0, 1]], dtype=bool)


class Shown(NamedTuple):
    """What the frame does to the network after some of the steps above."""

    params: lateral.Params
    steps: int  # taught before
    weights: list  # int8
    gain: float
    potentials: list  # columns 0 and 1
    counts: list
    drives: list
    typicality: float


# After all four frames, plain LDA.
# w_0 - background = (2.6875, -1.3125, 3.4375), w_1 - background is its negative.
# int8: unit 3.4375/127, so Q_0 = (99.29, -48.49, 127) -> (99, -48, 127), Q_1 = -Q_0.
# Gain: column 0: 26.15625 + 7.9140625 - (1.4375*2.5 + 1.4375*.5 + 4.1875*5.5) = 6.7265625,
#       column 1:  3.125   + 7.9140625 - (1.4375*.5 + 1.4375*2.5)              = 6.7265625,
#       G = 1/6.7265625 = 128/861.
# A spike of input 1, 2, 3 gives column 0: G * 3.4375/127 * Q = 0.398365, -0.193147, 0.511034;
# every step it loses G (26.15625 - 7.9140625)/10 = 0.271196.  Column 1: the negative of the
# drives, and it gains G (7.9140625 - 3.125)/10 = 0.071196.
# Column 0: OUT 3, and u may stay above the threshold: at most one spike a step.
# Drives: Q_0.x = 4*99 - 2*48 + 5*127 = 935, column 0: G (935*3.4375/127 - 18.2421875),
#         column 1: G (-935*3.4375/127 + 4.7890625).
# P x = (4.75, .75, 7.75), S_0 = 54.875 - 26.15625, fit = 2*28.71875 - 59.25 = -1.8125.
AS_LDA = Shown(
    LDA, 4, [[99, -48, 127], [-99, 48, -127]], 128 / 861,
    [
        # column 0: u/2 + current (spike: - .25)       column 1: u/2 + current
        (-0.271196, 0.071196),  # 0 - .271196          0 + .071196
        (0.104239, -0.404239),  # -.135598 + .239837   .035598 - .439837
        (-0.013858, -0.336142),  # .052120 - .065978   -.202120 - .134022
        (0.232908, -0.607909),  # -.006929 + .239837   -.168071 - .439837
        (0.243623, -0.631123),  # .116454 + .127169    -.303954 - .327169
        (0.111649, -0.755399),  # .121811 + .239837 = .361649 fires   -.315561 - .439837
        (-0.215372, -0.306503),  # .055825 - .271196   -.377699 + .071196
        (0.087370, -0.798307),  # -.107686 + .445056 = .337370 fires  -.153252 - .645056
        (-0.227511, -0.327957),  # .043685 - .271196   -.399154 + .071196
        (0.274447, -1.002181),  # -.113756 + .638202 = .524447 fires  -.163979 - .838202
    ],
    [3, 0],
    [128 / 861 * (935 * 3.4375 / 127 - 18.2421875), 128 / 861 * (4.7890625 - 935 * 3.4375 / 127)],
    128 / 861 * (935 * 3.4375 / 127 - 18.2421875 - 0.2 * 1.8125))

# After three frames, n = (2, 1), prior_strength 2: s_0 = 2/4 = 1/2, s_1 = 1/3.
# m_0col - m_0 = (5/6, -1/2, 11/6), w_0col - w_0 = (29/12, -1/4, 35/12); for column 1 both times -2
# (the background is two thirds of the way to column 0).
# Their product: column 0: 145/72 + 9/72 + 385/72 = 539/72; column 1: four times that, 539/18.
# Q: column 0: 1/2 (29/12, -1/4, 35/12), column 1: -2/3 (29/12, -1/4, 35/12), largest 35/18;
#    column 1: -127 (29/35, -3/35, 1)           = (-105.23, 10.89, -127)  -> (-105, 11, -127)
#    column 0:  127 * 3/4 (29/35, -3/35, 1)     = (78.92, -8.16, 95.25)   -> (79, -8, 95)
# kappa: trace P = 4.5, one error learned: 3 - 4.5/2 = 3/4.  (d = (1,1,-1) with P d = d/2, n = 1:
#    scatter d d^T/2, so d.P d/2 = 3/4.)  Relief, half of it over n: 3/16 and 3/8.
# w_0.(m_c - m_0): column 0: 581/12 - 611/18 = 521/36; column 1: 5 - 611/18 = -521/18.
# B: column 0: 521/72 + (539/72 - 3/16)/8 = 521/72 + 1051/1152 = 1043/128 = 8.148438
#    column 1: -521/54 + (539/18 - 3/8)/18 = -521/54 + 2129/1296 = -10375/1296 = -8.005401
# G: column 0: (1/2 - 1/8) 539/72 = 539/192; column 1: (1/3 - 1/18) 539/18 = 2695/324;
#    their mean is 539 (27 + 80)/10368 = 57673/10368, G = 10368/57673 = .179772.
# A spike of input 1, 2, 3 gives G * 35/18/127 * Q: column 0: .217441, -.022019, .261480, and it
# loses G B/10 = .146486 a step; column 1: -.289004, .030277, -.349557, and gains .143915.
# Drives: Q.x = 316 - 16 + 475 = 775 and -420 + 22 - 635 = -1033.
# P x = (7.5, 3.5, 10.5), S_0 = 25 + 4.5 + 48.75 - 35.1875, fit = 2*43.0625 - 89.5 = -3.375.
AS_YOUNG = Shown(
    YOUNG, 3, [[79, -8, 95], [-105, 11, -127]], 10368 / 57673,
    [
        (-0.146486, 0.143915),  # 0 - .146486          0 + .143915
        (0.041750, -0.133685),  # -.073243 + .114993   .071957 - .205642
        (0.069811, -0.181655),  # .020875 + .048935    -.066842 - .114812
        (0.149899, -0.296470),  # .034905 + .114993    -.090827 - .205642
        (0.145904, -0.293324),  # .074949 + .070955    -.148235 - .145089
        (0.187945, -0.352304),  # .072952 + .114993    -.146662 - .205642
        (-0.052513, -0.032237),  # .093973 - .146486   -.176152 + .143915
        (0.034158, -0.480488),  # -.026257 + .310415 = .284158 fires  -.016119 - .464369
        (-0.129407, -0.096329),  # .017079 - .146486   -.240244 + .143915
        (0.017731, -0.542811),  # -.064704 + .332434 = .267731 fires  -.048165 - .494646
    ],
    [2, 0],
    [10368 / 57673 * (775 * 35 / 2286 - 1043 / 128),
     10368 / 57673 * (-1033 * 35 / 2286 + 10375 / 1296)],
    10368 / 57673 * (775 * 35 / 2286 - 1043 / 128 - 0.2 * 3.375))


def test_golden_phases():
    """The seed of the golden trace draws the phases its arithmetic uses."""
    assert lateral.phases(LDA, 3).tolist() == [0, 5, 3]


def test_golden_learning_fast():
    """The fast form follows the hand-written trace frame by frame."""
    state = untaught(LDA, 3, 2)
    for (k, label), p, m, w, a, n in GOLDEN_STEPS:
        state = lateral.teach(LDA, state, np.array(k, dtype=np.uint8), label)
        np.testing.assert_allclose(state.lateral, p, rtol=1e-6)
        np.testing.assert_allclose(state.templates, m, rtol=1e-6)
        np.testing.assert_allclose(state.weights, w, rtol=1e-6)
        np.testing.assert_allclose(state.costs, a, rtol=1e-6)
        assert state.samples.tolist() == n


def test_golden_learning_slow():
    """The slow network follows the hand-written trace too, so it may judge the fast form."""
    network = slow(LDA, 3, 2)
    for (k, label), p, m, w, a, n in GOLDEN_STEPS:
        network.teach(k, label)
        neurons = [network.background, *network.columns]
        np.testing.assert_allclose(network.p, p, rtol=1e-14, atol=1e-14)
        np.testing.assert_allclose([c.m for c in neurons], m, rtol=1e-14)
        np.testing.assert_allclose([c.w for c in neurons], w, rtol=1e-13)
        np.testing.assert_allclose([c.a for c in neurons], a, rtol=1e-14)
        assert [c.n for c in neurons] == n


@pytest.mark.parametrize('golden', [AS_LDA, AS_YOUNG], ids=['LDA', 'young'])
def test_golden_presentation(golden):
    """Spikes, potentials, OUT counts, answer, drives and typicality of one frame, by hand."""
    params = golden.params
    state = untaught(params, 3, 2)
    network = slow(params, 3, 2)
    for (k, label), *_ in GOLDEN_STEPS[:golden.steps]:
        state = lateral.teach(params, state, np.array(k, dtype=np.uint8), label)
        network.teach(k, label)

    shown = network.show(FRAME)
    np.testing.assert_array_equal(shown.raster, RASTER)
    np.testing.assert_allclose(shown.potentials, golden.potentials, atol=2e-6)
    assert shown.counts.tolist() == golden.counts
    assert shown.decision == 0
    np.testing.assert_allclose(shown.drives, golden.drives, rtol=1e-12)
    assert shown.typicality[0] == pytest.approx(golden.typicality, rel=1e-12)

    read = lateral.readout(params, state)
    np.testing.assert_array_equal(read.weights, golden.weights)
    assert read.gain == pytest.approx(golden.gain, rel=1e-6)
    response = lateral.present(params, read, FRAME)
    assert response.spikes.tolist() == golden.counts
    np.testing.assert_allclose(ends(params, response), golden.potentials[-1], atol=2e-6)
    assert response.evidence.argmax() == 0
    np.testing.assert_allclose(response.drives, golden.drives, rtol=1e-5)
    assert response.typicality == pytest.approx(golden.typicality, rel=1e-5)
