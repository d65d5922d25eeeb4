# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Codes of a few things that vary from view to view, and what shows who learned which of them."""

import numpy as np


def things(draw, count, inputs, shape=0.6):
    """Return what the views of some things have in common, (count, inputs): few strong inputs."""
    return draw.gamma(shape, 40, (count, inputs))


def view_of(thing, draw, spread=0.4):
    """Return the codes of one view, uint8 (inputs,)."""
    seen = thing * draw.lognormal(0, spread, len(thing)) + draw.gamma(1, 6, len(thing))
    return np.clip(seen, 0, 255).astype(np.uint8)


def bits(network, probes, decide):
    """Return state, labels and answers, comparable bit for bit."""
    responses = [network.present(codes) for codes in probes]
    return ([np.asarray(value).tobytes() for value in network.state], network.labels,
            network.sample_counts,
            [tuple(np.asarray(value).tobytes() for value in response) for response in responses],
            repr([decide(response) for response in responses]))
