# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Writes what this computer makes of pictures, to be compared with another's (tools/arm64.py).

python tools/arm64_codes.py draw VIEWS.npz    draw sixty views, once, on one of the computers
python tools/arm64_codes.py VIEWS.npz OUT.npz encode them here, and teach them
"""

import sys
import zlib

import cv2
import numpy as np

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.sim import conditions, solids
from hybrid_snn_ros.snn import kernel
from hybrid_snn_ros.vision.golden import golden_codes

VIEWS = conditions.TRAIN_VIEWS[::2]  # five of each of the twelve solids
SIZE = 640, 480


def draw(path):
    """Draw the views; every other one also becomes a JPEG, whose decoding is compared too."""
    pictures = np.array([
        solids.render(name, conditions.view('varied', view, 3, number), SIZE)
        for number, name in enumerate(solids.names()) for view in VIEWS])
    files = [cv2.imencode('.jpg', picture[..., ::-1])[1] for picture in pictures[::2]]
    np.savez_compressed(path, pictures=pictures, jpegs=np.concatenate(files),
                        lengths=[len(file) for file in files])


def measure(views, path):
    """Encode the views as frames and as files; teach them; write codes, crops and digests."""
    found = np.load(views)
    classifier = Classifier()
    encoder = classifier.frame_encoder
    seen = [encoder.encode_frame(picture) for picture in found['pictures']]
    ends = np.cumsum(found['lengths'])[:-1]
    files = [encoder.encode_file(file.tobytes()) for file in np.split(found['jpegs'], ends)]
    for label, picture in zip(solids.names(), found['pictures'][::len(VIEWS)]):
        classifier.teach(picture, label)
    answers = [classifier.predict(one.codes).label for one in seen]
    classifier.consolidate()
    state = [np.ascontiguousarray(part) for part in classifier.network.state]
    np.savez_compressed(
        path, golden=golden_codes(encoder.encoder), codes=[one.codes for one in seen],
        crops=[one.crop for one in seen], file_codes=[one.codes for one in files],
        network=[zlib.crc32(part.tobytes()) for part in state], answers=answers)
    print(f'{kernel.describe()}, {encoder.encoder.runtime}, NumPy {np.__version__}, OpenCV '
          f'{cv2.__version__}')


if __name__ == '__main__':
    if sys.argv[1] == 'draw':
        draw(sys.argv[2])
    else:
        measure(*sys.argv[1:])
