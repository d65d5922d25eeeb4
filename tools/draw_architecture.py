# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Draws docs/images/architecture.svg, the parts of the package and who imports whom, from the source.

    python tools/draw_architecture.py            # needs Graphviz (apt install graphviz)

A test holds the committed picture against the imports, so that it cannot lie for long.
"""

import ast
from pathlib import Path
import subprocess
import sys

ROOT = Path(__file__).resolve().parent.parent
NAME = 'hybrid_snn_ros'
PACKAGE = ROOT / NAME
PICTURE = ROOT / 'docs' / 'images' / 'architecture.svg'

# part -> (colour, what it is): people read the picture from the top, robots run the middle
PARTS = {
    'cli': ('#f6e3c5', 'hybrid-snn: commands'),
    'operator_page': ('#f6e3c5', 'the page that people teach on'),
    'launching': ('#f6e3c5', 'what the launch files share'),
    'ros': ('#d6e8f7', 'the node: topics, services, worker thread'),
    'sim': ('#d6e8f7', 'a turntable with a camera'),
    'evaluation': ('#e7def5', 'teach, ask, score'),
    'bench': ('#e7def5', 'how long everything takes'),
    'frame_pipeline': ('#d9efd8', 'the one way of a frame'),
    'still_scene': ('#d9efd8', 'while nothing moves, the answer stands'),
    'classifier': ('#d9efd8', 'the classifier without ROS'),
    'questions': ('#d9efd8', 'what the robot would ask'),
    'audit': ('#d9efd8', 'is what was taught enough?'),
    'taught_network': ('#d9efd8', 'the network follows what is known'),
    'taught_readout': ('#d9efd8', 'where things are follows what is drawn'),
    'network': ('#d9efd8', 'columns of spiking neurons'),
    'snn': ('#d9efd8', 'spikes, rules, decisions'),
    'fleet': ('#f8d9d9', 'what was taught, between robots'),
    'memory': ('#f8d9d9', 'what was taught, on disk'),
    'where': ('#d7eeee', 'where things are in a frame'),
    'vision': ('#d7eeee', 'frames, crops, the encoder'),
    'spiking_encoder': ('#d7eeee', 'the encoder as spikes'),
    'parameter_files': ('#eeeeee', 'does a file speak to a node?'),
    'launch_arguments': ('#eeeeee', 'misspelt launch arguments'),
    'dds_profile': ('#eeeeee', 'the Fast DDS profile in force'),
    'paths': ('#eeeeee', 'paths as people write them'),
    'defaults': ('#eeeeee', 'what node and command line share'),
    'codes': ('#eeeeee', 'codes of a lesson, view by view'),
    'likeness': ('#eeeeee', 'how alike two embeddings are'),
    'recent': ('#eeeeee', 'the newest of something'),
    'stopwatch': ('#eeeeee', 'stages of a frame, timed'),
    'resources': ('#eeeeee', 'where shared files lie'),
    'threads': ('#eeeeee', 'one thread for BLAS'),
    'compiled': ('#eeeeee', 'libraries of plain C'),
}


def part_of(path):
    """Return the part of the package that a file belongs to, '' for its __init__."""
    part = path.relative_to(PACKAGE).parts[0].removesuffix('.py')
    return '' if part == '__init__' else part


def imported(path):
    """Yield the modules of the package that a file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:  # relative: of the same part, which is no arrow
                continue
            yield from (f'{node.module}.{name.name}' for name in node.names)


def arrows():
    """Return {(part, part it imports)} of the whole package."""
    found = set()
    for path in PACKAGE.rglob('*.py'):
        here = part_of(path)
        for module in imported(path):
            names = module.split('.')
            there = names[1] if names[0] == NAME and len(names) > 1 else ''
            if there == 'Classifier':  # the package's own __init__ offers it
                there = 'classifier'
            if here and there and there != here and (
                    (PACKAGE / there).is_dir() or (PACKAGE / f'{there}.py').is_file()):
                found.add((here, there))
    return found


def graph(edges):
    """Return the picture in Graphviz's language."""
    lines = ['digraph architecture {', 'rankdir=TB; nodesep=0.3; ranksep=0.55; bgcolor=white;',
             'node [shape=box, style="rounded,filled", fontname="DejaVu Sans", fontsize=12, '
             'penwidth=0.8, margin="0.14,0.09"];', 'edge [color="#5a6570", arrowsize=0.7];']
    parts = sorted({part for edge in edges for part in edge})
    reach = set(edges)
    for between in parts:  # Warshall: what is imported by way of another part
        reach |= {(one, other) for one in parts for other in parts
                  if (one, between) in reach and (between, other) in reach}
    for part in parts:
        colour, text = PARTS[part]
        lines.append(f'{part} [fillcolor="{colour}", label=<<b>{part}</b><br/>'
                     f'<font point-size="10">{text}</font>>];')
    for one, other in sorted(edges):
        implied = any((one, between) in edges and (between, other) in reach
                      for between in parts)
        lines.append(f'{one} -> {other}' + (' [color="#c3cbd3"];' if implied else ';'))
    return '\n'.join([*lines, '}'])


def main():
    """Draw it; return the exit code."""
    try:
        drawn = subprocess.run(['dot', '-Tsvg'], input=graph(arrows()), text=True, check=True,
                               capture_output=True).stdout
    except FileNotFoundError:
        print('draw_architecture: Graphviz is not installed: apt install graphviz',
              file=sys.stderr)
        return 1
    PICTURE.write_text(drawn, encoding='utf-8')
    print(f'{PICTURE.relative_to(ROOT)}: {len(arrows())} arrows')
    return 0


if __name__ == '__main__':
    sys.exit(main())
