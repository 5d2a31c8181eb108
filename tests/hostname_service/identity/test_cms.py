"""Identity blobs: the one shape that is accepted, and each attack that is refused, with the reason."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest
from asn1crypto import cms as asn1

from hostname_service.errors import Refused
from hostname_service.identity import cms
from hostname_service.identity.ber import MOST_VALUES, Malformed, check_bounds
from hostname_service.identity.certificates import Signer
from tests.hostname_service.authority import (
    AWS,
    REGION,
    Authority,
    Shape,
    authority,
    document,
    foreigner,
    make_authority,
    neighbour,
    signed_data,
)

CONTENT = document()
NODETACH = ("-nodetach", "-nocerts", "-binary", "-stream", "-md", "sha256")


def openssl(
    folder: Path, *arguments: str, signers: tuple[Authority, ...] = (), key_options: tuple[str, ...] = ()
) -> bytes:
    """A blob of CONTENT as `openssl cms -sign` makes it."""
    content = folder / "document"
    content.write_bytes(CONTENT)
    command = ["openssl", "cms", "-sign", "-in", str(content), "-outform", "DER", *arguments]
    for number, one in enumerate(signers or (authority(),)):
        key, certificate = folder / f"{number}.key", folder / f"{number}.pem"
        key.write_text(one.key_pem)
        certificate.write_text(one.pem)
        command += ["-signer", str(certificate), *key_options, "-inkey", str(key)]
    return subprocess.run(command, capture_output=True, check=True, timeout=30).stdout


def trusted() -> tuple[Signer, ...]:
    return (neighbour().signer("us-east-1"), authority().signer())


def refusal(blob: bytes, *signers: Signer) -> str:
    with pytest.raises(Refused) as refused:
        cms.verify(blob, signers or trusted())
    assert refused.value.reason == "forged"
    return refused.value.message


def test_a_blob_in_aws_shape_is_verified_and_its_signer_known() -> None:
    verified = cms.verify(authority().blob(CONTENT), trusted())
    assert verified.content == CONTENT
    assert verified.signer.regions == {REGION}


@pytest.mark.parametrize("more", [(), ("-nosmimecap",)])
def test_what_openssl_makes_with_indefinite_lengths_is_verified(
    more: tuple[str, ...], tmp_path: Path
) -> None:
    blob = openssl(tmp_path, *NODETACH, *more)
    assert blob[1] == 0x80  # indefinite, as AWS's
    assert cms.verify(blob, trusted()).content == CONTENT


@pytest.mark.parametrize(
    "arguments, why",
    [
        (("-nocerts", "-binary", "-md", "sha256"), "not inside"),
        (("-nodetach", "-binary", "-md", "sha256"), "a certificate or revocation list"),
        (("-nodetach", "-nocerts", "-binary", "-md", "sha1"), "not SHA-256"),
        (("-nodetach", "-nocerts", "-binary", "-md", "sha512"), "not SHA-256"),
        ((*NODETACH, "-noattr"), "no signed attributes"),
        ((*NODETACH, "-econtent_type", "1.2.3.4"), "version"),
    ],
    ids=["detached", "certificate", "sha1", "sha512", "no-attributes", "content-type"],
)
def test_openssl_in_another_shape_is_refused(arguments: tuple[str, ...], why: str, tmp_path: Path) -> None:
    assert why in refusal(openssl(tmp_path, *arguments))


def test_pss_padding_is_refused(tmp_path: Path) -> None:
    plain = (one for one in NODETACH if one != "-stream")  # openssl cannot stream PSS
    blob = openssl(tmp_path, *plain, key_options=("-keyopt", "rsa_padding_mode:pss"))
    assert "not RSA with PKCS #1 v1.5" in refusal(blob)


def test_a_signer_named_by_its_key_is_refused() -> None:
    info = asn1.ContentInfo.load(authority().blob(CONTENT))
    signer = info["content"]["signer_infos"][0]
    signer["sid"] = asn1.SignerIdentifier({"subject_key_identifier": b"key"})
    assert "not named by issuer" in refusal(info.dump(force=True))


def test_two_signers_are_refused_even_if_one_is_trusted(tmp_path: Path) -> None:
    assert "2 signers" in refusal(openssl(tmp_path, *NODETACH, signers=(authority(), neighbour())))
    infos = [authority().signer_info(CONTENT), foreigner().signer_info(CONTENT)]
    assert "2 signers" in refusal(signed_data(CONTENT, infos))
    assert "0 signers" in refusal(signed_data(CONTENT, []))


def test_a_foreign_key_under_the_same_issuer_and_serial_number_is_refused() -> None:
    assert foreigner().signer().serial == authority().signer().serial
    assert foreigner().signer().issuer == authority().signer().issuer
    assert "not of the key of eu-west-1" in refusal(foreigner().blob(CONTENT))


def test_of_two_certificates_of_one_name_the_one_that_signed_is_found() -> None:
    both = (foreigner().signer("ap-south-1"), authority().signer())
    assert cms.verify(authority().blob(CONTENT), both).signer.regions == {REGION}
    assert cms.verify(foreigner().blob(CONTENT), both).signer.regions == {"ap-south-1"}


def test_a_signer_that_nobody_knows_is_refused() -> None:
    assert "no certificate with serial number b0b" in refusal(authority().blob(CONTENT), neighbour().signer())


def test_a_short_key_is_refused_though_it_is_trusted() -> None:
    short = make_authority("short", bits=1024)
    assert "1024 bits" in refusal(short.blob(CONTENT), short.signer())


@pytest.mark.parametrize(
    "shape, why",
    [
        (Shape(digested=document(instanceId="i-0fedcba9876543210")), "not what was signed"),
        (Shape(digested=b""), "not what was signed"),
        (Shape(content_type="signed_data"), "signed type is not plain data"),
        (Shape(leave_out=frozenset({"message_digest"})), "not one digest"),
        (Shape(leave_out=frozenset({"content_type"})), "not one type"),
        (Shape(twice=frozenset({"message_digest"})), "there twice"),
        (Shape(unsigned={"1.2.3.4": document(instanceId="i-0fedcba9876543210")}), "unsigned attributes"),
        (Shape(digest="sha1"), "not SHA-256"),
        (Shape(algorithm="sha1_rsa"), "not RSA with PKCS #1 v1.5"),
        (Shape(algorithm="sha256_ecdsa"), "not RSA with PKCS #1 v1.5"),
    ],
)
def test_a_true_signature_over_another_shape_is_refused(shape: Shape, why: str) -> None:
    assert why in refusal(authority().blob(CONTENT, shape))


def test_the_signing_time_may_be_missing_as_nothing_stands_on_it() -> None:
    shape = Shape(leave_out=frozenset({"signing_time"}))
    assert cms.verify(authority().blob(CONTENT, shape), trusted()).content == CONTENT


def test_both_names_of_the_signature_algorithm_are_accepted() -> None:
    assert cms.verify(authority().blob(CONTENT, Shape(algorithm="sha256_rsa")), trusted()).content == CONTENT


@pytest.mark.parametrize("field", [b'"instanceId" : "i-0', b'"region" : "eu', b'"accountId" : "1'])
def test_a_tampered_document_is_refused(field: bytes) -> None:
    blob = authority().blob(CONTENT)
    at = blob.index(field) + len(field) - 1
    assert "not what was signed" in refusal(blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :])


def test_the_signature_of_another_document_is_refused() -> None:
    other = document(instanceId="i-0fedcba9876543210")
    assert "not what was signed" in refusal(signed_data(other, [authority().signer_info(CONTENT, AWS)]))


@pytest.mark.parametrize("more", [b"\0", b"\0\0", document(), b"\x30\x00"])
def test_bytes_behind_the_blob_are_refused(more: bytes) -> None:
    assert f"{len(more)} bytes behind" in refusal(authority().blob(CONTENT) + more)


@pytest.mark.parametrize(
    "blob, why",
    [
        (b"", "cut off at byte 0"),
        (b"\x30", "cut off at byte 0"),
        (b"\x30\x80", "cut off at byte 2"),
        (b"\x30\x05\x02\x01\x01", "longer than what is around it"),
        (b"\x30\x03\x02\x02\x01\x01", "longer than what is around it"),
        (b"\x30\x80\x02\x01\x01\x00\x01\x00", "a tag of no use"),
        (b"\x30\x02\x00\x00", "a tag of no use"),
        (b"\x3f\x21\x00", "a tag of no use"),
        (b"\x04\x80\x00\x00", "a length of no use"),
        (b"\x30\x84\x00\x00\x00\x00", "a length of no use"),
        (b"\x30\x80" * 4000, "nested deeper than 16"),
        (b"\xa0\x80" * 17 + b"\0\0" * 17, "nested deeper than 16"),
        (b"\x30\x82\x10\x00" + b"\x05\x00" * 2048, f"more than {MOST_VALUES} values"),
        (b"\x30\x80" + b"\x05\x00" * 2048 + b"\0\0", f"more than {MOST_VALUES} values"),
        (b"\x02\x01\x05", "not CMS"),
        (b"\x30\x00", "not CMS"),
        (b"\x30\x82\x20\x00" + b"\0" * 8192, "longer than 8192 bytes"),
    ],
)
def test_what_is_not_bounded_ber_is_refused(blob: bytes, why: str) -> None:
    assert why in refusal(blob)


def test_the_bounds_let_pass_what_is_bounded() -> None:
    check_bounds(b"\xa0\x80" * 16 + b"\0\0" * 16)
    check_bounds(b"\x30\x80\x30\x80\x05\x00\0\0\x30\x02\x05\x00\0\0")
    with pytest.raises(Malformed):
        check_bounds(b"\x30\x04\x30\x80\0\0\0\0")  # the inner one ends, the outer one has ended before


def test_base64_may_be_in_lines() -> None:
    blob = authority().blob(CONTENT)
    for text in (base64.encodebytes(blob), base64.b64encode(blob), b"\r\n\t " + base64.encodebytes(blob)):
        assert cms.decode(text) == cms.decode(text.decode()) == blob


@pytest.mark.parametrize(
    "text, why",
    [
        ("TWFu!", "not base64"),
        ("TWF", "not base64"),
        ("TWE=TWE=", "not base64"),
        ("TWFu-_==", "not base64"),
        ("TWFü", "not base64"),
        (b"TWF\xff", "not base64"),
        ("TWF\N{NO-BREAK SPACE}u", "not base64"),
        ("TWF=", "not canonical"),
        ("A" * 12289, "longer than 12288"),
        (" " * 12289, "longer than 12288"),
    ],
)
def test_what_is_not_base64_is_refused(text: str | bytes, why: str) -> None:
    with pytest.raises(Refused, match=why) as refused:
        cms.decode(text)
    assert refused.value.reason == "forged"
