# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Everything that a GPU can be asked here, with one command: tests, times, a table.

python tools/gpu.py [--stand-in] [--output DIRECTORY]    (or make gpu)

Runs every test of the device on the GPU, then times the network of both rules with 64, 1000 and
10,000 labels on CPU and GPU, and a consolidation, and says from how many labels on ``backend:
auto`` takes the GPU. Writes gpu.json and gpu.md, which docs/performance.md takes over by hand.
Under eight minutes; takes NumPy, OpenCV, PyYAML, pytest, hypothesis and CuPy, and no network. The
C kernel is built where there is a compiler. --stand-in does all of it, small, on the tests'
stand-in for CuPy: it shows that this program works and says nothing of any GPU.
"""

import argparse
import json
from pathlib import Path
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # it need not be installed
sys.path.insert(1, str(Path(__file__).resolve().parents[1] / 'test' / 'support'))

from hybrid_snn_ros.threads import pin_blas

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / 'test' / 'unit' / 'test_device.py'


def build():
    """Build the kernels in place; without a compiler (or setuptools) NumPy does their work."""
    done = subprocess.run([sys.executable, 'setup.py', '-q', 'build_ext', '--inplace'], cwd=ROOT,
                          capture_output=True, text=True)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ['no reason given'])[-1]
        print(f'The kernels could not be built ({reason}); NumPy does their work.')


def use_stand_in():
    """Put the stand-in in the place of CuPy, here and for nobody else."""
    import strict_device

    from hybrid_snn_ros.snn import backend
    sys.modules['cupy'] = strict_device
    backend.devices = lambda: 1
    strict_device.cuda.runtime.memGetInfo = lambda: (2 ** 33, 2 ** 33)


def run_tests(which):
    """Run the tests of the device on 'cupy' or on 'strict'; return how they ended."""
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / 'report.xml'
        done = subprocess.run(
            [sys.executable, '-m', 'pytest', '-q', '-p', 'no:cacheprovider', '-k', which,
             f'--junitxml={report}', str(TESTS)], cwd=ROOT)
        if not report.exists():
            return {'ran': 0, 'failed': 0, 'skipped': 0, 'code': done.returncode}
        suite = ElementTree.parse(report).getroot().find('testsuite')
        number = {name: int(suite.get(name)) for name in (
            'tests', 'failures', 'errors', 'skipped')}
    return {'ran': number['tests'] - number['skipped'],
            'failed': number['failures'] + number['errors'], 'skipped': number['skipped'],
            'code': done.returncode}


def main():
    """Do all of it; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--stand-in', action='store_true',
                        help="small, on the tests' stand-in for CuPy: shows that this works")
    parser.add_argument('--output', type=Path, default=Path(), metavar='DIRECTORY',
                        help='where gpu.json and gpu.md go (default: here)')
    args = parser.parse_args()
    begin = time.monotonic()
    pin_blas()
    from hybrid_snn_ros.snn.backend import BackendError, load
    if args.stand_in:
        use_stand_in()
    try:
        load('cupy')
    except BackendError as error:
        print(f'make gpu: nothing was measured: {error}', file=sys.stderr)
        return 1
    build()
    from hybrid_snn_ros.bench import device, machine
    from hybrid_snn_ros.snn import kernel
    from hybrid_snn_ros.snn.backend import kernel_cache
    gpu = device.facts()
    print(f"{gpu['name']}; {kernel.describe()}; compiled GPU kernels are kept in {kernel_cache()}")
    tests = run_tests('strict' if args.stand_in else 'cupy')
    sizes = device.Sizes((3, 9), 64, 0.01, (3, 4)) if args.stand_in else device.Sizes()
    rows = device.networks(sizes, lambda line: print(line, flush=True))
    consolidated = device.consolidation(sizes)
    where = machine.facts()
    report = {'gpu': gpu, 'machine': where, 'form': kernel.describe(), 'tests': tests,
              'networks': rows, 'consolidation': consolidated,
              'seconds': round(time.monotonic() - begin, 1)}
    lines = device.table(gpu, where, kernel.describe(), rows, consolidated)
    lines += ['', f"Tests of the device: {tests['ran']} ran, {tests['failed']} failed, "
              f"{tests['skipped']} skipped."]
    args.output.mkdir(parents=True, exist_ok=True)
    (args.output / 'gpu.json').write_text(json.dumps(report, indent=1) + '\n', encoding='utf-8')
    (args.output / 'gpu.md').write_text('\n'.join(lines) + '\n', encoding='utf-8')
    print('\n' + '\n'.join(lines))
    print(f"\n{args.output / 'gpu.json'} and gpu.md, {report['seconds']:.0f} s")
    # A test that skipped did not run on the GPU.
    well = tests['code'] == 0 and tests['ran'] and not tests['skipped']
    return 0 if well and consolidated['same_bits'] and 'lost' not in consolidated else 1


if __name__ == '__main__':
    sys.exit(main())
