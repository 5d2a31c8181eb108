"""Requests for certificates: what an agent makes is read, and everything else is refused with a word."""

from __future__ import annotations

import base64
import random

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from hostname_service.errors import Refused
from hostname_service.puppet.csr import AUTO_RENEW, INSTANCE_ID, MOST, ROLE, parse
from tests.hostname_service.puppet.ground import ID, NAME, TOKEN, Wish, utf8

OURS = (INSTANCE_ID, utf8(ID))


def test_what_an_agent_asks() -> None:
    wish = Wish(
        extensions=[OURS, (ROLE, utf8("web"))],
        alternatives=[x509.DNSName(NAME)],
        attributes=[(AUTO_RENEW, b"true")],
        key=rsa.generate_private_key(65537, 2048),
    )
    read = parse(wish.pem())
    assert (read.certname, read.token, read.instance_id, read.role) == (NAME, TOKEN, ID, "web")
    assert read == parse(b"\n" + wish.pem().replace(b"\n", b"\r\n"))
    assert len(read.key) == 64
    assert parse(Wish().pem()).key != read.key


def word(pem: bytes) -> str:
    with pytest.raises(Refused) as caught:
        parse(pem)
    return caught.value.reason


CN, ORGANIZATION = NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME
ODD = {
    "two names": (Wish(subject=[(CN, NAME), (CN, "web-2.shop.example.com")]), "csr-subject"),
    "more than a name": (Wish(subject=[(CN, NAME), (ORGANIZATION, "Shop")]), "csr-subject"),
    "another kind of name": (Wish(subject=[(ORGANIZATION, "Shop")]), "csr-subject"),
    "no token": (Wish(token=None), "token"),
    "a token of control characters": (Wish(token="a\nb"), "csr-attribute"),
    "a long token": (Wish(token="a" * 256), "csr-attribute"),
    "another attribute": (Wish(attributes=[("1.2.840.113549.1.9.2", b"x")]), "csr-attribute"),
    "no instance id": (Wish(extensions=[]), "instance"),
    "rights at the CA": (
        Wish(extensions=[OURS, ("1.3.6.1.4.1.34380.1.3.39", utf8("true"))]),
        "csr-extension",
    ),
    "an id as IA5String": (Wish(extensions=[(INSTANCE_ID, b"\x16\x02ab")]), "csr-extension"),
    "an id as raw text": (Wish(extensions=[(INSTANCE_ID, ID.encode())]), "csr-extension"),
    "an id with a tail": (Wish(extensions=[(INSTANCE_ID, utf8(ID) + b"\0")]), "csr-extension"),
    "an id of a long length": (Wish(extensions=[(INSTANCE_ID, b"\x0c\x81\x02ab")]), "csr-extension"),
    "an id that is no UTF-8": (Wish(extensions=[(INSTANCE_ID, b"\x0c\x02\xff\xff")]), "csr-extension"),
    "an empty id": (Wish(extensions=[(INSTANCE_ID, b"\x0c\x00")]), "csr-extension"),
    "no bytes": (Wish(extensions=[(INSTANCE_ID, b"")]), "csr-extension"),
    "another's name": (Wish(alternatives=[x509.DNSName(NAME), x509.DNSName("puppet")]), "csr-san"),
    "an address": (Wish(alternatives=[x509.RFC822Name("a@example.com")]), "csr-san"),
    "a key too small": (Wish(key=rsa.generate_private_key(65537, 1024)), "csr-key"),
    "another curve": (Wish(key=ec.generate_private_key(ec.SECP256K1())), "csr-key"),
    "SHA-2, too short": (Wish(digest=hashes.SHA224()), "csr-signature"),
}


@pytest.mark.parametrize("what", ODD)
def test_what_is_odd_is_refused(what: str) -> None:
    wish, reason = ODD[what]
    assert word(wish.pem()) == reason


def test_another_kind_of_key_is_refused() -> None:
    name = x509.Name([x509.NameAttribute(CN, NAME)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    made = builder.sign(ed25519.Ed25519PrivateKey.generate(), None)
    assert word(made.public_bytes(Encoding.PEM)) == "csr-key"


def test_the_signature_is_of_the_key() -> None:
    der = bytearray(Wish().made().public_bytes(Encoding.DER))
    der[-1] ^= 1
    assert word(pem_of(bytes(der))) == "csr-signature"
    changed = Wish().made().public_bytes(Encoding.DER).replace(b"web-1.", b"web-2.")
    assert word(pem_of(changed)) == "csr-signature"


def pem_of(der: bytes) -> bytes:
    lines = base64.encodebytes(der)
    return b"-----BEGIN CERTIFICATE REQUEST-----\n" + lines + b"-----END CERTIFICATE REQUEST-----\n"


@pytest.mark.parametrize(
    "pem, reason",
    [
        (b"", "csr-pem"),
        (Wish().pem() * 2, "csr-pem"),
        (b"x" + Wish().pem(), "csr-pem"),
        (Wish().pem() + b"x", "csr-pem"),
        (Wish().pem().replace(b" REQUEST", b""), "csr-pem"),
        (Wish().pem() + b" " * MOST, "csr-big"),
        (pem_of(b"\x30\x00"), "csr-der"),
        (pem_of(Wish().made().public_bytes(Encoding.DER) + b"\0"), "csr-der"),
        (b"-----BEGIN CERTIFICATE REQUEST-----\nA=BC\n-----END CERTIFICATE REQUEST-----\n", "csr-pem"),
    ],
)
def test_what_is_no_request_is_refused(pem: bytes, reason: str) -> None:
    assert word(pem) == reason


@pytest.mark.parametrize("seed", range(4))
def test_no_mutant_says_anything_else_and_none_crashes(seed: int) -> None:
    """The signature and the name of its algorithm are not signed themselves: a mutant there may say what was said."""
    chance = random.Random(seed)
    wish = Wish(extensions=[OURS, (ROLE, utf8("web"))], alternatives=[x509.DNSName(NAME)])
    der, reasons = wish.made().public_bytes(Encoding.DER), set()
    said = parse(pem_of(der))
    for _ in range(500):
        mutant = bytearray(der)
        for _ in range(chance.choice((1, 1, 2, 5))):
            at = chance.randrange(len(mutant))
            match chance.randrange(3):
                case 0:
                    mutant[at] ^= 1 << chance.randrange(8)
                case 1:
                    del mutant[at]
                case _:
                    mutant.insert(at, chance.randrange(256))
        try:
            assert parse(pem_of(bytes(mutant))) == said
        except Refused as refusal:
            reasons.add(refusal.reason)
    assert {"csr-der", "csr-signature"} <= reasons
