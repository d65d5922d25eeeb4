# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Pictures of a benchmark's report, PNG by matplotlib (extra ``plots``)."""

from pathlib import Path
from typing import Any


def draw(report: dict[str, Any], path: str | Path) -> None:
    """
    Draw where a frame's time goes and how it grows with the labels.

    :param path: PNG to write.
    :raises ImportError: without matplotlib; OSError when the file cannot be written.
    """
    from matplotlib.figure import Figure
    figure = Figure(figsize=(10, 4), layout='constrained')
    left, right = figure.subplots(1, 2)
    names = [name for name in ('receive', 'decode', 'crop', 'encode', 'code', 'present', 'decide',
                               'publish')
             if name in report['stages']]
    p50, p99 = ([report['stages'][name][share] for name in names] for share in ('p50', 'p99'))
    left.barh(names, p99, color='#d5dde8', label='p99')
    left.barh(names, p50, color='#2f6fb0', label='p50')
    left.set(xscale='log', xlabel='ms', title=f"a frame, {report['labels']} labels")
    left.invert_yaxis()
    left.legend()
    sweep = report['sweeps']['lateral']
    labels = [int(name) for name in sweep]
    for stage, colour in (('present_decide', '#2f6fb0'), ('teach', '#c8553d')):
        right.plot(labels, [sweep[str(n)][stage]['p50'] for n in labels], 'o-', color=colour,
                   label=stage.replace('_', ' + '))
    right.set(xlabel='labels', ylabel='ms (p50)', title='lateral rule', ylim=(0, None))
    right.legend()
    figure.savefig(path, dpi=130)
