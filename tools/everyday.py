# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
How good the head start is: photographs fed to the real node as messages, never taught to it.

Starts the node with an empty memory and ``initial_memory``, publishes every picture of a folder
(a folder for each label) as sensor_msgs/Image, counts the right names, then teaches one new label
on top and asks for it in the next frame.  The exit code is 1 below the mark.
"""

import argparse
from pathlib import Path
import sys
import tempfile
import time

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'test' / 'support'))

from camera_frames import frame, picture
from checkout import DATA, ROOT
import cv2
from domains import fresh_domain
import numpy as np
from ros_harness import NodeProcess, OK, Peer

MARK = 0.95


def arguments():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('folder', nargs='?', type=Path, default=DATA / 'caltech64' / 'test',
                        help='default: %(default)s')
    parser.add_argument('--memory', type=Path, default=ROOT / 'models' / 'everyday.memory',
                        help='default: %(default)s')
    parser.add_argument('--without', action='append', default=['Faces_easy'], metavar='LABEL',
                        help='folder to leave out (Faces_easy always is)')
    return parser.parse_args()


def main():
    """Publish, count, print; return the exit code."""
    options = arguments()
    if not options.folder.is_dir():
        print(f'{options.folder} is not there', file=sys.stderr)
        return 2
    files = [(path, folder.name.replace('_', ' ')) for folder in sorted(options.folder.iterdir())
             if folder.name not in options.without for path in sorted(folder.iterdir())]
    domain = fresh_domain()
    with tempfile.TemporaryDirectory() as directory, NodeProcess(
            Path(directory), domain, memory=f'{directory}/memory',
            initial_memory=str(options.memory)) as node, Peer(domain) as peer:
        begin = time.monotonic()
        node.wait_for_log('samples; rule', 60.0)
        print(f'the node knew {options.memory.name} {time.monotonic() - begin:.1f} s after its '
              'start, taken over for the first time')
        right, unknown, wrong = 0, 0, []
        for number, (path, label) in enumerate(files):
            rgb = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
            message = frame(rgb)
            message.header.stamp.sec, message.header.stamp.nanosec = 1000 + number, 0
            answer = peer.show(message)
            right += answer['label'] == label
            unknown += answer['unknown']
            best = answer['ranked'][0][0]
            if best != label:
                wrong.append(f'{label} as {best}')
        best = len(files) - len(wrong)
        shares = [f'{100 * count / len(files):.1f} %' for count in (right, unknown, best)]
        print(f'{len(files)} photographs: {shares[0]} named right, {shares[1]} called unknown; '
              f'{shares[2]} right where unknown is switched off')
        print('mistaken: ' + ', '.join(wrong[:12]))
        blocks = frame(picture(np.array((30, 200, 90))))
        blocks.header.stamp.sec = 5000
        peer.show(blocks)
        assert peer.teach('my own thing')[0].level == OK
        blocks.header.stamp.sec = 5001
        known = peer.show(blocks)['ranked'][0][0] == 'my own thing'
        print(f"a label taught on top is {'known' if known else 'NOT known'} in the next frame")
        node.end()
    return 0 if right >= MARK * len(files) and known else 1


if __name__ == '__main__':
    sys.exit(main())
