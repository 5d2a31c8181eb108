"""A certificate authority of one test run, and what it signs for addresses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ec2kit.host.clock import SystemClock


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, both in one PEM file, and the certificate alone."""

    both: Path
    certificate: Path


def self_signed(directory: Path, name: str = "127.0.0.1", *also: str) -> Pair:
    """A key and its own certificate, which is a CA's too, so that it can be trusted by itself; it is for
    127.0.0.1 and the addresses in `also`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = SystemClock().now()
    addresses = [x509.IPAddress(ip_address(each)) for each in ("127.0.0.1", *also)]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(addresses), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = made.public_bytes(serialization.Encoding.PEM)
    directory.mkdir(parents=True, exist_ok=True)
    pair = Pair(directory / "both.pem", directory / "ca.pem")
    pair.both.write_bytes(private + public)
    pair.certificate.write_bytes(public)
    return pair
