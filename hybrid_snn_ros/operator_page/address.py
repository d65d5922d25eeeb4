# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Under which addresses phones reach the page, as text and as a QR code."""

import fcntl
import io
import ipaddress
from pathlib import Path
import socket
import struct
from typing import Any

from hybrid_snn_ros.operator_page.public_url import bracketed
from hybrid_snn_ros.operator_page.settings import LOOPBACK

EVERYWHERE = ('::', '')  # every network of both families; 0.0.0.0 is that of IPv4 alone
_SIOCGIFADDR = 0x8915
_DEPRECATED, _TENTATIVE, _TEMPORARY = 0x20, 0x40, 0x01  # flags of an IPv6 address
_ELSEWHERE = ('192.0.2.1', 9)  # an address for examples: anywhere beyond the own networks


def is_loopback(host: str) -> bool:
    """Tell whether only this computer can reach an address."""
    try:
        return host in LOOPBACK or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def own_addresses() -> list[str]:
    """
    Return the addresses that others can reach this computer by, the likeliest first.

    IPv4 before IPv6, because it is shorter to type; the one that leads out of the house first.
    """
    up = [name for _, name in socket.if_nameindex() if _is_up(name)]
    four = list(filter(None, map(_ipv4, up)))
    route = _leading_out()
    if route in four:
        four.remove(route)
        four.insert(0, route)
    return [*four, *_ipv6(up)]


def _is_up(name: str) -> bool:
    try:
        return Path(f'/sys/class/net/{name}/operstate').read_text().strip() != 'down'
    except OSError:
        return True


def _ipv4(name: str) -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            found = fcntl.ioctl(probe, _SIOCGIFADDR, struct.pack('256s', name.encode()[:15]))
        except OSError:
            return None
    address = ipaddress.ip_address(found[20:24])
    return None if address.is_loopback else str(address)


def _ipv6(up: list[str]) -> list[str]:
    try:
        lines = Path('/proc/net/if_inet6').read_text().splitlines()
    except OSError:
        return []
    found = []
    flags: Any  # hexadecimal digits, then their number
    for digits, _, _, scope, flags, name in map(str.split, lines):
        # Of link-local ones browsers know no network card; the others are global or of the house.
        flags = int(flags, 16)
        if int(scope, 16) == 0 and name in up and not flags & (_DEPRECATED | _TENTATIVE):
            found.append((flags & _TEMPORARY, str(ipaddress.ip_address(bytes.fromhex(digits)))))
    return [address for _, address in sorted(found)]


def _leading_out() -> str | None:
    """Return the IPv4 address that a packet would leave by, None without a way out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ELSEWHERE)  # UDP: nothing is sent
            return probe.getsockname()[0]
        except OSError:
            return None


def reachable(host: str, public_host: str) -> list[str]:
    """Return the names or numbers to write into the address of the page, the best first."""
    if public_host:
        return [public_host]
    if host not in ('0.0.0.0', *EVERYWHERE):
        return [host]
    found = [each for each in own_addresses() if host in EVERYWHERE or ':' not in each]
    return found or [socket.gethostname()]


def page_url(scheme: str, host: str, port: int, pin: str) -> str:
    """Return the address; the PIN is in the fragment, which browsers send to no one."""
    return with_pin(f'{scheme}://{bracketed(host)}:{port}/', pin)


def with_pin(url: str, pin: str) -> str:
    """Return an address that opens the page without a question."""
    return url + (f'#pin={pin}' if pin else '')


def qr_code(text: str) -> str:
    """Return a QR code made of half blocks for a terminal, '' if `qrcode` is not installed."""
    try:
        import qrcode
    except ImportError:
        return ''
    code = qrcode.QRCode(border=2, error_correction=qrcode.constants.ERROR_CORRECT_L)
    code.add_data(text)
    out = io.StringIO()
    code.print_ascii(out=out, invert=True)
    return out.getvalue()
