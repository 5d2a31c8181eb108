"""One signed message to a name server and its signed answer, by a deadline; and what its refusals mean.

Always by TCP, questions too: one connection serves a whole operation, nothing is cut at 512 bytes, and nobody off the
path can answer in the server's place. Questions are signed like updates, so that what we decide by is what the server
said (Knot wants `action: [query, update]` in its ACL for that).
"""

from __future__ import annotations

import base64
import binascii
import socket
from dataclasses import dataclass
from types import TracebackType

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.query
import dns.rcode
import dns.tsig

from hostname_service.clock import Clock
from hostname_service.dns.keeping import Conflict
from hostname_service.errors import BadConfig, Unavailable

_ALGORITHMS = {
    "hmac-sha256": dns.tsig.HMAC_SHA256,
    "hmac-sha384": dns.tsig.HMAC_SHA384,
    "hmac-sha512": dns.tsig.HMAC_SHA512,
}
_SHORTEST = 16
"""Bytes. A shorter secret can be guessed from one message seen; `tsig-keygen` makes 32."""
_TRIES = 2
"""A message whose answer was lost is sent again: each change names its condition, so a second one does no harm."""

_CONFLICTS = frozenset(
    {dns.rcode.YXDOMAIN, dns.rcode.YXRRSET, dns.rcode.NXRRSET, dns.rcode.NXDOMAIN}  # RFC 2136, 3.2
)
_RCODES = {
    dns.rcode.REFUSED: "it refuses this key: grant it A, AAAA, TXT and PTR (BIND: update-policy, Knot: acl)",
    dns.rcode.NOTAUTH: "it is not the primary of this zone, or does not know the key",
    dns.rcode.NOTZONE: "the name is outside the zone: look at `zones` and `reverse`",
    dns.rcode.SERVFAIL: "it failed: look at its log (can it write its journal?)",
    dns.rcode.NOTIMP: "it takes no updates: name the primary",
    dns.rcode.FORMERR: "it does not understand RFC 2136 messages: name the primary",
}
_FAILURES: tuple[tuple[type[Exception], str, str], ...] = (
    (
        dns.tsig.PeerBadKey,
        "dns-key",
        "it does not know the key, or not for this: look at its name, its algorithm and (Knot) the zone's acl",
    ),
    (dns.tsig.PeerBadSignature, "dns-key", "it finds our signature wrong: the secrets differ"),
    (dns.tsig.PeerBadTime, "dns-clock", "its clock and ours differ by minutes: set both by NTP"),
    (dns.tsig.BadTime, "dns-clock", "its clock and ours differ by minutes: set both by NTP"),
    (dns.tsig.PeerError, "dns-key", "it does not take our signature"),
    (
        dns.tsig.BadSignature,
        "dns-lies",
        "its signature is wrong: somebody else answers, or the secrets differ",
    ),
    (dns.tsig.BadKey, "dns-lies", "it signs with another key"),
    (dns.tsig.BadAlgorithm, "dns-lies", "it signs with another algorithm"),
    (dns.message.UnknownTSIGKey, "dns-lies", "it signs with another key"),
    (dns.query.BadResponse, "dns-lies", "what it answered is not the answer to what was asked"),
    (dns.exception.DNSException, "dns-lies", "what it answered is no DNS message"),
    (ValueError, "dns-lies", "what it answered is no DNS message"),
)
_UNSIGNED = "its answer is not signed: it has no such zone or key, or somebody else answers"
_AWAY = (dns.exception.Timeout, OSError, EOFError)


@dataclass(frozen=True)
class Server:
    """A primary name server and the key that it knows us by; `deadline` is for a whole operation, in seconds."""

    host: str
    port: int
    key: dns.tsig.Key
    deadline: float = 5.0

    def __str__(self) -> str:
        return f"{self.host} port {self.port}"


def tsig_key(name: str, secret: str, algorithm: str = "hmac-sha256") -> dns.tsig.Key:
    """Given a key's name, its secret in base64 and its algorithm, return the key.

    Raises `BadConfig`: HMAC-MD5 and HMAC-SHA1 are refused, and so is what is no key.
    """
    if algorithm not in _ALGORITHMS:
        raise BadConfig(f"dns: '{algorithm}' is not safe for TSIG: use one of {', '.join(_ALGORITHMS)}")
    try:
        plain = base64.b64decode("".join(secret.split()), validate=True)
    except (binascii.Error, ValueError):
        raise BadConfig("dns: the key is not base64: the file holds the secret and nothing else") from None
    if len(plain) < _SHORTEST:
        raise BadConfig(
            f"dns: the key has {len(plain)} bytes: make one with `tsig-keygen` (at least {_SHORTEST})"
        )
    try:
        owner = dns.name.from_text(name)
    except dns.exception.DNSException as error:
        raise BadConfig(f"dns: '{name}' is no name for a key: {error}") from None
    return dns.tsig.Key(owner, plain, _ALGORITHMS[algorithm])


class Exchange:
    """A connection to a server for one operation, made when it is needed, and again when it broke."""

    def __init__(self, server: Server, clock: Clock) -> None:
        self._server, self._clock = server, clock
        self._until = clock.monotonic() + server.deadline
        self._socket: socket.socket | None = None

    def __enter__(self) -> Exchange:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def ask(self, message: dns.message.Message, about: str) -> dns.message.Message:
        """Send a message and return its answer, NOERROR or NXDOMAIN of a question.

        `about` is for what is told. Raises `Conflict` when a prerequisite of an update does not hold, `Unavailable`.
        """
        message.use_tsig(self._server.key)
        answer = self._try_to_ask(message, about)
        code = answer.rcode()
        if not answer.had_tsig:
            raise self._unavailable(
                "dns-lies", about, f"its answer is not signed ({dns.rcode.to_text(code)})"
            )
        if answer.flags & dns.flags.TC:
            raise self._unavailable("dns-lies", about, "its answer is cut short")
        if code in _CONFLICTS and message.opcode() == dns.opcode.UPDATE:
            raise Conflict
        if code not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            why = _RCODES.get(code, f"it answered {dns.rcode.to_text(code)}")
            raise self._unavailable(f"dns-{dns.rcode.to_text(code).lower()}", about, why)
        if message.opcode() == dns.opcode.QUERY and not answer.flags & dns.flags.AA:
            raise self._unavailable("dns-notauth", about, _RCODES[dns.rcode.NOTAUTH])
        return answer

    def _try_to_ask(self, message: dns.message.Message, about: str) -> dns.message.Message:
        last: Exception = TimeoutError("no time left")
        for left in range(_TRIES, 0, -1):
            remaining = self._until - self._clock.monotonic()
            if remaining <= 0:
                break
            try:
                return self._exchange(message, remaining / left)
            except _AWAY as error:
                last = error
                self._close()
            except (dns.exception.DNSException, ValueError) as error:
                self._close()
                raise self._failed(error, about) from error
        raise self._unavailable("dns-away", about, f"it does not answer ({_told(last)})") from last

    def _exchange(self, message: dns.message.Message, seconds: float) -> dns.message.Message:
        until = self._clock.monotonic() + seconds
        if self._socket is None:
            self._socket = socket.create_connection((self._server.host, self._server.port), seconds)
            self._socket.setblocking(False)
        left = max(until - self._clock.monotonic(), 0.001)
        return dns.query.tcp(message, self._server.host, timeout=left, sock=self._socket)

    def _failed(self, error: Exception, about: str) -> Unavailable:
        # dnspython has no class of its own for it.
        if "requires a TSIG" in str(error):
            return self._unavailable("dns-unsigned", about, _UNSIGNED)
        for kind, reason, why in _FAILURES:
            if isinstance(error, kind):
                return self._unavailable(reason, about, why)
        return self._unavailable("dns-lies", about, str(error))

    def _unavailable(self, reason: str, about: str, why: str) -> Unavailable:
        return Unavailable(reason, f"the name server {self._server} does not do {about}: {why}")

    def _close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _told(error: Exception) -> str:
    if isinstance(error, dns.exception.Timeout | TimeoutError):
        return "deadline"
    return str(error) or type(error).__name__
