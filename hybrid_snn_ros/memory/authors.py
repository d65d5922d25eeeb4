# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Which robot said what: who taught a label, what robots are called, and labels as well."""

from hybrid_snn_ros.memory.decisions import heeded
from hybrid_snn_ros.memory.record import NAME
from hybrid_snn_ros.memory.state import StoreState


def taught_by(state: StoreState) -> dict[str, dict[str, int]]:
    """Return how many samples of each label each robot was taught: {label: {author: count}}."""
    found: dict[str, dict[str, int]] = {label: {} for label in state.labels}
    for sample in state.samples.values():
        authors = found[sample.label]
        authors[sample.author] = authors.get(sample.author, 0) + 1
    return found


def robot_names(state: StoreState) -> dict[str, str]:
    """Return what people call robots, by the decisions that count: {author: name}."""
    return {one.target: one.text for one in heeded(state.records) if one.text}


def also_called(state: StoreState) -> dict[str, list[str]]:
    """
    Return the names that labels were given on some robot and are not shown: {label: names}.

    Of several robots' names the latest is shown; what the others chose is not to be lost sight
    of.  A robot that chose another one later has given up its earlier one.
    """
    chosen: dict[tuple[str, str], str] = {}
    for record in state.records:
        if record.kind == NAME and state.in_force(record):
            chosen[record.author, state.root(record.label)] = record.text
    found: dict[str, set[str]] = {}
    for (_, root), text in chosen.items():
        shown = state.text_of(root)
        if text != shown and shown in state.counts:
            found.setdefault(shown, set()).add(text)
    return {label: sorted(names) for label, names in sorted(found.items())}
