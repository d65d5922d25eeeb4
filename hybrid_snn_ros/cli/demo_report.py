# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What a person sees of the demo: the live table, the summary, the contact sheet."""

from collections.abc import Mapping, Sequence
from pathlib import Path
import sys
from typing import Any, NamedTuple, TextIO

import cv2
import numpy as np

from hybrid_snn_ros.ros.caption import draw

_ROW = '{:<17} {:<10} {:>7}   {:<17} {:>6} {:>9}   {}'


class Seen(NamedTuple):
    """One answered picture of the turntable."""

    object: str
    split: str  # 'train' or 'test'
    view: int  # 0..35
    answer: dict[str, Any]  # as on ~/answer
    picture: np.ndarray | None  # uint8 RGB, or None when it was lost on its way to the demo


class LiveTable:
    """One row an object; on a terminal the row is rewritten with every picture."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._live = self._stream.isatty()

    def head(self) -> None:
        """Print the titles of the columns."""
        print(_ROW.format('object shown', 'doing', 'views', 'answer', 'score', 'latency', 'right'),
              file=self._stream)
        print('-' * 86, file=self._stream)

    def row(self, shown: str, doing: str, views: str, answer: dict[str, Any] | None = None,
            right: str = '', done: bool = False) -> None:
        """Print or rewrite the row at hand."""
        label, score, latency = ('', '', '')
        if answer is not None:
            label, score = answer['label'], f"{100 * answer['score']:.0f} %"
            latency = f"{answer['latency_ms']:.0f} ms"
        text = _ROW.format(shown, doing, views, label, score, latency, right)
        if self._live:
            print(f'\r\x1b[K{text}', end='\n' if done else '', file=self._stream, flush=True)
        elif done:
            print(text, file=self._stream, flush=True)


def contact_sheet(path: Path, rows: Sequence[tuple[str, Sequence[Seen]]], columns: int,
                  side: int = 200) -> None:
    """
    Write a sheet of annotated pictures.

    :param path: PNG file.
    :param rows: [(title, [Seen, ...])], one object a row.
    :param columns: pictures in a row.
    """
    margin, head = 6, 26
    sheet = np.full((len(rows) * (side + head), margin + columns * (side + margin), 3), 255,
                    np.uint8)
    for place, (title, seen) in enumerate(rows):
        top = place * (side + head)
        cv2.putText(sheet, title, (margin, top + 19), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (30, 30, 30),
                    1, cv2.LINE_AA)
        for column, one in enumerate(seen[:columns]):
            assert one.picture is not None  # those without are not kept
            height, width = one.picture.shape[:2]
            left = max((width - height) // 2, 0)
            tile = cv2.resize(one.picture[:, left:left + min(height, width)], (side, side),
                              interpolation=cv2.INTER_AREA)
            answer = one.answer
            draw(tile, answer['label'], answer['score'], answer['unknown'])
            x = margin + column * (side + margin)
            sheet[top + head:top + head + side, x:x + side] = tile
    cv2.imwrite(str(path), cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))


def summary(known: Mapping[str, Mapping[int, bool]], strangers: Mapping[str, Mapping[int, bool]],
            latencies: Sequence[float], published: int, answered: int,
            counters: Mapping[str, str]) -> tuple[float, list[str]]:
    """
    Return the closing lines.

    :param known: {object: {view: was its first answer right}} of taught objects, new views.
    :param strangers: {object: {view: was its first answer 'unknown'}} of never-taught objects.
    :param latencies: milliseconds from the header stamp to the answer, every answered picture.
    :param published: pictures the camera sent.
    :param answered: those that were answered.
    :param counters: the classifier's own, from /diagnostics.
    """
    accuracy, lines = verdict(known, strangers)
    p50, p95 = np.percentile(latencies, (50, 95))
    lines += [
        f'frame to label          p50 {p50:.0f} ms, p95 {p95:.0f} ms over {len(latencies)} '
        'answers',
        f'frames                  {published} published, {answered} answered, '
        f"{counters.get('dropped', '?')} replaced by a newer one before their turn, "
        f"{counters.get('refused', '?')} refused",
        f"computed by             {counters.get('network_form', '?')}",
    ]
    return accuracy, lines


def verdict(known: Mapping[str, Mapping[int, bool]],
            strangers: Mapping[str, Mapping[int, bool]]) -> tuple[float, list[str]]:
    """Return the share of new views that were named right, and lines; arguments as above."""
    right = sum(sum(views.values()) for views in known.values())
    asked = sum(len(views) for views in known.values())
    caught = sum(sum(views.values()) for views in strangers.values())
    strange = sum(len(views) for views in strangers.values())
    accuracy = right / asked
    return accuracy, [
        f'new views named right   {100 * accuracy:5.1f} %   {right} of {asked}: each view never '
        'taught counts once,', ' ' * 34 + "by its first answer; 'unknown' counts as wrong",
        f'unknowns caught         {100 * caught / strange:5.1f} %   {caught} of {strange} views '
        'of objects never taught']
