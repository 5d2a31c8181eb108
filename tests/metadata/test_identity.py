"""The identity document and its signatures, verified by the real openssl."""

from __future__ import annotations

import base64
import json
import pickle
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ec2kit.metadata import der
from ec2kit.metadata.authority import COMMON_NAME, Authority, make_authority
from ec2kit.metadata.identity import identity_document, signed_data
from ec2kit.metadata.service import MetadataService
from ec2kit.metadata.values import AccessOptions, MachineMetadata
from tests.metadata.machines import PENDING, WEB


@pytest.fixture(scope="module")
def authority() -> Authority:
    return make_authority()


def read(name: str, authority: Authority, machine: MachineMetadata = WEB) -> bytes:
    machine = replace(machine, options=AccessOptions(tokens_required=False))
    service = MetadataService(machine, authority, lambda: PENDING)
    return service.respond("GET", f"/latest/dynamic/instance-identity/{name}", {}).body


def openssl(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=False, timeout=30)


def verify(tool: str, blob: bytes, authority: Authority, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Verify as AWS's guide says: the text between PKCS7 markers, one certificate given, none inside."""
    signed = folder / "signed.pem"
    signed.write_bytes(b"-----BEGIN PKCS7-----\n" + blob + b"\n-----END PKCS7-----\n")
    certificate = folder / "certificate.pem"
    certificate.write_text(authority.certificate_pem)
    trust = ("-certfile", certificate, "-CAfile", certificate, "-nointern")
    return openssl(tool, "-verify", "-binary", "-inform", "PEM", "-in", signed, *trust)


@pytest.mark.parametrize("tool", ["cms", "smime"])
@pytest.mark.parametrize("name", ["rsa2048", "pkcs7"])
def test_openssl_verifies_the_blob_and_finds_the_document(
    tool: str, name: str, authority: Authority, tmp_path: Path
) -> None:
    done = verify(tool, read(name, authority), authority, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == identity_document(WEB) == read("document", authority)


def test_openssl_refuses_another_authority_and_a_changed_document(
    authority: Authority, tmp_path: Path
) -> None:
    blob = read("rsa2048", authority)
    assert verify("cms", blob, make_authority(), tmp_path).returncode != 0
    changed = base64.b64decode(blob).replace(b"172.31.0.5", b"172.31.0.6")
    assert verify("cms", base64.encodebytes(changed).strip(), authority, tmp_path).returncode != 0


def test_the_blob_has_the_shape_of_the_real_one(authority: Authority, tmp_path: Path) -> None:
    text = read("rsa2048", authority)
    lines = text.split(b"\n")
    assert {len(line) for line in lines[:-1]} == {76}
    assert text == read("rsa2048", authority)  # a static proof, the same at each reading

    file = tmp_path / "blob.der"
    file.write_bytes(base64.b64decode(text))
    parsed = openssl("asn1parse", "-inform", "DER", "-in", file).stdout.decode()
    assert "l=inf" in parsed.splitlines()[0]
    shown = openssl("cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in", file).stdout.decode()
    assert "certificates:\n      <ABSENT>" in shown
    assert "signingTime" in shown
    assert "Mar  4 05:06:07 2026 GMT" in shown
    assert "algorithm: sha256" in shown


def test_the_plain_signature_verifies(authority: Authority, tmp_path: Path) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    certificate.write_text(authority.certificate_pem)
    key.write_bytes(openssl("x509", "-in", certificate, "-pubkey", "-noout").stdout)
    signature, document = tmp_path / "signature", tmp_path / "document"
    signature.write_bytes(base64.b64decode(read("signature", authority)))
    document.write_bytes(read("document", authority))
    done = openssl("dgst", "-sha256", "-verify", key, "-signature", signature, document)
    assert done.stdout.strip() == b"Verified OK"


def test_the_document_says_what_the_machine_is() -> None:
    document = json.loads(identity_document(replace(WEB, architecture="i386")))
    assert document == {
        "accountId": "123456789012",
        "architecture": "i386",
        "availabilityZone": "eu-west-1a",
        "billingProducts": None,
        "devpayProductCodes": None,
        "marketplaceProductCodes": None,
        "imageId": "ami-1",
        "instanceId": "i-0123456789abcdef0",
        "instanceType": "t3.micro",
        "kernelId": None,
        "pendingTime": "2026-03-04T05:06:07Z",
        "privateIp": "172.31.0.5",
        "ramdiskId": None,
        "region": "eu-west-1",
        "version": "2017-09-30",
    }
    assert identity_document(WEB).startswith(b'{\n  "accountId" : "123456789012",\n')


def test_the_listings(authority: Authority) -> None:
    assert read("", authority) == b"document\npkcs7\nrsa2048\nsignature"
    machine = replace(WEB, options=AccessOptions(tokens_required=False))
    service = MetadataService(machine, authority, lambda: PENDING)
    assert service.respond("GET", "/latest/dynamic/", {}).body == b"instance-identity/"
    assert service.respond("GET", "/latest/dynamic/fws", {}).status == 404


def test_the_authority_says_that_it_is_a_test_and_survives_a_pickle(
    authority: Authority, tmp_path: Path
) -> None:
    blob = read("rsa2048", authority)
    copy = pickle.loads(pickle.dumps(authority))
    assert copy == authority
    assert read("rsa2048", copy) == blob
    certificate = tmp_path / "certificate.pem"
    certificate.write_text(authority.certificate_pem)
    shown = openssl("x509", "-in", certificate, "-noout", "-subject", "-text").stdout.decode()
    assert COMMON_NAME in shown
    assert "test only, not Amazon" in shown
    assert "Public-Key: (2048 bit)" in shown


def test_a_signing_time_after_2049_still_verifies(authority: Authority, tmp_path: Path) -> None:
    signed = signed_data(b"far off", datetime(2060, 1, 1, tzinfo=UTC), authority)
    done = verify("cms", base64.encodebytes(signed).strip(), authority, tmp_path)
    assert (done.returncode, done.stdout) == (0, b"far off")


@pytest.mark.parametrize(
    "value, encoded",
    [(0, "020100"), (127, "02017f"), (128, "02020080"), (255, "020200ff"), (65536, "0203010000")],
)
def test_integers_are_minimal_and_positive(value: int, encoded: str) -> None:
    assert der.encode_integer(value).hex() == encoded


@pytest.mark.parametrize("size, head", [(127, "047f"), (128, "048180"), (256, "04820100")])
def test_lengths_are_minimal(size: int, head: str) -> None:
    assert der.encode(der.OCTET_STRING, bytes(size)).hex()[: len(head)] == head
