# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The files of the page, read once at start: no request ever becomes a path."""

from importlib import resources
import json
from typing import Any

_HERE = 'hybrid_snn_ros.operator_page'
_TYPES = {'html': 'text/html', 'css': 'text/css', 'js': 'text/javascript',
          'svg': 'image/svg+xml', 'json': 'application/json'}
LANGUAGES = ('en', 'de')


def load() -> dict[str, tuple[str, bytes]]:
    """Return {path of a URL: (content type, bytes)}."""
    files = {}
    for folder, prefix in (('static', '/'), ('texts', '/texts/')):
        for entry in resources.files(_HERE).joinpath(folder).iterdir():
            kind = entry.name.rpartition('.')[2]
            if kind in _TYPES:
                files[prefix + entry.name] = _TYPES[kind], entry.read_bytes()
    for address, name in (('/', '/index.html'), ('/debug', '/debug.html')):
        files[address] = files.pop(name)
    return files


def texts(language: str) -> dict[str, Any]:
    """Return the texts of a language, {key: text}."""
    return json.loads(load()[f'/texts/{language}.json'][1])
