# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The encoder's codes of picture files; what cannot be read, or contradicts, is left out."""

import hashlib
import os

from hybrid_snn_ros.vision.framing import FrameError
from hybrid_snn_ros.vision.pictures import crop_file, read

DAMAGED = 'no picture that can be read'
TWO_LABELS = 'the same picture as another one, which says something else'


class PictureReader:
    """Reads pictures one after the other, and knows those it has read."""

    def __init__(self, facade, base, left_out):
        """
        Make a reader.

        :param facade: the Classifier whose encoder and crop are used.
        :param base: what names are shown relative to.
        :param left_out: LeftOut.
        """
        self._facade = facade
        self._base = base
        self._left_out = left_out
        self._read = {}  # digest -> (name, label)

    def codes(self, path, label):
        """
        Return (digest of the file, codes), or None when the picture is left out.

        The same picture, whatever its file is called, keeps the label it was first read under.
        """
        name, encoder = os.path.relpath(path, self._base), self._facade.encoder
        try:
            content = read(path)
            digest = hashlib.sha256(content).hexdigest()[:32]
            first, said = self._read.get(digest, (name, label))
            if said != label:
                self._left_out.add(TWO_LABELS, name, f"{first} says '{said}'")
                return None
            codes = encoder.codes(crop_file(content, encoder.input_size, self._facade.crop))
        except FrameError as error:
            self._left_out.add(DAMAGED, name, str(error))
            return None
        self._read[digest] = first, said
        return digest, codes
