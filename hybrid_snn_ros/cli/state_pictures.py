# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The kept pictures of a memory: written into folders, or encoded again by another encoder."""

import argparse
from pathlib import Path

import numpy as np

from hybrid_snn_ros.cli.printable import printable
from hybrid_snn_ros.cli.progress import Progress
from hybrid_snn_ros.codes import first_view, view_count
from hybrid_snn_ros.likeness import directions
from hybrid_snn_ros.memory import contents as contents_of
from hybrid_snn_ros.memory.contents import StoreContents
from hybrid_snn_ros.memory.disk_store import DiskStore
from hybrid_snn_ros.memory.drawn_frame import DrawnFrame
from hybrid_snn_ros.memory.errors import StoreError
from hybrid_snn_ros.memory.record import LESSON
from hybrid_snn_ros.memory.state import StoreState


def folder_name(label: str, taken: set[str]) -> str:
    """Return a folder's name for a label, none of those taken: its text where that is a name."""
    name = ''.join('_' if character in '/\\:*?"<>|' else character for character in label)
    name = f'_{name[1:]}' if name.startswith('.') else name
    number, free = 1, name
    while free.casefold() in taken:
        number += 1
        free = f'{name} ({number})'
    taken.add(free.casefold())
    return free


def write(contents: StoreContents, directory: Path, label: str | None) -> str:
    """
    Write the pictures of a label, or of all in a folder for each.

    :return: what was written, a sentence.
    :raises StoreError: when no sample has a picture.
    """
    samples = {number: sample for number, sample in contents.state.samples.items()
               if label in (None, sample.label)}
    found = contents_of.pictures_of(contents)
    wanted = {number: found[number] for number in samples if number in found}
    if not wanted:
        raise StoreError(f'no picture is kept in {contents.path}')
    taken: set[str] = set()
    folders = {text: directory if label else directory / folder_name(text, taken)
               for text in contents.state.labels}
    for number, jpeg in wanted.items():
        folder = folders[samples[number].label]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f'{number}.jpg').write_bytes(jpeg)
    without = len(samples) - len(wanted)
    return f'{printable(directory)}: {len(wanted)} pictures' + (
        f'; {without} samples have none' if without else '')


def migrate(args: argparse.Namespace) -> int:
    """Encode every kept picture again and put the new codes in place, all at once."""
    from hybrid_snn_ros.vision.frame_encoder import FrameEncoder
    from hybrid_snn_ros.vision.framing import Crop, FrameError
    from hybrid_snn_ros.vision.lesson_views import codes_of_kept
    stored = contents_of.read_store(args.memory).fingerprint
    crop = Crop(stored.get('crop', 0.875), tuple(stored.get('roi', (0.0, 0.0, 1.0, 1.0))))
    encoder = FrameEncoder(args.model, crop)
    with DiskStore.open(args.memory, None) as store:
        views = {one.number: view_count(one.codes) for one in store.state.records
                 if one.kind == LESSON}
        lessons = list(views)
        jpegs = store.pictures(lessons)
        if len(jpegs) < len(lessons):
            raise StoreError(f'{len(lessons) - len(jpegs)} of {len(lessons)} samples have no '
                             'picture, so they cannot be encoded again; forget them and run '
                             '`hybrid-snn state compact` first')
        before = accuracy(store.state)
        progress, codes = Progress('encoding'), {}
        for place, number in enumerate(lessons, 1):
            try:
                codes[number] = codes_of_kept(encoder, jpegs[number], views[number])
            except FrameError as error:
                raise StoreError(f'the picture of sample {number} cannot be read; nothing was '
                                 'changed') from error
            progress(place, len(lessons))
        progress.close()
        frames, lost = renewed_frames(store)
        store.migrate(encoder.fingerprint, codes, frames)
        if lost:
            print(f'{lost} of {len(store.frame_names())} drawn frames are of another cut encoder '
                  'and have no picture: they teach nothing about where things are')
        print(f'{printable(store.directory)}: {len(lessons)} samples encoded again; right by '
              f'leave-one-out: {before:.1%} before, {accuracy(store.state):.1%} now')
    return 0


def renewed_frames(store: DiskStore) -> tuple[dict[str, DrawnFrame], int]:
    """
    Encode the pictures of drawn frames again whose cells are of another cut encoder.

    :return: {name: what takes its place}, and how many have no picture.
    :raises StoreError: when a picture cannot be read.
    """
    from hybrid_snn_ros.vision.cell_encoder import CellEncoder
    from hybrid_snn_ros.vision.frames import decode_rgb
    from hybrid_snn_ros.vision.framing import FrameError
    names = store.frame_names()
    cells = CellEncoder() if names else None
    frames, lost = {}, 0
    for name in names:
        frame = store.frame(name)
        if cells is None or frame is None or frame.encoder == cells.digest:
            continue
        if frame.jpeg is None:
            lost += 1
            continue
        try:
            codes = cells.codes(decode_rgb('jpeg', frame.jpeg))
        except FrameError as error:
            raise StoreError(f'the picture of the drawn frame {name} cannot be read; nothing was '
                             'changed') from error
        frames[name] = DrawnFrame(cells.digest, codes, frame.jpeg)
    return frames, lost


def accuracy(state: StoreState) -> float:
    """
    Return the share of samples that are named right by the nearest mean of all the others.

    Leave-one-out with the class means of normalised codes: a plain measure that needs no network.
    """
    samples = list(state.samples.values())
    codes = directions([first_view(sample.codes) for sample in samples]).astype(np.float64)
    labels = state.labels
    owner = np.array([labels.index(sample.label) for sample in samples])
    sums = np.array([codes[owner == column].sum(axis=0) for column in range(len(labels))])
    right = 0
    for row, column in zip(codes, owner):
        means = sums.copy()
        means[column] -= row
        norms = np.linalg.norm(means, axis=1)
        right += int(np.argmax(means @ row / np.maximum(norms, 1e-12))) == column
    return right / max(len(samples), 1)
