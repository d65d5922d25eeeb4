# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Things that move: how often they change their ids, and how long they stand under the right name.

Teaches boxes and names as `hybrid-snn evaluate scenes` does, and shows tables of five things that
sway, as the camera node's, and that turn by half a circle, so that things pass behind each other.
In every second scene one of the five was never taught.  The tracker has one, two or all crops a
frame encoded; beside it stands what a node would show that knows no frame but the newest.

    python tools/over_time.py --seed 2201 --floors varied
"""

import argparse
from pathlib import Path
import sys
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hybrid_snn_ros.cli.progress import Progress
from hybrid_snn_ros.evaluation.scene_scores import LOOSE, matched, Shown, Truth
from hybrid_snn_ros.evaluation.scene_source import load_scenes
from hybrid_snn_ros.evaluation.scene_trial import Settings, Trial
from hybrid_snn_ros.sim import objects
from hybrid_snn_ros.sim.scenes import FLOORS, SIZE
from hybrid_snn_ros.sim.swaying import LOOP, SWAY_TURNS, turn_of, TurningTable, view_of
from hybrid_snn_ros.where import readout
from hybrid_snn_ros.where.tracker import Tracker

RATE = 30  # frames a second
THINGS = 5
HALF_TURN = 120  # frames
SMOOTHING = 3  # the node's default
CROPS = (1, 2, readout.MOST_BOXES)


class Frame(NamedTuple):
    """A frame, and all that could be asked of it."""

    truth: Truth
    found: readout.Found
    codes: list[np.ndarray]  # of the crop of each found box


class Score(NamedTuple):
    """What a person saw of scenes."""

    named: list[bool]  # of each taught thing of each frame, whether its name stood at it
    right: list[bool]  # of each name that stood somewhere, whether it was right
    switches: int  # of ids
    crops: int
    frames: int


def turns(kind):
    """Return the degrees of the floor in each frame of a loop, and where all must be seen."""
    if kind == 'sway':
        return [turn_of(view_of(frame)) for frame in range(LOOP)], SWAY_TURNS
    return [180 * place / HALF_TURN for place in range(HALF_TURN)], tuple(range(0, 181, 30))


def looked_at(trial, table, names, floor, split, kind, seed):
    """Render a loop and return its Frames."""
    angles, within = turns(kind)
    arrangement = table.arranged(names, floor, split, np.random.default_rng(seed), within)
    drawn = {}
    for angle in angles:
        key = round(angle, 6)
        if key not in drawn:
            scene = table.turned(arrangement, angle)
            found = trial.found(scene.image)
            drawn[key] = Frame(Truth(scene.boxes / (*SIZE, *SIZE), scene.names), found,
                               [trial.codes_of(scene.image, box) for box in found.boxes])
    return [drawn[round(angle, 6)] for angle in angles]


def name_of(trial, response):
    """Return what is shown for a response, None for unknown."""
    prediction = trial.namer.decide(response)
    return None if prediction.unknown else prediction.label


def alone(trial, frame):
    """Return what is shown of a frame when no other one is known."""
    names = [name_of(trial, trial.namer.present(codes)) for codes in frame.codes]
    kept = readout.one_of_a_name(frame.found.boxes, names)
    return Shown(frame.found.boxes[kept], [names[place] for place in kept]), [None] * len(kept)


def tracked(trial, tracker, frame, number, crops):
    """Return what is shown of the next frame, the ids, and how many crops that took."""
    tracker.update(frame.found)
    looks = tracker.due(crops)
    for look in looks:
        [place] = np.flatnonzero((frame.found.boxes == look.box).all(axis=1))
        codes = frame.codes[place]
        tracker.named(look.track, codes, trial.namer.present(codes), stamp(number))
    things = tracker.things()
    boxes = np.array([thing.box for thing in things]).reshape(-1, 4)
    names = [name_of(trial, thing.response) for thing in things]
    kept = readout.one_of_a_name(boxes, names)
    return (Shown(boxes[kept], [names[place] for place in kept]),
            [things[place].id for place in kept], len(looks))


def stamp(number):
    """Return the stamp of a frame."""
    seconds, part = divmod(number, RATE)
    return seconds, part * 10 ** 9 // RATE


def score(trial, loops, taught, crops):
    """Follow loops, each by a tracker of its own; crops is None for no tracker."""
    named, right, switches, taken = [], [], 0, 0
    for frames in loops:
        tracker, last = Tracker(SMOOTHING), {}
        for number, frame in enumerate(frames):
            if crops is None:
                shown, ids = alone(trial, frame)
                taken += len(frame.codes)
            else:
                shown, ids, looks = tracked(trial, tracker, frame, number, crops)
                taken += looks
            overlap, same = matched(frame.truth, shown)
            hit = same & (overlap >= LOOSE)
            named += [bool(hit[place].any()) for place, true in enumerate(frame.truth.names)
                      if true in taught]
            right += [bool(hit[:, at].any()) for at, name in enumerate(shown.names) if name]
            for place, true in enumerate(frame.truth.names):
                if overlap[place].max(initial=0) >= LOOSE:
                    number_now = ids[int(overlap[place].argmax())]
                    switches += last.get(true, number_now) != number_now
                    last[true] = number_now
    return Score(named, right, switches, taken, sum(map(len, loops)))


def scenes_of(data, seed, count):
    """Return the names of the things of each scene."""
    random = np.random.default_rng([seed, 7])
    guests = sorted(set(objects.names()) - data.taught)
    for place in range(count):
        guest = [str(random.choice(guests))] if place % 2 else []
        yield guest + [str(name) for name in random.choice(
            sorted(data.taught), THINGS - len(guest), replace=False)]


def prepared(seed, floor, split, count, told):
    """Teach, and return (the trial, the labels, {kind: loops of Frames})."""
    data = load_scenes(floor, seed, 40, 10, 1, False)
    trial = Trial(data, Settings('lateral', {}, 0.03, seed))
    loops = {'sway': [], 'turn': []}
    done, total = 0, 2 * count
    with TurningTable() as table:
        for place, names in enumerate(scenes_of(data, seed, count)):
            for kind, found in loops.items():
                found.append(looked_at(trial, table, names, floor, split, kind,
                                       [seed, place, kind == 'turn']))
                done += 1
                told(done, total)
    return trial, data.taught, loops


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--seed', type=int, required=True, help='of scenes and objects')
    parser.add_argument('--floors', choices=FLOORS, default='varied',
                        help='what things stand on (default: %(default)s)')
    parser.add_argument('--split', choices=('train', 'test'), default='test',
                        help='floors that are asked: those of the lessons, to develop with, or '
                             'others (default: %(default)s)')
    parser.add_argument('--scenes', type=int, default=6,
                        help='tables of each kind (default: %(default)s)')
    args = parser.parse_args()
    told = Progress('over_time')
    trial, taught, loops = prepared(args.seed, args.floors, args.split, args.scenes, told)
    told.close()
    print(f'seed {args.seed}, floors {args.floors} of {args.split}, {args.scenes} tables of '
          f'{THINGS} things each way, {RATE} frames a second')
    row = '{:<6} {:<12} {:>13} {:>13} {:>22} {:>15}'
    print(row.format('table', 'crops', 'named right', 'names right', 'id switches a minute',
                     'crops a frame'))
    for kind, frames in loops.items():
        for crops in (None, *CROPS):
            found = score(trial, frames, taught, crops)
            name = 'no tracker' if crops is None else 'all' if crops == CROPS[-1] else crops
            minutes = found.frames / RATE / 60
            print(row.format(
                kind, name, f'{100 * np.mean(found.named):.1f} %',
                f'{100 * np.mean(found.right):.1f} %',
                '-' if crops is None else f'{found.switches / minutes:.1f}',
                f'{found.crops / found.frames:.2f}'))


if __name__ == '__main__':
    main()
