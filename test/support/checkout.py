# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Where things lie: in the checkout that is tested, and beside it."""

from pathlib import Path

SUPPORT = Path(__file__).resolve().parent
ROOT = SUPPORT.parents[1]
MODEL = ROOT / 'models' / 'efficientnet_lite0_int8.tflite'
DATA = ROOT.parent / 'shared' / 'data'  # what needs it skips where it is not there
EMBEDDINGS = DATA / 'embeddings'
