# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Times become figures: percentiles of a run, medians over runs, ratios between two reports."""

from collections.abc import Callable, Iterator, Mapping, Sequence
import time
from typing import Any

import numpy as np

Summary = dict[str, float]  # percentile: milliseconds

PERCENTILES = {'p50': 50, 'p95': 95, 'p99': 99, 'max': 100}


def summary(milliseconds: Sequence[float] | np.ndarray) -> Summary:
    """Return {'p50', 'p95', 'p99', 'max'} of times in milliseconds."""
    return {name: round(float(np.percentile(milliseconds, share)), 4)
            for name, share in PERCENTILES.items()}


def jitter(milliseconds: Sequence[float] | np.ndarray) -> float:
    """Return how far times lie apart, the 95th less the 5th percentile, in milliseconds."""
    low, high = np.percentile(milliseconds, (5, 95))
    return round(float(high - low), 3)


def over_runs(runs: Sequence[Mapping[str, Summary]]) -> dict[str, Summary]:
    """
    Return what several runs have in common: medians of percentiles, the maximum of maxima.

    :param runs: [{stage: summary}].
    """
    return {stage: {name: round(float((max if name == 'max' else np.median)(
        [run[stage][name] for run in runs])), 4) for name in PERCENTILES} for stage in runs[0]}


def time_it(function: Callable[[], Any], seconds: float = 0.3, least: int = 5,
            before: Callable[[], Any] | None = None) -> Summary:
    """
    Call a function again and again.

    :param before: called before each call, not timed.
    :return: summary of milliseconds; the first call is not among them.
    """
    taken: list[float] = []
    end = time.perf_counter() + seconds
    while len(taken) <= least or time.perf_counter() < end:
        if before is not None:
            before()
        begin = time.perf_counter()
        function()
        taken.append((time.perf_counter() - begin) * 1e3)
    return summary(taken[1:])


def compare(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """
    Return lines with the ratios old / new of every p50 and p95 that both reports hold.

    :param old, new: reports; whatever in them is a summary is compared, by its path.
    """
    before, after = dict(_summaries(old)), dict(_summaries(new))
    common = [path for path in after if path in before]
    if not common:
        return ['nothing in the two reports can be compared']
    width = max(map(len, common))
    lines = [f"{'':{width}}  {'old p50':>9} {'new p50':>9} {'faster':>7} {'p95':>7}"]
    for path in common:
        a, b = before[path], after[path]
        lines.append(f"{path:{width}}  {a['p50']:9.3f} {b['p50']:9.3f} "
                     + ' '.join(f'{_ratio(a[name], b[name]):>7}' for name in ('p50', 'p95')))
    return lines


def _ratio(old: float, new: float) -> str:
    return f'{old / new:.2f}x' if new else '-'


def _summaries(report: Any, path: str = '') -> Iterator[tuple[str, Summary]]:
    if isinstance(report, dict):
        if set(PERCENTILES) <= set(report):
            yield path, report
            return
        for name, part in report.items():
            yield from _summaries(part, f'{path}/{name}' if path else str(name))
