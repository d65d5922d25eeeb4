# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Runs a NIR graph step by step, by its nodes and edges alone, slow and plain."""

import numpy as np


def convolved(node, given):
    """Return what a Conv2d makes of (channels, height, width), as NIR (PyTorch) defines it."""
    out, per_group, size, _ = node.weight.shape
    (down, across), stride = node.padding, int(node.stride[0])
    given = np.pad(given, ((0, 0), (down, down), (across, across)))
    windows = np.lib.stride_tricks.sliding_window_view(given, (size, size), (1, 2))
    windows = windows[:, ::stride, ::stride]
    made = np.empty((out, *windows.shape[1:3]))
    each = out // int(node.groups)
    for channel in range(out):
        first = channel // each * per_group
        made[channel] = np.einsum('cyxab,cab->yx', windows[first:first + per_group],
                                  node.weight[channel])
    return made + np.asarray(node.bias)[:, None, None]


def in_order(graph):
    """Return {node: those before it}, such that all of them come first."""
    before = {name: [one for one, other in graph.edges if other == name] for name in graph.nodes}
    order = []
    while len(order) < len(before):
        order += [name for name in before if name not in order
                  and all(one in order for one in before[name])]
    return {name: before[name] for name in order}


def fire(node, potential):
    """Return the spikes of an IF, whose potentials they lower."""
    # What flows in by tenths may miss a threshold by a rounding.
    spikes = (potential >= node.v_threshold * (1 - 1e-12)) * 1.0
    potential -= spikes * node.v_threshold
    return spikes


def run(graph, current):
    """
    Return what the output has added up to after its window.

    :param current: (channels, height, width), what flows in at every step of the first window.
    """
    steps, order = int(graph.metadata['steps']), in_order(graph)
    kinds = {name: type(node).__name__ for name, node in graph.nodes.items()}
    [last] = [name for name, kind in kinds.items() if kind == 'Output']
    potential = {name: np.zeros(graph.nodes[name].v_threshold.shape)
                 for name, kind in kinds.items() if kind == 'IF'}
    late = {name: [] for name in order}
    total = 0
    for step in range(steps * (int(graph.nodes[last].metadata['window']) + 1)):
        window, given = step // steps, {}
        for name, before in order.items():
            node, kind = graph.nodes[name], kinds[name]
            own = int(node.metadata.get('window', -1))
            arrived = sum(given[one] for one in before)
            if kind == 'Input':
                made = current * (window == 0)
            elif kind == 'Scale':
                made = arrived * node.scale
            elif kind == 'Conv2d':
                made = convolved(node, arrived)
            elif kind == 'Delay':
                late[name].append(arrived)
                wait = int(node.delay.reshape(-1)[0])
                made = late[name][-1 - wait] if len(late[name]) > wait else 0 * arrived
            elif kind == 'IF':
                potential[name] += node.r * arrived * (window == own)
                made = fire(node, potential[name]) if window == own + 1 else 0 * potential[name]
            elif kind == 'SumPool2d':
                made = arrived.sum(axis=(1, 2), keepdims=True)
            elif kind == 'Flatten':
                made = arrived.reshape(-1)
            else:
                made = total = total + arrived * (window == own)
            given[name] = made
    return total
