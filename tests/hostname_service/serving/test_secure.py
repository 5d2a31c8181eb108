"""TLS with real certificates: the one that is shown, the one that is asked for, and a new one without a stop."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hostname_service.config.settings import Tls
from hostname_service.errors import BadConfig
from hostname_service.operators import application as operators
from hostname_service.serving.connection import Bounds, Ways
from hostname_service.serving.secure import Secure
from tests.hostname_service.serving.ground import NOON, FakeDesk, StillClock, binding, post, read_all, serving

BOUNDS = Bounds(deadline=20.0, linger=0.2)
NOTHING: Any = lambda *_: []  # noqa: E731  replaced by `serving`


@dataclass(frozen=True)
class Pair:
    """A key and its certificate, in files."""

    name: x509.Name
    key: ec.EllipticCurvePrivateKey
    files: Tls


def make(directory: Path, name: str, issuer: Pair | None = None) -> Pair:
    """A certificate; without an issuer, an authority."""
    subject = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Shop"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )
    key = ec.generate_private_key(ec.SECP256R1())
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.name if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOON - timedelta(days=3650))
        .not_valid_after(NOON + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("names")]), critical=False)
        .sign(issuer.key if issuer else key, hashes.SHA256())
    )
    files = Tls(directory / f"{name}.pem", directory / f"{name}.key")
    files.certificate.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return Pair(subject, key, files)


def client(authority: Pair, own: Pair | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(authority.files.certificate))
    if own:
        context.load_cert_chain(own.files.certificate, own.files.key)
    return context


def ask(address: tuple[str, int], context: ssl.SSLContext, data: bytes) -> bytes:
    with (
        socket.create_connection(address, timeout=10) as raw,
        context.wrap_socket(raw, server_hostname="names") as sock,
    ):
        sock.sendall(data)
        return read_all(sock)


def test_a_claim_over_tls_and_a_new_certificate(tmp_path: Path) -> None:
    old, new = make(tmp_path, "old"), make(tmp_path, "new")
    server = make(tmp_path, "names", old)
    secure = Secure(server.files)
    with serving(Ways("machines", NOTHING, secure=secure, bounds=BOUNDS)) as rig:
        assert ask(rig.address, client(old), post()).endswith(b"t0ken\n")
        with socket.create_connection(rig.address, timeout=10) as plain:
            plain.sendall(post())
            with suppress(ConnectionResetError):
                assert b"HTTP/" not in read_all(plain)
        make(tmp_path, "names", new)
        secure.reload()
        assert ask(rig.address, client(new), post()).endswith(b"t0ken\n")
        with pytest.raises(ssl.SSLCertVerificationError):
            ask(rig.address, client(old), post())
        server.files.certificate.write_text("junk")
        with pytest.raises(BadConfig, match=r"names\.pem"):
            secure.reload()
        assert ask(rig.address, client(new), post()).endswith(b"t0ken\n")
    assert [line["status"] for line in rig.lines.told if line["event"] == "request"] == [200, 200, 200]


def test_the_line_of_a_proxy_stands_before_tls(tmp_path: Path) -> None:
    """As a balancer that passes TLS on writes it."""
    server = make(tmp_path, "names")
    ways = Ways("machines", NOTHING, Secure(server.files), (ip_network("127.0.0.0/8"),), True, BOUNDS)
    with serving(ways) as rig:
        with socket.create_connection(rig.address, timeout=10) as raw:
            raw.sendall(b"PROXY TCP4 10.0.0.5 10.9.0.1 1000 443\r\n")
            with client(server).wrap_socket(raw, server_hostname="names") as sock:
                sock.sendall(post(b"QUJD"))
                assert read_all(sock).endswith(b"t0ken\n")
        assert rig.claims.asked == [("QUJD", "10.0.0.5")]
        with pytest.raises((ssl.SSLError, ConnectionError)):
            ask(rig.address, client(server), post())
        assert 'reason="proxy-line"} 1' in rig.watch.exposition()


def test_a_client_that_never_shakes_hands_is_closed(tmp_path: Path) -> None:
    server = make(tmp_path, "names")
    ways = Ways("machines", NOTHING, secure=Secure(server.files), bounds=Bounds(deadline=2.0, linger=0.1))
    with serving(ways) as rig:
        with socket.create_connection(rig.address, timeout=10) as sock:
            assert read_all(sock) == b""
        assert ask(rig.address, client(server), post()).endswith(b"t0ken\n")
        assert 'dropped_total{listener="machines",reason="slow"} 1' in rig.watch.exposition()


def test_an_operator_is_who_the_certificate_says(tmp_path: Path) -> None:
    authority, foreign = make(tmp_path, "ca"), make(tmp_path, "foreign")
    server, ops = make(tmp_path, "names", authority), make(tmp_path, "ops", authority)
    stranger = make(tmp_path, "stranger", foreign)
    files = Tls(server.files.certificate, server.files.key, authority.files.certificate)
    desk = FakeDesk({"web-1.shop.example.com": binding()})
    release = b"DELETE /v1/names/web-1.shop.example.com HTTP/1.1\r\nHost: names\r\n\r\n"
    with serving() as machines:
        app = operators(desk, machines.watch, StillClock())
        with serving(Ways("operators", NOTHING, secure=Secure(files), bounds=BOUNDS), app=app) as rig:
            for context in (client(authority), client(authority, stranger)):
                # TLS 1.3 tells a client that it was refused by the first thing that it reads.
                with pytest.raises((ssl.SSLError, ConnectionError)):
                    ask(rig.address, context, release)
            assert desk.did == []
            assert ask(rig.address, client(authority, ops), release).startswith(b"HTTP/1.1 200 ")
            assert desk.did == [("release", "web-1.shop.example.com", "cert:CN=ops,O=Shop")]


def test_files_that_are_not_right(tmp_path: Path) -> None:
    one, two = make(tmp_path, "one"), make(tmp_path, "two")
    with pytest.raises(BadConfig, match="KEY_VALUES_MISMATCH"):
        Secure(Tls(one.files.certificate, two.files.key))
    with pytest.raises(BadConfig, match="No such file"):
        Secure(Tls(tmp_path / "none.pem", one.files.key))
    with pytest.raises(BadConfig, match=r"one\.key"):
        Secure(Tls(one.files.certificate, one.files.key, one.files.key))
