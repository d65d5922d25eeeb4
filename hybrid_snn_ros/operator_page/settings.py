# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The page's parameters: one table, checked before anything listens."""

from typing import Any, NamedTuple

MIN_PIN = 6  # characters; with the limit on tries, a six-digit PIN stands for years


class Parameter(NamedTuple):
    """A parameter, its bounds and the sentence that explains it."""

    name: str
    default: Any
    text: str
    low: Any = None
    high: Any = None
    choices: tuple = ()


TABLE = (
    Parameter('host', '127.0.0.1', 'address to listen on; 0.0.0.0 for every network, and then a '
              'PIN is required'),
    Parameter('port', 8080, 'port to listen on; 0 takes a free one', 0, 65535),
    Parameter('public_host', '', 'name or address that phones reach this computer by; empty finds '
              'it'),
    Parameter('pin', '', 'PIN of the page, 6 characters or more; empty makes a new one at every '
              'start, or asks for none while host is this computer only'),
    Parameter('view_only', False, 'look, but do not teach'),
    Parameter('certificate', '', 'PEM file with the TLS certificate chain; empty for plain HTTP'),
    Parameter('key', '', "PEM file with the certificate's private key"),
    Parameter('classifier', 'classifier', 'name of the classifier node, relative or absolute'),
    Parameter('image_transport', 'raw', 'raw: sensor_msgs/Image on `image`; compressed: '
              'sensor_msgs/CompressedImage on `image/compressed`', choices=('raw', 'compressed')),
    Parameter('rate', 10.0, 'pictures a second that a viewer gets at most', 0.5, 60.0),
    Parameter('width', 640, 'widest picture sent, in pixels', 64, 1920),
    Parameter('quality', 70, 'JPEG quality', 20, 95),
    Parameter('teach_rate', 5.0, 'frames a second taught while the button is held', 0.5, 30.0),
    Parameter('max_viewers', 8, 'browsers connected at once', 1, 64),
    Parameter('language', '', "language of the page, 'en' or 'de'; empty follows the browser",
              choices=('', 'en', 'de')),
)
Settings = NamedTuple('Settings', [(parameter.name, Any) for parameter in TABLE])
LOOPBACK = ('127.0.0.1', '::1', 'localhost')


def checked(values):
    """
    Return Settings of a dict of values.

    :raises ValueError: with one sentence naming the parameter and its limits.
    """
    tidy = {}
    for parameter in TABLE:
        value = values[parameter.name]
        wanted = type(parameter.default)
        if wanted is float and type(value) is int:
            value = float(value)
        if type(value) is not wanted:
            raise ValueError(f'{parameter.name} must be of type {wanted.__name__}, not {value!r}')
        if parameter.choices and value not in parameter.choices:
            raise ValueError(f'{parameter.name} must be one of '
                             f"{', '.join(map(repr, parameter.choices))}, not {value!r}")
        if parameter.low is not None and not parameter.low <= value <= parameter.high:
            raise ValueError(f'{parameter.name} must lie in {parameter.low}..{parameter.high}, '
                             f'not {value!r}')
        tidy[parameter.name] = value
    settings = Settings(**tidy)
    if settings.pin and len(settings.pin) < MIN_PIN:
        raise ValueError(f'pin must have at least {MIN_PIN} characters, this one has '
                         f'{len(settings.pin)}')
    if bool(settings.certificate) != bool(settings.key):
        raise ValueError('TLS needs both, certificate and key')
    return settings


def declare(node):
    """Declare the table on an rclpy node and return its Settings."""
    from rcl_interfaces.msg import ParameterDescriptor
    return checked({
        parameter.name: node.declare_parameter(
            parameter.name, parameter.default, ParameterDescriptor(
                description=parameter.text, read_only=True, dynamic_typing=True)).value
        for parameter in TABLE})
