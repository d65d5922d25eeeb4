# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What stands still before a camera, and what changes there, frame by frame, with new noise."""

from typing import NamedTuple

import cv2
import numpy as np

LEAST, SHARE = 4, 0.03  # a change is real from these grey levels over this share of the picture
TILE, TILE_LEAST = 8, 16  # pixels a side, and grey levels by which one tile is another
KINDS = ('object swapped', 'light switched', 'slow drift', 'one tile', '4 levels over 3 %')
_BANK = 32


def drawn_pictures(count, side, random):
    """Return pictures with structure at every scale, float32 (side, side, 3) of 20..235."""
    pictures = []
    for _ in range(count):
        layers = [cv2.resize(random.normal(0, 90 / (octave + 1), (3 * 2 ** octave,) * 2 + (3,)),
                             (side, side), interpolation=cv2.INTER_CUBIC) for octave in range(6)]
        pictures.append(np.clip(sum(layers) + 128, 20, 235).astype(np.float32))
    return pictures


def noisy(picture, sigma, random):
    """Return a picture as a sensor gives it, uint8, with noise of so many grey levels."""
    return np.clip(np.rint(picture + random.normal(0, sigma, picture.shape)), 0, 255).astype(
        np.uint8)


class Sensor:
    """Adds noise; drawn once and shifted, for it takes longer than all the rest."""

    def __init__(self, side, random):
        self._random = random
        self._bank = random.standard_normal((_BANK, 2 * side, side, 3), dtype=np.float32)

    def frame(self, picture, sigma):
        """Return a picture as the sensor gives it, uint8."""
        side, random = len(picture), self._random
        begin = random.integers(side + 1)
        noise = self._bank[random.integers(_BANK), begin:begin + side]
        return np.clip(np.rint(picture + noise * np.float32(sigma)), 0, 255).astype(np.uint8)


def is_real(before, now):
    """Tell whether 8x8 pixels at 3 % of the places differ by 4 grey levels in a colour."""
    apart = np.abs(cv2.blur(now - before, (TILE, TILE)))
    return (apart.max(axis=2) >= LEAST).mean() >= SHARE


def region(side, random, share):
    """Return where a disc or a rectangle is, up to four times as long as wide."""
    area, mask = share * side * side, np.zeros((side, side), np.uint8)
    if random.random() < 0.5:
        radius = int(np.ceil(np.sqrt(area / np.pi))) + 1
        x, y = random.integers(radius, side - radius, 2)
        cv2.circle(mask, (int(x), int(y)), radius, 1, -1)
    else:
        height = int(np.ceil(np.sqrt(area) * 2 ** random.uniform(-1, 1)))
        width = int(np.ceil(area / height))
        y, x = random.integers(0, side - height + 1), random.integers(0, side - width + 1)
        mask[y:y + height, x:x + width] = 1
    return mask.astype(bool)


def change(kind, scene, pictures, random):
    """
    Yield the pictures that a change consists of; most are one.

    A tile and 4 levels are real by what they are, of the others ``is_real`` tells.
    """
    side = len(scene)
    if kind == 'object swapped':
        where = region(side, random, random.uniform(SHARE, 0.25))
        other = pictures[random.integers(len(pictures))]
        shift = random.integers(0, side, 2)
        yield np.where(where[..., None], np.roll(other, shift, (0, 1)), scene)
    elif kind == 'light switched':
        colour = random.uniform(0.95, 1.05, 3).astype(np.float32)
        gain = random.choice([random.uniform(0.2, 0.9), random.uniform(1.1, 1.6)])
        yield np.clip(scene * (np.float32(gain) * colour), 0, 255)
    elif kind == 'slow drift':
        step = np.float32(random.choice([-1, 1]) * random.uniform(0.001, 0.01))
        for number in range(1, 200):
            yield np.clip(scene * (1 + number * step), 0, 255)
    elif kind == 'one tile':
        y, x = random.integers(0, side - TILE + 1, 2)
        changed = scene.copy()
        tile = changed[y:y + TILE, x:x + TILE]
        level = np.float32(random.uniform(TILE_LEAST, 100))
        tile += np.where(tile.mean(axis=(0, 1)) < 128, level, -level)  # stays within 0..255
        yield np.clip(changed, 0, 255)
    else:
        where = region(side, random, SHARE)
        sign = np.float32(random.choice([-1, 1]))
        yield np.where(where[..., None], scene + sign * LEAST, scene)


class Tally(NamedTuple):
    """What became of the changes of a kind."""

    changes: int = 0
    late: int = 0  # of them, those whose first frame was held


def play(gate, kinds, pictures, sensor, random, most_noise=3.0):
    """
    Show scenes that stand still for one to three frames and then change, and judge a gate.

    A frame must be looked at if it is really different from the one that was looked at last.

    :param kinds: of the changes, in order.
    :return: ({kind: Tally}, frames that stood still, how many of these were held).
    """
    tallies, still, held, looked = dict.fromkeys((*KINDS, 'another scene'), Tally()), 0, 0, None

    def show(picture):
        nonlocal looked
        is_held = gate.is_still(sensor.frame(picture, sigma))
        if not is_held:
            gate.keep()
            looked = picture
        return is_held

    def note(kind, late):
        changes, so_far = tallies[kind]
        tallies[kind] = Tally(changes + 1, so_far + late)

    for kind in kinds:
        scene, sigma = pictures[random.integers(len(pictures))], random.uniform(0, most_noise)
        if looked is not None and (not show(scene) or is_real(looked, scene)):
            note('another scene', looked is not scene)
        if looked is not scene:
            gate.forget()
            show(scene)
        for _ in range(random.integers(0, 3)):
            still += 1
            held += show(scene)
        for now in change(kind, scene, pictures, random):
            is_held = show(now)
            if not is_held or kind in KINDS[-2:] or is_real(scene, now):
                note(kind, is_held)
                break
    return tallies, still, held
