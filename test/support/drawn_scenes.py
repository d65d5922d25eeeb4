# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Frames of several coloured things on a grey floor, with the boxes they are seen in."""

from camera_frames import BLUE, frame, GREEN, RED
import cv2
import numpy as np
from ros_harness import OK

from hybrid_snn_ros.where.boxes import iou

WIDTH, HEIGHT = 640, 480
COLOURS = {'red': RED, 'green': GREEN, 'blue': BLUE}


def scene(seed, names=tuple(COLOURS), places=None):
    """
    Draw striped ellipses that do not touch.

    :param places: (n, 4) boxes in pixels; by default they follow from the seed.
    :return: uint8 RGB (480, 640, 3) and {name: (x, y, width, height) in pixels}.
    """
    random = np.random.default_rng(seed)
    rgb = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    rgb = np.clip(rgb + random.normal(0, 6, rgb.shape), 0, 255).astype(np.uint8)
    boxes = {}
    for at, name in enumerate(names):
        while places is None:
            width, height = (int(side) for side in random.integers(90, 150, 2))
            x, y = int(random.integers(WIDTH - width)), int(random.integers(HEIGHT - height))
            grown = np.array([[x - 20, y - 20, width + 40, height + 40.0]])
            if not iou(grown, np.array(list(boxes.values())).reshape(-1, 4)).any():
                break
        else:
            x, y, width, height = (int(part) for part in places[at])
        boxes[name] = x, y, width, height
        middle, axes = (x + width // 2, y + height // 2), (width // 2, height // 2)
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        cv2.ellipse(mask, middle, axes, 0, 0, 360, 255, -1)
        stripes = np.array(COLOURS[name]) * (
            0.75 + 0.25 * (np.arange(WIDTH) // 8 % 2))[None, :, None]
        rgb = np.where(mask[..., None] > 0, stripes, rgb).astype(np.uint8)
    return rgb, boxes


def draw_scenes(peer, count):
    """Show a node scenes and draw all that is in them; wait until it has learned from that."""
    for seed in range(count):
        rgb, boxes = scene(seed)
        message = frame(rgb)
        peer.show(message)
        stamp = {'sec': message.header.stamp.sec, 'nanosec': message.header.stamp.nanosec}
        assert peer.command(do='draw', complete=True, stamp=stamp,
                            boxes=[list(box) for box in boxes.values()]).level == OK
    peer.until('a read-out', lambda: peer.known[-1]['where']['ready'])
    peer.until('the end of catching up', lambda: peer.counters()['where_catching_up'] == 'no')
