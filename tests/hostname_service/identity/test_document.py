"""Reading what was signed."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_address

import pytest

from hostname_service.errors import Refused
from hostname_service.identity.document import read_document
from tests.hostname_service.authority import ACCOUNT, INSTANCE, REGION, STARTED, document


def refusal(content: bytes) -> Refused:
    with pytest.raises(Refused) as refused:
        read_document(content, {REGION})
    return refused.value


def test_a_document_is_read() -> None:
    found = read_document(document(), {"us-east-1", REGION})
    assert found.machine == (ACCOUNT, INSTANCE)
    assert found.region == REGION
    assert found.private_ip == ip_address("10.0.0.5")
    assert found.pending_time == STARTED
    assert (found.zone, found.image_id) == ("eu-west-1a", "ami-0123456789abcdef0")
    assert (found.instance_type, found.architecture) == ("t3.micro", "x86_64")


def test_what_is_not_needed_may_be_null_or_missing_and_more_may_come() -> None:
    found = read_document(document(imageId=None, architecture=None, outpostArn={"new": ["thing"]}), {REGION})
    assert (found.image_id, found.architecture) == ("", "")


@pytest.mark.parametrize("old", ["i-0123abcd", "i-0123456789abcdef0"])
def test_both_lengths_of_an_instance_id_are_read(old: str) -> None:
    assert read_document(document(instanceId=old), {REGION}).instance_id == old


@pytest.mark.parametrize(
    "text, moment",
    [
        ("2026-03-01T08:00:00Z", datetime(2026, 3, 1, 8, tzinfo=UTC)),
        ("2026-03-01T08:00:00.250Z", datetime(2026, 3, 1, 8, 0, 0, 250_000, tzinfo=UTC)),
        ("2026-03-01T09:30:00+01:30", datetime(2026, 3, 1, 8, tzinfo=UTC)),
    ],
)
def test_times_are_those_of_rfc_3339(text: str, moment: datetime) -> None:
    assert read_document(document(pendingTime=text), {REGION}).pending_time == moment


def test_a_document_of_another_region_than_its_certificate_is_refused() -> None:
    refused = refusal(document(region="us-east-1"))
    assert refused.reason == "region"
    assert refused.message == "a document of us-east-1 is signed with the certificate of eu-west-1"


@pytest.mark.parametrize(
    "field, value",
    [
        ("accountId", 123456789012),
        ("accountId", "12345678901"),
        ("accountId", "1234567890123"),
        ("accountId", "١٢٣٤٥٦٧٨٩٠١٢"),
        ("accountId", "123456789012\n"),
        ("accountId", None),
        ("instanceId", "i-0123456789ABCDEF0"),
        ("instanceId", "i-012345678"),
        ("instanceId", "i-0123abcd'; drop table names; --"),
        ("instanceId", "i-0123abcd$(reboot)"),
        ("instanceId", ["i-0123abcd"]),
        ("region", "eu-west-1/../us-east-1"),
        ("region", ""),
        ("privateIp", "10.0.0.5/8"),
        ("privateIp", "010.0.0.5"),
        ("privateIp", "fe80::1%eth0"),
        ("privateIp", 167772165),
        ("privateIp", None),
        ("pendingTime", "2026-03-01 08:00:00Z"),
        ("pendingTime", "2026-03-01T08:00:00"),
        ("pendingTime", "2026-02-30T08:00:00Z"),
        ("pendingTime", "0001-01-01T00:00:00+14:00"),
        ("pendingTime", "2026-03-01T08:00:00+99:00"),
        ("pendingTime", 1772352000),
        ("availabilityZone", {"name": "eu-west-1a"}),
        ("imageId", "ami; rm -rf /"),
        ("architecture", "x" * 65),
        ("instanceType", ""),
    ],
)
def test_a_field_of_another_shape_is_refused_and_named(field: str, value: object) -> None:
    refused = refusal(document(**{field: value}))
    assert refused.reason == "document"
    assert repr(field) in refused.message
    assert refused.message.isascii()
    assert refused.message.isprintable()
    assert len(refused.message) < 200


@pytest.mark.parametrize(
    "content, why",
    [
        (b"", "not JSON"),
        (b"\xff\xfe{}", "not JSON"),
        (b"[]", "not a JSON object"),
        (b'"text"', "not a JSON object"),
        (b"{} {}", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not JSON"),
        (document()[:-1] + b', "instanceId": "i-0fedcba9876543210"}', "a key is there twice"),
        (document(tags={})[:-1].replace(b"{}", b'{"a": 1, "a": 2}') + b"}", "a key is there twice"),
    ],
)
def test_what_is_not_one_json_object_is_refused(content: bytes, why: str) -> None:
    refused = refusal(content)
    assert refused.reason == "document"
    assert why in refused.message


def test_a_field_that_is_missing_is_refused() -> None:
    assert "'accountId' is None" in refusal(b'{"region": "eu-west-1"}').message
