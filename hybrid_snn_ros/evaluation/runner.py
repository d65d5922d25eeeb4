# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Run the orders of a protocol, in several processes where that pays."""

from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ProcessPoolExecutor, wait
from functools import partial
import multiprocessing
import os
import signal
from typing import Any

from hybrid_snn_ros.evaluation import protocols
from hybrid_snn_ros.evaluation.protocols import Outcome, Progress
from hybrid_snn_ros.evaluation.settings import check, check_data, Settings
from hybrid_snn_ros.evaluation.sources import Embeddings

_WORTH_PROCESSES = 3000  # steps in an order; starting a process costs as much as 500
_STEPS = 1000  # of an order, as the caller's progress hears them
_POLL_S = 0.25
_shared: dict[str, Any] = {}  # what a worker process was started with


class _Stopped(Exception):
    """The caller has stopped."""


def default_jobs(data: Embeddings, orders: int) -> int:
    """Return how many processes to use: at most two, one where the work is small."""
    steps = len(data.train) + len(data.test)
    return min(2, os.cpu_count() or 1, orders) if steps >= _WORTH_PROCESSES else 1


def run(data: Embeddings, settings: Settings, seeds: Iterable[int], jobs: int = 1,
        tick: Progress = lambda done, total: None) -> list[Outcome]:
    """
    Run one order for every seed.

    Where every sample is taught, the baselines see the same samples in every order and are fitted
    with the first one only.

    :param tick: called with (steps done, steps in all), steps of all orders together.
    :return: in the order of seeds.
    :raises ValueError: when the protocol does not fit the data or a constant is out of bounds.
    """
    check(settings)
    check_data(settings, data)
    again = settings._replace(baselines=False)
    same = settings.shots is None and settings.protocol in ('joint', 'incremental')
    tasks = [(place, settings if not same or place == 0 else again, seed)
             for place, seed in enumerate(seeds)]
    if jobs > 1 and len(tasks) > 1:
        return _in_processes(data, tasks, min(jobs, len(tasks)), tick)

    def in_all(place: int, done: int, steps: int) -> None:
        tick(_STEPS * place + _STEPS * done // steps, _STEPS * len(tasks))
    return [protocols.run(data, one, seed, partial(in_all, place)) for place, one, seed in tasks]


def _in_processes(data: Embeddings, tasks: Sequence[tuple[int, Settings, int]], jobs: int,
                  tick: Progress) -> list[Outcome]:
    # A fresh interpreter in each: a fork would take along the threads of BLAS and TFLite.
    context = multiprocessing.get_context('spawn')
    done = context.Array('d', len(tasks), lock=False)
    stop = context.Value('b', 0, lock=False)
    with ProcessPoolExecutor(jobs, context, _start, (data, done, stop)) as pool:
        futures = [pool.submit(_work, *task) for task in tasks]
        try:
            waiting: Iterable[Future[Outcome]] = futures
            while waiting:
                finished, waiting = wait(waiting, _POLL_S, FIRST_EXCEPTION)
                for future in finished:
                    future.result()
                tick(int(_STEPS * sum(done)), _STEPS * len(tasks))
        except BaseException:
            stop.value = 1
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [future.result() for future in futures]


def _start(data: Embeddings, done: Any, stop: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller gets it and says when to stop
    _shared.update(data=data, done=done, stop=stop)


def _work(place: int, settings: Settings, seed: int) -> Outcome:
    def tick(done: int, steps: int) -> None:
        if _shared['stop'].value:
            raise _Stopped
        _shared['done'][place] = done / steps
    return protocols.run(_shared['data'], settings, seed, tick)
