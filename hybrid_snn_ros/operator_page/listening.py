# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Opens the port: on one address, on all that a name has, or on every network of both families."""

import errno
import socket
from typing import Any, cast

from hybrid_snn_ros.operator_page.address import EVERYWHERE, own_addresses

_BACKLOG = 128


def listening(host: str, port: int) -> list[socket.socket]:
    """
    Return sockets that listen, all on one port; 0 takes a free one.

    :raises ValueError: with a sentence.
    """
    sockets: list[socket.socket] = []
    absent: OSError | None = None
    try:
        for family, address in _addresses(host):
            try:
                sockets.append(_listen(family, (address[0], port, *address[2:])))
            except OSError as error:
                # A name may have an IPv6 address where IPv6 is off: one that works is enough.
                if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                    raise
                absent = error
                continue
            port = sockets[0].getsockname()[1]
        if not sockets:
            raise cast(OSError, absent)  # a name has one address at least
    except (OSError, ValueError) as error:
        for each in sockets:
            each.close()
        raise ValueError(f'cannot listen on {host or "::"} port {port}: '
                         f'{_why(error, port)}') from error
    return sockets


def _addresses(host: str) -> list[tuple[socket.AddressFamily, tuple[Any, ...]]]:
    if host in EVERYWHERE:
        # Without IPv6 in the kernel there is one family only.
        return ([(socket.AF_INET6, ('::', 0))] if socket.has_dualstack_ipv6()
                else [(socket.AF_INET, ('0.0.0.0', 0))])
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return list(dict.fromkeys((family, address) for family, *_, address in found))


def _listen(family: socket.AddressFamily, address: tuple[Any, ...]) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(address[0] != '::'))
        made.bind(address)
        made.listen(_BACKLOG)
    except BaseException:
        made.close()
        raise
    return made


def _why(error: OSError | ValueError, port: int) -> str:
    """Return what is wrong, and what to do."""
    if isinstance(error, (socket.gaierror, UnicodeError)):
        return ('that name is unknown here; give an address of this computer '
                f'({_addresses_here()}), or 0.0.0.0 for every network')
    number = getattr(error, 'errno', None)
    if number == errno.EADDRINUSE:
        return 'another program listens there; take another port, or 0 for a free one'
    if number == errno.EADDRNOTAVAIL:
        return f'this computer does not have that address; it has {_addresses_here()}'
    if number == errno.EACCES and port < 1024:
        return 'ports below 1024 are for root alone; take a higher one'
    if number == errno.EAFNOSUPPORT:
        return 'this computer has no IPv6; 0.0.0.0 is every network of IPv4'
    return getattr(error, 'strerror', None) or str(error)


def _addresses_here() -> str:
    return ', '.join(('127.0.0.1', *own_addresses()))
