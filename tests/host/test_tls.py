"""https: a trusted certificate, one that is not, and no TLS at all."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ec2kit.host.clock import SystemClock
from ec2kit.host.network import Dialer, NoReply, Reply
from tests.host.servers import Talk, request, serving, until_gone


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and its own certificate for 127.0.0.1, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now: datetime = SystemClock().now().astimezone(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def over_tls(certificate: Path, raw: bytes) -> Talk:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def talk(sock: socket.socket) -> None:
        with context.wrap_socket(sock, server_side=True) as channel:
            request(channel)
            channel.sendall(raw)

    return talk


def test_a_trusted_server_is_heard(certificate: Path) -> None:
    dialer = Dialer(timeout=20, trust=partial(ssl.create_default_context, cafile=str(certificate)))
    with serving(over_tls(certificate, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) as port:
        reply = dialer.http_get(f"https://127.0.0.1:{port}/")
    assert isinstance(reply, Reply)
    assert (reply.status, reply.body) == (200, b"ok")


def test_a_certificate_that_is_not_trusted_tells_nothing_of_the_machine(certificate: Path) -> None:
    with serving(over_tls(certificate, b"")) as port:
        reply = Dialer(timeout=20).http_get(f"https://127.0.0.1:{port}/")
    assert isinstance(reply, NoReply)
    assert reply.ours
    assert reply.reason.startswith("certificate not trusted: ")


def test_a_server_without_tls_gave_no_reply() -> None:
    with serving(lambda sock: sock.sendall(b"220 mail.example.com ESMTP\r\n")) as port:
        reply = Dialer(timeout=20).http_get(f"https://127.0.0.1:{port}/")
    assert isinstance(reply, NoReply)
    assert not reply.ours


def test_a_handshake_that_never_ends_is_bounded() -> None:
    with serving(until_gone) as port:
        reply = Dialer(timeout=0.3).http_get(f"https://127.0.0.1:{port}/")
    assert reply == NoReply("accepted, and no answer within 0.3 s")
