# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The options that say what looks at pictures: the encoder and the part of a frame it sees."""

import argparse
from collections.abc import Mapping
from typing import Any

from hybrid_snn_ros.cli.path_argument import a_path
from hybrid_snn_ros.vision.framing import check_crop, Crop


def add_arguments(parser: argparse.ArgumentParser, default: str) -> None:
    """Declare --model, --crop and --roi; `default` says what holds without them."""
    parser.add_argument('--model', type=a_path, metavar='FILE',
                        help='TFLite encoder for pictures and bags (default: the shipped one)')
    parser.add_argument('--crop', type=float, metavar='FRACTION',
                        help='side of the centre square that the encoder sees, as a fraction of '
                             'the short side of the region of interest (default: '
                             f'{default}0.875)')
    parser.add_argument('--roi', type=float, nargs=4, metavar=('X', 'Y', 'WIDTH', 'HEIGHT'),
                        help='region of interest as fractions of the frame (default: '
                             f'{default}0 0 1 1)')


def crop_of(args: argparse.Namespace, stored: Mapping[str, Any] | None = None) -> Crop:
    """
    Return the Crop that the options say, and where they say nothing what a memory says.

    :param stored: fingerprint of the memory, or None.
    :raises FrameError: when that isn't inside the frame.
    """
    stored, plain = stored or {}, Crop()
    return check_crop(Crop(
        stored.get('crop', plain.fraction) if args.crop is None else args.crop,
        stored.get('roi', plain.roi) if args.roi is None else args.roi))
