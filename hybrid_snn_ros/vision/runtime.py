# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Open a TFLite model: on whichever runtime is here, with a delegate, on chosen CPUs.

A delegate is native code that computes operators in the interpreter's place: XNNPACK comes with
the runtimes, the drivers of neural accelerators bring a library.
"""

from collections.abc import Iterator
from contextlib import contextmanager
import ctypes
import importlib
from importlib import metadata
import os
import re
from types import ModuleType
from typing import Any, NamedTuple

# Preferred first: ai-edge-litert is tflite-runtime's successor and far faster on int8.
RUNTIMES = (
    ('ai_edge_litert.interpreter', 'ai-edge-litert'),
    ('tflite_runtime.interpreter', 'tflite-runtime'),
    ('tensorflow.lite.python.interpreter', 'tensorflow'),
)
DELEGATES = ('auto', 'xnnpack', 'none')


class EncoderError(RuntimeError):
    """The model or the runtime can't be used; one sentence says why."""


class Opened(NamedTuple):
    """An interpreter with its tensors allocated, and what it turned out to be."""

    interpreter: Any
    runtime: str  # name and version; also how it differs from the runtime's own way, if it does
    delegate: str  # 'XNNPACK', the library of another one, 'none', or 'unknown'


def load_runtime() -> tuple[ModuleType, str]:
    """Return the interpreter module of the first runtime that loads, and its name and version."""
    reasons = []
    for name, distribution in RUNTIMES:
        try:
            module = importlib.import_module(name)
            module.Interpreter  # noqa: B018 (a module without it is no runtime)
        except Exception as error:  # a runtime built for another NumPy fails in several ways
            reasons.append(f'{distribution} ({error})')
            continue
        try:
            return module, f'{distribution} {metadata.version(distribution)}'
        except metadata.PackageNotFoundError:
            return module, distribution
    raise EncoderError('no TFLite runtime can be loaded, install ai-edge-litert: '
                       + '; '.join(reasons))


def open_model(content: bytes, name: Any, threads: int, delegate: str,
               cpus: frozenset[int]) -> Opened:
    """
    Return an interpreter of a model, ready to run.

    :param name: of the model, for messages.
    :param delegate: 'auto' (the runtime's own choice), 'xnnpack', 'none', or the library of an
        external delegate, e.g. libedgetpu.so.1.
    :param cpus: CPUs that the interpreter's threads may use; all, if empty.
    :raises EncoderError: when the model can't be loaded, or not in this way.
    """
    module, runtime = load_runtime()
    options = {}
    if delegate == 'none':
        options['experimental_op_resolver_type'] = (
            module.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
        runtime += ' without delegate'
    elif delegate not in DELEGATES:
        options['experimental_delegates'] = [_load_delegate(module, delegate)]
        runtime += f' with {os.path.basename(delegate)}'
    try:
        # Threads inherit the CPUs of the one that starts them.
        with _on_cpus(cpus):
            interpreter = module.Interpreter(model_content=content, num_threads=threads, **options)
            before = _delegated(interpreter)  # the runtime's own delegate comes with the tensors
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError, OSError) as error:
        reason = ' '.join(str(error).split())
        raise EncoderError(f'{runtime} cannot load {name}: {reason}') from error
    if delegate not in DELEGATES:
        if before == 'none':
            raise EncoderError(f'the delegate {delegate} takes over no part of {name}')
        return Opened(interpreter, runtime, delegate)
    delegated = _delegated(interpreter)
    if delegate == 'xnnpack' and delegated == 'none':
        raise EncoderError(f'{runtime} runs {name} without XNNPACK, choose the delegate auto')
    return Opened(interpreter, runtime, delegated)


def read_cpus(text: Any) -> frozenset[int]:
    """
    Return the CPUs that a text like '0-3,6' names; none for ''.

    :raises EncoderError: for other texts, for CPUs this process may not use, and where the system
        cannot bind threads.
    """
    if text == '':
        return frozenset()
    if not isinstance(text, str) or not re.fullmatch(r'\d{1,4}(-\d{1,4})?(,\d{1,4}(-\d{1,4})?)*',
                                                     text.replace(' ', ''), re.ASCII):
        raise EncoderError(f"cpus are numbers and ranges like '0-3,6', not {text!r:.60}")
    cpus: set[int] = set()
    for part in text.replace(' ', '').split(','):
        first, _, last = part.partition('-')
        cpus.update(range(int(first), int(last or first) + 1))
    if not cpus:
        raise EncoderError(f'cpus {text!r} name no CPU: a range begins with its lower end')
    if not hasattr(os, 'sched_setaffinity'):
        raise EncoderError('cpus can only be chosen on Linux, leave them empty here')
    usable = os.sched_getaffinity(os.getpid())
    if missing := sorted(cpus - usable):
        raise EncoderError(f'CPU {missing[0]} is not among those this process may use: '
                           + ', '.join(map(str, sorted(usable))))
    return frozenset(cpus)


@contextmanager
def _on_cpus(cpus: frozenset[int]) -> Iterator[None]:
    """Bind the calling thread for a while."""
    if not cpus:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _load_delegate(module: ModuleType, library: str) -> Any:
    """Return an external delegate; raise EncoderError when its library is none."""
    try:
        # Looked at first: the runtimes stumble over their own feet where this fails.
        if not hasattr(ctypes.CDLL(library), 'tflite_plugin_create_delegate'):
            raise EncoderError(f'the library {library} is no TFLite delegate')
        return module.load_delegate(library)
    except (OSError, ValueError, RuntimeError) as error:
        if isinstance(error, EncoderError):
            raise
        reason = ' '.join(str(error).split())
        raise EncoderError(f'the delegate {library} cannot be loaded: {reason}') from error


def _delegated(interpreter: Any) -> str:
    """
    Say which delegate a runtime that was given none computes with.

    A runtime tells that a delegate took operators over, but not by which name. The only one it
    applies by itself is XNNPACK.
    """
    try:
        names = [operator['op_name'] for operator in interpreter._get_ops_details()]
    except Exception:  # not an official call: another version may have none or another
        return 'unknown'
    return 'XNNPACK' if 'DELEGATE' in names else 'none'
