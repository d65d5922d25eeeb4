# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Paths on the command line of ``hybrid-snn``: a shell replaces no ~ in ``--memory=~/robot``."""

import argparse

from hybrid_snn_ros.cli.printable import printable
from hybrid_snn_ros.paths import PathError, user_path


def a_path(text: str) -> str:
    """Return a path as text, for ``type=`` of argparse; '' stays ''."""
    try:
        return text and str(user_path(text))
    except PathError as error:
        raise argparse.ArgumentTypeError(printable(error)) from None
