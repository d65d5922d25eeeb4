# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``hybrid-snn bench``: how long every stage takes on this machine, and what it depends on."""

import argparse
import json
from pathlib import Path
import sys
from typing import Any

from hybrid_snn_ros.cli.path_argument import a_path
from hybrid_snn_ros.cli.printable import complain, printable
from hybrid_snn_ros.snn.rules import DEFAULT, RULES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add('--model', type=a_path, metavar='TFLITE', help='encoder (default: the shipped one)')
    add('--threads', type=int, default=1, metavar='N',
        help='threads of the encoder (default: %(default)s)')
    add('--backend', choices=('numpy', 'cupy'), default='numpy',
        help='where the network runs: on the CPU, or on a GPU (extra cuda); peers, BLAS threads '
             'and the node behind --dds stay on the CPU (default: %(default)s)')
    add('--rule', default=DEFAULT, choices=RULES,
        help='learning rule of the network to time (default: %(default)s)')
    add('--labels', type=int, default=64, metavar='N',
        help='labels the network knows (default: %(default)s)')
    add('--frames', type=int, default=500, metavar='N',
        help='frames measured in each run, after a tenth as many for warm-up (default: '
             '%(default)s)')
    add('--runs', type=int, default=5, metavar='N', help='runs (default: %(default)s)')
    add('--memory', type=_size, metavar='LABELSxSHOTS', default=None,
        help='also undo, forget, merge and start with a memory of that many samples: 100x50')
    add('--dds', action='append', choices=('vga', '720p', 'compressed'), default=[],
        help='measure through DDS as well, with a camera process and the node (extra ros); may '
             'be given again')
    add('--rate', type=float, default=30.0, metavar='HZ',
        help="the DDS camera's frames a second (default: %(default)s)")
    add('--peers', action='store_true',
        help='measure other simulators at our sizes instead (extra peers)')
    add('--busy', type=int, default=0, metavar='N',
        help='start N processes that keep the cores busy')
    add('--quick', action='store_true',
        help='try it out with few frames, one run and small sweeps')
    add('--json', type=a_path, metavar='FILE', help='write the report')
    add('--share', type=a_path, metavar='FILE',
        help='write what others can use of the report, to be sent: what the computer is, '
             'versions, numbers; no names of host, user, files or network')
    add('--plot', type=a_path, metavar='PNG', help='draw the report (extra plots)')
    add('--compare', type=a_path, metavar='OLD',
        help='an earlier report: print how much faster this one is')


def _size(text: str) -> tuple[int, int]:
    """Return the labels and shots of a text like 100x50."""
    labels, _, shots = text.partition('x')
    if not (labels.isdecimal() and shots.isdecimal() and int(labels) > 1 and int(shots) > 0):
        raise argparse.ArgumentTypeError(f'{text!r} is not like 100x50, with 2 labels or more')
    return int(labels), int(shots)


def main(args: argparse.Namespace) -> int:
    """Measure; return the exit code."""
    from hybrid_snn_ros.bench import figures, machine, share
    from hybrid_snn_ros.bench.load import busy
    from hybrid_snn_ros.vision.encoder import EncoderError
    for name in ('threads', 'labels', 'frames', 'runs'):
        if getattr(args, name) < 1:
            return _refuse(f'--{name} must be at least 1, not {getattr(args, name)}')
    if not 0.1 <= args.rate <= 1000:
        return _refuse(f'--rate must lie in 0.1..1000, not {args.rate}')
    if not 0 <= args.busy <= 64:
        return _refuse(f'--busy must lie in 0..64, not {args.busy}')
    if args.peers and (args.plot or args.dds or args.share):
        return _refuse('--peers is measured alone, without --dds, --plot and --share')
    for path in (args.json, args.plot, args.share):
        if path and not Path(path).absolute().parent.is_dir():
            return _refuse(f'the directory of {path} does not exist')
        if path and Path(path).is_dir():
            return _refuse(f'{path} is a directory')
    try:
        old = json.loads(Path(args.compare).read_text(encoding='utf-8')) if args.compare else None
    except (OSError, ValueError) as error:
        return _refuse(f'--compare {args.compare} is no report: {error}')
    if args.quick:
        args.frames, args.runs, args.labels = min(args.frames, 20), 1, min(args.labels, 10)
    report = {'command': 'hybrid-snn ' + ' '.join(sys.argv[1:]), 'machine': machine.facts(),
              'busy': args.busy}
    try:
        with busy(args.busy):
            report.update(_peers(args) if args.peers else _ours(args))
    except (EncoderError, ImportError, RuntimeError) as error:
        return _refuse(str(error), 1)
    if args.json:
        Path(args.json).write_text(json.dumps(report, indent=1) + '\n', encoding='utf-8')
    if args.share:
        found = share.shared(report)
        Path(args.share).write_text(json.dumps(found, indent=1) + '\n', encoding='utf-8')
        print(f'\n{printable(args.share)} has {share.described(found)}')
    code = _draw(args.plot, report) if args.plot else 0
    if old is not None:
        print('\n' + '\n'.join(figures.compare(old, report)))
    return code


def _refuse(sentence: str, code: int = 2) -> int:
    complain('bench', sentence)
    return code


def _peers(args: argparse.Namespace) -> dict[str, Any]:
    from hybrid_snn_ros.bench import peers
    report = (peers.run(0.02, {128: (64, 2, 1)}) if args.quick else peers.run())
    print('\n'.join(peers.table(report)))
    return {'peers': report}


def _ours(args: argparse.Namespace) -> dict[str, Any]:
    from hybrid_snn_ros.bench import blas, figures, memory, stages, sweeps
    from hybrid_snn_ros.resources import shared_file
    from hybrid_snn_ros.snn import kernel
    from hybrid_snn_ros.snn.backend import Backend
    from hybrid_snn_ros.vision.encoder import Encoder
    backend = Backend(args.backend)
    encoder = Encoder(args.model or shared_file('models', 'efficientnet_lite0_int8.tflite'),
                      args.threads)
    form = kernel.describe() if args.backend == 'numpy' else "CuPy's forms"
    print(f'{encoder.describe()}; backend {backend.why}; network: {form}')
    subject = stages.Subject(encoder, args.labels, 2, backend=args.backend, rule=args.rule)
    runs = [stages.answer_frames(subject, 'vga', args.frames, args.frames // 10)
            for _ in range(args.runs)]
    report = {'encoder': encoder.path.name, 'model_digest': encoder.digest,
              'interpreter': encoder.runtime, 'delegate': encoder.delegate,
              'backend': args.backend, 'backend_reason': backend.why, 'form': form,
              'threads': args.threads,
              'rule': args.rule, 'labels': args.labels, 'frames': args.frames,
              'stages': figures.over_runs([run[0] for run in runs]),
              'runs': [{**facts, 'whole': run['whole']} for run, facts in runs]}
    for name in ('jitter_ms', 'cpu_ms_per_frame'):
        report[name] = sorted(run[1][name] for run in runs)[len(runs) // 2]
    report['synaptic_operations'] = subject.synaptic_operations()
    _print('answering a raw 640x480 frame, in this process', report['stages'])
    print(f"jitter {report['jitter_ms']} ms, {report['cpu_ms_per_frame']} ms of CPU a frame")
    print(report['synaptic_operations'])
    report['inputs'] = {}
    for kind in ('720p', 'compressed'):
        report['inputs'][kind] = stages.answer_frames(subject, kind, args.frames // 2, 5)[0]
        _print(f'the same, {kind}', report['inputs'][kind])
    report['teach'] = stages.teach_frames(subject, max(10, args.frames // 4))
    _print('teaching a frame: whole is frame in hand to learned and on disk', report['teach'])
    report['store'] = memory.measure(5, 4, 2) if args.quick else memory.measure()
    _print(f"a memory of {'5 labels x 4' if args.quick else '100 labels x 50'} samples on disk, "
           'without the network', report['store'])
    seconds = 0.02 if args.quick else 0.4
    report['sweeps'] = {
        'lateral': sweeps.lateral_sweep(sweeps.LABELS[:2] if args.quick else sweeps.LABELS,
                                        seconds, backend.xp),
        'original': sweeps.original_sweep(sweeps.NETWORKS[:1] if args.quick else sweeps.NETWORKS,
                                          seconds, backend.xp),
        'encoder_threads': _encoder_threads(encoder.path, args),
        'blas_threads': blas.sweep(args.labels, seconds)}
    for labels, row in report['sweeps']['lateral'].items():
        _print(f'lateral rule, {labels} labels', row)
    _print('original rule, labels x L neurons x copies', report['sweeps']['original'])
    _print('encode, by threads of the encoder and the CPUs they are bound to',
           report['sweeps']['encoder_threads'])
    for threads, row in report['sweeps']['blas_threads'].items():
        _print(f'lateral rule, {args.labels} labels, BLAS threads: {threads}', row)
    if args.memory:
        report['memory'] = _memory(encoder, args)
    if args.dds:
        from hybrid_snn_ros.bench import dds
        report['dds'] = {}
        for kind in dict.fromkeys(args.dds):
            try:
                row = report['dds'][kind] = dds.measure(
                    kind, args.rate, args.labels, args.frames, args.frames // 10, args.runs,
                    args.threads)
            except dds.BenchError as error:
                print(f'hybrid-snn bench: through DDS, {kind}: {error}', file=sys.stderr)
                continue
            _print(f'through DDS, {kind} at {args.rate:g} Hz', row['stages'])
            print(f"start to first label {row['start_ms']:.0f} ms, node {row['resident_mb']} MB, "
                  f"{row['lost']} of {row['published']} frames lost, "
                  f"{row['cpu_ms_per_frame']} ms of CPU a frame, asked to acknowledged "
                  f"{row['teach']['p50']:.1f} ms")
    return report


def _memory(encoder: Any, args: argparse.Namespace) -> dict[str, Any]:
    from hybrid_snn_ros.bench import taking_back
    labels, shots = args.memory
    row = taking_back.measure(encoder, labels, shots, 3 if args.quick else taking_back.ROUNDS,
                              args.rule, args.backend)
    for when in ('acknowledged', 'in_effect'):
        _print(f"{labels} labels x {shots} samples, until {when.replace('_', ' ')}",
               {name: times[when] for name, times in row['changes'].items()})
    _print('the same memory, start to first label and consolidation',
           {name: row[name] for name in ('start', 'consolidation', 'consolidation_step')
            if name in row})
    return row


def _encoder_threads(path: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Return {threads and CPUs: summary of encoding} by number of threads, some bound."""
    from concurrent.futures import ThreadPoolExecutor
    from functools import partial
    import os

    from hybrid_snn_ros.bench import machine
    from hybrid_snn_ros.bench.figures import time_it
    from hybrid_snn_ros.bench.stages import pictures
    from hybrid_snn_ros.vision.encoder import Encoder
    figures = {}
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else []
    ways = [(threads, '') for threads in machine.thread_counts()]
    ways += [(threads, ','.join(map(str, cores[-threads:])))
             for threads in (1, 2) if threads < len(cores)]
    for threads, cpus in ways:
        encoder = Encoder(path, threads, cpus=cpus)
        size = encoder.input_size
        picture = pictures('vga', 1)[0][:size, :size].copy()
        with ThreadPoolExecutor(1, initializer=encoder.pin_thread) as worker:
            figures[f'{threads} on {cpus}' if cpus else str(threads)] = worker.submit(
                time_it, partial(encoder.codes, picture), 0.1 if args.quick else 2.0).result()
    return figures


def _print(title: str, rows: dict[str, Any]) -> None:
    print(f'\n{title}')
    print(f"{'':27}" + ''.join(f'{name:>10}' for name in ('p50', 'p95', 'p99', 'max')) + '  ms')
    for name, row in rows.items():
        print(f'{name:27}' + ''.join(f'{row[key]:10.3f}' for key in row))


def _draw(path: str, report: dict[str, Any]) -> int:
    try:
        from hybrid_snn_ros.bench.plot import draw
        draw(report, path)
    except ImportError as error:
        return _refuse(f"--plot needs matplotlib (pip install 'hybrid_snn_ros[plots]'): {error}",
                       1)
    except (OSError, ValueError) as error:  # ValueError: no format has that ending
        return _refuse(f'--plot {path}: {getattr(error, "strerror", None) or error}', 1)
    print(f'\n{printable(path)}')
    return 0
