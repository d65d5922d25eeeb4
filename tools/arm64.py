# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Tries the package on 64-bit ARM by emulation: right or wrong, not fast or slow.

python tools/arm64.py [DIRECTORY]    (or make arm64)

Makes an arm64 Debian 12 in DIRECTORY/root (debootstrap; kept, and used again; without DIRECTORY
in a temporary one that is removed), installs the wheels of the same versions as here, builds the
kernel, runs tests in it, compares what both make of the golden picture and sixty views, and runs
``make demo``. What is committed is tried. Takes root, and 13 minutes on two cores that do nothing
else where DIRECTORY has the Debian and the wheels (a quarter of an hour more); says what it lacks.

Everything inside runs in mounts and processes of its own that end with this program. Two things
an emulated ARM needs, or it shows faults that are the emulator's: a /proc/cpuinfo of an ARM
(without it LiteRT crashes) and a model without SVE and SME (QEMU_CPU=cortex-a72, that of a
Raspberry Pi 4). QEMU ignores RLIMIT_AS, so the tests of the probe are not among these.
"""

from importlib import metadata
import os
from pathlib import Path
import platform
import shutil
import sys
import time

from debian_root import check, commit_of, DebianRoot, Missing, run_tool, step, SUITE
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
CPU = 'cortex-a72'
PACKAGES = 'python3', 'python3-venv', 'python3-pip', 'gcc', 'libc6-dev', 'make'
CPUINFO = """processor\t: {}
BogoMIPS\t: 108.00
Features\t: fp asimd evtstrm crc32 cpuid
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x0
CPU part\t: 0xd08
CPU revision\t: 3

"""
# The same versions on both sides, or their differences would be compared.
WHEELS = ('numpy', 'PyYAML', 'opencv-python-headless', 'ai-edge-litert')
OTHERS = ('pytest<9', 'pytest-xdist', 'hypothesis', 'setuptools', 'wheel', 'aiohttp', 'qrcode',
          'cryptography', 'msgpack')
TESTS = ('kernel', 'resample', 'golden', 'lateral_golden', 'coding', 'presentation', 'network',
         'encoder', 'memory_of_classifier', 'fleet_protocol', 'fleet_memory')
# Schedules that are searched through in hundreds say nothing of a processor, the kernels are built
# before, and the others take minutes there.
LEFT_OUT = ('no_distribution_of or every_loss_among or every_order_of or builds_its_kernel or '
            'weights_are_the_shares or 1280-130')


def check_emulator():
    """Raise Missing if no ARM can be emulated here."""
    if platform.machine() == 'aarch64':
        raise Missing('this computer is a 64-bit ARM itself: make test')
    check()
    if shutil.which('qemu-aarch64-static') is None:
        raise Missing('qemu-aarch64-static is not here: apt install qemu-user-static')
    registered = Path('/proc/sys/fs/binfmt_misc')
    if not (registered / 'status').exists():
        raise Missing('the kernel starts no foreign programs yet: mount -t binfmt_misc none '
                      f'{registered}')
    if not (registered / 'qemu-aarch64').exists():
        raise Missing('qemu-aarch64 is not registered: apt install binfmt-support, then '
                      'update-binfmts --enable qemu-aarch64')


def compare(ours, theirs):
    """Print what differs between what x86 and ARM made of the pictures; return whether nothing."""
    ours, theirs = np.load(ours), np.load(theirs)
    same = True
    for name in ours.files:
        a, b = ours[name], theirs[name]
        differing = int((a != b).sum()) if a.shape == b.shape else -1
        same = same and differing == 0
        print(f'{name:12} {differing} of {a.size} differ' + (
            f', at most {int(np.abs(a.astype(int) - b.astype(int)).max())} steps'
            if differing > 0 and a.dtype == np.uint8 else ''))
    return same


def main(directory):
    """Do all of it; return the exit code."""
    begin = time.monotonic()
    print(f'hybrid_snn_ros {commit_of(ROOT)} on {CPU}, emulated by QEMU; Debian {SUITE}')
    arm = DebianRoot(directory, PACKAGES, 'arm64', CPU, CPUINFO.format(0) + CPUINFO.format(1))
    project = arm.put_sources(ROOT)
    pins = [f'{name}=={metadata.version(name)}' for name in WHEELS]
    quoted = ' '.join(f"'{word}'" for word in [*pins, *OTHERS])
    arm.run(f'the wheels: {" ".join(pins)}',
            f'test -x venv/bin/python || python3 -m venv venv\n'
            f'pip install -q --only-binary=:all: {quoted}')
    arm.run('the kernels', 'cd project\npip install -q --no-build-isolation --no-deps -e .\n'
            "python -c 'from hybrid_snn_ros.snn import kernel; print(kernel.describe())'")
    views, ours, theirs = (directory / name for name in ('views.npz', 'x86.npz', 'arm.npz'))
    codes = [sys.executable, str(ROOT / 'tools' / 'arm64_codes.py')]
    here = {**os.environ, 'PYTHONPATH': str(ROOT)}
    step('sixty views drawn on x86', [*codes, 'draw', str(views)], env=here)
    step('and encoded', [*codes, str(views), str(ours)], env=here)
    shutil.copyfile(views, project / 'views.npz')
    arm.run('the same views encoded and taught on ARM',
            'cd project\npython tools/arm64_codes.py views.npz codes.npz')
    shutil.copyfile(project / 'codes.npz', theirs)
    same = compare(ours, theirs)
    arm.run('the tests', 'cd project\npython -m pytest -q -p no:cacheprovider -n 2 --dist '
            f"worksteal --durations 5 -k 'not ({LEFT_OUT})' "
            + ' '.join(f'test/unit/test_{name}.py' for name in TESTS))
    arm.run('make demo', 'cd project\nmake demo')
    print(f'\n{"all of it works" if same else "codes DIFFER between x86 and ARM"}; '
          f'{(time.monotonic() - begin) / 60:.0f} minutes')
    return 0 if same else 1


if __name__ == '__main__':
    run_tool('arm64', __doc__, check_emulator, main)
