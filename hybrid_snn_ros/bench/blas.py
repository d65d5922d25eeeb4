# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
How the threads of BLAS act on the network: measured in processes of their own.

BLAS makes its threads when NumPy is loaded, so each number of them takes a fresh process.
"""

import json
import os
import subprocess
import sys
from typing import Any

from hybrid_snn_ros.bench import machine
from hybrid_snn_ros.threads import VARIABLES


def sweep(labels: int = 64, seconds: float = 0.4) -> dict[str, Any]:
    """
    Return {threads: {present_decide, teach, readout: summary}} by number of threads.

    :param labels: columns of the network; seconds: for each figure.
    :raises RuntimeError: when a process fails.
    """
    return {str(threads): _measure(threads, labels, seconds)
            for threads in machine.thread_counts()}


def _measure(threads: int, labels: int, seconds: float) -> dict[str, Any]:
    environment = {**os.environ, **dict.fromkeys(VARIABLES, str(threads)),
                   'PYTHONPATH': os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(
        [sys.executable, '-m', __name__, str(labels), str(seconds)], env=environment,
        capture_output=True, text=True, timeout=120 + 20 * seconds, check=False)
    if done.returncode:
        raise RuntimeError(f'the process with {threads} threads of BLAS ended with code '
                           f'{done.returncode}: {done.stderr.strip()[-300:]}')
    return json.loads(done.stdout)


if __name__ == '__main__':
    from hybrid_snn_ros.bench.sweeps import lateral_sweep
    number = int(sys.argv[1])
    print(json.dumps(lateral_sweep((number,), float(sys.argv[2]))[str(number)]))
