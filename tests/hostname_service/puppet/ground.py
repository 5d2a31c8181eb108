"""What the tests of Puppet stand on: requests as an agent makes them, certificates, and a CA that is a fake."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import unquote, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import AttributeOID, NameOID, ObjectIdentifier

from hostname_service.config.settings import Puppet
from hostname_service.model import Binding, BindingState, MachineKey
from hostname_service.puppet.csr import INSTANCE_ID
from hostname_service.puppet.tokens import token_of

NAME = "web-1.shop.example.com"
ID = "i-0123456789abcdef0"
BEGAN = datetime(2026, 5, 1, 12, tzinfo=UTC)
SECRET = bytes(range(32))
MACHINE = MachineKey("123456789012", ID)
TOKEN = token_of(SECRET, MACHINE, BEGAN, NAME)

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def held(**fields: object) -> Binding:
    """The name, held by the machine."""
    row = Binding(NAME, MACHINE, "eu-west-1", ("10.0.0.5",), BEGAN, BindingState.BOUND, BEGAN)
    return Binding(**{**row.__dict__, **fields})


def utf8(text: str) -> bytes:
    """A UTF8String in DER, of up to 127 bytes."""
    return bytes((0x0C, len(text.encode()))) + text.encode()


@dataclass
class Wish:
    """A request for a certificate that is to be made."""

    certname: str = NAME
    token: str | None = TOKEN
    extensions: Sequence[tuple[str, bytes]] = ((INSTANCE_ID, utf8(ID)),)
    alternatives: Sequence[x509.GeneralName] = ()
    attributes: Sequence[tuple[str, bytes]] = ()
    subject: Sequence[tuple[ObjectIdentifier, str]] = ()
    key: Key = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    digest: hashes.HashAlgorithm = field(default_factory=hashes.SHA256)

    def made(self) -> x509.CertificateSigningRequest:
        """The request, signed by its key."""
        subject = self.subject or ((NameOID.COMMON_NAME, self.certname),)
        name = x509.Name([x509.NameAttribute(oid, text) for oid, text in subject])
        builder = x509.CertificateSigningRequestBuilder().subject_name(name)
        if self.token is not None:
            builder = builder.add_attribute(AttributeOID.CHALLENGE_PASSWORD, self.token.encode())
        for oid, value in self.attributes:
            builder = builder.add_attribute(ObjectIdentifier(oid), value)
        for oid, value in self.extensions:
            extension = x509.UnrecognizedExtension(ObjectIdentifier(oid), value)
            builder = builder.add_extension(extension, critical=False)
        if self.alternatives:
            builder = builder.add_extension(x509.SubjectAlternativeName(self.alternatives), critical=False)
        return builder.sign(self.key, self.digest)  # type: ignore[arg-type]

    def pem(self) -> bytes:
        """The request in PEM."""
        return self.made().public_bytes(Encoding.PEM)


@dataclass(frozen=True)
class Files:
    """A certificate and its key, as files."""

    certificate: Path
    key: Path


class Issuer:
    """A CA of X.509 that writes files, in the layout of Puppet's `ssl` directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        for name in ("certs", "private_keys"):
            (directory / name).mkdir(parents=True)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Puppet CA")])
        self.ca = directory / "certs" / "ca.pem"
        self.ca.write_bytes(self._certificate(self._name, self._key.public_key(), ca=True))

    def issue(self, certname: str) -> Files:
        """A certificate for a name, good for 127.0.0.1 too."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, certname)])
        files = Files(
            self.directory / "certs" / f"{certname}.pem", self.directory / "private_keys" / f"{certname}.pem"
        )
        files.certificate.write_bytes(self._certificate(name, key.public_key(), ca=False))
        files.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return files

    def _certificate(self, name: x509.Name, key: ec.EllipticCurvePublicKey, *, ca: bool) -> bytes:
        now = BEGAN - timedelta(days=365)
        alternatives = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now)
            .not_valid_after(now + timedelta(days=36500))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(alternatives, critical=False)
        )
        return builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)


@dataclass
class FakeCa:
    """Puppet's certificate_status in memory: name to `requested`, `signed` or `revoked`."""

    states: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    answers: dict[str, int] = field(default_factory=dict)
    """A status that a method answers, whatever stands."""
    before: Callable[[BaseHTTPRequestHandler], None] = lambda _: None
    url: str = ""

    def settings(self, issuer: Issuer, own: Files, seconds: float = 10) -> Puppet:
        """What the service is told to ask this CA."""
        return Puppet(self.url, issuer.ca, own.certificate, own.key, timedelta(seconds=seconds))

    def answer(self, method: str, name: str, body: bytes) -> tuple[int, object]:
        """What the real one answers, as far as it is asked."""
        self.asked.append((method, name))
        if method in self.answers:
            return self.answers[method], "as told"
        state = self.states.get(name)
        if state is None:
            return 404, "Invalid certificate subject."
        if method == "GET":
            return 200, {"name": name, "state": state}
        if method == "PUT":
            assert json.loads(body) == {"desired_state": "revoked"}
            if state == "requested":
                return 409, f"Cannot revoke certificate for host {name} without a signed certificate"
            self.states[name] = "revoked"
            return 204, None
        del self.states[name]
        return 204, None


@contextmanager
def served(ca: FakeCa, issuer: Issuer) -> Iterator[FakeCa]:
    """The fake behind TLS on a free port of loopback; it wants a certificate of the issuer."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            ca.before(self)
            path = urlsplit(self.path).path
            assert path.startswith("/puppet-ca/v1/certificate_status/")
            status, value = ca.answer(self.command, unquote(path.rpartition("/")[2]), body)
            text = b"" if value is None else json.dumps(value).encode()
            self.send_response(status)
            if status != 204:
                self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_PUT = do_DELETE = _any  # noqa: N815  the base class's names

        def log_message(self, *args: object) -> None:
            """Be quiet."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that goes away is part of the tests."""

    files = issuer.issue("puppet.shop.example.com")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=issuer.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(files.certificate, files.key)
    server = Quiet(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    ca.url = f"https://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield ca
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
