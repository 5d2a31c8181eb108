"""Verifying the identity blob: CMS SignedData (RFC 5652) in the one shape that AWS makes, and in no other.

`rsa2048` of the instance metadata is BER with indefinite lengths: one signer named by issuer and serial number, the
document inside, signed attributes, SHA-256, RSA with PKCS #1 v1.5, and no certificate. Everything that the standard
allows besides is refused, since what is not needed can only be an attack.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from asn1crypto import cms, core
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from hostname_service.errors import Refused
from hostname_service.identity.ber import check_bounds
from hostname_service.identity.certificates import LEAST_KEY_BITS, Signer

MOST_BYTES = 8192
"""Of the blob; AWS's are 1.1 to 1.3 kB."""
MOST_TEXT = 12288
"""Of its base64, whitespace counted."""

DATA = "1.2.840.113549.1.7.1"
SIGNED_DATA = "1.2.840.113549.1.7.2"
CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SHA_256 = "2.16.840.1.101.3.4.2.1"
RSA = ("1.2.840.113549.1.1.1", "1.2.840.113549.1.1.11")
"""rsaEncryption, which AWS wrote at first, and sha256WithRSAEncryption, which it writes now."""


@dataclass(frozen=True)
class Verified:
    """What was signed, and by whom. Nothing else of a blob may be looked at."""

    content: bytes
    signer: Signer


@dataclass(frozen=True)
class _Unverified:
    """What a blob says of itself, as plain values."""

    content: bytes
    issuer: bytes
    serial: int
    attributes: bytes
    """The bytes that the signature is over."""
    signature: bytes


def decode(text: str | bytes) -> bytes:
    """Given base64 with whitespace in it, return the bytes; raises `Refused` (`forged`).

    Whatever is not the base64 alphabet is refused, and so is a second spelling of the same bytes.
    """
    if len(text) > MOST_TEXT:
        raise _forged(f"its base64 is longer than {MOST_TEXT} characters")
    try:
        compact = b"".join((text.encode("ascii") if isinstance(text, str) else text).split())
        blob = base64.b64decode(compact, validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise _forged("it is not base64") from error
    if base64.b64encode(blob) != compact:
        raise _forged("it is not canonical base64")
    return blob


def verify(blob: bytes, trusted: Iterable[Signer]) -> Verified:
    """Given a blob and who may sign, return what was signed; raises `Refused` (`forged`) for whatever else it is.

    The dates of the certificate are not looked at: `Signer.check_dates` does. The time of signing is not decoded at
    all, as nothing stands on it.
    """
    unverified = _read(blob)
    signer = _signer_of(unverified, trusted)
    _check_attributes(unverified)
    return Verified(unverified.content, signer)


def _forged(why: str) -> Refused:
    return Refused("forged", f"the proof is not one of AWS: {why}")


@contextmanager
def _well_formed() -> Iterator[None]:
    """Inside, ASN.1 is decoded: what asn1crypto raises for a value that is not what it should be is a refusal.

    Fuzzing has seen `ValueError`, and `TypeError` for members of what is not there; the others are for what it has not.
    """
    try:
        yield
    except (ValueError, TypeError, LookupError, OverflowError) as error:
        # The first line only: asn1crypto appends in which of its classes it was.
        why = (str(error).splitlines() or ["not decodable"])[0].replace("Error parsing asn1crypto.", "bad ")
        raise _forged(f"it is not CMS: {why}") from error


def _read(blob: bytes) -> _Unverified:
    if len(blob) > MOST_BYTES:
        raise _forged(f"it is longer than {MOST_BYTES} bytes")
    with _well_formed():
        check_bounds(blob)
        envelope = cms.ContentInfo.load(blob, strict=True)
        _want(envelope["content_type"].dotted == SIGNED_DATA, "it is not signed data")
        body = envelope["content"]
        _want(body["version"].native == "v1", "its version is not 1")
        _want(
            _absent(body["certificates"]) and _absent(body["crls"]),
            "a certificate or revocation list is inside",
        )
        digests, signers = body["digest_algorithms"], body["signer_infos"]
        _want(len(digests) == 1 and _is_sha_256(digests[0]), "its digest is not SHA-256 alone")
        _want(len(signers) == 1, f"it has {len(signers)} signers")
        return _read_signer(signers[0], _content(body["encap_content_info"]))


def _content(inside: core.Sequence) -> bytes:
    _want(inside["content_type"].dotted == DATA, "what is signed is not plain data")
    _want(not _absent(inside["content"]), "what is signed is not inside")
    return bytes(inside["content"].native)


def _read_signer(signer: core.Sequence, content: bytes) -> _Unverified:
    _want(signer["version"].native == "v1", "its signer's version is not 1")
    _want(
        signer["sid"].name == "issuer_and_serial_number",
        "its signer is not named by issuer and serial number",
    )
    _want(_is_sha_256(signer["digest_algorithm"]), "its signer's digest is not SHA-256")
    algorithm = signer["signature_algorithm"]
    _want(algorithm["algorithm"].dotted in RSA, "its signature is not RSA with PKCS #1 v1.5")
    _want(_no_parameters(algorithm), "its signature algorithm has parameters")
    _want(not _absent(signer["signed_attrs"]), "it has no signed attributes")
    _want(_absent(signer["unsigned_attrs"]), "it has unsigned attributes")
    name = signer["sid"].chosen
    # What is signed is the SET itself; in the blob the same bytes stand under the tag [0] (RFC 5652, 5.4).
    attributes = b"\x31" + signer["signed_attrs"].dump()[1:]
    return _Unverified(
        content=content,
        issuer=name["issuer"].dump(),
        serial=name["serial_number"].native,
        attributes=attributes,
        signature=signer["signature"].native,
    )


def _signer_of(unverified: _Unverified, trusted: Iterable[Signer]) -> Signer:
    """Who signed: named by issuer and serial number, and the signature is of that certificate's key.

    Attack: a certificate of one's own, with the issuer and the serial number of AWS's.
    """
    named = [one for one in trusted if (one.issuer, one.serial) == (unverified.issuer, unverified.serial)]
    if not named:
        raise _forged(
            f"no certificate with serial number {unverified.serial:x} is known for any region"[:200]
        )
    for signer in named:
        if signer.key.key_size < LEAST_KEY_BITS:
            raise _forged(f"the key of {signer.label} has {signer.key.key_size} bits")
        try:
            signer.key.verify(unverified.signature, unverified.attributes, PKCS1v15(), SHA256())
        except InvalidSignature:
            continue
        return signer
    raise _forged(f"the signature is not of the key of {named[0].label}")


def _check_attributes(signed: _Unverified) -> None:
    """The signed attributes speak of this content: its type, and its digest.

    Attack: a true signature with attributes of another document, or with attributes that name no document.
    """
    with _well_formed():
        values: dict[str, core.Asn1Value] = {}
        for attribute in cms.CMSAttributes.load(signed.attributes, strict=True):
            kind = attribute["type"].dotted
            _want(kind not in values, f"the attribute {kind} is there twice")
            values[kind] = attribute["values"]
        for kind, word in ((CONTENT_TYPE, "type"), (MESSAGE_DIGEST, "digest")):
            _want(kind in values and len(values[kind]) == 1, f"its signed attributes have not one {word}")
        _want(values[CONTENT_TYPE][0].dotted == DATA, "its signed type is not plain data")
        digest = values[MESSAGE_DIGEST][0].native
        _want(digest == hashlib.sha256(signed.content).digest(), "the content is not what was signed")


def _want(holds: bool, otherwise: str) -> None:
    if not holds:
        raise _forged(otherwise)


def _absent(value: core.Asn1Value) -> bool:
    return isinstance(value, core.Void)


def _is_sha_256(algorithm: core.Sequence) -> bool:
    return bool(algorithm["algorithm"].dotted == SHA_256) and _no_parameters(algorithm)


def _no_parameters(algorithm: core.Sequence) -> bool:
    """NULL and nothing are both in use (RFC 5754, 2)."""
    return isinstance(algorithm["parameters"], core.Void | core.Null)
