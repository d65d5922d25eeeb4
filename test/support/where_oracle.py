# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The where-read-out, spelled out cell by cell and box by box as docs/scenes.md describes it."""

import math

import numpy as np


def mirrored(place, size):
    """Return the place inside 0..size-1 that a place outside is mirrored from at the outermost."""
    if place < 0:
        return -place
    return 2 * (size - 1) - place if place >= size else place


def features(codes, i, j):
    """Return the 3 C + 1 features of one cell, as numbers 0..1."""
    rows, columns, _ = codes.shape
    found = [codes[i, j] / 255]
    for reach in (2, 4):
        around = [codes[mirrored(i + di, rows), mirrored(j + dj, columns)] / 255
                  for di in range(-reach, reach + 1) for dj in range(-reach, reach + 1)]
        found.append(sum(around) / len(around))
    return np.concatenate([*found, [1.0]])


def target(boxes, rows, columns, i, j):
    """Return heat, the four log distances (None where it is not near), and whether it is close."""
    x, y = (j + 0.5) / columns, (i + 0.5) / rows
    heat, logs, close = 0.0, None, False
    for left, top, width, height in boxes:
        u, v = (x - (left + width / 2)) / width, (y - (top + height / 2)) / height
        close = close or (abs(u) <= 1 and abs(v) <= 1)  # within twice the box
        warm = math.exp(-(u * u + v * v) / (2 * 0.25 ** 2))
        if warm > heat:
            heat = warm
            if warm > 0.3:
                logs = [math.log(distance / 2) for distance in (
                    (x - left) * columns, (y - top) * rows, (left + width - x) * columns,
                    (top + height - y) * rows)]
    return heat, logs, close


def readout(frames, ridge=30.0):
    """
    Return the solution of the two ridge regressions, (3 C + 1, 5).

    :param frames: [(codes, boxes, complete)].
    """
    lines, heats, weights, near_lines, distances = [], [], [], [], []
    for codes, boxes, complete in frames:
        rows, columns, _ = codes.shape
        for i in range(rows):
            for j in range(columns):
                heat, logs, close = target(boxes, rows, columns, i, j)
                if not (complete or close):
                    continue
                lines.append(features(codes, i, j))
                heats.append(heat)
                weights.append(3 if heat > 0.1 else 1)
                if logs is not None:
                    near_lines.append(lines[-1])
                    distances.append(logs)
    found = []
    for x, y, d in ((lines, heats, weights), (near_lines, distances, [1] * len(distances))):
        x, y, d = np.array(x), np.array(y).reshape(len(x), -1), np.array(d)[:, None]
        found.append(np.linalg.solve(ridge * np.eye(x.shape[1]) + x.T @ (d * x), x.T @ (d * y)))
    return np.hstack(found)


def overlap(one, other):
    """Return (area shared, intersection over union) of two boxes x, y, width, height."""
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(across, 0) * max(down, 0)
    return shared, shared / (one[2] * one[3] + other[2] * other[3] - shared)


def boxes_of(planes, threshold, most):
    """Return [(box, heat)] that planes (rows, columns, 5) say, the surest first."""
    rows, columns, _ = planes.shape
    proposals = []
    for i in range(rows):
        for j in range(columns):
            heat, *logs = (float(number) for number in planes[i, j])
            if heat > threshold:
                left, top, right, bottom = (2 * math.exp(number) for number in logs)
                x, y = j + 0.5, i + 0.5
                x1, x2 = max((x - left) / columns, 0), min((x + right) / columns, 1)
                y1, y2 = max((y - top) / rows, 0), min((y + bottom) / rows, 1)
                proposals.append(((x1, y1, x2 - x1, y2 - y1), heat))
    proposals.sort(key=lambda pair: -pair[1])
    kept = []
    for box, heat in proposals:
        fine = len(kept) < most
        for better, _ in kept:
            shared, part = overlap(box, better)
            within = shared / (box[2] * box[3]) >= 0.75
            contains = shared / (better[2] * better[3]) >= 0.75
            fine = fine and not (part > 0.35 or within or contains)
        if fine:
            kept.append((box, heat))
    merged = []
    for box, heat in kept:
        total, corners = 0.0, np.zeros(4)
        for other, warm in proposals:
            if overlap(box, other)[1] > 0.5:
                total += warm
                corners += warm * np.array([other[0], other[1], other[0] + other[2],
                                            other[1] + other[3]])
        x1, y1, x2, y2 = corners / total
        merged.append(((x1, y1, x2 - x1, y2 - y1), heat))
    return merged
