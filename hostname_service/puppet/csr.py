"""A certificate signing request as Puppet's agent makes it, read strictly: what is odd is refused, never skipped.

Puppet's own attributes and extensions: "CSR attributes and certificate extensions" of its documentation.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from asn1crypto.core import UTF8String
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtensionOID, NameOID

from hostname_service.errors import Refused

MOST = 8 * 1024
"""Bytes of PEM: a request with an RSA key of 4096 bits and Puppet's extensions has under 3 KB."""
LONGEST = 255
"""Characters of a text in a request."""
CHALLENGE = "1.2.840.113549.1.9.7"
EXTENSIONS = "1.2.840.113549.1.9.14"
"""The two attributes of PKCS #9 that an agent sends: challengePassword and extensionRequest."""
INSTANCE_ID = "1.3.6.1.4.1.34380.1.1.2"
ROLE = "1.3.6.1.4.1.34380.1.1.13"
AUTO_RENEW = "1.3.6.1.4.1.34380.1.3.2"
"""An attribute that agents of Puppet 8 and OpenVox 8 add by themselves."""
CURVES = ("secp256r1", "secp384r1", "secp521r1")
_BLOCK = re.compile(
    rb"\s*-----BEGIN CERTIFICATE REQUEST-----\s([A-Za-z0-9+/=\s]+)-----END CERTIFICATE REQUEST-----\s*"
)
_ODD = (ValueError, TypeError, OverflowError, UnsupportedAlgorithm, x509.InvalidVersion)
_ODD_EXTENSIONS = (*_ODD, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)


@dataclass(frozen=True)
class Csr:
    """What a request says, none of which is believed yet."""

    certname: str
    token: str
    """The challengePassword."""
    instance_id: str
    role: str
    """Empty: it says none. It is the machine's own word, and nobody vouches for it."""
    key: str
    """The SHA-256 of the public key, in hex."""


def parse(pem: bytes) -> Csr:
    """Given a request in PEM, return what it says.

    Raises `Refused` for anything else: `csr-big`, `csr-pem`, `csr-der`, `csr-subject`, `csr-key`, `csr-signature`,
    `csr-attribute`, `csr-extension`, `csr-san`.
    """
    request = _load(pem)
    certname = _certname(request)
    key = _key(request)
    _check_signature(request)
    token = _token(request)
    instance_id, role = _extensions(request, certname)
    return Csr(certname, token, instance_id, role, key)


def _load(pem: bytes) -> x509.CertificateSigningRequest:
    if len(pem) > MOST:
        raise Refused("csr-big", f"the request has more than {MOST} bytes")
    found = _BLOCK.fullmatch(pem)
    if found is None:
        raise Refused("csr-pem", "the request is not one block of PEM")
    try:
        der = base64.b64decode(b"".join(found[1].split()), validate=True)
    except binascii.Error as error:
        raise Refused("csr-pem", "the request is no base64") from error
    try:
        return x509.load_der_x509_csr(der)
    except _ODD as error:
        raise Refused("csr-der", "the request is no PKCS #10") from error


def _certname(request: x509.CertificateSigningRequest) -> str:
    """The one common name: with a second one, we and the CA might each read another."""
    try:
        attributes = list(request.subject)
    except _ODD as error:
        raise Refused("csr-subject", "the subject cannot be read") from error
    if len(attributes) != 1 or attributes[0].oid != NameOID.COMMON_NAME:
        raise Refused("csr-subject", "the subject is not one common name")
    name = attributes[0].value
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST:
        raise Refused("csr-subject", "the common name is no text")
    return name


def _key(request: x509.CertificateSigningRequest) -> str:
    try:
        key = request.public_key()
        der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except _ODD as error:
        raise Refused("csr-key", "the public key cannot be read") from error
    if isinstance(key, rsa.RSAPublicKey):
        # More than 8192 bits costs seconds to verify, and no agent makes it.
        right = 2048 <= key.key_size <= 8192
    else:
        right = isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in CURVES
    if not right:
        raise Refused("csr-key", "the key is neither RSA of 2048 to 8192 bits nor of a NIST curve")
    return hashlib.sha256(der).hexdigest()


def _check_signature(request: x509.CertificateSigningRequest) -> None:
    """Attack: somebody else's public key with a token of one's own; the signature shows who has the private key."""
    try:
        digest = request.signature_hash_algorithm
        valid = isinstance(digest, (hashes.SHA256, hashes.SHA384, hashes.SHA512))
        valid = valid and request.is_signature_valid
    except _ODD as error:
        raise Refused("csr-signature", "the signature cannot be read") from error
    if not valid:
        raise Refused("csr-signature", "the signature is not right, or not by SHA-2")


def _token(request: x509.CertificateSigningRequest) -> str:
    try:
        attributes = list(request.attributes)
    except _ODD as error:
        raise Refused("csr-attribute", "the attributes cannot be read") from error
    names = [attribute.oid.dotted_string for attribute in attributes]
    if set(names) - {CHALLENGE, EXTENSIONS, AUTO_RENEW} or len(set(names)) != len(names):
        raise Refused("csr-attribute", "an attribute is there twice, or is none of Puppet's")
    for attribute in attributes:
        if attribute.oid.dotted_string == CHALLENGE:
            return _text(attribute.value, "csr-attribute")
    raise Refused("token", "the request has no challengePassword")


def _extensions(request: x509.CertificateSigningRequest, certname: str) -> tuple[str, str]:
    """The instance id and the role. Attack: an extension that grants rights at the CA, such as pp_cli_auth."""
    try:
        extensions = list(request.extensions)
    except _ODD_EXTENSIONS as error:
        raise Refused("csr-extension", "the extensions cannot be read") from error
    found: dict[str, str] = {}
    for extension in extensions:
        oid = extension.oid.dotted_string
        if extension.oid == ExtensionOID.SUBJECT_ALTERNATIVE_NAME:
            _check_alternatives(extension.value, certname)
        elif oid in (INSTANCE_ID, ROLE) and isinstance(extension.value, x509.UnrecognizedExtension):
            found[oid] = _utf8(extension.value.value)
        else:
            raise Refused("csr-extension", f"the request asks for the extension {oid}")
    if INSTANCE_ID not in found:
        raise Refused("instance", "the request has no pp_instance_id")
    return found[INSTANCE_ID], found.get(ROLE, "")


def _check_alternatives(value: object, certname: str) -> None:
    names: Iterator[object] = iter(value) if isinstance(value, x509.SubjectAlternativeName) else iter(())
    if any(not isinstance(name, x509.DNSName) or name.value != certname for name in names):
        raise Refused("csr-san", "the request asks for other names too")


def _utf8(der: bytes) -> str:
    """Given an extension's value, return the UTF8String that it is, in the one shape that DER has for it."""
    try:
        text = str(UTF8String.load(der, strict=True).native)
        same = UTF8String(text).dump() == der
    except _ODD as error:
        raise Refused("csr-extension", "an extension is no UTF8String") from error
    if not same:
        raise Refused("csr-extension", "an extension is no UTF8String in DER")
    return _text(text.encode("utf-8", "replace"), "csr-extension")


def _text(value: bytes, reason: str) -> str:
    """Given bytes, return the printable ASCII that they are; nothing that we give out is anything else."""
    text = value.decode("ascii", "replace")
    if not 0 < len(text) <= LONGEST or not text.isascii() or not text.isprintable():
        raise Refused(reason, "a text is empty, too long or not printable")
    return text
