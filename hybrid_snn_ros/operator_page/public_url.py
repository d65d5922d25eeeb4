# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The address under which browsers reach the page where something stands in between: a proxy."""

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import urlsplit

DEFAULT_PORTS = {'http': 80, 'https': 443}  # browsers leave them out, proxies may not
_NAME = re.compile(r'(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?'
                   r'(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*')
_PATH = re.compile(r"(/[A-Za-z0-9._~!$&'()*+,;=:@-]+)*/?")
_EXAMPLE = 'https://robot.example.org/ or https://robot.example.org/robot1/'


class PublicUrl(NamedTuple):
    """As browsers write it: lower case, no default port, a path that ends in a slash."""

    scheme: str
    host: str  # without the brackets of an IPv6 address
    port: int | None
    path: str

    @property
    def origin(self) -> str:
        """Return what a browser sends as Origin from there."""
        port = '' if self.port is None else f':{self.port}'
        return f'{self.scheme}://{bracketed(self.host)}{port}'

    def __str__(self) -> str:
        return self.origin + self.path


def bracketed(host: str) -> str:
    """Return a host as it stands in a URL."""
    return f'[{host}]' if ':' in host else host


def host_name(text: str) -> str:
    """Return a name or a number as browsers write it, '' if it is neither."""
    if text.startswith('[') and text.endswith(']'):
        text = text[1:-1]
    try:
        return str(ipaddress.ip_address(text)) if '%' not in text else ''
    except ValueError:
        pass
    try:
        name = text.encode('idna').decode().lower()
    except UnicodeError:
        return ''
    # Of digits alone it would be a number with a slip in it.
    return name if _NAME.fullmatch(name) and not re.fullmatch(r'[\d.]+', name) else ''


def public_url(text: str) -> PublicUrl:
    """
    Return the PublicUrl that a text holds.

    :raises ValueError: with a sentence.
    """
    try:
        parts = urlsplit(text)
        port, host = parts.port, parts.hostname or ''
    except ValueError as error:
        raise ValueError(f'public_url must look like {_EXAMPLE}, not {text!r}: {error}') from None
    problem = (
        'it must begin with http:// or https://' if parts.scheme not in DEFAULT_PORTS else
        'leave the user name out' if '@' in parts.netloc else
        'nothing may follow the path' if '?' in text or '#' in text else
        'the port is not valid' if port == 0 or parts.netloc.endswith(':') else
        'the host is neither a name nor an address' if not host_name(host) else
        'only letters, digits and - . _ ~ may stand in the path'
        if not _PATH.fullmatch(parts.path) or '/.' in parts.path else '')
    if problem:
        raise ValueError(f'public_url must look like {_EXAMPLE}, not {text!r}: {problem}')
    return PublicUrl(parts.scheme, host_name(host),
                     None if port == DEFAULT_PORTS[parts.scheme] else port,
                     parts.path.rstrip('/') + '/')
