"""The whole way from a text to a document, with blobs of our own authority and of the sandbox's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ec2kit.metadata.authority import make_authority as make_sandbox_authority
from ec2kit.metadata.identity import identity_document, signed_document
from hostname_service.errors import Refused
from hostname_service.identity.certificates import shipped, signers
from hostname_service.identity.verify import attest
from tests.hostname_service.authority import INSTANCE, STARTED, authority, document, neighbour
from tests.metadata.machines import WEB

NOW = STARTED + timedelta(minutes=1)
TRUSTED = (shipped(), {"eu-west-1": authority().pem, "us-east-1": neighbour().pem})


def refusal(text: str, now: datetime = NOW) -> str:
    with pytest.raises(Refused) as refused:
        attest(text, signers(*TRUSTED), now)
    return refused.value.reason


def test_a_true_text_becomes_a_document() -> None:
    assert attest(authority().text(document()), signers(*TRUSTED), NOW).instance_id == INSTANCE


def test_a_document_of_a_region_signed_by_another_is_refused() -> None:
    assert refusal(neighbour().text(document())) == "region"
    assert refusal(authority().text(document(region="us-east-1"))) == "region"


def test_a_document_without_a_signature_is_refused() -> None:
    assert refusal(document().decode()) == "forged"
    assert refusal("") == "forged"


def test_a_certificate_that_has_expired_is_refused_before_the_document_is_read() -> None:
    assert refusal(authority().text(b"no document"), datetime(2200, 1, 1, tzinfo=UTC)) == "certificate-dates"
    assert refusal(authority().text(b"no document")) == "document"


def test_what_the_sandbox_signs_is_verified_with_its_certificate_and_no_other() -> None:
    sandbox = make_sandbox_authority()
    text = signed_document(WEB, sandbox)
    region = WEB.placement.region
    found = attest(text, signers(shipped(), {region: sandbox.certificate_pem}), NOW)
    assert (found.account, found.instance_id, found.region) == (WEB.account, WEB.instance_id, region)
    assert str(found.private_ip) == WEB.private_ip
    assert found.pending_time == WEB.pending_time
    assert WEB.instance_id.encode() in identity_document(WEB)
    with pytest.raises(Refused, match="no certificate with serial number"):
        attest(text, signers(shipped()), NOW)
