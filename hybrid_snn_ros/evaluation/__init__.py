# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Measuring what the classifier learns: sources of embeddings and protocols over them."""

PROTOCOLS = ('joint', 'few-shot', 'incremental', 'newcomer', 'open-set', 'questions', 'audit',
             'stream', 'turntable')
