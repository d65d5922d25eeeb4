# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The picture of ``hybrid-snn fleet sim``: what robots knew when, and what each has sent."""

from pathlib import Path

from hybrid_snn_ros.fleet.simulation import Figures


def draw(figures: Figures, directory: Path) -> Path:
    """
    Draw the figures of a simulation.

    :return: the PNG that was written.
    :raises ImportError: without matplotlib; OSError when the file cannot be written.
    """
    from matplotlib.figure import Figure
    figure = Figure(figsize=(10, 4), layout='constrained')
    left, right = figure.subplots(1, 2)
    times, least, mean, most = zip(*figures.curve)
    left.fill_between(times, least, most, color='#d5dde8', label='least to most')
    left.plot(times, mean, color='#2f6fb0', label='mean')
    left.set(xlabel='s', ylabel='samples that a robot knows', ylim=(0, None),
             title=f'{figures.robots} robots, {figures.loss:.0%} of messages lost')
    left.legend(loc='lower right')
    right.bar(range(figures.robots), sorted(one / 1000 for one in figures.sent_bytes),
              color='#2f6fb0')
    right.axhline(figures.rate * figures.converged_s / 1000, color='#c8553d',
                  label='what it may send')
    right.set(xlabel='robot', ylabel='kB sent until all know all')
    right.legend()
    path = directory / 'fleet.png'
    figure.savefig(path, dpi=130)
    return path
