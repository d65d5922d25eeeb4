# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Which files a path means that was named as a bag; nothing is read of them but how they begin."""

from collections.abc import Callable
import os
from pathlib import Path, PurePath
import re

import yaml

from hybrid_snn_ros.vision.bag_error import BagError, no_permission, reason_of
from hybrid_snn_ros.vision.pictures import SUFFIXES

_STORED = ('.mcap', '.db3', '.bag')  # and the same with .zstd, .active and the like behind
_METADATA = 'metadata.yaml'
# The first bytes say what a file is; people rename files.
_BEGINNINGS = {b'\x89MCAP0\r\n': 'mcap', b'SQLite format 3\0': 'db3', b'#ROSBAG V': 'bag',
               b'\x28\xb5\x2f\xfd': 'zstd', b'\x1f\x8b': 'gzip', b'BZh': 'bzip2',
               b'\xfd7zXZ\0': 'xz', b'PK\x03\x04': 'zip', b'7z\xbc\xaf': '7z',
               b'\x04\x22\x4d\x18': 'lz4'}
PACKED = ('gzip', 'bzip2', 'xz', 'zip', '7z', 'lz4')


def is_bag(path: Path | str) -> bool:
    """
    Tell whether a path is meant as a bag: a file that is one, or is called like one, or a folder.

    A folder is meant as one that holds such files, or folders that do, or metadata.yaml alone.

    :raises BagError: when one may not look into it.
    """
    path = Path(path)
    try:
        if path.is_dir():
            return _is_bag_folder(path)
        if _called_bag(path) or path.name == _METADATA:
            return True
        return path.is_file() and kind_of(path) in ('mcap', 'db3', 'bag')
    except PermissionError as error:
        raise no_permission(path) from error
    except OSError:  # a name that is too long, a loop of links: whoever opens it tells
        return False


def kind_of(path: Path | str) -> str:
    """Return what a file holds, '' for what is no bag; OSError where it cannot be read."""
    with open(path, 'rb') as file:
        head = file.read(16)
    return next((kind for begin, kind in _BEGINNINGS.items() if head.startswith(begin)), '')


def files_of(path: Path | str, remark: Callable[[str], object]) -> list[Path]:
    """
    Return the files of a bag, in the order in which they were recorded.

    :param remark: called with a sentence where they are not those that metadata.yaml names.
    :raises BagError: when the path means none, or one cannot tell which.
    """
    path = Path(path)
    try:
        if path.name == _METADATA and path.is_file():
            path = path.parent
        if path.is_dir():
            return _files_of_folder(path, remark)
        if path.is_file():
            return [path]
        present = os.path.lexists(path)
    except PermissionError as error:
        raise no_permission(path) from error
    except OSError as error:
        raise BagError(f'{path} cannot be read: {error.strerror}') from error
    if path.is_symlink():
        raise BagError(f'{path} is a link to {os.readlink(path)}, which is not there')
    raise BagError(f'{path} is neither a file nor a folder' if present else f'there is no {path}')


def _called_bag(path: Path) -> bool:
    """Tell whether a name is a bag's, also one that is packed: walk.mcap, WALK_0.DB3.zstd."""
    return any(suffix.lower() in _STORED for suffix in path.suffixes[-2:])


def _is_bag_folder(folder: Path) -> bool:
    names = _names(folder, lambda sentence: None)
    below = [path for path in folder.iterdir() if path.is_dir()
             and not path.name.startswith('.')]
    if names is not None or any(map(_holds_pictures, below)):
        return names is not None  # a recording that lies beside folders of pictures is not meant
    return any(map(_holds_bag, [folder, *below])) or _called_bag(folder) or (
        not below and (folder / _METADATA).exists())


def _holds_pictures(folder: Path) -> bool:
    return any(path.suffix.lower() in SUFFIXES for path in _inside(folder))


def _holds_bag(folder: Path) -> bool:
    return any(_called_bag(path) for path in _inside(folder))


def _inside(folder: Path) -> list[Path]:
    """Return what is in a folder, nothing where one may not look."""
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _stored(folder: Path) -> list[Path]:
    """Return the files of a folder that are called bags, walk_10 behind walk_9."""
    files = [path for path in folder.iterdir() if _called_bag(path)
             and not path.name.startswith('.') and path.is_file()]
    return sorted(files, key=lambda path: [
        int(part) if part.isdigit() else part for part in re.split(r'([0-9]+)', path.name)])


def _files_of_folder(folder: Path, remark: Callable[[str], object]) -> list[Path]:
    stored = _stored(folder)
    names = _names(folder, remark)
    if names is None:
        return _files_without_metadata(folder, stored, remark)
    found = [folder / name for name in names]
    missing = [path.name for path in found if not path.is_file()]
    others = [path for path in stored if path not in found]
    if not missing:
        if others:
            remark(f'{folder}: {_list(others)} is not in metadata.yaml and not read; name the '
                   'file itself to read it')
        return found
    told = f"{folder}: metadata.yaml names {', '.join(missing)}, which is not there"
    if len(others) > len(missing):
        raise BagError(f'{told}; name the file that you mean: {_list(others)}')
    rest = [path for path in stored if path in found or path in others]
    if not rest:
        raise BagError(f'{told}, and no other recording is in the folder')
    remark(f'{told}; read: {_list(rest)}')
    return rest


def _names(folder: Path, remark: Callable[[str], object]) -> list[str] | None:
    """Return the names of the files in metadata.yaml, None where it names none."""
    try:
        about = yaml.safe_load((folder / _METADATA).read_text(encoding='utf-8'))
        paths = about['rosbag2_bagfile_information']['relative_file_paths']
        names = [PurePath(path).name for path in paths]  # early versions name the folder, too
        if names:
            return names
        reason = 'it names no file'
    except FileNotFoundError:
        return None
    except (KeyError, TypeError):
        reason = 'it is not that of a recording of ROS 2'
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, OSError) as error:
        reason = reason_of(error)
    remark(f'{folder}: metadata.yaml cannot be used: {reason}')
    return None


def _files_without_metadata(folder: Path, stored: list[Path],
                            remark: Callable[[str], object]) -> list[Path]:
    if len(stored) == 1:
        return stored
    if not stored:
        below = sorted(p for p in _inside(folder) if p.is_dir() and _holds_bag(p))
        if below:
            raise BagError(f'{folder} holds folders with recordings; name one of them: '
                           f'{_list(below)}')
        raise BagError(f'{folder} is a folder without a recording (.mcap, .db3, .bag) in it')
    # ros2 bag splits a recording into walk_0, walk_1 ...; other names are other recordings.
    parts = [re.fullmatch(r'(.*_)([0-9]+)\.(.*)', path.name) for path in stored]
    if not all(parts) or len({(part[1], part[3]) for part in parts if part}) > 1:
        raise BagError(f'{folder} holds several recordings and no metadata.yaml that tells their '
                       f'order; name one of them: {_list(stored)}')
    remark(f'{folder} has no metadata.yaml; read: {_list(stored)}')
    return stored


def _list(paths: list[Path]) -> str:
    names = [path.name for path in paths]
    return ', '.join(names[:5]) + f' and {len(names) - 5} more' * (len(names) > 5)
