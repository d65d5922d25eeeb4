# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Child processes of the demo: started in sessions of their own, ended for certain."""

from collections.abc import Mapping
import importlib.util
import os
from pathlib import Path
import signal
import subprocess
import sys
import time
from typing import Any

from hybrid_snn_ros.resources import shared_file


class ChildDied(RuntimeError):
    """A child process ended by itself; the message quotes the end of its log."""


class Children:
    """Starts modules of this package as processes and ends those it started."""

    def __init__(self, log_directory: Path, environment: Mapping[str, str]) -> None:
        self._directory = log_directory
        self._environment = environment
        self._running: dict[str, tuple[subprocess.Popen[bytes], Path]] = {}

    def start(self, name: str, module: str, *arguments: str) -> None:
        """Run ``python -m module arguments``, its output in ``<log directory>/<name>.log``."""
        path = self._directory / f'{name}.log'
        with open(path, 'wb') as log:
            process = subprocess.Popen(
                [sys.executable, '-m', module, *arguments], env=self._environment, stdout=log,
                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True)
        self._running[name] = process, path

    def pid(self, name: str) -> int:
        """Return the number of a process."""
        return self._running[name][0].pid

    def check(self) -> None:
        """Raise ChildDied if one of them has ended."""
        for name, (process, path) in self._running.items():
            if process.poll() is not None:
                tail = ' | '.join(path.read_text(errors='replace').splitlines()[-3:])
                raise ChildDied(f'{name} ended with code {process.returncode}: {tail}')

    def stop(self, patience: float = 10.0) -> dict[str, int]:
        """
        Ask all to end, wait, and kill what does not listen.

        :return: {name: exit code}.
        """
        for process, _ in self._running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        end = time.monotonic() + patience
        codes = {}
        for name, (process, _) in self._running.items():
            try:
                process.wait(max(end - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            codes[name] = process.returncode
        self._running = {}
        return codes


def start_robot(children: Children, args: Any, seed: int, memory: Path, shown: str,
                name: str = '', *more: str) -> None:
    """
    Start a turntable camera and the classifier that watches it.

    :param args: the demo's arguments: condition, rate, frames.
    :param seed: of the camera.
    :param memory: directory of the classifier's memory.
    :param shown: what stands on the turntable at first.
    :param name: namespace of both, '' for none.
    :param more: further words for the classifier behind --ros-args.
    """
    children.start(f'{name}_camera' if name else 'camera', 'hybrid_snn_ros.sim.camera_node',
                   '--ros-args', *_in(name), '-p', f'object:={shown}', '-p', 'split:=train',
                   '-p', f'condition:={args.condition}', '-p', f'rate:={args.rate}',
                   '-p', 'floor:=plain', '-p', f'seed:={seed}')
    children.start(f'{name}_classifier' if name else 'classifier', 'hybrid_snn_ros.ros.main',
                   '--ros-args', *_in(name), '--params-file',
                   str(shared_file('config', 'classifier.yaml')), '-r', 'image:=image_raw',
                   '-p', f'memory:={memory}', '-p', f'teach_frames:={args.frames}', *more)


def start_page(children: Children, name: str = '') -> bool:
    """Start the page of a robot; tell whether it can be had here."""
    if not importlib.util.find_spec('aiohttp'):
        return False
    children.start('page', 'hybrid_snn_ros.operator_page.main', '--ros-args', *_in(name),
                   '-p', 'port:=0', '-r', 'image:=image_raw')
    return True


def _in(name: str) -> list[str]:
    return ['-r', f'__ns:=/{name}'] if name else []
