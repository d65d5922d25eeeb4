# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Makes test/support/data/turntable12.npz, an embedding pack that accuracy is tested with.

    python tools/make_embedding_pack.py          # needs PyBullet and a TFLite runtime

Twelve objects of the simulator's turntable in the condition ``varied``, which is the hardest: 10
views of each to teach, 12 others to ask. What is kept is what the shipped encoder makes of them.
The same pictures and the same TFLite runtime give the same pack.
"""

from pathlib import Path

import numpy as np

from hybrid_snn_ros.resources import shared_file
from hybrid_snn_ros.sim import conditions, objects
from hybrid_snn_ros.sim.turntable import Turntable
from hybrid_snn_ros.vision.encoder import Encoder
from hybrid_snn_ros.vision.frame_encoder import SHIPPED_ENCODER
from hybrid_snn_ros.vision.frames import crop_picture, decode_image

TARGET = Path(__file__).resolve().parents[1] / 'test/support/data/turntable12.npz'
# Free-form shapes and a ball: no product's likeness, no mark is among them.
NAMES = ('green blocks', 'white hammer', 'green cactus', 'clay bird', 'pink propeller',
         'yellow submarine', 'red capsule', 'blue totem', 'black drill', 'pink rocket',
         'green cushion', 'red ball')
VIEWS = {'train': conditions.TRAIN_VIEWS, 'test': conditions.TEST_VIEWS[::2][:12]}
SEED = 0


def main():
    """Render, encode, save; print what came of it."""
    encoder, every = Encoder(shared_file(*SHIPPED_ENCODER)), list(objects.names())
    size = encoder.input_size
    arrays = {'class_names': np.array(NAMES)}
    with Turntable() as table:
        for part, views in VIEWS.items():
            codes = [
                encoder.codes(crop_picture(decode_image('rgb8', size, size, 3 * size, table.render(
                    name, conditions.view('varied', view, SEED, every.index(name)),
                    (size, size))), size))
                for name in NAMES for view in views]
            arrays[f'X_{part}'] = np.array(codes)
            arrays[f'y_{part}'] = np.repeat(np.arange(len(NAMES)), len(views))
    np.savez_compressed(TARGET, **arrays)
    print(f'{TARGET}: {TARGET.stat().st_size} bytes, {len(arrays["X_train"])} samples to teach, '
          f'{len(arrays["X_test"])} to ask')


if __name__ == '__main__':
    main()
