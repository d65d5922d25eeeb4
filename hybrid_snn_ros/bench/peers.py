# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Other simulators stepping networks of our sizes, in one run (extra ``peers``).

Each steps 1280 inputs and N leaky integrate-and-fire neurons through the same 10 steps of spikes,
inference only, on the CPU, in the form that its documentation recommends for speed.  Ours does
more: winners, counts, potentials, evidence and familiarity.
"""

import importlib
import importlib.metadata

import numpy as np

from hybrid_snn_ros.bench import sweeps
from hybrid_snn_ros.bench.figures import time_it
from hybrid_snn_ros.snn import coding, lateral, original

SIZES = {128: (64, 2, 1), 960: (64, 15, 1), 14400: (64, 15, 15)}
THREADS = 2
_LEAK = 0.8


def run(seconds=1.0, sizes=SIZES):
    """
    Step all that are installed.

    :return: {'versions': {name: version}, 'missing': {name: reason}, neurons: {name: summary}}.
    """
    counts = sweeps.frame(np.random.default_rng(1))
    trains = np.ascontiguousarray(coding.spike_trains(counts).T)  # (10, 1280)
    report = {'versions': {}, 'missing': {}}
    makers = {'snntorch': _snntorch, 'spikingjelly': _spikingjelly, 'norse': _norse,
              'bindsnet': _bindsnet}
    usable = {}
    for name, maker in makers.items():
        try:
            importlib.import_module('torch').set_num_threads(THREADS)
            importlib.import_module(name)
        except Exception as error:  # packages fail to import in many ways, none of them ours
            report['missing'][name] = f'{type(error).__name__}: {error}'
            continue
        usable[name] = maker
        for distribution in (name, 'torch'):
            report['versions'][distribution] = importlib.metadata.version(distribution)
    for neurons, shape in sizes.items():
        weight = np.random.default_rng(neurons).normal(0, 0.05, (neurons, sweeps.INPUTS)).astype(
            np.float32)
        row = report[str(neurons)] = {}
        params, readout = sweeps.original_network(*shape)
        row['ours_original'] = time_it(lambda p=params, r=readout: original.present(p, r, counts),
                                       seconds)
        for name, maker in usable.items():
            row[name] = time_it(maker(weight, trains), seconds)
    params, state, shown = sweeps.lateral_network(64)
    readout = lateral.readout(params, state)
    report['default'] = {'ours_lateral': time_it(
        lambda: lateral.present(params, readout, shown[0]), seconds)}
    head, embedding = weight[:64], counts.astype(np.float32)
    report['default']['linear_head'] = time_it(lambda: (head @ embedding).argmax(), seconds)
    return report


def table(report):
    """Return the lines to print: milliseconds and how many times longer than ours."""
    lines = [f"{'neurons':>8}  {'simulator':14} {'p50 ms':>9} {'ours is':>8}"]
    for neurons in (name for name in report if name.isdigit()):
        row = report[neurons]
        for name, figure in sorted(row.items(), key=lambda item: item[1]['p50']):
            ratio = figure['p50'] / row['ours_original']['p50']
            lines.append(f"{neurons:>8}  {name:14} {figure['p50']:9.3f} {ratio:7.1f}x")
    for name, figure in report['default'].items():
        lines.append(f"{'64':>8}  {name:14} {figure['p50']:9.3f}")
    lines += [f'{name} could not be used: {reason}' for name, reason in report['missing'].items()]
    return lines


def _linear(weight, trains):
    import torch
    layer = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=False)
    layer.weight.data = torch.from_numpy(weight)
    return torch, layer, torch.from_numpy(trains)[:, None]  # (10, 1, 1280)


def _snntorch(weight, trains):
    torch, layer, spikes = _linear(weight, trains)
    import snntorch
    neuron = snntorch.Leaky(beta=_LEAK)

    def step():
        with torch.inference_mode():
            drive = layer(spikes)
            membrane = neuron.reset_mem()
            count = 0
            for current in drive:
                fired, membrane = neuron(current, membrane)
                count = count + fired
            return count
    return step


def _spikingjelly(weight, trains):
    torch, layer, spikes = _linear(weight, trains)
    from spikingjelly.activation_based import functional, neuron
    lif = neuron.LIFNode(tau=1 / (1 - _LEAK), decay_input=False, step_mode='m').eval()

    def step():
        with torch.inference_mode():
            functional.reset_net(lif)
            return lif(layer(spikes)).sum(0)
    return step


def _norse(weight, trains):
    torch, layer, spikes = _linear(weight, trains)
    import norse.torch
    lif = norse.torch.LIFBoxCell()

    def step():
        with torch.inference_mode():
            state = None
            count = 0
            for current in layer(spikes):
                fired, state = lif(current, state)
                count = count + fired
            return count
    return step


def _bindsnet(weight, trains):
    torch, _, spikes = _linear(weight, trains)
    from bindsnet.network import Network
    from bindsnet.network.nodes import Input, LIFNodes
    from bindsnet.network.topology import Connection
    network = Network(dt=1.0, learning=False)
    source, target = Input(n=weight.shape[1]), LIFNodes(n=weight.shape[0])
    network.add_layer(source, 'X')
    network.add_layer(target, 'Y')
    network.add_connection(Connection(source, target, w=torch.from_numpy(weight.T.copy())),
                           'X', 'Y')

    def step():
        with torch.inference_mode():
            network.reset_state_variables()
            network.run(inputs={'X': spikes}, time=len(spikes))
    return step
