# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The executable ``teach_page``."""

import sys
from typing import TYPE_CHECKING

from hybrid_snn_ros.threads import pin_blas

if TYPE_CHECKING:
    from hybrid_snn_ros.operator_page.node import TeachPage


def main(args: list[str] | None = None) -> int:
    """Run the page's node until SIGINT or SIGTERM; return the exit code."""
    pin_blas()
    from hybrid_snn_ros.ros.process import run
    return run(_make_node, 'teach_page', args)


def _make_node() -> 'TeachPage':
    try:
        from hybrid_snn_ros.operator_page.node import TeachPage
    except ImportError as error:
        if error.name != 'aiohttp':
            raise
        raise ValueError("aiohttp is not installed: apt install python3-aiohttp, or "
                         "pip install 'hybrid_snn_ros[page]'") from error
    return TeachPage()


if __name__ == '__main__':
    sys.exit(main())
