# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Figures as a JSON file, for programs."""

import json
from pathlib import Path
from typing import Any


def write(path: str, figures: dict[str, Any]) -> None:
    """Write figures; OSError where that cannot be. File names may be no Unicode text."""
    Path(path).write_text(json.dumps(figures, indent=2, ensure_ascii=False) + '\n',
                          encoding='utf-8', errors='backslashreplace')
