# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Under which address phones reach the page, as text and as a QR code."""

import io
import ipaddress
import socket

from hybrid_snn_ros.operator_page.settings import LOOPBACK


def is_loopback(host: str) -> bool:
    """Tell whether only this computer can reach an address."""
    try:
        return host in LOOPBACK or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def reachable(host: str, public_host: str) -> str:
    """Return the name or number to write into the address of the page."""
    if public_host:
        return public_host
    if host not in ('0.0.0.0', '::', ''):
        return host
    # Which of our addresses would a packet leave by? Connecting UDP sends none.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(('192.0.2.1', 9))
            return probe.getsockname()[0]
        except OSError:
            return socket.gethostname()


def page_url(scheme: str, host: str, port: int, pin: str) -> str:
    """Return the address; the PIN is in the fragment, which browsers send to nobody."""
    shown = f'[{host}]' if ':' in host else host
    return f'{scheme}://{shown}:{port}/' + (f'#pin={pin}' if pin else '')


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
