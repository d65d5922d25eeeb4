# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Findings for programs."""

from typing import Any

from hybrid_snn_ros.audit.findings import Findings

_DIGITS = 4  # of figures


def as_json(found: Findings) -> dict[str, Any]:
    """Return the findings as JSON can hold them."""
    def rows(tuples: Any) -> list[dict[str, Any]]:
        return [{name: round(value, _DIGITS) if isinstance(value, float) else value
                 for name, value in one._asdict().items()} for one in tuples]
    return {'labels': [{**row, 'what_to_do': one.sentence}
                       for row, one in zip(rows(found.labels), found.labels)],
            'confusions': rows(found.confusions),
            'doubtful': [{**row, 'suspect': one.suspect}
                         for row, one in zip(rows(found.doubtful), found.doubtful)],
            'one_thing': rows(found.one_thing),
            'repeats': [{'sample': sample, 'of': earlier} for sample, earlier in found.repeats],
            'unjudged': found.unjudged,
            'margins': {str(number): round(margin, _DIGITS)
                        for number, margin in found.margins.items()}}
