# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Prints the test files in which something failed when pytest last ran here.

python tools/failed_files.py    (make test-failed runs them again)

Whole files, since the tests of a file may share a node and what it was taught: one of them alone
need not be able to pass.
"""

import json
from pathlib import Path
import sys

KEPT = Path('.pytest_cache/v/cache/lastfailed')


def failed_files():
    """Return the files' names, sorted; none where pytest has not run or all passed."""
    failed = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    return sorted({name.partition('::')[0] for name in failed})


if __name__ == '__main__':
    files = failed_files()
    if not files:
        sys.exit(f'{KEPT} tells of no test that failed')
    print(*files)
