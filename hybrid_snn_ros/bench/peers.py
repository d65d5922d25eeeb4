# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Other simulators stepping networks of our sizes, in one run (extra ``peers``).

Each steps 1280 inputs and N leaky integrate-and-fire neurons through the same 10 steps of the same
spikes, inference only, on the CPU, in the form that its documentation recommends for speed, with
one thread and with two; the better of the two counts.  Ours runs on one and does more: winners,
counts, potentials, evidence, and typicality unless a row says without.
"""

from collections.abc import Callable, Mapping
from functools import partial
import importlib
import importlib.metadata
from typing import Any

import numpy as np

from hybrid_snn_ros.bench import sweeps
from hybrid_snn_ros.bench.figures import time_it
from hybrid_snn_ros.snn import coding, kernel, lateral, original

DEFAULT = 64  # labels, hence neurons, of the default network
SIZES = {128: (64, 2, 1), 960: (64, 15, 1), 14400: (64, 15, 15)}  # of the original rule
THREADS = (1, 2)
_LEAK = 0.8

Step = Callable[[], Any]  # steps a network through one frame
Maker = Callable[[np.ndarray, np.ndarray], Step]  # from weights (neurons, inputs) and trains


def run(seconds: float = 1.0,
        sizes: Mapping[int, tuple[int, int, int]] = SIZES) -> dict[str, Any]:
    """
    Step all that are installed.

    :return: {'versions': {name: version}, 'missing': {name: reason}, 'form': sentence,
        neurons: {name: summary; with 'threads' for the simulators}}.
    """
    counts = sweeps.frame(np.random.default_rng(1))
    report: dict[str, Any] = {'versions': {}, 'missing': {}, 'form': kernel.describe()}
    makers = {'snntorch': _snntorch, 'spikingjelly': _spikingjelly, 'norse': _norse,
              'bindsnet': _bindsnet}
    usable = {}
    for name, maker in makers.items():
        try:
            importlib.import_module('torch')
            importlib.import_module(name)
        except Exception as error:  # packages fail to import in many ways, none of them ours
            report['missing'][name] = f'{type(error).__name__}: {error}'
            continue
        usable[name] = maker
        for distribution in (name, 'torch'):
            report['versions'][distribution] = importlib.metadata.version(distribution)
    report[str(DEFAULT)] = {**_default(counts, seconds),
                            **_others(usable, DEFAULT, counts, seconds)}
    for neurons, shape in sizes.items():
        report[str(neurons)] = {**_by_form(partial(_original, shape, counts), '', seconds),
                                **_others(usable, neurons, counts, seconds)}
    return report


def _others(usable: Mapping[str, Maker], neurons: int, counts: np.ndarray,
            seconds: float) -> dict[str, Any]:
    """Return {simulator: summary and threads}, each with the number of threads it likes best."""
    trains = np.ascontiguousarray(coding.spike_trains(counts).T)  # (10, 1280)
    weight = np.random.default_rng(neurons).normal(0, 0.05, (neurons, sweeps.INPUTS)).astype(
        np.float32)
    found = {}
    for name, maker in usable.items():
        step = maker(weight, trains)
        tried = []
        for threads in THREADS:
            importlib.import_module('torch').set_num_threads(threads)
            tried.append({**time_it(step, seconds), 'threads': threads})
        found[name] = min(tried, key=lambda figure: figure['p50'])
    return found


def _by_form(make: Callable[[], Step], what: str, seconds: float) -> dict[str, Any]:
    """Time what ``make`` returns by the form in use, then by NumPy's: {'ours ...': summary}."""
    found = {f'ours{what}': time_it(make(), seconds)}
    if kernel.library() is not None:
        before = kernel.use((None, 'NumPy'))
        try:
            found[f'ours{what}, NumPy'] = time_it(make(), seconds)
        finally:
            kernel.use(before)
    return found


def _original(shape: tuple[int, int, int], counts: np.ndarray) -> Step:
    params, readout = sweeps.original_network(*shape)
    return lambda: original.present(params, readout, counts)


def _default(counts: np.ndarray, seconds: float) -> dict[str, Any]:
    """Time the default network, and a linear head on the same inputs: the floor."""
    params, state, _ = sweeps.lateral_network(DEFAULT)
    head = state.weights[1:]

    def whole() -> Step:
        readout = lateral.readout(params, state)
        return lambda: lateral.present(params, readout, counts)

    def spikes_alone() -> Step:
        readout = lateral.readout(params, state)
        return lambda: lateral.present_columns(params, readout, counts)
    return {**_by_form(whole, '', seconds),
            **_by_form(spikes_alone, ' without typicality', seconds),
            'linear head': time_it(lambda: (head @ counts.astype(np.float32)).argmax(), seconds)}


def table(report: dict[str, Any]) -> list[str]:
    """Return the lines to print: milliseconds and how many times longer than ours."""
    lines = [report['form'],
             f"{'neurons':>8}  {'simulator':32} {'threads':>7} {'p50 ms':>9} {'ours is':>8}"]
    for neurons in (name for name in report if name.isdigit()):
        row = report[neurons]
        for name, figure in sorted(row.items(), key=lambda item: item[1]['p50']):
            ratio = figure['p50'] / row['ours']['p50']
            lines.append(f"{neurons:>8}  {name:32} {figure.get('threads', 1):7} "
                         f"{figure['p50']:9.4f} {ratio:7.1f}x")
    lines += [f'{name} could not be used: {reason}' for name, reason in report['missing'].items()]
    return lines


def _linear(weight: np.ndarray, trains: np.ndarray) -> tuple[Any, Any, Any]:
    import torch
    layer = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=False)
    layer.weight.data = torch.from_numpy(weight)
    return torch, layer, torch.from_numpy(trains)[:, None]  # (10, 1, 1280)


def _snntorch(weight: np.ndarray, trains: np.ndarray) -> Step:
    torch, layer, spikes = _linear(weight, trains)
    import snntorch
    neuron = snntorch.Leaky(beta=_LEAK)

    def step() -> Any:
        with torch.inference_mode():
            drive = layer(spikes)
            membrane = neuron.reset_mem()
            count = 0
            for current in drive:
                fired, membrane = neuron(current, membrane)
                count = count + fired
            return count
    return step


def _spikingjelly(weight: np.ndarray, trains: np.ndarray) -> Step:
    torch, layer, spikes = _linear(weight, trains)
    from spikingjelly.activation_based import functional, neuron
    lif = neuron.LIFNode(tau=1 / (1 - _LEAK), decay_input=False, step_mode='m').eval()

    def step() -> Any:
        with torch.inference_mode():
            functional.reset_net(lif)
            return lif(layer(spikes)).sum(0)
    return step


def _norse(weight: np.ndarray, trains: np.ndarray) -> Step:
    torch, layer, spikes = _linear(weight, trains)
    import norse.torch
    lif = norse.torch.LIFBoxCell()

    def step() -> Any:
        with torch.inference_mode():
            state = None
            count = 0
            for current in layer(spikes):
                fired, state = lif(current, state)
                count = count + fired
            return count
    return step


def _bindsnet(weight: np.ndarray, trains: np.ndarray) -> Step:
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

    def step() -> Any:
        with torch.inference_mode():
            network.reset_state_variables()
            network.run(inputs={'X': spikes}, time=len(spikes))
    return step
