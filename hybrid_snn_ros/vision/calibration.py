# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Record which values the activations of the float network take over photographs.

The int8 model spreads its 256 steps over these ranges. They hardly depend on the photographs: five
or two hundred of them give the same classes.
"""

from pathlib import Path

import numpy as np

from hybrid_snn_ros.vision.efficientnet import BuildError, layers, model_bytes, Variant
from hybrid_snn_ros.vision.frames import crop_picture, decode_compressed, FrameError
from hybrid_snn_ros.vision.runtime import EncoderError, open_model

MOST = 200  # photographs that are looked at, evenly chosen from a larger folder
SUFFIXES = {'.jpg': 'jpeg', '.jpeg': 'jpeg', '.png': 'png'}
PIXELS = [-0.9921875, 1.0]  # (x - 127) / 128
RELU6 = [0.0, 6.0]


def record(variant: Variant, weights: dict[str, np.ndarray],
           folder: Path) -> tuple[dict[str, list[float]], int]:
    """
    Return (min, max) per activation over the JPEG and PNG in `folder` and below, and their number.

    :raises BuildError: when there are none, when one cannot be read, or without a TFLite runtime.
    """
    paths = [path for path in sorted(Path(folder).rglob('*'))
             if path.suffix.lower() in SUFFIXES and path.is_file()]
    if not paths:
        raise BuildError(f'{folder} holds no photographs (.jpg, .jpeg or .png)')
    paths = [paths[len(paths) * n // min(len(paths), MOST)] for n in range(min(len(paths), MOST))]
    model = model_bytes(variant, weights, {}, quantized=False, taps=True)
    try:
        network = open_model(model, variant.name, 1, 'auto', frozenset()).interpreter
    except EncoderError as error:
        raise BuildError(str(error)) from error
    place = network.get_input_details()[0]['index']
    outputs = {output['name']: output['index'] for output in network.get_output_details()}
    seen = {name: [np.inf, -np.inf] for name in outputs}
    for path in paths:
        network.set_tensor(place, _picture(path, variant.input_size))
        network.invoke()
        for name, index in outputs.items():
            values = network.get_tensor(index)
            low, high = seen[name]
            seen[name] = [min(low, float(values.min())), max(high, float(values.max()))]
    ranges = {'image': PIXELS}
    for number, layer in enumerate(layers(weights, variant)):
        ranges[f'act{number}'] = RELU6 if layer.relu6 else seen.pop(f'act{number}')
    return {**ranges, **seen, 'embedding': [0.0, seen['embedding'][1]]}, len(paths)


def _picture(path: Path, size: int) -> np.ndarray:
    """Return a photograph as the network takes it, float32 (1, size, size, 3)."""
    try:
        rgb = crop_picture(
            decode_compressed(SUFFIXES[path.suffix.lower()], path.read_bytes(), size), size)
    except (FrameError, OSError) as error:
        raise BuildError(f'the photograph {path} cannot be used: {error}') from error
    return ((rgb[None].astype(np.float32) - 127) / 128).astype(np.float32)
