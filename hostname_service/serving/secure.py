"""TLS: the certificate that is shown, the one that is asked for, and both read again without a stop."""

from __future__ import annotations

import socket
import ssl

from hostname_service.config.settings import Tls
from hostname_service.errors import BadConfig
from hostname_service.wsgi import shown


class Secure:
    """TLS of one listener. Threads may share it."""

    def __init__(self, files: Tls) -> None:
        self.files = files
        self._context = _context(files)

    def reload(self) -> None:
        """Read the files again. Raises `BadConfig` when they are not right, and goes on with what it had."""
        self._context = _context(self.files)

    def wrap(self, sock: socket.socket) -> ssl.SSLSocket:
        """A connection whose handshake is still to be made, so that it counts against the caller's deadline."""
        return self._context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)


def _context(files: Tls) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.set_alpn_protocols(["http/1.1"])
    try:
        # A key with a passphrase would ask at the terminal, and there is none.
        context.load_cert_chain(files.certificate, files.key, password=lambda: "")
    except (OSError, ValueError) as error:
        raise BadConfig(f"tls: '{files.certificate}' with '{files.key}': {_why(error)}") from error
    if files.clients is not None:
        try:
            context.load_verify_locations(files.clients)
        except (OSError, ValueError) as error:
            raise BadConfig(f"tls: '{files.clients}': {_why(error)}") from error
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return error.reason or "is not what it should be"
    return getattr(error, "strerror", None) or str(error)


def subject_of(sock: ssl.SSLSocket) -> str:
    """The subject of the client's certificate, verified in the handshake: `CN=ops,O=Shop`; empty: it showed none."""
    told = sock.getpeercert() or {}
    parts: list[str] = []
    for rdn in told.get("subject", ()):
        for pair in rdn:
            key, value = str(pair[0]), str(pair[1])
            parts.append(f"{_SHORT.get(key, key)}={value}")
    return shown(",".join(reversed(parts)))


_SHORT = {"commonName": "CN", "organizationName": "O", "organizationalUnitName": "OU", "countryName": "C"}
