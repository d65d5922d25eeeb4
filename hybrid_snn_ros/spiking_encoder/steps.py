# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""One layer watched step by step: its potentials, and the spikes it sends."""

from typing import Any, NamedTuple

import numpy as np

from hybrid_snn_ros.spiking_encoder.graph import SpikingError, Tensor


class Step(NamedTuple):
    """One step of a layer."""

    potential: np.ndarray  # (height, width, channels)
    spikes: np.ndarray | None  # int8 of the same shape, -1, 0 or 1; None while it integrates


def sources_of(network: Any, picture: np.ndarray, name: str) -> tuple[int, list[np.ndarray]]:
    """
    Return the place of a layer in a network and what its sources give for a picture.

    :param network: with `graph` and `codes`, which shows every tensor to a function.
    :param picture: uint8 RGB (size, size, 3).
    :raises SpikingError: when no layer that fires has this name.
    """
    layers = network.graph.layers[:-1]  # the last one is read, it does not fire
    names = [layer.target.name for layer in layers]
    if name not in names:
        raise SpikingError(f'no layer is called {name}; those that fire are '
                           f'{names[0]} to {names[-1]}')
    place = names.index(name)
    seen: dict[str, np.ndarray] = {}
    wanted = {source.name for source in layers[place].sources}

    def look(tensor: Tensor, given: np.ndarray) -> None:
        if tensor.name in wanted:
            seen[tensor.name] = given

    network.codes(picture[None], look)
    return place, [seen[source.name] for source in layers[place].sources]
