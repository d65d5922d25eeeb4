# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What several commands refuse of their arguments, in the same words; ValueError, one sentence."""

import argparse
from pathlib import Path


def at_least_one(args: argparse.Namespace, *names: str) -> None:
    """Refuse numbers below 1; an argument that was not given is None."""
    for name in names:
        value = getattr(args, name)
        if value is not None and value < 1:
            raise ValueError(f'--{name} must be at least 1, not {value}')


def no_seed_below_zero(args: argparse.Namespace) -> None:
    """Refuse a seed that is none."""
    if args.seed < 0:
        raise ValueError(f'--seed must be at least 0, not {args.seed}')


def in_a_directory(args: argparse.Namespace, *names: str) -> None:
    """Refuse files whose directory is not there; an argument that was not given is None or ''."""
    for name in names:
        path = getattr(args, name)
        if path and not Path(path).absolute().parent.is_dir():
            raise ValueError(f'the directory of --{name} {path} does not exist')
