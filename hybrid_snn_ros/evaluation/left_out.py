# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What was left out of a source, and why: a few lines, however much it is."""

import json

SHOWN = 5  # names of each reason


class LeftOut:
    """Collects (reason, name, detail); names may hold anything that a file name may."""

    def __init__(self):
        """Begin with nothing left out."""
        self._found = {}  # reason -> [(name, detail)]

    def add(self, reason, name, detail=''):
        """Note one thing that was left out."""
        self._found.setdefault(reason, []).append((str(name), detail))

    def lines(self):
        """Return a line for each reason, with its number and the first names."""
        lines = []
        for reason, found in self._found.items():
            names = [name + f' ({detail})' * bool(detail) for name, detail in found[:SHOWN]]
            if len(found) > SHOWN:
                names.append(f'and {len(found) - SHOWN} more')
            one = ', '.join(names)
            lines.append(f'left out: {len(found)} ({reason}): {one}')
        return lines

    def notes(self):
        """Return all of it as texts that ``take`` understands."""
        return [json.dumps([reason, name, detail])
                for reason, found in self._found.items() for name, detail in found]

    def take(self, notes):
        """Add what ``notes`` of another one gave."""
        for note in notes:
            self.add(*json.loads(note))
