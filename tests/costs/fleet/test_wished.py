"""What is to be owned or to run too, as it is typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.costs.fleet.wished import Wished, parse_wished
from ec2kit.errors import UsageError
from tests.costs.fleet.making import IRELAND


@pytest.mark.parametrize(
    "text, wished",
    [
        ("m5.large x4", Wished("m5.large", 4, IRELAND)),
        ("m5.large", Wished("m5.large", 1, IRELAND)),
        (" M5.large×12 ", Wished("m5.large", 12, IRELAND)),
        ("m5.large x4 in eu-west-1", Wished("m5.large", 4, IRELAND)),
        ("u7i-6tb.112xlarge x1 eu-west-1", Wished("u7i-6tb.112xlarge", 1, IRELAND)),
        ("m5.large x4 eu-west-1b", Wished("m5.large", 4, IRELAND, "eu-west-1b")),
        ("m5.large x4 in eu-west-1-dub-1a", Wished("m5.large", 4, IRELAND, "eu-west-1-dub-1a")),
        ("m5.large x4 windows", Wished("m5.large", 4, IRELAND, platform="Windows")),
        ("m5.large RHEL eu-west-1", Wished("m5.large", 1, IRELAND, platform="Red Hat Enterprise Linux")),
        ("m5.metal-24xl x2 linux", Wished("m5.metal-24xl", 2, IRELAND)),
    ],
)
def test_it_is_read(text: str, wished: Wished) -> None:
    assert parse_wished(text, [IRELAND]) == wished


@pytest.mark.parametrize(
    "text, regions, says",
    [
        ("", [IRELAND], "is no machine"),
        ("m5", [IRELAND], "is no machine"),
        ("m5.large x-4", [IRELAND], "'x-4' in 'm5.large x-4' is no region"),
        ("m5.large x0", [IRELAND], "is none"),
        ("m5.large x999999999", [IRELAND], "more than anybody has"),
        ("m5.large x4", [IRELAND, "us-east-1"], "does not say in which of 2 regions"),
        ("m5.large x4 eu-central-1", [IRELAND], "not among the regions"),
        ("m5.large x4 eu-west-1 eu-west-1", [IRELAND], "is no region, zone or system"),
        ("m5.large x4 beos", [IRELAND], "'beos' in 'm5.large x4 beos' is no region, zone or system"),
        ("m5.large x4 eu-west-10", [IRELAND], "not among the regions"),
    ],
)
def test_what_is_none_is_refused(text: str, regions: list[str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        parse_wished(text, regions, "machine")


@given(st.text(max_size=30))
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    try:
        found = parse_wished(text, [IRELAND])
    except UsageError:
        return
    assert 0 < found.count <= 100_000
    assert found.region == IRELAND
