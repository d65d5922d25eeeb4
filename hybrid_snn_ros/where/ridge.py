# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The read-out as exact sums: a pure function of the set of what was drawn.

Ridge regression of the heat and of the four log distances (targets.py) on the features of cells
(features.py)::

    W = (ridge I + X' D X)^-1 X' D Y

D weighs cells: for the heat all that teach, those of a thing three times; for the distances those
near a thing's middle. Features and targets are whole numbers, and so are these sums; as long as
they stay below 2^53 float64 holds them exactly, whatever the order in which BLAS adds. A frame
adds what it teaches and takes the same away again: no order and no history is left in the sums.
"""

from collections.abc import Generator
from typing import Any, NamedTuple

import numpy as np

from hybrid_snn_ros.snn import sweep
from hybrid_snn_ros.snn.steps import finish
from hybrid_snn_ros.where.boxes import BoxError
from hybrid_snn_ros.where.features import MAX_FEATURE, summing_cells, units, WINDOWS
from hybrid_snn_ros.where.targets import STEPS, targets

RIDGE = 30.0
HOT_WEIGHT = 3  # of a thing's cells in the sums of the heat
OUTPUTS = 5  # heat, and the log distances to the left, upper, right and lower edge
# The largest product of two features; one with a target (8 x 4096) is less.
MOST_CELLS = 2 ** 53 // (HOT_WEIGHT * MAX_FEATURE ** 2)

_ROWS = 128  # at once, of a step


class Drawn(NamedTuple):
    """A frame and what was drawn in it."""

    codes: np.ndarray  # uint8 (rows, columns, C), of vision.cell_encoder
    boxes: Any  # (B, 4) numbers, x, y, width, height as fractions of the frame
    complete: bool = False  # everything is drawn; with no boxes: the frame is empty


class Weights(NamedTuple):
    """A read-out: planes = codes @ own + blurred (codes @ five, codes @ nine) + bias."""

    projections: np.ndarray  # float32 (C, 3 * 5), of the cell, of 5 x 5 and of 9 x 9 around it
    bias: np.ndarray  # float32 (5,)


class Sums:
    """
    What all drawn frames amount to; about 65 MB where there are 672 channels.

    Equal sets of drawn frames give equal bits, in whatever order they were added and taken back.
    To draw another box in a frame, take the frame back and add it with both.
    """

    def __init__(self, channels: int) -> None:
        """Begin with nothing drawn; `channels` is C."""
        self.channels = channels
        size = len(WINDOWS) * channels + 1
        self.frames = 0  # drawn
        self.cells = 0  # that teach
        self.heat_products = np.zeros((size, size))  # X' D X of the heat
        self.near_products = np.zeros((size, size))  # and of the distances
        self.responses = np.zeros((size, OUTPUTS))  # X' D Y of both

    def add(self, drawn: Drawn) -> None:
        """
        Add what a frame teaches, in place.

        :raises BoxError: for a box that cannot be, a map of another width, or when more cells were
            drawn than the sums hold exactly (7 million, some 23,000 whole frames); nothing was
            added then.
        """
        finish(self.adding(drawn))

    def take_back(self, drawn: Drawn) -> None:
        """
        Take away what a frame that was added taught, in place.

        :raises BoxError: as of `add`, and where no frame is left to be taken back.
        """
        finish(self.taking_back(drawn))

    def adding(self, drawn: Drawn) -> Generator[None, None, None]:
        """Do what `add` does in steps of a few milliseconds; begun, it must be ended."""
        return self._changing(drawn, 1)

    def taking_back(self, drawn: Drawn) -> Generator[None, None, None]:
        """Do what `take_back` does in steps of a few milliseconds; begun, it must be ended."""
        if not self.frames:
            raise BoxError('no frame was drawn that could be taken back')
        return self._changing(drawn, -1)

    def _changing(self, drawn: Drawn, sign: int) -> Generator[None, None, None]:
        rows, columns, channels = drawn.codes.shape
        if channels != self.channels:
            raise BoxError(f'the read-out is of {self.channels} channels, the frame has '
                           f'{channels}')
        goal = targets(rows, columns, drawn.boxes, drawn.complete)
        cells = int(goal.taught.sum())
        if self.cells + sign * cells > MOST_CELLS:
            raise BoxError(f'the read-out holds {MOST_CELLS} cells of drawn frames at most: take '
                           'some back')
        sums = yield from summing_cells(drawn.codes)
        yield
        # A cell of a thing counts three times: as one that teaches, and what it weighs more.
        for products, which, weight in ((self.heat_products, goal.taught, 1),
                                        (self.heat_products, goal.hot, HOT_WEIGHT - 1),
                                        (self.near_products, goal.near, 1)):
            part = sums[which]
            scaled = sign * weight * part
            for start in range(0, len(products), _ROWS):
                block = slice(start, start + _ROWS)
                products[block] += scaled[:, block].T @ part
                yield
        heat = np.where(goal.hot, HOT_WEIGHT, 1)[goal.taught] * goal.heat[goal.taught]
        self.responses[:, 0] += sign * (sums[goal.taught].T @ heat.astype(np.float64))
        self.responses[:, 1:] += sign * (
            sums[goal.near].T @ goal.logs[goal.near].astype(np.float64))
        self.frames += sign
        self.cells += sign * cells

    def solution(self) -> Generator[None, None, Weights]:
        """
        Solve the ridge; a generator that pauses between steps of a few milliseconds.

        Nothing may be added or taken back before it ends. The same sums give the same bits.

        :return: (the generator's return value) the Weights.
        """
        unit = units(self.channels)
        responses = self.responses * unit[:, None] / STEPS
        solved = np.empty_like(responses)
        for products, outputs in ((self.heat_products, slice(0, 1)),
                                  (self.near_products, slice(1, OUTPUTS))):
            matrix = np.empty_like(products)
            for start in range(0, len(matrix), _ROWS):
                rows = slice(start, start + _ROWS)
                matrix[rows] = products[rows] * unit[rows, None] * unit
                yield
            matrix[np.diag_indices(len(matrix))] += RIDGE
            inverse = yield from sweep.inverse(matrix)
            solved[:, outputs] = inverse @ responses[:, outputs]
            yield
        return _weights(solved, self.channels)

    def solved(self) -> Weights:
        """Return the read-out, in one go."""
        return finish(self.solution())


def _weights(solved: np.ndarray, channels: int) -> Weights:
    """Sort the solution, of features 0..1, by what is done with codes 0..255."""
    by_code = solved * units(channels)[:, None]
    # The blur averages, so a window's weight is that of its sum times its cells.
    parts = [by_code[place * channels:(place + 1) * channels] * window ** 2
             for place, window in enumerate(WINDOWS)]
    return Weights(np.hstack(parts).astype(np.float32), solved[-1].astype(np.float32))
