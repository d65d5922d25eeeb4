# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Leave-one-group-out in closed form (Sherman-Morrison): how taught frames would look untaught.

What a true but new view of a taught label looks like must be known to tell it from an unknown
object, and to say how sure an answer is.  Frames already learned look too typical; records taken
just before learning grow old while P adapts.  But leaving one sample out of the lateral rule has a
closed form (our use of it; the identity is Sherman and Morrison's), so every sample can be looked
at through today's network without itself, exactly and at any time.

A sample that has near twins leaves them in the network, and would look as if it were still there:
the twins are left out with it, and so are its other views.  With y the mean of all views of the k
frames of such a group, itself included, ``d = y - m_j``, ``g = k n_j / (n_j - k)`` and
``h = g / (1 - g d.P d)``::

    P' = P + h (P d)(P d)^T,   m_j' = m_j - d k / (n_j - k),   m_0' = m_0 - g d / n_0

and every product with P' follows from the same product with P.  Before that the same step takes
out how x, a view that counts omega, differs from its group: ``d = x - y``, ``g = omega k / (k -
omega)``.  (P' still knows how the others of the group differ among themselves, which says little
of x; for a frame alone, of one view, all is exact.)  The background hears
``m_j'`` in place of the group: with less, the shares of the labels would change, and a frame of a
rarer label lies further from the background (with 2 labels of 10 samples the records then looked
so typical that 29 % of new frames were refused at a nominal 5 %).  Kappa and the gain are left as
they are.  A look at the other columns alone tells how the sample would look had its label never
been taught.  This is bookkeeping beside the network, not a synaptic rule.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from hybrid_snn_ros.snn.backend import Array, array_namespace
from hybrid_snn_ros.snn.decision import LeftOut
from hybrid_snn_ros.snn.lateral.constants import Params
from hybrid_snn_ros.snn.lateral.quantisation import (
    biases_of,
    fit_gain_of,
    gain_of,
    Products,
    shrinkage,
)
from hybrid_snn_ros.snn.lateral.state import columns as columns_of
from hybrid_snn_ros.snn.lateral.state import State, trace

_BLOCK = 160  # inputs; finer ones cost more calls than they save multiplications


class Groups(NamedTuple):
    """What is left out with each of M samples."""

    sizes: np.ndarray  # int (M,), how many frames of its column, itself included
    means: np.ndarray  # float32 (M, N), the mean of the spike counts of all their views
    shares: np.ndarray  # omega (M,), what the view asked counts of a frame


def leave_one_out(params: Params, state: State, spike_counts: np.ndarray, columns: np.ndarray,
                  groups: Groups | None = None) -> LeftOut:
    """
    Look at taught samples as if each, and what is too alike, had not been taught.

    :param spike_counts: uint8 (M, N), of samples that the state has learned.
    :param columns: (M,), the column of each.
    :param groups: what is left out with them; None for each alone.
    :return: LeftOut, of the samples whose column has others (K <= M).
    """
    xp = array_namespace(state.lateral)
    sizes, means, shares = groups or Groups(
        np.ones(len(spike_counts), np.int64), spike_counts, np.ones(len(spike_counts)))
    several = state.samples[1:][columns] > sizes
    columns, k = np.asarray(columns)[several], sizes[several].astype(np.float64)
    if not len(columns):
        return LeftOut(
            np.zeros(0), np.zeros((0, columns_of(state))), columns, np.zeros(0))
    row = np.arange(len(columns))
    n = state.samples[1:][columns].astype(np.float64)
    n_0 = int(state.samples[0])
    differs = sizes > shares  # the mean of the group from the view asked
    x, y = (trace(params, xp.asarray(counts))
            for counts in (spike_counts[several], means[several & differs]))
    omega = shares[several]
    products, seen = _look(params, state, x, columns, y, np.flatnonzero(differs[several]))
    seen.leave_out_of_group(np.divide(omega * k, k - omega, out=np.zeros_like(k), where=k > omega))
    seen.leave_out_of_synapses(n, k)
    seen.leave_out_of_templates(n, k, n_0)
    samples = np.broadcast_to(state.samples[1:], seen.own.shape).astype(np.float64)
    samples[row, columns] -= k
    gain = gain_of(params, products, state.samples[1:])
    fit_gain = fit_gain_of(gain, products.residual)

    def drives_over(background_x: np.ndarray, with_background: np.ndarray,
                    background: np.ndarray) -> np.ndarray:
        """Return the drives of all columns over a background."""
        drives = shrinkage(params, samples) * (seen.m_x - background_x[:, None])
        drives -= biases_of(params, seen.own, with_background, background[:, None], samples,
                            products.residual)
        drives *= gain
        drives[:, state.samples[1:] == 0] = -np.inf
        return drives

    def typicality(drives: np.ndarray) -> np.ndarray:
        winner = drives.argmax(axis=1)
        fit = 2 * seen.m_x[row, winner] - seen.own[row, winner] - seen.x_x
        return drives[row, winner] + fit_gain * params.fit_share * fit

    drives = drives_over(seen.background_x, seen.with_background, seen.background)
    # The label itself taken out, of the columns and of the background: m_0'' is (n_0 m_0' - n_j
    # m_j') / (n_0 - n_j).
    rest = np.maximum(n_0 - n, 1)
    own_j, own_0 = seen.own[row, columns], seen.with_background[row, columns]
    others = drives_over(
        (n_0 * seen.background_x - n * seen.m_x[row, columns]) / rest,
        (n_0 * seen.with_background - n[:, None] * seen.to_own) / rest[:, None],
        (n_0 ** 2 * seen.background - 2 * n_0 * n * own_0 + n ** 2 * own_j) / rest ** 2)
    others[row, columns] = -np.inf
    return LeftOut(typicality(drives), drives, columns, typicality(others))


@dataclass
class _Seen:
    """
    Products with P of K samples x, errors d = y - m_j, and C templates m; all float64.

    Two steps change them in place to those with each group left out.
    """

    columns: np.ndarray  # j (K,)
    x_x: np.ndarray  # (K,), x . P x
    m_x: np.ndarray  # (K, C), m_c . P x
    background_x: np.ndarray  # (K,), m_0 . P x
    to_own: np.ndarray  # (K, C), m_c . P m_j
    m_d: np.ndarray  # (K, C), m_c . P d
    background_d: np.ndarray  # (K,), m_0 . P d
    d_x: np.ndarray  # (K,), d . P x
    d_d: np.ndarray  # (K,), d . P d
    own: np.ndarray  # (K, C), m_c . P m_c
    with_background: np.ndarray  # (K, C), m_c . P m_0
    background: np.ndarray  # (K,), m_0 . P m_0

    def leave_out_of_group(self, g: np.ndarray) -> None:
        """Change P, in place: by ``u = x - y``, in which x differs from its group."""
        row = np.arange(len(g))
        # u = x - m_j - d
        m_u = self.m_x - self.to_own - self.m_d
        background_u = (self.background_x - self.with_background[row, self.columns]
                        - self.background_d)
        u_x = self.x_x - self.m_x[row, self.columns] - self.d_x
        u_d = self.d_x - self.m_d[row, self.columns] - self.d_d
        u_u = u_x - m_u[row, self.columns] - u_d
        h = g / np.maximum(1 - g * u_u, 1e-6)
        self.m_d += (h * u_d)[:, None] * m_u
        self.background_d += h * u_d * background_u
        self.d_x += h * u_d * u_x
        self.d_d += h * u_d ** 2
        self._add(h, m_u, background_u, u_x)

    def leave_out_of_synapses(self, n: np.ndarray, k: np.ndarray) -> None:
        """Change P to P', in place: it adds h (. P d)(d P .)."""
        g = k * n / (n - k)
        h = g / np.maximum(1 - g * self.d_d, 1e-6)
        self._add(h, self.m_d, self.background_d, self.d_x)
        scale = 1 + h * self.d_d
        self.m_d *= scale[:, None]
        self.background_d *= scale
        self.d_x *= scale
        self.d_d *= scale

    def _add(self, h: np.ndarray, m_v: np.ndarray, background_v: np.ndarray,
             v_x: np.ndarray) -> None:
        """Change, in place, what has to do with no d as P gains h (P v)(P v)^T."""
        row = np.arange(len(h))
        self.x_x += h * v_x ** 2
        self.m_x += (h * v_x)[:, None] * m_v
        self.background_x += h * background_v * v_x
        self.to_own += (h * m_v[row, self.columns])[:, None] * m_v
        self.own += h[:, None] * m_v ** 2
        self.with_background += (h * background_v)[:, None] * m_v
        self.background += h * background_v ** 2

    def leave_out_of_templates(self, n: np.ndarray, k: np.ndarray, n_0: int) -> None:
        """Change the background and the group's own template to those without it, in place."""
        own = np.arange(len(n)), self.columns
        r = k * n / (n - k) / n_0
        self.background += r * (r * self.d_d - 2 * self.background_d)
        self.background_x -= r * self.d_x
        self.with_background -= r[:, None] * self.m_d
        self.background_d -= r * self.d_d
        r = k / (n - k)
        self.to_own -= r[:, None] * self.m_d
        self.m_x[own] -= r * self.d_x
        self.own[own] += r * (r * self.d_d - 2 * self.m_d[own])
        self.with_background[own] -= r * self.background_d


def _look(params: Params, state: State, x: Array, columns: np.ndarray, y: Array,
          grouped: np.ndarray) -> tuple[Products, _Seen]:
    """
    Take the products with today's P, where P lives; what is made of them is small.

    :param y: (G, N), the means of groups that are not x itself; grouped: whose, of the K samples.
    """
    xp = array_namespace(state.lateral)
    own_columns, place = np.unique(columns, return_inverse=True)
    points = xp.concatenate([x, y])
    products, squares, to_templates, to_background, between, both = Products.of(
        params, state, _self_products(points, state.lateral), points @ state.weights[1:].T,
        points @ state.weights[0],
        state.templates[xp.asarray(own_columns + 1)] @ state.weights[1:].T,
        _self_products(x[xp.asarray(grouped)] + y, state.lateral))
    to_templates, to_background, to_own = (
        product.astype(np.float64) for product in (to_templates, to_background, between[place]))
    row = np.arange(len(columns))
    mean = row.copy()  # where the group's mean is among the points: itself, or behind them
    mean[grouped] = len(row) + np.arange(len(grouped))
    x_x, m_x = squares[row], to_templates[row]
    y_y, m_y, y_x = squares[mean], to_templates[mean], x_x.copy()
    # (x + y).P (x + y) = x.P x + 2 x.P y + y.P y
    y_x[grouped] = (both - x_x[grouped] - y_y[grouped]) / 2
    return products, _Seen(
        columns, x_x, m_x, to_background[row], to_own,
        m_d=m_y - to_own,
        background_d=to_background[mean] - products.with_background[columns],
        d_x=y_x - m_x[row, columns],
        d_d=y_y - 2 * m_y[row, columns] + products.own[columns],
        own=np.tile(products.own, (len(row), 1)),
        with_background=np.tile(products.with_background, (len(row), 1)),
        background=np.full(len(row), products.background))


def _self_products(x: Array, lateral: Array) -> Array:
    """
    Return x . P x of every row of x, float64 (K,).

    P is symmetric: blocks above its diagonal count twice and those below are not looked at, which
    leaves little more than half of the multiplications.
    """
    xp = array_namespace(x)
    products = xp.zeros(len(x))
    for start in range(0, x.shape[1], _BLOCK):
        end = start + _BLOCK
        head = x[:, start:end]
        heard = head @ lateral[start:end, start:end]
        heard += 2 * (x[:, end:] @ lateral[end:, start:end])
        products += xp.einsum('ij,ij->i', heard, head)
    return products
