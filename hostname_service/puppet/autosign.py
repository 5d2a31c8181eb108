"""`hostname-autosign`: what puppetserver runs for each request for a certificate (`autosign` in puppet.conf).

puppetserver gives the certname as the argument and the request on stdin, and signs when this exits 0. It never ends a
program that hangs, so there is a deadline here. Anything but a clear yes of the service is a no. The standard library
alone is imported, since this starts anew for each request.

Whom to ask: `HOSTNAME_SERVICE_SIGN`, else the line in /etc/hostname-service/autosign, else the socket in /run:
`unix:/PATH`, or `https://HOST[:PORT] [CERTNAME]`, with this host's own Puppet certificate.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

DEADLINE = 5.0
"""Seconds in all, names looked up and stdin read included."""
MOST = 8 * 1024
"""Bytes of a request; the service refuses more too."""
FILE = Path("/etc/hostname-service/autosign")
DEFAULT = "unix:/run/hostname-service/autosign.sock"
SSL = ("/etc/puppetlabs/puppet/ssl", "/var/lib/puppet/ssl", "/etc/puppet/ssl")
"""Where Puppet's and OpenVox's packages, and Debian's, keep the certificates of a host."""


class No(Exception):
    """The request is not signed; the message says why."""


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=DEADLINE)
        self.path = path

    def connect(self) -> None:
        """Open the socket."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def main() -> int:
    """Answer puppetserver by the exit code: 0 signs, 1 does not."""
    signal.signal(signal.SIGALRM, _too_late)
    signal.setitimer(signal.ITIMER_REAL, DEADLINE)
    try:
        if len(sys.argv) != 2:
            raise No("usage: hostname-autosign CERTNAME <REQUEST")
        request = sys.stdin.buffer.read(MOST + 1)
        if not 0 < len(request) <= MOST:
            raise No(f"the request has no byte, or more than {MOST}")
        ask(connection(door(os.environ), os.environ), sys.argv[1], request)
    except No as no:
        return _refuse(str(no))
    except (OSError, ValueError, http.client.HTTPException) as error:
        return _refuse(f"the hostname service cannot be asked: {str(error) or type(error).__name__}")
    return 0


def door(environ: Mapping[str, str], file: Path = FILE) -> str:
    """Given the environment, return whom to ask; raises `No` for a file of more than one line."""
    told = environ.get("HOSTNAME_SERVICE_SIGN", "").strip()
    if told:
        return told
    try:
        lines = file.read_text("utf-8").split("\n")
    except FileNotFoundError:
        return DEFAULT
    doors = [line.strip() for line in lines if line.strip()]
    if len(doors) != 1:
        raise No(f"'{file}' is not one line")
    return doors[0]


def connection(where: str, environ: Mapping[str, str]) -> http.client.HTTPConnection:
    """Given whom to ask, return a connection that is not open yet; raises `No`."""
    if where.startswith("unix:/"):
        return UnixConnection(where.removeprefix("unix:"))
    url, _, certname = where.partition(" ")
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.path not in ("", "/"):
        raise No(f"'{where}' is neither unix:/PATH nor https://HOST[:PORT]")
    # Its import takes as long as all the rest, and the unix socket does without.
    import ssl

    directories = (
        environ.get("HOSTNAME_SERVICE_SSL", "").split(":") if environ.get("HOSTNAME_SERVICE_SSL") else SSL
    )
    directory, certname = _certificate([Path(directory) for directory in directories], certname.strip())
    context = ssl.create_default_context(cafile=directory / "certs" / "ca.pem")
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    pem = f"{certname}.pem"
    context.load_cert_chain(directory / "certs" / pem, directory / "private_keys" / pem, password="")
    return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=DEADLINE, context=context)


def _certificate(directories: list[Path], certname: str) -> tuple[Path, str]:
    """The directory and the certname of this host's certificate: the only one that has a key here."""
    for directory in directories:
        keys = [path.stem for path in sorted((directory / "private_keys").glob("*.pem"))]
        found = [
            key for key in keys if certname in ("", key) and (directory / "certs" / f"{key}.pem").exists()
        ]
        if len(found) > 1:
            raise No(f"'{directory}' has {len(found)} certificates: write the certname behind the address")
        if found:
            return directory, found[0]
    raise No(f"this host has no Puppet certificate in {', '.join(map(str, directories))}")


def ask(to: http.client.HTTPConnection, certname: str, request: bytes) -> None:
    """Return when the service says yes; raises `No`, `OSError` and `HTTPException`."""
    body = json.dumps({"certname": certname, "csr": request.decode("ascii", "replace")}).encode("ascii")
    headers = {"Content-Type": "application/json", "Accept": "text/plain", "Connection": "close"}
    try:
        to.request("POST", "/v1/sign", body, headers)
        answer = to.getresponse()
        said = answer.read(1024).decode("ascii", "replace")
    finally:
        to.close()
    # `length` is what was announced and did not come: an answer that was cut is no clear yes.
    if answer.status != 200 or said != "sign\n" or answer.length:
        raise No(f"{certname}: {answer.status}: {said}")


def _too_late(_: int, __: FrameType | None) -> None:
    raise No(f"the hostname service did not answer within {DEADLINE:g} seconds")


def _refuse(why: str) -> int:
    line = "".join(char if char.isascii() and char.isprintable() else " " for char in why)[:400]
    sys.stderr.write(f"hostname-autosign: {line.strip()}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
