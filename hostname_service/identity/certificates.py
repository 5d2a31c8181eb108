"""Whose signature counts: the certificates of the `rsa2048` identity endpoint, one region each, as AWS publishes them.

They are shipped in `certificates.json`, with their dates. An operator replaces those of a region, or adds a region,
by a directory of `REGION.pem` files; a file with several certificates is a region that is changing its key.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from hostname_service.errors import BadConfig, Refused
from hostname_service.identity.document import REGION

LEAST_KEY_BITS = 2048
"""The `signature` and `pkcs7` endpoints use weaker keys; what they sign proves nothing here."""


@dataclass(frozen=True)
class Signer:
    """A certificate, and the regions whose documents it may sign: almost always one."""

    certificate: x509.Certificate
    key: RSAPublicKey
    regions: frozenset[str]
    issuer: bytes
    """The issuer's name as DER."""
    serial: int

    @classmethod
    def of(cls, certificate: x509.Certificate, regions: Iterable[str]) -> Signer:
        """Given a certificate, return it as a signer; raises `TypeError` when its key is not RSA."""
        key = certificate.public_key()
        if not isinstance(key, RSAPublicKey):
            raise TypeError("its key is not RSA")
        issuer = certificate.issuer.public_bytes()
        return cls(certificate, key, frozenset(regions), issuer, certificate.serial_number)

    @property
    def label(self) -> str:
        """What messages call it."""
        return ", ".join(sorted(self.regions))

    def check_dates(self, now: datetime) -> None:
        """Return if the certificate is valid at `now`; raises `Refused` (`certificate-dates`).

        Attack: a key that AWS has given up, and that leaked since, signs for a region that has a new one.
        """
        begins, ends = self.certificate.not_valid_before_utc, self.certificate.not_valid_after_utc
        if not begins <= now <= ends:
            message = (
                f"the certificate of {self.label} is valid from {begins:%Y-%m-%d} to {ends:%Y-%m-%d} only"
            )
            raise Refused("certificate-dates", message)


def shipped() -> dict[str, str]:
    """Return the certificates that come with the service: region to PEM."""
    text = files("hostname_service.identity").joinpath("certificates.json").read_text(encoding="utf-8")
    return {region: one["pem"] for region, one in json.loads(text)["certificates"].items()}


def from_directory(directory: Path) -> dict[str, str]:
    """Given a directory of `REGION.pem` files, return region to PEM; raises `BadConfig` when it cannot be read."""
    try:
        paths = sorted(path for path in directory.iterdir() if path.suffix == ".pem")
        found = {path.stem: path.read_text(encoding="ascii") for path in paths}
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig(f"certificates in {directory}: {error}") from error
    if not found:
        raise BadConfig(f"certificates in {directory}: there is no REGION.pem")
    return found


def signers(*layers: Mapping[str, str]) -> tuple[Signer, ...]:
    """Given layers of region to PEM, where a later layer replaces the regions that it names, return who may sign.

    One certificate named for several regions, as a test authority is, is one signer. Raises `BadConfig` with every
    fault that there is, a line each.
    """
    regions_of: dict[bytes, set[str]] = {}
    faults: list[str] = []
    pem_of = {region: pem for layer in layers for region, pem in layer.items()}
    for region, pem in sorted(pem_of.items()):
        try:
            for certificate in _read(region, pem):
                regions_of.setdefault(certificate.public_bytes(Encoding.DER), set()).add(region)
        except (ValueError, TypeError) as error:
            faults.append(f"certificate of {region!r}: {error}")
    if faults:
        raise BadConfig("\n".join(faults))
    return tuple(
        Signer.of(x509.load_der_x509_certificate(der), regions) for der, regions in regions_of.items()
    )


def _read(region: str, pem: str) -> list[x509.Certificate]:
    if not REGION.fullmatch(region):
        raise ValueError("that is not the name of a region")
    certificates = x509.load_pem_x509_certificates(pem.encode())
    for certificate in certificates:
        bits = Signer.of(certificate, [region]).key.key_size
        if bits < LEAST_KEY_BITS:
            raise ValueError(f"its key has {bits} bits, {LEAST_KEY_BITS} are the least")
    return certificates
