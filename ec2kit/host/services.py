"""The door to a service of our own that answers JSON: a unix socket, or https with a certificate of the caller."""

from __future__ import annotations

import socket
import ssl
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path

from ec2kit.errors import AccessDenied, Unavailable, UsageError
from ec2kit.host.web import parse_url

LARGEST_ANSWER = 16 << 20
UNIX = "unix:"


@dataclass(frozen=True)
class ServiceDoor:
    """Where a service is: `unix:PATH`, or `https://HOST:PORT`, which `ca` must vouch for, and which is shown `cert`.

    `timeout` is in real seconds, for each wait.
    """

    at: str
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    timeout: float = 60.0

    def __post_init__(self) -> None:
        """Raises `UsageError` for what is no such place."""
        if not self.at.removeprefix(UNIX) or not self.at.startswith((UNIX, "https://")):
            raise UsageError(
                f"'{self.at}' is not where operators are heard",
                hint="write it as unix:PATH or https://HOST:PORT",
            )
        if not self.at.startswith(UNIX):
            parse_url(self.at)

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """Send a request, its body being JSON; the answer's status and body.

        Raises `Unavailable` when there is no answer, or a broken one, `AccessDenied` when the socket or the service's
        TLS does not let us in, `UsageError` when a certificate of ours cannot be read.
        """
        headers = {"Accept": "application/json", "Connection": "close"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            with closing(self._connection()) as connection:
                connection.request(method, path, body, headers)
                answer = connection.getresponse()
                found = answer.read(LARGEST_ANSWER + 1)
                if len(found) > LARGEST_ANSWER:
                    raise Unavailable(f"the answer of {self.at} has no end", resource=self.at)
                # A read of so many bytes does not tell that fewer came than were promised.
                if answer.length:
                    raise Unavailable(f"the answer of {self.at} was cut", resource=self.at)
                return answer.status, found
        except PermissionError as error:
            raise AccessDenied(
                f"{self.at} may not be opened: permission denied",
                hint="operators are who owns the socket: try it with sudo",
                resource=self.at,
            ) from error
        except (OSError, HTTPException) as error:
            raise self._away(error) from error

    def _connection(self) -> HTTPConnection:
        if self.at.startswith(UNIX):
            return _ByPath(Path(self.at.removeprefix(UNIX)), self.timeout)
        url = parse_url(self.at)
        return HTTPSConnection(url.host, url.port, timeout=self.timeout, context=self._trust())

    def _trust(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=str(self.ca) if self.ca else None)
        except (OSError, ssl.SSLError) as error:
            raise UsageError(
                f"hostname.ca: '{self.ca}' holds no certificates: {error.strerror or error}",
                hint="it is a file in PEM",
                resource=str(self.ca),
            ) from error
        if self.cert is not None:
            try:
                # A key with a pass phrase would be asked for in the middle of cron.
                context.load_cert_chain(self.cert, self.key, password=lambda: "")
            except (OSError, ssl.SSLError) as error:
                raise UsageError(
                    f"hostname.cert: '{self.cert}' and its key cannot be used: {error.strerror or error}",
                    hint="certificate and key in PEM, the key without a pass phrase",
                    resource=str(self.cert),
                ) from error
        return context

    def _away(self, error: OSError | HTTPException) -> Unavailable | AccessDenied:
        if isinstance(error, ssl.SSLCertVerificationError):
            return Unavailable(
                f"the certificate of {self.at} is not trusted: {error.verify_message}",
                hint="`hostname.ca` in ec2kit.yaml names the CA that signed it",
                resource=self.at,
            )
        if isinstance(error, ssl.SSLError) and "ALERT" in (error.reason or ""):
            return AccessDenied(
                f"{self.at} does not take our certificate: {(error.reason or '').lower().replace('_', ' ')}",
                hint="`hostname.cert` and `hostname.key` in ec2kit.yaml name an operator's",
                resource=self.at,
            )
        words = (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
        return Unavailable(
            f"the hostname service does not answer at {self.at}: {words}",
            hint="is `hostname-service` running, and `hostname.operator` in ec2kit.yaml where it listens?",
            resource=self.at,
        )


class _ByPath(HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path
        self._seconds = timeout

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self._seconds)
        self.sock.connect(str(self._path))
