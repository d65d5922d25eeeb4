# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Scenes that are pasted together: things cut out of photographs, on other photographs.

Harder than rendered scenes in every way: no two pictures of a label show the same thing, and what
they are pasted on shows things too, which no one draws.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from hybrid_snn_ros.evaluation.cut_outs import cut_out, paste
from hybrid_snn_ros.evaluation.left_out import LeftOut
from hybrid_snn_ros.evaluation.picture_folder import list_pictures
from hybrid_snn_ros.evaluation.picture_reader import DAMAGED
from hybrid_snn_ros.evaluation.pictured import Pictured, PicturedSet
from hybrid_snn_ros.evaluation.scene_source import UNKNOWN
from hybrid_snn_ros.evaluation.sources import SourceError
from hybrid_snn_ros.sim.scenes import casts, MOST_OVERLAP, SIDE, SIZE, THINGS
from hybrid_snn_ros.vision.frames import decode_rgb
from hybrid_snn_ros.vision.framing import FrameError
from hybrid_snn_ros.vision.pictures import FORMATS, read
from hybrid_snn_ros.vision.resample import resample_to
from hybrid_snn_ros.where.boxes import iou
from hybrid_snn_ros.where.readout import MOST_BOXES

PARTS = ('train', 'test')
TAUGHT = 20  # labels, where there are so many
FEWEST = 12  # labels of a folder that can be asked so
_TRIES = 60  # places tried for one thing


def load_composites(root: str | Path, grounds: str | Path | None, seed: int, drawn: int,
                    shots: int, asked: int,
                    progress: Callable[[int, int], None] = lambda done, total: None,
                    remark: Callable[[str], None] = lambda sentence: None) -> PicturedSet:
    """
    Paste scenes to teach from train/ and scenes to ask from test/.

    Of the folder's labels twenty are taught and ten never, or half and a quarter of them where
    there are fewer; photographs of the others are what things are pasted on.

    :param root: folder with train/ and test/, in each a folder for every label.
    :param grounds: folder of the same form whose photographs things are pasted on instead.
    :param seed: of all that is drawn.
    :param drawn, shots, asked, progress: as of scene_source.load_scenes.
    :param remark: called with sentences about what is left out.
    :raises SourceError: when a folder does not hold that.
    """
    root, left_out = Path(root), LeftOut()
    try:
        pictures = _listed(root, left_out)
        if len(pictures[0]) < FEWEST:
            raise SourceError(f'{root} has {len(pictures[0])} labels; composites need {FEWEST}')
        names = np.random.default_rng(seed).permutation(sorted(pictures[0])).tolist()
        new = min(UNKNOWN, len(names) // 4)
        last = new + min(TAUGHT, len(names) // 2)
        on = pictures if grounds is None else _listed(Path(grounds), left_out)
        under = names[last:] if grounds is None else sorted(on[0])
        guests, taught = names[:new], names[new:last]
        train_random, test_random = (np.random.default_rng([seed, at]) for at in (0, 1))
        stocks = [(_Stock({name: part[name] for name in guests + taught}, random, left_out),
                   _Stock({name: below[name] for name in under}, random, left_out))
                  for part, below, random in zip(pictures, on, (train_random, test_random))]
        enough = max(drawn, -(-shots * len(taught) // THINGS[0]) + len(taught))
        train: list[Pictured] = []
        seen = dict.fromkeys(taught, 0)
        for scene in _pasted(*stocks[0], casts(taught, (), enough, train_random), train_random):
            train.append(scene)
            for name in scene.names:
                seen[name] += 1
            progress(min(len(train), drawn), drawn + asked)
            if len(train) >= drawn and min(seen.values()) >= shots:
                break
        test = []
        for scene in _pasted(*stocks[1], casts(taught, guests, asked, test_random), test_random):
            test.append(scene)
            progress(drawn + len(test), drawn + asked)
        empty = [Pictured(stocks[1][1].ground(), np.zeros((0, 4)), ()) for _ in range(asked)]
    finally:
        for line in left_out.lines():
            remark(line)
    return PicturedSet(f'composites of {root.resolve().name}', train, test, empty,
                       frozenset(taught), {}, MOST_BOXES)


def _listed(root: Path, left_out: LeftOut) -> list[dict[str, list[Path]]]:
    """Return the pictures of each label in train/ and in test/."""
    if not all((root / part).is_dir() for part in PARTS):
        raise SourceError(f'{root} must hold train/ and test/ with a folder for every label')
    parts = [list_pictures(root / part, left_out, base=root) for part in PARTS]
    lacking = sorted(set(parts[0]) ^ set(parts[1]))
    if lacking:
        raise SourceError(f"{root} holds {', '.join(lacking)} in train/ or in test/ alone")
    return parts


class _Stock:
    """Photographs of labels, each label's dealt like cards; what cannot be read is left out."""

    def __init__(self, pictures: dict[str, list[Path]], random: np.random.Generator,
                 left_out: LeftOut) -> None:
        self._paths = {name: list(paths) for name, paths in pictures.items()}
        self._random, self._left_out = random, left_out
        self._hands: dict[str, list[Path]] = {}
        self._things: dict[Path, tuple[np.ndarray, np.ndarray]] = {}

    def thing(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the next thing of a label, cut out, and its mask."""
        path, rgb = self._next(name)
        if path not in self._things:
            self._things[path] = cut_out(rgb)
        return self._things[path]

    def ground(self) -> np.ndarray:
        """Return the middle of some photograph, at the size of a scene, a new array."""
        rgb = self._next(str(self._random.choice(sorted(self._paths))))[1]
        height, width = rgb.shape[:2]
        scale = min(width / SIZE[0], height / SIZE[1])
        across, down = (max(round(side * scale), 1) for side in SIZE)
        left, top = (width - across) // 2, (height - down) // 2
        return resample_to(np.ascontiguousarray(rgb[top:top + down, left:left + across]),
                           SIZE[1], SIZE[0])

    def _next(self, name: str) -> tuple[Path, np.ndarray]:
        paths = self._paths[name]
        while paths:
            hand = self._hands.setdefault(name, [])
            if not hand:
                hand += [paths[at] for at in self._random.permutation(len(paths))]
            path = hand.pop()
            try:
                return path, decode_rgb('', read(path))
            except FrameError as error:
                self._left_out.add(DAMAGED, path.name, str(error))
                paths.remove(path)
        raise SourceError(f"'{name}' has no picture ({FORMATS}) that can be read")


def _pasted(things: _Stock, grounds: _Stock, cast: Iterable[Sequence[str]],
            random: np.random.Generator) -> Iterator[Pictured]:
    """Yield a scene for each list of names."""
    for names in cast:
        image = grounds.ground()
        cuts = [things.thing(name) for name in names]
        boxes = _placed([mask.shape for _, mask in cuts], random)
        for (rgb, mask), box in zip(cuts, boxes):
            paste(image, rgb, mask, box)
        yield Pictured(image, np.array(boxes) / np.tile(SIZE, 2), tuple(names))


def _placed(shapes: Sequence[tuple[int, ...]],
            random: np.random.Generator) -> list[tuple[int, int, int, int]]:
    """Return boxes of things of these shapes (height, width), in pixels of the scene."""
    while True:
        boxes: list[tuple[int, int, int, int]] = []
        for height, width in shapes:
            scale = random.uniform(*SIDE) / max(height, width)
            across, down = (max(round(side * scale), 1) for side in (width, height))
            for _ in range(_TRIES):
                box = (int(random.integers(SIZE[0] - across + 1)),
                       int(random.integers(SIZE[1] - down + 1)), across, down)
                others = np.array(boxes, np.float64).reshape(-1, 4)
                if iou(np.array([box], np.float64), others).max(initial=0) <= MOST_OVERLAP:
                    boxes.append(box)
                    break
        if len(boxes) == len(shapes):
            return boxes
