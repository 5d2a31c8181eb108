"""The instance identity document and its signatures.

The `rsa2048` answer has the shape of AWS's own: CMS SignedData in BER with indefinite lengths, the document
inside, no certificate inside, signed attributes, SHA-256 with RSA-2048; base64 in lines of 76 characters.
A verifier that reads this one reads the real one, given the other certificate.
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime

from ec2kit.metadata import der
from ec2kit.metadata.authority import Authority
from ec2kit.metadata.values import MachineMetadata

DOCUMENT_VERSION = "2017-09-30"
LINE = 76

DATA = "1.2.840.113549.1.7.1"
SIGNED_DATA = "1.2.840.113549.1.7.2"
CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
SHA_256 = "2.16.840.1.101.3.4.2.1"
RSA_ENCRYPTION = "1.2.840.113549.1.1.1"


def identity_document(machine: MachineMetadata) -> bytes:
    """Given a machine, return the JSON text that AWS signs (its keys, order and spacing)."""
    fields = {
        "accountId": machine.account,
        "architecture": machine.architecture,
        "availabilityZone": machine.placement.zone,
        "billingProducts": None,
        "devpayProductCodes": None,
        "marketplaceProductCodes": None,
        "imageId": machine.image_id,
        "instanceId": machine.instance_id,
        "instanceType": machine.instance_type,
        "kernelId": None,
        "pendingTime": machine.pending_time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "privateIp": machine.private_ip,
        "ramdiskId": None,
        "region": machine.placement.region,
        "version": DOCUMENT_VERSION,
    }
    return json.dumps(fields, indent=2, separators=(",", " : ")).encode()


def raw_signature(machine: MachineMetadata, authority: Authority) -> bytes:
    """Given a machine, return `signature`: the bare RSA signature of the document, base64 in lines."""
    return wrap_base64(authority.sign(identity_document(machine)))


def signed_document(machine: MachineMetadata, authority: Authority) -> bytes:
    """Given a machine, return `rsa2048`.

    The signing time is the pending time: the blob is the same at every reading until the next start, as
    on AWS, where it is a static proof.
    """
    return wrap_base64(signed_data(identity_document(machine), machine.pending_time, authority))


def signed_data(content: bytes, signed_at: datetime, authority: Authority) -> bytes:
    """Given content, return CMS SignedData with the content inside (RFC 5652), outer layers in BER."""
    algorithm = der.encode(der.SEQUENCE, der.encode_oid(SHA_256), der.encode(der.NULL))
    signer = _signer_info(content, signed_at, authority, algorithm)
    octets = der.encode_indefinite(der.CONSTRUCTED_OCTET_STRING, der.encode(der.OCTET_STRING, content))
    body = der.encode_indefinite(
        der.SEQUENCE,
        der.encode_integer(1),
        der.encode(der.SET, algorithm),
        der.encode_indefinite(
            der.SEQUENCE, der.encode_oid(DATA), der.encode_indefinite(der.CONTEXT_0, octets)
        ),
        der.encode(der.SET, signer),
    )
    return der.encode_indefinite(
        der.SEQUENCE, der.encode_oid(SIGNED_DATA), der.encode_indefinite(der.CONTEXT_0, body)
    )


def _signer_info(content: bytes, signed_at: datetime, authority: Authority, algorithm: bytes) -> bytes:
    attributes = der.encode_set(
        [
            _attribute(CONTENT_TYPE, der.encode_oid(DATA)),
            _attribute(SIGNING_TIME, der.encode_time(signed_at)),
            _attribute(MESSAGE_DIGEST, der.encode(der.OCTET_STRING, hashlib.sha256(content).digest())),
        ]
    )
    return der.encode(
        der.SEQUENCE,
        der.encode_integer(1),
        der.encode(der.SEQUENCE, authority.issuer, der.encode_integer(authority.serial)),
        algorithm,
        # What is signed is the SET; what is stored is the same bytes under the tag [0] (RFC 5652, 5.4).
        bytes([der.CONTEXT_0]) + attributes[1:],
        der.encode(der.SEQUENCE, der.encode_oid(RSA_ENCRYPTION), der.encode(der.NULL)),
        der.encode(der.OCTET_STRING, authority.sign(attributes)),
    )


def _attribute(oid: str, value: bytes) -> bytes:
    return der.encode(der.SEQUENCE, der.encode_oid(oid), der.encode(der.SET, value))


def wrap_base64(blob: bytes) -> bytes:
    """Given bytes, return base64 in lines of 76 characters, without a newline at the end."""
    text = base64.b64encode(blob)
    return b"\n".join(text[at : at + LINE] for at in range(0, len(text), LINE))
