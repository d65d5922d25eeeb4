# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
How well the node learns from hands: a stream of hand-held frames, with the teach button held.

Starts the node with an empty memory and teaches it some labels as a page does while its button is
held: every frame that was answered is taught, all of a label as one press.  Each photograph is
shown in several frames, as a hand shows a thing: turned, zoomed, shifted and lit a little
differently each time.  Then new photographs of the same labels are asked, and photographs of
labels that were never taught.  Everything goes through DDS.  The exit code is 1 where one of the
marks is missed.
"""

import argparse
from pathlib import Path
import sys
import tempfile

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'test' / 'support'))

from camera_frames import frame
from checkout import DATA
import cv2
from domains import fresh_domain
import numpy as np
from ros_harness import NodeProcess, Peer

RIGHT, UNKNOWN = 0.85, 0.05  # the marks: named right at least, called unknown at most
_SIZE = (240, 320)  # of a frame


def arguments():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('folder', nargs='?', type=Path, default=DATA / 'grocery67' / 'train',
                        help='a folder of photographs for each label (default: %(default)s)')
    parser.add_argument('--labels', type=int, default=12, help='taught (default: %(default)s)')
    parser.add_argument('--photographs', type=int, default=5,
                        help='taught, and as many asked, of each label (default: %(default)s)')
    parser.add_argument('--frames', type=int, default=4,
                        help='in which a hand shows each photograph (default: %(default)s)')
    parser.add_argument('--seeds', type=int, default=1, help='draws (default: %(default)s)')
    parser.add_argument('--min-change', type=float, help="in place of the node's default")
    parser.add_argument('--presses', action='store_true',
                        help='a press for every photograph instead of one for every label')
    return parser.parse_args()


def scene(path):
    """Return a photograph as the camera sees it, RGB, in the middle of a frame."""
    rgb = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    height, width = rgb.shape[:2]
    scale = max(_SIZE[0] / height, _SIZE[1] / width)
    rgb = cv2.resize(rgb, (round(width * scale), round(height * scale)),
                     interpolation=cv2.INTER_AREA)
    top, left = (rgb.shape[0] - _SIZE[0]) // 2, (rgb.shape[1] - _SIZE[1]) // 2
    return rgb[top:top + _SIZE[0], left:left + _SIZE[1]]


def held(rgb, rng):
    """Return what a camera sees of it in a hand: 3 degrees, 3 % zoom, 2 % shift, 5 % light."""
    height, width = rgb.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), rng.normal(0, 3),
                                   1 + rng.normal(0, 0.03))
    turn[:, 2] += rng.normal(0, 0.02, 2) * (width, height)
    seen = cv2.warpAffine(rgb, turn, (width, height), borderMode=cv2.BORDER_REFLECT)
    return np.clip(seen * (1 + rng.normal(0, 0.05)), 0, 255).astype(np.uint8)


def run(options, seed):
    """Teach and ask; return the answers' counts."""
    rng = np.random.default_rng(seed)
    folders = [folder for folder in sorted(options.folder.iterdir())
               if len(list(folder.iterdir())) >= 2 * options.photographs]
    order = rng.permutation(len(folders))
    taught = [folders[place] for place in order[:options.labels]]
    strange = [folders[place] for place in order[options.labels:]]
    parameters = {} if options.min_change is None else {'min_change': options.min_change}
    domain = fresh_domain()
    with tempfile.TemporaryDirectory() as directory, NodeProcess(
            Path(directory), domain, memory=f'{directory}/memory', **parameters) as node, \
            Peer(domain) as peer:
        node.wait_for_log('samples; rule', 60.0)
        asked, skipped = [], 0
        for folder in taught:
            files = sorted(folder.iterdir())
            files = [files[place] for place in rng.permutation(len(files))]
            asked += [(path, folder.name) for path in files[options.photographs:][
                :options.photographs]]
            for number, path in enumerate(files[:options.photographs]):
                rgb = scene(path)
                for _ in range(options.frames):
                    stamp = peer.show(frame(held(rgb, rng)))['stamp']
                    press = f'{folder.name} {number if options.presses else ""}'
                    result = peer.command(do='teach', label=folder.name, press=press,
                                          stamp=stamp)
                    skipped += 'nearly' in result.message
        right = unknown = 0
        for path, label in asked:
            answer = peer.show(frame(scene(path)))
            right += answer['label'] == label
            unknown += answer['unknown']
        strangers = [rng.choice(sorted(folder.iterdir())) for folder in strange]
        refused = sum(peer.show(frame(scene(path)))['unknown'] for path in strangers)
        node.end()
    shown = options.labels * options.photographs * options.frames
    print(f'seed {seed}: {shown - skipped} of {shown} frames learned; of {len(asked)} new '
          f'photographs {right} named right, {unknown} called unknown; of {len(strangers)} of '
          f'labels never taught {refused} called unknown', flush=True)
    return len(asked), right, unknown


def main():
    """Run, print; return the exit code."""
    options = arguments()
    if not options.folder.is_dir():
        print(f'{options.folder} is not there', file=sys.stderr)
        return 2
    asked, right, unknown = map(sum, zip(*(run(options, seed) for seed in range(options.seeds))))
    print(f'{right / asked:.1%} named right (mark {RIGHT:.0%}), {unknown / asked:.1%} called '
          f'unknown (mark {UNKNOWN:.0%})')
    return 0 if right >= RIGHT * asked and unknown <= UNKNOWN * asked else 1


if __name__ == '__main__':
    sys.exit(main())
