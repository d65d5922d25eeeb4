# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The page's parameters: one table, checked before anything listens."""

import socket
from typing import Any, NamedTuple

from hybrid_snn_ros.operator_page.files import LANGUAGES
from hybrid_snn_ros.operator_page.public_url import host_name, public_url
from hybrid_snn_ros.paths import user_path
from hybrid_snn_ros.ros import parameter_table
from hybrid_snn_ros.ros.parameter_table import Parameter, refusal

MIN_PIN = 6  # characters; with the limit on tries, a six-digit PIN stands for years
GROUPS = {
    'Who may reach it, and what it may do': (
        Parameter('host', '127.0.0.1', 'address to listen on: 0.0.0.0 for every IPv4 network, '
                  ':: for IPv6 too; the page requires a PIN unless only this computer reaches it'),
        Parameter('port', 8080, 'port to listen on; 0 takes a free one', 0, 65535),
        Parameter('public_host', '', 'name or address at which phones reach this computer; empty '
                  'finds it'),
        Parameter('public_url', '', 'where browsers find the page if it is behind a proxy, e.g. '
                  'https://robot.example.org/robot1/'),
        Parameter('pin', '', f'PIN of the page, {MIN_PIN} characters or more; if empty, the page '
                  'makes a new one at every start, or asks for none while only this computer '
                  'reaches it'),
        Parameter('view_only', False, 'look, but do not teach'),
        Parameter('certificate', '', 'PEM file with the TLS certificate chain; empty for plain '
                  'HTTP'),
        Parameter('key', '', "PEM file with the certificate's private key; set both or neither"),
        Parameter('max_viewers', 8, 'browsers that may be connected at once', 1, 64),
    ),
    'What it talks to': (
        Parameter('classifier', 'classifier', 'name of the classifier node, relative or absolute'),
        Parameter('image_transport', 'raw', 'raw: sensor_msgs/Image on `image`; compressed: '
                  'sensor_msgs/CompressedImage on `image/compressed`',
                  choices=('raw', 'compressed')),
    ),
    'What it shows and does': (
        Parameter('rate', 10.0, 'most pictures a second for each viewer', 0.5, 60.0),
        Parameter('width', 640, 'largest width of the pictures sent, in pixels', 64, 1920),
        Parameter('quality', 70, 'JPEG quality', 20, 95),
        Parameter('teach_rate', 5.0, 'frames a second taught while the button is held', 0.5, 30.0),
        Parameter('language', '', 'language of the page; empty follows the browser',
                  choices=('', *LANGUAGES)),
    ),
}
TABLE = tuple(parameter for group in GROUPS.values() for parameter in group)
LOOPBACK = ('127.0.0.1', '::1', 'localhost')


class Settings(NamedTuple):
    """The values of the table."""

    host: str
    port: int
    public_host: str
    public_url: str
    pin: str
    view_only: bool
    certificate: str
    key: str
    max_viewers: int
    classifier: str
    image_transport: str
    rate: float
    width: int
    quality: int
    teach_rate: float
    language: str


def checked(values: dict[str, Any]) -> Settings:
    """
    Return Settings of a dict of values.

    :raises ValueError: with one sentence naming the parameter and its limits.
    """
    for parameter in TABLE:
        problem = refusal(parameter, values[parameter.name])
        if problem:
            raise ValueError(problem)
    settings = Settings(**{
        parameter.name: type(parameter.default)(values[parameter.name]) for parameter in TABLE})
    if settings.pin and len(settings.pin) < MIN_PIN:
        raise ValueError(f'pin must have at least {MIN_PIN} characters, this one has '
                         f'{len(settings.pin)}')
    if settings.public_url:
        settings = settings._replace(public_url=str(public_url(settings.public_url)))
    if settings.public_host and not host_name(settings.public_host):
        raise ValueError('public_host must be just a name or an address, e.g. robot.local, '
                         f'not {settings.public_host!r}; put scheme, port and path into '
                         'public_url')
    settings = settings._replace(host=_numeric(settings.host),
                                 public_host=host_name(settings.public_host))
    if bool(settings.certificate) != bool(settings.key):
        raise ValueError('TLS needs both certificate and key')
    paths: dict[str, Any] = {name: str(user_path(getattr(settings, name)))
                             for name in ('certificate', 'key') if getattr(settings, name)}
    return settings._replace(**paths)


def _numeric(host: str) -> str:
    """Return an address as it is commonly written (::0 as ::), a name as it is."""
    bare = host[1:-1] if host.startswith('[') and host.endswith(']') else host
    address: Any
    try:
        [(*_, address), *_] = socket.getaddrinfo(
            bare, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        return address[0]
    except (OSError, ValueError):
        return host


def declare(node: Any) -> Settings:
    """Declare the table on an rclpy node and return its Settings."""
    values, _ = parameter_table.declare(node, TABLE, 'start')
    return checked(values)
