"""Route 53's conditions: CREATE, exact DELETE, whole batches."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.rules.ground import refused
from tests.support.inprocess import InProcess

NAME = "web-1.shop.example.com."


class Zone:
    """A hosted zone in a fresh sandbox."""

    def __init__(self) -> None:
        self.client = InProcess().client("route53")
        made = self.client.create_hosted_zone(Name="shop.example.com", CallerReference="1")
        self.id = made["HostedZone"]["Id"]

    def change(self, *changes: dict[str, Any]) -> None:
        self.client.change_resource_record_sets(HostedZoneId=self.id, ChangeBatch={"Changes": list(changes)})

    def values(self) -> dict[str, list[str]]:
        sets = self.client.list_resource_record_sets(HostedZoneId=self.id)["ResourceRecordSets"]
        return {
            one["Type"]: [record["Value"] for record in one["ResourceRecords"]]
            for one in sets
            if one["Name"] == NAME
        }


@pytest.fixture
def zone() -> Zone:
    return Zone()


def change(action: str, *values: str, kind: str = "A", ttl: int = 60) -> dict[str, Any]:
    records = [{"Value": value} for value in values]
    return {
        "Action": action,
        "ResourceRecordSet": {"Name": NAME, "Type": kind, "TTL": ttl, "ResourceRecords": records},
    }


def test_a_set_is_created_once(zone: Zone) -> None:
    zone.change(change("CREATE", "10.0.0.5"))
    with refused("InvalidChangeBatch", 400) as caught:
        zone.change(change("CREATE", "10.0.0.6"))
    assert f"[Tried to create resource record set [name='{NAME}', type='A'] but it already exists]" in str(
        caught.value
    )
    assert zone.values() == {"A": ["10.0.0.5"]}


@pytest.mark.parametrize(
    "wrong",
    [change("DELETE", "10.0.0.6"), change("DELETE", "10.0.0.5", ttl=61), change("DELETE", "10.0.0.5")],
)
def test_a_set_is_deleted_as_it_is(zone: Zone, wrong: dict[str, Any]) -> None:
    zone.change(change("CREATE", "10.0.0.5", "10.0.0.4"))
    with refused("InvalidChangeBatch") as caught:
        zone.change(wrong)
    assert "do not match the current values" in str(caught.value)
    zone.change(change("DELETE", "10.0.0.4", "10.0.0.5"))
    assert zone.values() == {}
    with refused("InvalidChangeBatch") as caught:
        zone.change(change("DELETE", "10.0.0.4", "10.0.0.5"))
    assert "but it was not found" in str(caught.value)


def test_of_a_batch_that_fails_nothing_stays(zone: Zone) -> None:
    zone.change(change("CREATE", '"i-1"', kind="TXT"))
    with refused("InvalidChangeBatch"):
        zone.change(change("CREATE", "10.0.0.5"), change("CREATE", '"i-2"', kind="TXT"))
    with refused("InvalidChangeBatch"):
        zone.change(change("DELETE", '"i-1"', kind="TXT"), change("DELETE", "10.0.0.5"))
    assert zone.values() == {"TXT": ['"i-1"']}


def test_a_set_is_replaced_in_one_batch_and_made_again(zone: Zone) -> None:
    zone.change(change("CREATE", "10.0.0.5"))
    zone.change(change("DELETE", "10.0.0.5"), change("CREATE", "10.0.0.5"))
    zone.change(change("DELETE", "10.0.0.5"), change("CREATE", "10.0.0.6"))
    zone.change(change("DELETE", "10.0.0.6"))
    zone.change(change("CREATE", "10.0.0.5"))
    zone.change(change("UPSERT", "10.0.0.7"))
    assert zone.values() == {"A": ["10.0.0.7"]}


def test_nothing_is_beside_an_alias(zone: Zone) -> None:
    zone.change(change("CREATE", "elsewhere.example.com.", kind="CNAME"))
    with refused("InvalidChangeBatch"):
        zone.change(change("CREATE", "10.0.0.5"))
    assert list(zone.values()) == ["CNAME"]


def test_a_name_of_another_zone_is_refused(zone: Zone) -> None:
    strange = change("CREATE", "10.0.0.5")
    strange["ResourceRecordSet"]["Name"] = "web-1.example.org."
    with refused("InvalidChangeBatch"):
        zone.change(change("CREATE", "10.0.0.5"), strange)
    assert zone.values() == {}
