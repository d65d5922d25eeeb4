# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Where the files lie that are installed beside the code: models, config, launch."""

import os
from pathlib import Path
import sys

PACKAGE = 'hybrid_snn_ros'


def shared_file(*parts: str) -> Path:
    """
    Find a shared file in the checkout, above the installed code or in the ament prefixes.

    :param parts: path inside the package's share directory, ('models', 'x.tflite') say.
    :raises FileNotFoundError: naming the places that were searched.
    """
    # <prefix>/lib/python3.x/site-packages/<package>: pip's --prefix, --target and --user differ
    # in how many folders lie between, the share directory is always beside one of them.
    above = Path(__file__).resolve().parents[1:]
    prefixes: list[Path | str] = [
        *os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep), sys.prefix]
    roots = [above[0]]
    roots += [Path(prefix, 'share', PACKAGE) for prefix in [*above, *prefixes] if prefix]
    for root in roots:
        path = root.joinpath(*parts)
        if path.exists():
            return path
    searched = ', '.join(str(root) for root in roots)
    raise FileNotFoundError(f'{Path(*parts)} is in none of {searched}; is {PACKAGE} installed?')
