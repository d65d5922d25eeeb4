# Copyright 2026 The hybrid_snn_ros developers
# SPDX-License-Identifier: Apache-2.0
"""
Who may come in: PIN, sessions, tries, Host and Origin. Knows nothing of HTTP libraries.

A PIN opens a session; the session's random key travels in a cookie. Host names are checked because
a page of a hostile name may point that name at this computer (DNS rebinding): addresses and this
computer's own names pass, no other. What proxies say of themselves (X-Forwarded-...) is not asked:
anybody can say it.
"""

from collections import deque
from collections.abc import Callable, Collection
import hashlib
import hmac
import ipaddress
import secrets
import socket
import time
from urllib.parse import urlsplit

from hybrid_snn_ros.operator_page.public_url import bracketed, DEFAULT_PORTS, PublicUrl

TRIES = 5  # wrong PINs of one address within WINDOW; then it waits
ALL_TRIES = 30  # of all addresses together
WINDOW = 60.0  # seconds
SESSION_SECONDS = 12 * 3600.0
MAX_SESSIONS = 64
_PIN_DIGITS = 8


def new_pin() -> str:
    """Return a random PIN that can be typed with gloves."""
    return ''.join(secrets.choice('0123456789') for _ in range(_PIN_DIGITS))


class Authenticator:
    """Keeps the PIN, the sessions it opened and the memory of wrong tries."""

    def __init__(self, pin: str, names: Collection[str] = (), public: PublicUrl | None = None,
                 clock: Callable[[], float] = time.monotonic) -> None:
        """
        Close the authenticator.

        :param pin: text, or '' for a door that stands open.
        :param names: host names under which this computer may be addressed.
        :param public: PublicUrl under which a proxy shows the page, or None.
        :param clock: function returning seconds.
        """
        self.digits = pin.isascii() and pin.isdigit()  # whether a keypad is enough to type it
        self._public = public
        self._given = {bracketed(name.lower()) for name in names}
        self._digest = hashlib.sha256(pin.encode()).digest() if pin else None
        own = socket.gethostname().lower()
        self._names = {'localhost', own, f'{own}.local', *(name.lower() for name in names)}
        if public:
            self._names.add(public.host)
        self._clock = clock
        self._sessions: dict[bytes, float] = {}  # SHA-256 of the key -> when it ends
        self._wrong: dict[str, deque[float]] = {}  # address -> times of wrong tries

    def knows(self, key: str | None) -> bool:
        """Tell whether a session key (text or None) is good; without a PIN anyone is."""
        if self._digest is None:
            return True
        end = self._sessions.get(_digest(key)) if key else None
        return end is not None and self._clock() < end

    def wait(self, address: str) -> float:
        """Return for how many seconds an address has to wait before its next try, 0 if not."""
        own = self._recent(address)
        everyone = sorted(at for each in list(self._wrong) for at in self._recent(each))
        times = []
        if len(own) >= TRIES:
            times.append(own[-TRIES])
        if len(everyone) >= ALL_TRIES:
            times.append(everyone[-ALL_TRIES])
        return max((at + WINDOW - self._clock() for at in times), default=0.0)

    def enter(self, pin: str, address: str) -> str | None:
        """Return a new session key for the right PIN, None for a wrong one or while waiting."""
        if self._digest is not None:
            # The digests are of one length, so the comparison tells nothing by its time.
            right = hmac.compare_digest(_digest(pin), self._digest)
            if self.wait(address) > 0:
                return None
            if not right:
                self._wrong.setdefault(address, deque(maxlen=ALL_TRIES)).append(self._clock())
                return None
        key = secrets.token_urlsafe(32)
        while len(self._sessions) >= MAX_SESSIONS:
            self._sessions.pop(next(iter(self._sessions)))
        self._sessions[_digest(key)] = self._clock() + SESSION_SECONDS
        return key

    def _recent(self, address: str) -> deque[float]:
        times: deque[float] = self._wrong.get(address, deque())
        while times and times[0] <= self._clock() - WINDOW:
            times.popleft()
        if not times:
            self._wrong.pop(address, None)
        return times

    def host_is_ours(self, host: str) -> bool:
        """Tell whether a Host header addresses this computer by number or by its own name."""
        try:
            name = urlsplit(f'//{host}').hostname or ''
        except ValueError:
            return False
        try:
            ipaddress.ip_address(name)
            return True
        except ValueError:
            return name in self._names

    def same_origin(self, origin: str | None, secure: bool, host: str) -> bool:
        """
        Tell whether an Origin header (text or None) is the page itself.

        :param secure: whether the page itself is served over TLS.
        :param host: the Host header.
        """
        origin = (origin or '').lower()
        if self._public and origin == self._public.origin:
            return True
        scheme, _, netloc = origin.partition('://')
        if scheme not in DEFAULT_PORTS:
            return False
        host = host.lower()
        if netloc not in (host, host.removesuffix(f':{DEFAULT_PORTS[scheme]}')):
            # A proxy that adds TLS may name us otherwise than browsers do. By plain http the name
            # that the operator gave us is whatever else listens on port 80.
            return scheme == 'https' and netloc in self._given
        if secure or self._is_public_over_tls(host):
            # Plain http under this name is whoever sits in between, not the page.
            return scheme == 'https'
        # Of the name's own https: a proxy that adds TLS. Who can show a page there could show it
        # by plain http all the more, which is what is served here.
        return True

    def _is_public_over_tls(self, host: str) -> bool | None:
        return self._public and self._public.scheme == 'https' and (
            urlsplit(f'//{host}').hostname == self._public.host)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode('utf-8', 'surrogatepass')).digest()
