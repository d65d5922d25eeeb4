# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The executable ``classifier_node``."""

import sys
from typing import TYPE_CHECKING

from hybrid_snn_ros.threads import pin_blas

if TYPE_CHECKING:
    from hybrid_snn_ros.ros.node import ClassifierNode


def main(args: list[str] | None = None) -> int:
    """Run the classifier node; return the exit code."""
    pin_blas()  # before anything imports NumPy
    from hybrid_snn_ros.ros.process import run
    return run(_make_node, 'classifier', args)


def _make_node() -> 'ClassifierNode':
    from hybrid_snn_ros.ros.node import ClassifierNode
    return ClassifierNode()


if __name__ == '__main__':
    sys.exit(main())
