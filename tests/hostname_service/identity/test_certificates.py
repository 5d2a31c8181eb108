"""Whose signature counts: the shipped certificates, those of an operator, and their dates."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from hostname_service.errors import BadConfig, Refused
from hostname_service.identity.certificates import from_directory, shipped, signers
from tests.hostname_service.authority import authority, foreigner, make_authority, neighbour

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_each_shipped_certificate_is_what_its_entry_says_and_valid_now() -> None:
    file = json.loads(files("hostname_service.identity").joinpath("certificates.json").read_text())
    assert "spiffe/spire" in file["source"]
    assert "Apache-2.0" in file["licence"]
    found = signers(shipped())
    assert len(found) == len(file["certificates"]) == 39
    for signer in found:
        [region] = signer.regions
        entry = file["certificates"][region]
        certificate = signer.certificate
        assert certificate.fingerprint(hashes.SHA256()).hex() == entry["sha256"]
        assert certificate.not_valid_before_utc.date().isoformat() == entry["not_before"]
        assert certificate.not_valid_after_utc.date().isoformat() == entry["not_after"] > "2195"
        assert signer.key.key_size == 2048
        signer.check_dates(NOW)


def test_no_two_shipped_certificates_are_one_signer() -> None:
    found = signers(shipped())
    assert len({(one.issuer, one.serial) for one in found}) == len(found)


def test_a_later_layer_replaces_its_regions_and_adds_others() -> None:
    found = signers(shipped(), {"eu-west-1": authority().pem, "xx-test-1": neighbour().pem})
    assert len(found) == 40
    by_region = {region: one for one in found for region in one.regions}
    assert by_region["eu-west-1"].certificate == authority().certificate
    assert by_region["xx-test-1"].certificate == neighbour().certificate


def test_a_region_that_changes_its_key_has_two_certificates() -> None:
    found = signers({"eu-west-1": authority().pem + foreigner().pem})
    assert [one.regions for one in found] == [{"eu-west-1"}, {"eu-west-1"}]


def test_one_certificate_for_several_regions_is_one_signer() -> None:
    [signer] = signers({"eu-west-1": authority().pem, "us-east-1": authority().pem})
    assert signer.regions == {"eu-west-1", "us-east-1"}
    assert signer.label == "eu-west-1, us-east-1"


def test_a_directory_of_pem_files_is_read(tmp_path: Path) -> None:
    (tmp_path / "eu-west-1.pem").write_text(authority().pem)
    (tmp_path / "README").write_text("other files are not looked at")
    assert from_directory(tmp_path) == {"eu-west-1": authority().pem}


def test_a_directory_that_cannot_be_read_is_a_bad_configuration(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="there is no REGION"):
        from_directory(tmp_path)
    with pytest.raises(BadConfig, match="missing"):
        from_directory(tmp_path / "missing")
    (tmp_path / "eu-west-1.pem").write_bytes(b"\xff")
    with pytest.raises(BadConfig, match="ascii"):
        from_directory(tmp_path)


def test_every_fault_is_told_at_once() -> None:
    short = make_authority("short", bits=1024).pem
    with pytest.raises(BadConfig) as bad:
        signers(
            {
                "eu-west-1": "no PEM",
                "eu-west-2": short,
                "../etc": authority().pem,
                "eu-west-3": authority().pem,
            }
        )
    lines = str(bad.value).splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "certificate of '../etc'",
        "certificate of 'eu-west-1'",
        "certificate of 'eu-west-2'",
    ]
    assert "1024 bits" in lines[2]


def test_a_key_that_is_not_rsa_is_a_bad_configuration() -> None:
    from cryptography import x509

    key = ec.generate_private_key(ec.SECP256R1())
    name = authority().certificate.subject
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1)
    builder = builder.not_valid_before(datetime(2020, 1, 1)).not_valid_after(datetime(2100, 1, 1))  # noqa: DTZ001
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
    with pytest.raises(BadConfig, match="not RSA"):
        signers({"eu-west-1": pem})


@pytest.mark.parametrize("now", [datetime(2019, 12, 31, tzinfo=UTC), datetime(2195, 1, 1, tzinfo=UTC)])
def test_a_certificate_out_of_its_dates_is_refused(now: datetime) -> None:
    with pytest.raises(Refused, match="the certificate of eu-west-1 is valid from 2020-01-01") as refused:
        authority().signer().check_dates(now)
    assert refused.value.reason == "certificate-dates"
    authority().signer().check_dates(NOW)
