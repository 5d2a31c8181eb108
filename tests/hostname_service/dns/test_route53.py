"""The contract on Route 53: on a strict fake and on the sandbox; and what Route 53 does that servers do not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from hostname_service.dns.batches import plain, record_set, records_in
from hostname_service.dns.keeping import Keeper
from hostname_service.dns.port import Records
from hostname_service.dns.route53 import Batches
from hostname_service.errors import Held, Unavailable
from tests.hostname_service.dns.contract import Contract
from tests.hostname_service.dns.ground import TTL, Ground, owner
from tests.hostname_service.dns.route53_fake import FakeRoute53
from tests.hostname_service.dns.route53_ground import ZONES, of_client
from tests.support.inprocess import InProcess

pytestmark = pytest.mark.slow

HOSTED = {zone: f"Z{number}" for number, zone in enumerate(ZONES)}
RECORDS = Records("web-1.shop.example.com", ("10.0.0.5",), owner(1))


@dataclass
class Sleepless:
    """A clock that only sleep moves."""

    time: float = 0.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime(2026, 5, 1, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds
        self.slept.append(seconds)


class TestFake(Contract):
    @pytest.fixture
    def ground(self) -> Ground:
        return of_client(FakeRoute53(HOSTED), HOSTED)


class TestSandbox(Contract):
    @pytest.fixture
    def ground(self) -> Ground:
        client = InProcess().client("route53", region="us-east-1")
        hosted = {
            zone: client.create_hosted_zone(Name=zone, CallerReference=zone)["HostedZone"]["Id"]
            for zone in ZONES
        }
        return of_client(client, hosted)


@dataclass
class Rig:
    """A back end over the fake, with a clock that nobody waits for."""

    fake: FakeRoute53 = field(default_factory=lambda: FakeRoute53(HOSTED))
    clock: Sleepless = field(default_factory=Sleepless)

    def dns(self, wait: bool = False) -> Keeper:
        return Keeper(Batches(self.fake, HOSTED, TTL, self.clock, wait))


def test_what_is_busy_is_asked_again() -> None:
    rig = Rig()
    rig.fake.faults = ["Throttling", "PriorRequestNotComplete", "ServiceUnavailable"]
    rig.dns().claim(RECORDS)
    assert rig.dns().look(RECORDS.fqdn) == RECORDS
    assert rig.clock.slept == [0.25, 0.5, 1.0]


@pytest.mark.parametrize(
    "fault, reason", [("PriorRequestNotComplete", "dns-throttled"), ("away", "dns-away")]
)
def test_what_stays_busy_is_left_by_the_deadline(fault: str, reason: str) -> None:
    rig = Rig()
    rig.fake.faults = [fault] * 100
    with pytest.raises(Unavailable) as caught:
        rig.dns().claim(RECORDS)
    assert caught.value.reason == reason
    assert 0 < rig.clock.time <= 20


@pytest.mark.parametrize(
    "code, hint",
    [
        ("AccessDenied", "allow route53:ChangeResourceRecordSets"),
        ("NoSuchHostedZone", "look at the ids"),
        ("InvalidInput", "as the test wants it"),
    ],
)
def test_what_waiting_does_not_mend_is_told_at_once(code: str, hint: str) -> None:
    rig = Rig()
    rig.fake.faults = [code]
    with pytest.raises(Unavailable, match=hint):
        rig.dns().claim(RECORDS)
    assert rig.clock.slept == []


def test_a_change_whose_answer_was_lost_is_made_again() -> None:
    rig = Rig()
    for change in (rig.dns().claim, rig.dns().claim_reverse, rig.dns().release):
        rig.fake.faults = ["lost"]
        change(RECORDS)
        assert rig.fake.faults == []
    assert rig.dns().look(RECORDS.fqdn) is None
    assert all(not sets for sets in rig.fake.zones.values())


def test_it_waits_for_all_name_servers_only_when_asked() -> None:
    rig = Rig()
    rig.dns().claim(RECORDS)
    assert "get_change" not in rig.fake.calls
    rig.fake.syncing = 3
    rig.dns(wait=True).claim(RECORDS)
    assert rig.fake.calls.count("get_change") == 3
    rig.fake.syncing = 1000
    with pytest.raises(Unavailable, match="not everywhere yet"):
        rig.dns(wait=True).claim(RECORDS)


def test_of_many_machines_one_gets_the_name() -> None:
    rig = Rig()
    wanted = [
        replace(RECORDS, owner=owner(number), addresses=(f"10.0.3.{number}",)) for number in range(1, 17)
    ]

    def claim(records: Records) -> bool:
        try:
            rig.dns().claim(records)
        except Held:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        won = list(pool.map(claim, wanted))
    assert won.count(True) == 1
    assert rig.dns().look(RECORDS.fqdn) == wanted[won.index(True)]


def test_a_set_that_was_changed_by_hand_is_replaced_as_it_is() -> None:
    rig = Rig()
    rig.dns().claim(RECORDS)
    sets = rig.fake.zones["Z0"]
    sets["web-1.shop.example.com.", "A"]["TTL"] = 7
    sets["web-1.shop.example.com.", "A"]["ResourceRecords"] = [{"Value": "10.0.9.9"}]
    rig.dns().claim(RECORDS)
    assert rig.dns().look(RECORDS.fqdn) == RECORDS
    assert rig.fake.zones["Z0"]["web-1.shop.example.com.", "A"]["TTL"] == TTL


@pytest.mark.parametrize(
    "special", [{"AliasTarget": {"DNSName": "lb."}}, {"SetIdentifier": "a", "Weight": 1}]
)
def test_an_alias_or_a_weighted_set_is_somebody_elses(special: dict[str, object]) -> None:
    ours = record_set("_ec2kit.web-1.shop.example.com", "TXT", [f'"{owner(1)}"'], 60)
    theirs = {"Name": "web-1.shop.example.com.", "Type": "A", **special}
    found = records_in([ours, theirs], "web-1.shop.example.com")
    assert found is not None
    assert found.owner == ""


def test_names_as_route_53_shows_them() -> None:
    assert plain("5.64\\05726.2.0.192.in-addr.arpa.") == "5.64/26.2.0.192.in-addr.arpa"
    assert plain("\\052.Example.com.") == "*.example.com"
