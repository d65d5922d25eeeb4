# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Picture files, encoded; what cannot be read, or contradicts, is left out."""

import hashlib
import os
from pathlib import Path

from hybrid_snn_ros.classifier import Classifier
from hybrid_snn_ros.evaluation.left_out import LeftOut
from hybrid_snn_ros.vision.frame_encoder import Encoded
from hybrid_snn_ros.vision.framing import FrameError
from hybrid_snn_ros.vision.pictures import read

DAMAGED = 'no picture that can be read'
TWO_LABELS = 'the same picture as another one, which says something else'


class PictureReader:
    """Reads pictures one after the other, and knows those it has read."""

    def __init__(self, facade: Classifier, base: Path, left_out: LeftOut) -> None:
        """
        Make a reader.

        :param facade: whose encoder and crop are used.
        :param base: what names are shown relative to.
        :param left_out: collects what is left out.
        """
        self._facade = facade
        self._base = base
        self._left_out = left_out
        self._read: dict[str, tuple[str, str]] = {}  # digest -> (name, label)

    def encoded(self, path: Path, label: str) -> tuple[str, Encoded] | None:
        """
        Return (digest of the file, Encoded), or None when the picture is left out.

        The same picture, whatever its file is called, keeps the label it was first read under.
        """
        name = os.path.relpath(path, self._base)
        try:
            content = read(path)
            digest = hashlib.sha256(content).hexdigest()[:32]
            first, said = self._read.get(digest, (name, label))
            if said != label:
                self._left_out.add(TWO_LABELS, name, f"{first} says '{said}'")
                return None
            seen = self._facade.frame_encoder.encode_file(content)
        except FrameError as error:
            self._left_out.add(DAMAGED, name, str(error))
            return None
        self._read[digest] = first, said
        return digest, seen
