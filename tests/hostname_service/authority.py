"""Signing identity documents in tests, as AWS does, and in every way that AWS does not."""

from __future__ import annotations

import hashlib
import json
from base64 import encodebytes
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from hostname_service.identity.certificates import Signer

ACCOUNT = "123456789012"
INSTANCE = "i-0123456789abcdef0"
REGION = "eu-west-1"
STARTED = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
SERIAL = 0x0B0B


@dataclass(frozen=True)
class Shape:
    """What of a blob may be otherwise than AWS makes it."""

    digest: str = "sha256"
    algorithm: str = "rsassa_pkcs1v15"
    content_type: str = "data"
    """As the signed attributes have it."""
    digested: bytes | None = None
    """The content that the signed digest is of; None: the content itself."""
    leave_out: frozenset[str] = frozenset()
    """Signed attributes that are not there."""
    twice: frozenset[str] = frozenset()
    """Signed attributes that are there twice."""
    unsigned: dict[str, bytes] = field(default_factory=dict)
    """Unsigned attributes: OID to an octet string."""


AWS = Shape()


@dataclass(frozen=True)
class Authority:
    """A key and its certificate, valid from 2020 to 2195 unless it was made otherwise."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        pkcs8, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        return self.key.private_bytes(serialization.Encoding.PEM, pkcs8, plain).decode()

    def signer(self, *regions: str) -> Signer:
        return Signer.of(self.certificate, regions or (REGION,))

    def signer_info(self, content: bytes, shape: Shape = AWS) -> cms.SignerInfo:
        """One signature over content."""
        attributes = cms.CMSAttributes(_attributes(content, shape))
        attributes_der = attributes.dump(force=True)
        hashed = hashes.SHA1() if shape.digest == "sha1" else hashes.SHA256()
        info = {
            "version": "v1",
            "sid": cms.SignerIdentifier({"issuer_and_serial_number": self._name()}),
            "digest_algorithm": algos.DigestAlgorithm({"algorithm": shape.digest}),
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": shape.algorithm}),
            "signed_attrs": attributes,
            "signature": self.key.sign(attributes_der, padding.PKCS1v15(), hashed),
        }
        if shape.unsigned:
            info["unsigned_attrs"] = cms.CMSAttributes(
                [{"type": oid, "values": [core.OctetString(value)]} for oid, value in shape.unsigned.items()]
            )
        return cms.SignerInfo(info)

    def blob(self, content: bytes, shape: Shape = AWS) -> bytes:
        """CMS SignedData in DER."""
        return signed_data(content, [self.signer_info(content, shape)], shape)

    def text(self, content: bytes) -> str:
        """What `rsa2048` answers: base64 in lines."""
        return encodebytes(self.blob(content)).decode()

    def _name(self) -> dict[str, Any]:
        issuer = asn1_x509.Name.load(self.certificate.issuer.public_bytes())
        return {"issuer": issuer, "serial_number": self.certificate.serial_number}


def _attributes(content: bytes, shape: Shape) -> list[dict[str, Any]]:
    digested = content if shape.digested is None else shape.digested
    values = {
        "content_type": shape.content_type,
        "signing_time": cms.Time({"utc_time": STARTED}),
        "message_digest": hashlib.new(shape.digest, digested).digest(),
    }
    names = [
        name for name in values if name not in shape.leave_out for _ in range(2 if name in shape.twice else 1)
    ]
    return [{"type": name, "values": [values[name]]} for name in names]


def signed_data(content: bytes | None, signers: Sequence[cms.SignerInfo], shape: Shape = AWS) -> bytes:
    """Given signatures, return them as one CMS SignedData in DER; content None: detached."""
    inside: dict[str, Any] = {"content_type": "data"}
    if content is not None:
        inside["content"] = content
    body = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [algos.DigestAlgorithm({"algorithm": shape.digest})],
            "encap_content_info": inside,
            "signer_infos": list(signers),
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": body}).dump())


def make_authority(
    name: str = "test", bits: int = 2048, since: datetime = datetime(2020, 1, 1, tzinfo=UTC), years: int = 175
) -> Authority:
    """A new authority; all have one serial number, and those of one name one issuer too."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "test only, not Amazon"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    builder = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    )
    builder = (
        builder.serial_number(SERIAL)
        .not_valid_before(since)
        .not_valid_after(since + timedelta(days=365 * years))
    )
    return Authority(key, builder.sign(key, hashes.SHA256()))


@cache
def authority() -> Authority:
    """The one whose certificate is trusted for `REGION`; made once, as keys are slow to make."""
    return make_authority()


@cache
def foreigner() -> Authority:
    """Another key under the same issuer and serial number."""
    return make_authority()


@cache
def neighbour() -> Authority:
    """That of another region."""
    return make_authority("the region next door")


def document(**fields: object) -> bytes:
    """An identity document as AWS writes it, with fields of one's own."""
    known: dict[str, object] = {
        "accountId": ACCOUNT,
        "architecture": "x86_64",
        "availabilityZone": "eu-west-1a",
        "billingProducts": None,
        "imageId": "ami-0123456789abcdef0",
        "instanceId": INSTANCE,
        "instanceType": "t3.micro",
        "kernelId": None,
        "pendingTime": f"{STARTED:%Y-%m-%dT%H:%M:%SZ}",
        "privateIp": "10.0.0.5",
        "region": REGION,
        "version": "2017-09-30",
    }
    return json.dumps(known | fields, indent=2, separators=(",", " : ")).encode()
