# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
The end of the demo: five things on a table, found and named, one of them taught by pointing live.

Four things are taught in ten pictures of them, by drawing a box around each and saying "that is
all".  Then a fifth stands among them, in an arrangement never seen: it is found, as unknown, and
named after three pictures in which everything is drawn and it has its name.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TYPE_CHECKING

import cv2
import numpy as np

from hybrid_snn_ros.ros.annotate import draw_boxes
from hybrid_snn_ros.ros.box_style import style_of
from hybrid_snn_ros.where.boxes import iou

if TYPE_CHECKING:
    from hybrid_snn_ros.cli.demo_client import DemoClient, SceneSeen

THINGS = ('red ball', 'yellow submarine', 'blue totem', 'green blocks')
NEW = 'pink rocket'
PICTURES = 10  # that teach
_ARRANGEMENTS = (1, 2)  # they are of
_ASKED = 3
_APART = 6  # views between two pictures that teach
FRAMES = 45  # that are counted before the new thing is taught, and after
_NEW_BOXES = 3
WANTED = 0.7  # share of things that must be boxed and named right; 87 % and more were
_AT = 0.3  # intersection over union of a box that is at its thing, as in docs/scenes.md
_PATIENCE = 300.0  # seconds for anything that is waited for: computers may be busy


class Shown(NamedTuple):
    """What was seen of things in frames."""

    right: int  # boxed and named right
    asked: int  # of so many
    frames: int
    new: int  # frames in which the new thing was named right
    last: 'SceneSeen'


class SceneResult(NamedTuple):
    """What became of it."""

    before: Shown  # the new thing was taught
    after: Shown

    @property
    def passed(self) -> bool:
        """Whether it reached what it promises."""
        return (min(shown.right / shown.asked for shown in self) >= WANTED
                and self.after.new >= WANTED * self.after.frames)

    def lines(self) -> list[str]:
        """Return the closing lines."""
        before, after = self
        return [
            f'things on the table     {100 * before.right / before.asked:5.1f} %   '
            f'{before.right} of {before.asked} in {before.frames} pictures boxed and named right',
            f'{NEW:<23} {100 * after.new / after.frames:5.1f} %   named in {after.new} of '
            f'{after.frames} pictures after {_NEW_BOXES} boxes (before: {before.new} of '
            f'{before.frames})',
            f'the others meanwhile    {100 * after.right / after.asked:5.1f} %   {after.right} of '
            f'{after.asked}']


def play(client: 'DemoClient', output: Path) -> SceneResult:
    """
    Teach, show, teach the new thing, show again; write scene.png.

    :raises DemoError: when something that is waited for does not come.
    """
    print(f'\nA table with {len(THINGS)} things, seen in {PICTURES} pictures: in each a box is '
          'drawn around every thing.')
    teach(client, THINGS)
    client.look_for_things()
    client.show_scene((*THINGS, NEW), _ASKED, _PATIENCE)
    before = _shown(client)
    print(f'Now {NEW!r} stands among them, which was never taught: {_NEW_BOXES} pictures, in '
          'which everything is drawn, teach it.')
    for seen in _apart(client, _NEW_BOXES):
        # What lies close to a box counts as floor where it is not drawn itself: on a full table
        # that would be the neighbours.
        truth = _true(seen)
        _told(client, do='draw', boxes=list(truth.values()), complete=True, **_at(seen))
        _told(client, do='teach', label=NEW, box=truth[NEW], **_at(seen))
    client.wait_until_found(PICTURES + _NEW_BOXES, _PATIENCE)
    after = _shown(client)
    _write(output / 'scene.png', [before.last, after.last])
    return SceneResult(before, after)


def teach(client: 'DemoClient', names: Sequence[str]) -> None:
    """Draw a box around every thing of ten pictures of a table, say what it is, and wait."""
    each = PICTURES // len(_ARRANGEMENTS)
    for arrangement in _ARRANGEMENTS:
        client.show_scene(names, arrangement, _PATIENCE)
        for seen in _apart(client, each):
            truth = _true(seen)
            # Drawn at once, not one by one: the picture is learned anew with every change.
            _told(client, do='draw', boxes=list(truth.values()), complete=True, **_at(seen))
            for name, box in truth.items():
                _told(client, do='teach', label=name, box=box, **_at(seen))
    client.wait_until_found(PICTURES, _PATIENCE)


def _at(seen: 'SceneSeen') -> dict[str, Any]:
    """Return how a command says which picture it means."""
    sec, nanosec = seen.stamp
    return {'stamp': {'sec': sec, 'nanosec': nanosec}}


def _true(seen: 'SceneSeen') -> dict[str, list[float]]:
    return {thing['object']: thing['box'] for thing in seen.view['things']}


def _told(client: 'DemoClient', **command: Any) -> None:
    """Send a command that must be carried out; DemoError."""
    from hybrid_snn_ros.cli.demo_client import DemoError
    result = client.command(_PATIENCE, **command)
    if result.level == result.ERROR:
        raise DemoError(f"the command to {command['do']} was refused: {result.message}")


def _apart(client: 'DemoClient', count: int) -> Iterator['SceneSeen']:
    """Yield pictures of different views, which the classifier holds to be drawn in."""
    taken: list[int] = []  # the table shows each view again when it sways back
    for seen in client.watch_scene(_PATIENCE):
        view = seen.view['view']
        if any(abs(view - other) < _APART for other in taken):
            continue
        held = client.command(_PATIENCE, do='hold', **_at(seen))
        if held.level == held.ERROR:  # answered too long ago: this computer is busy
            client.forget_scenes()
            continue
        taken.append(view)
        yield seen
        client.forget_scenes()  # those of meanwhile are old by now
        if len(taken) == count:
            return


def _shown(client: 'DemoClient') -> Shown:
    """Look at pictures and count what is boxed and named right."""
    right = asked = new = 0
    for frames, seen in enumerate(client.watch_scene(_PATIENCE, found=True), 1):
        truth = _true(seen)
        for name, box in truth.items():
            hit = any(thing['label'] == name and iou(
                np.array([thing['box']], float), np.array([box], float))[0, 0] >= _AT
                for thing in seen.things)
            if name == NEW:
                new += hit
            else:
                right += hit
                asked += 1
        if frames >= FRAMES and seen.picture is not None:
            break
    return Shown(right, asked, frames, new, seen)


def _write(path: Path, scenes: Sequence['SceneSeen']) -> None:
    """Write pictures with what was found in them, beside each other."""
    tiles = []
    for seen in scenes:
        assert seen.picture is not None  # others are not kept
        tile = seen.picture.copy()
        draw_boxes(tile, [style_of(thing['box'], thing['label'], thing['score'], thing['unknown'],
                                   thing['track'])
                          for thing in seen.things])
        tiles.append(tile)
    cv2.imwrite(str(path), cv2.cvtColor(np.hstack(tiles), cv2.COLOR_RGB2BGR))
