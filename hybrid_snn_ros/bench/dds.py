# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The whole way through DDS: a camera process, the node's process, and this one as subscriber."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import itertools
import json
import os
from pathlib import Path
import signal
import socket
import subprocess
import sys
import tempfile
import time
from typing import Any

from hybrid_snn_ros.bench import machine
from hybrid_snn_ros.bench.figures import jitter, over_runs, summary
from hybrid_snn_ros.resources import shared_file

_PATIENCE_S = 60.0  # for anything that is waited for
_ASK_AGAIN_S = 2.0  # after which a lost acknowledgement is asked for again


class BenchError(RuntimeError):
    """Something the benchmark waits for did not come; the message says what."""


def measure(kind: str, rate: float, labels: int, count: int, warm_up: int, runs: int,
            threads: int = 1) -> dict[str, Any]:
    """
    Publish frames to the node and time its answers.

    :param kind: 'vga', '720p' or 'compressed'.
    :param rate: frames a second; labels: how many the node is taught first.
    :param threads: of the encoder.
    :return: {'stages', 'start_ms', 'lost', ...}, medians over the runs, and 'runs' themselves.
    :raises BenchError: when no answers come.
    """
    os.environ.update({
        'ROS_DOMAIN_ID': str(empty_domain(itertools.count(os.getpid()))),
        'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
        'FASTDDS_DEFAULT_PROFILES_FILE': str(shared_file('config', 'fastdds.xml'))})
    import rclpy
    rclpy.init(args=[])
    try:
        with tempfile.TemporaryDirectory(prefix='hybrid_snn_bench_') as directory, \
                _process('hybrid_snn_ros.bench.camera', kind, str(rate), str(labels + 16),
                         log=directory):
            subscriber = _Subscriber()
            transport = 'compressed' if kind == 'compressed' else 'raw'
            words = ['--ros-args', '-p', f'memory:={directory}/memory',
                     '-p', f'threads:={threads}', '-p', f'image_transport:={transport}']
            with _process('hybrid_snn_ros.ros.main', *words, log=directory) as node:
                acknowledged = subscriber.teach(node, labels)
            done = []
            for _ in range(runs):
                subscriber.drain()
                begin = time.monotonic()
                with _process('hybrid_snn_ros.ros.main', *words, log=directory) as node:
                    done.append(subscriber.run(node, begin, count, warm_up))
            subscriber.close()
    finally:
        rclpy.try_shutdown()
    report: dict[str, Any] = {
        'stages': over_runs([run['stages'] for run in done]), 'teach': acknowledged}
    for name in ('start_ms', 'cpu_ms_per_frame', 'jitter_ms', 'resident_mb'):
        report[name] = sorted(run[name] for run in done)[len(done) // 2]
    report['lost'] = sum(run['lost'] for run in done)
    report['published'] = sum(run['published'] for run in done)
    report['runs'] = done
    return report


def empty_domain(numbers: Iterator[int]) -> int:
    """
    Return a ROS domain in 1..101 in which no DDS participant of this computer lives now.

    A robot at work here, or another benchmark or test, would answer in between.

    :param numbers: iterator of whole numbers without end; each stands for the next domain to try.
    :raises BenchError: when all domains are in use.
    """
    for number in itertools.islice(numbers, 101):
        domain = number % 101 + 1
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(('', 7400 + 250 * domain + 10))  # what its first participant binds
            except OSError:
                continue
        return domain
    raise BenchError('all 101 ROS domains are in use on this computer')


@contextmanager
def _process(module: str, *words: str, log: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``python -m module words``; end it for certain."""
    path = Path(log, f'{module}.log')
    with open(path, 'ab') as output:
        process = subprocess.Popen([sys.executable, '-m', module, *words], stdout=output,
                                   stderr=output, stdin=subprocess.DEVNULL)
    try:
        yield process
    except BenchError as error:
        if process.poll() is None:
            raise
        last = path.read_text(errors='replace').strip().rpartition('\n')[2]
        raise BenchError(f'{module} ended with code {process.returncode}: {last}') from error
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class _Subscriber:
    """Listens to the node as any other node would."""

    def __init__(self) -> None:
        from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
        import rclpy
        from rclpy.executors import SingleThreadedExecutor
        from std_msgs.msg import String
        self._node = node = rclpy.create_node('bench')
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(node)
        self._string, self._ok = String, DiagnosticStatus.OK
        self._answers: list[tuple[int, float, float, float]] = []
        self._results: dict[str, tuple[float, Any]] = {}
        self._counters: dict[str, str] = {}
        self._asked = node.create_publisher(String, 'classifier/command', 10)
        node.create_subscription(String, 'classifier/answer', self._on_answer, 100)
        node.create_subscription(DiagnosticStatus, 'classifier/teach_result',
                                 self._on_result, 100)
        node.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 10)

    def close(self) -> None:
        self._executor.shutdown()
        self._node.destroy_node()

    def _on_answer(self, message: Any) -> None:
        answer = json.loads(message.data)
        now = self._node.get_clock().now().nanoseconds * 1e-6
        stamp = self._newest = answer['stamp']
        self._answers.append((int(answer['frame_id']), answer['latency_ms'],
                              answer['processing_ms'],
                              now - stamp['sec'] * 1e3 - stamp['nanosec'] * 1e-6))

    def _on_result(self, message: Any) -> None:
        values = {pair.key: pair.value for pair in message.values}
        self._results[values['id']] = (time.monotonic(), message)

    def _on_diagnostics(self, message: Any) -> None:
        self._counters = {pair.key: pair.value for pair in message.status[0].values}

    def _until(self, node: subprocess.Popen[bytes], reached: Callable[[], Any], what: str,
               seconds: float = _PATIENCE_S) -> None:
        """Listen until something is so; fail after a time, or when the node has ended."""
        end = time.monotonic() + seconds
        while not reached():
            if time.monotonic() > end or node.poll() is not None:
                raise BenchError(f'{what} did not come within {seconds:g} s')
            self._executor.spin_once(timeout_sec=0.05)

    def drain(self) -> None:
        """Take what is left from a node that has ended."""
        end = time.monotonic() + 0.5
        while time.monotonic() < end:
            self._executor.spin_once(timeout_sec=0.05)
        self._answers.clear()

    def teach(self, node: subprocess.Popen[bytes], labels: int) -> dict[str, float]:
        """Teach the frames that come; return the times from asking to the acknowledgement."""
        self._until(node, lambda: self._answers, 'an answer')
        self._until(node, self._asked.get_subscription_count, 'the node')
        taken: list[float] = []
        refused = 0
        while len(taken) < labels:
            self._answers.clear()
            # A frame that was not taught yet.
            self._until(node, lambda: self._answers, 'an answer')
            asked, (moment, result) = self._command(
                node, f'{len(taken)}.{refused}', do='teach', label=f'label {len(taken)}',
                stamp=self._newest)
            if result.level == self._ok:
                taken.append((moment - asked) * 1e3)
            else:
                refused += 1
                if refused > 100:
                    raise BenchError(f'teaching was refused: {result.message}')
        return summary(taken)

    def _command(self, node: subprocess.Popen[bytes], name: str,
                 **fields: Any) -> tuple[float, tuple[float, Any]]:
        """
        Send a ~/command and return (when it was sent, (when its result came, result)).

        Topics are matched one by one, and a result that is sent before we are matched goes
        nowhere.  To ask once more is harmless: the frame is named, and taught once.
        """
        asked = float('-inf')

        def answered() -> bool:
            nonlocal asked
            if name not in self._results and time.monotonic() > asked + _ASK_AGAIN_S:
                asked = time.monotonic()
                self._asked.publish(self._string(data=json.dumps({'id': name, **fields})))
            return name in self._results
        self._until(node, answered, 'an acknowledgement')
        return asked, self._results.pop(name)

    def run(self, node: subprocess.Popen[bytes], begin: float, count: int,
            warm_up: int) -> dict[str, Any]:
        """Take the answers of one node process that was started at ``begin``."""
        self._until(node, lambda: self._answers, 'the first answer')
        start = (time.monotonic() - begin) * 1e3
        self._until(node, lambda: len(self._answers) >= warm_up, 'the warm-up')
        self._answers.clear()
        used, since = machine.cpu_seconds(node.pid), len(self._answers)
        self._until(node, lambda: len(self._answers) >= count, f'{count} answers',
                    _PATIENCE_S + count)
        used = machine.cpu_seconds(node.pid) - used
        answers = self._answers[since:since + count]
        published = answers[-1][0] - answers[0][0] + 1
        _, latency, processing, received = zip(*answers)
        now, peak = machine.resident_mb(node.pid)
        self._counters.clear()
        self._until(node, lambda: self._counters, '/diagnostics')
        stages = {'publish_to_label': summary(received), 'stamp_to_decision': summary(latency),
                  'processing': summary(processing)}
        for name, text in self._counters.items():
            words = text.split()
            if name.endswith('_ms') and words[0] == 'p50':  # 'p50 1.00 p95 2.00 p99 ...'
                stages[f'node_{name[:-3]}'] = dict(zip(words[::2], map(float, words[1::2])))
        return {'stages': stages, 'start_ms': round(start, 1), 'published': published,
                'lost': published - len(answers), 'resident_mb': now, 'peak_mb': peak,
                'jitter_ms': jitter(received),
                'cpu_ms_per_frame': round(used * 1e3 / len(answers), 2),
                'threads': machine.threads_of(node.pid)}
