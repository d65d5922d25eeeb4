# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The process around a node: start, spin in the main thread, end with code 0 on SIGINT and SIGTERM.

A thread that is still in rclpy when the interpreter exits aborts the process, and an exception out
of a signal handler can strike in the middle of a save.  So the handlers only take note, the loop
ends between two callbacks, and from then on further signals (a launch file sends the group a
second one) are ignored while the node is closed.
"""

from collections.abc import Callable, Iterator, Sequence
import signal
import sys
import threading
from typing import Any

from hybrid_snn_ros import parameter_files
from hybrid_snn_ros.paths import user_path
from hybrid_snn_ros.ros import shared_memory


def run(make_node: Callable[[], Any], name: str, args: list[str] | None = None,
        errors: tuple[type[Exception], ...] = ()) -> int:
    """
    Run one node until a signal stops the process.

    :param make_node: function without arguments; the node it returns has ``close()``, which joins
        the node's threads.
    :param name: what error sentences begin with.
    :param args: command line for rclpy, or None for the process's own.
    :param errors: exceptions of make_node that are the user's to mend, besides ValueError.
    :return: 0, or 1 after one sentence on stderr.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    # Not before the handlers are there: importing takes a while, and people change their mind.
    import rclpy
    from rclpy.exceptions import ParameterException
    from rclpy.executors import SingleThreadedExecutor
    from rclpy.impl.implementation_singleton import rclpy_implementation
    from rclpy.signals import SignalHandlerOptions
    the_users: tuple[type[Exception], ...] = (ValueError, ParameterException, *errors)
    words = sys.argv if args is None else args
    # Before this process needs room there itself.
    removed = shared_memory.clear()
    short = shared_memory.short()
    try:
        rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    except RuntimeError as error:  # a command line or parameter file that rcl cannot read
        sentence = ' '.join(str(error).split()).split(', at /')[0]  # its sources and lines
        print(f'{name}: {sentence}{_advice(sentence, words)}', file=sys.stderr)
        return 1
    executor = SingleThreadedExecutor()
    node = None
    try:
        node = make_node()
        if removed:
            node.get_logger().info(removed)
        for remark in filter(None, [short, shared_memory.foreign(), *_unheeded(node, words)]):
            node.get_logger().warning(remark)
        executor.add_node(node)
        while not stop.is_set():
            try:
                executor.spin_once(timeout_sec=0.1)
            except rclpy_implementation.RCLError as error:
                # Before Kilted: asked for a transition that this state does not have.
                reason = str(error).split(', at ')[0]
                node.get_logger().error(f'a request was not carried out: {reason}',
                                        throttle_duration_sec=1.0)
        return 0
    except the_users as error:
        print(f'{name}: {error}', file=sys.stderr)
        return 1
    finally:
        # Ignored, not merely noted: the interpreter's exit puts noted ones back to "kill".
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if node is not None:
            node.close()
        executor.shutdown()
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()


def _files(words: Sequence[str]) -> list[str]:
    return [path for option, path in zip(words, words[1:]) if option == '--params-file']


def _advice(sentence: str, words: Sequence[str]) -> str:
    """Return what to do about a refusal of rcl, where it does not say so itself."""
    if 'logging' in sentence.split(':')[0]:
        return '; set HOME, or set ROS_LOG_DIR to a writable directory'
    for path in _files(words):
        try:
            parameter_files.load(path)
        except ValueError as error:
            return f'; {error}'
        if path.startswith('~'):
            return f'; ROS does not expand ~ here: write {user_path(path)}'
    return ''


def _unheeded(node: Any, words: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for each parameter file of a command line that nothing applies of."""
    for path in _files(words):
        try:
            parameter_files.check(path, node.get_fully_qualified_name())
        except ValueError as error:
            yield str(error)
