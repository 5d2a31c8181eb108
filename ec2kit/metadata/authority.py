"""The test authority: signs identity documents where AWS's regional key would.

Nobody outside a test should trust it, and its certificate says so in its name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

COMMON_NAME = "ec2kit TEST identity authority"
ORGANIZATION = "ec2kit sandbox (test only, not Amazon)"
# Fixed, so that making an authority needs no clock and a moved sandbox clock cannot expire it.
NOT_BEFORE = datetime(2020, 1, 1, tzinfo=UTC)
NOT_AFTER = datetime(2195, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Authority:
    """A private key and its self-signed certificate, both PEM (text, so that they can be saved)."""

    key_pem: str = field(repr=False)
    certificate_pem: str

    @cached_property
    def _key(self) -> RSAPrivateKey:
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        key = load_pem_private_key(self.key_pem.encode(), password=None)
        if not isinstance(key, RSAPrivateKey):
            raise TypeError("the test authority's key is not an RSA key")
        return key

    @cached_property
    def _certificate(self) -> x509.Certificate:
        from cryptography import x509

        return x509.load_pem_x509_certificate(self.certificate_pem.encode())

    @property
    def issuer(self) -> bytes:
        """The issuer's name as DER."""
        return self._certificate.issuer.public_bytes()

    @property
    def serial(self) -> int:
        """The certificate's serial number."""
        return self._certificate.serial_number

    def sign(self, content: bytes) -> bytes:
        """Given bytes, return their RSA signature (PKCS #1 v1.5, SHA-256)."""
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        return self._key.sign(content, PKCS1v15(), SHA256())

    def __getstate__(self) -> dict[str, str]:
        # The loaded key is an OpenSSL object, which does not pickle; the PEM is enough.
        return {"key_pem": self.key_pem, "certificate_pem": self.certificate_pem}


def make_authority() -> Authority:
    """Return a new RSA-2048 authority with a certificate valid from 2020 to 2195, as AWS's own are."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.x509.oid import NameOID

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, COMMON_NAME),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOT_BEFORE)
        .not_valid_after(NOT_AFTER)
        .sign(key, hashes.SHA256())
    )
    key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Authority(key_pem.decode(), certificate.public_bytes(serialization.Encoding.PEM).decode())
