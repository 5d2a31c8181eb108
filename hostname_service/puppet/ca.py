"""Puppet's certificate authority, cleaned of a name before another machine gets it.

A request that was refused poisons a name: a later, right one is ignored until the first is deleted. An old certificate
makes the new machine's agent stop. And what is deleted is not revoked: it still gets a catalog. So a certificate is
revoked first, and then it and the request are deleted. ("Certificate Status" of the puppetserver documentation; OpenVox
has the same.)
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlsplit

from hostname_service.config.settings import Puppet
from hostname_service.errors import Unavailable

STATUS = "/puppet-ca/v1/certificate_status"
MOST = 64 * 1024
"""Bytes of an answer that are read; what is asked here is answered in under 2 KB."""
RULE = "its auth.conf wants a rule that allows our certificate to get, put and delete " + STATUS


class Ca(Protocol):
    """A certificate authority."""

    def clean(self, fqdn: str) -> None:
        """Revoke the certificate of a name, then delete it and its request; nothing when the CA has neither. Raises
        `Unavailable`, and then it can be made again."""


class NoCa:
    """No Puppet here: there is nothing to clean."""

    def clean(self, fqdn: str) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class PuppetCa:
    """The CA of puppetserver or of OpenVox's, asked with the service's own certificate. Threads may share it.

    The files are read for each cleaning, so a renewed certificate is used at once.
    """

    settings: Puppet

    def clean(self, fqdn: str) -> None:
        """Revoke, then delete, all within the one deadline; raises `Unavailable` with what to mend.

        Puppet's server and this service have certificates too, and without them nothing is signed or cleaned any more;
        what else must stay is in the settings. Under these names nothing is removed.
        """
        if fqdn in self._ours():
            return
        with self._asking() as ask:
            status, state = ask("GET", fqdn, "")
            if status == 404:
                return
            if status != 200:
                raise _unexpected(status, "how it stands", fqdn)
            if state != "requested":
                status, _ = ask("PUT", fqdn, "revoked")
                if status not in (200, 204):
                    raise _unexpected(status, "to revoke", fqdn)
            # Only what is revoked, or was never signed, is deleted.
            status, _ = ask("DELETE", fqdn, "")
            if status not in (200, 204, 404):
                raise _unexpected(status, "to delete", fqdn)

    def _ours(self) -> set[str]:
        url = urlsplit(self.settings.url)
        return {url.hostname or "", _certname(self.settings.certificate), *self.settings.protect}

    @contextmanager
    def _asking(self) -> Iterator[_Ask]:
        url = urlsplit(self.settings.url)
        seconds = self.settings.deadline.total_seconds()
        try:
            context = ssl.create_default_context(cafile=self.settings.ca)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.load_cert_chain(self.settings.certificate, self.settings.key, password="")
        except (OSError, ValueError) as error:
            files = f"'{self.settings.ca}', '{self.settings.certificate}' and '{self.settings.key}'"
            raise Unavailable("ca-away", f"{files} do not serve to ask Puppet's CA: {error}") from error
        connection = http.client.HTTPSConnection(
            url.hostname or "", url.port or 8140, timeout=seconds, context=context
        )
        asking = _Ask(connection)
        # Each read has a timeout of its own, which a server that trickles never meets; this one is for all of them.
        cutter = threading.Timer(seconds, asking.cut)
        cutter.daemon = True
        cutter.start()
        try:
            yield asking
        except (OSError, http.client.HTTPException) as error:
            why = f"it did not answer within {seconds:g} seconds" if asking.late else _why(error)
            raise Unavailable("ca-away", f"Puppet's CA at {self.settings.url}: {why}") from error
        finally:
            cutter.cancel()
            connection.close()


def _certname(path: Path) -> str:
    """The name that a certificate in a file is for; empty when it cannot be read, which whoever asks with it tells."""
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    try:
        found = x509.load_pem_x509_certificate(path.read_bytes())
        return str(found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value).lower()
    except (OSError, ValueError, IndexError):
        return ""


class _Ask:
    """One connection, and whether its time is up."""

    def __init__(self, connection: http.client.HTTPSConnection) -> None:
        self.connection = connection
        self.late = False

    def cut(self) -> None:
        """End whatever is being read."""
        self.late = True
        sock = self.connection.sock
        if sock is not None:
            try:
                # Of the plain socket: that of TLS would go on reading without TLS.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
            except OSError:
                return

    def __call__(self, method: str, fqdn: str, desired: str) -> tuple[int, str]:
        """Ask about a name; returns the HTTP status, and the state when the answer tells one."""
        if self.late:
            raise TimeoutError
        body = json.dumps({"desired_state": desired}).encode() if desired else None
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        path = f"{STATUS}/{quote(fqdn, safe='')}?environment=production"
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read(MOST)
        if len(text) == MOST:
            raise http.client.HTTPException("its answer does not end")
        return answer.status, _state(text)


def _state(text: bytes) -> str:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    return str(told.get("state", "")) if isinstance(told, dict) else ""


def _unexpected(status: int, what: str, fqdn: str) -> Unavailable:
    hint = RULE if status in (401, 403) else "its log has why"
    return Unavailable("ca-away", f"Puppet's CA was asked {what} '{fqdn}' and answered {status}: {hint}")


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not right: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed ({error.reason}): is our certificate signed by it, and not revoked"
    return str(error) or type(error).__name__
