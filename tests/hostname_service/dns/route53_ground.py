"""The contract's ground over any client of Route 53: the fake, or the sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hostname_service.clock import SystemClock
from hostname_service.dns.batches import plain, record_set
from hostname_service.dns.keeping import Keeper
from hostname_service.dns.route53 import Batches
from tests.hostname_service.dns.ground import TTL, Ground
from tests.hostname_service.dns.rigs.serving import FORWARD, REVERSE

ZONES = (*FORWARD, *REVERSE)


@dataclass(frozen=True)
class PastRoute53:
    """Writes and reads past the back end."""

    client: Any
    hosted: Mapping[str, str]

    def put(self, zone: str, name: str, kind: str, value: str) -> None:
        """CREATE one set."""
        change = {"Action": "CREATE", "ResourceRecordSet": record_set(name, kind, [value], 300)}
        self.client.change_resource_record_sets(
            HostedZoneId=self.hosted[zone], ChangeBatch={"Changes": [change]}
        )

    def values(self, name: str, kind: str) -> list[str]:
        """Of every page of the zone that the name is in."""
        zone = max((zone for zone in self.hosted if name.endswith(f".{zone}")), key=len)
        found: list[str] = []
        start: dict[str, Any] = {"StartRecordName": name}
        while True:
            answer = self.client.list_resource_record_sets(HostedZoneId=self.hosted[zone], **start)
            for one in answer["ResourceRecordSets"]:
                if plain(one["Name"]) == name and one["Type"] == kind:
                    found += [record["Value"] for record in one["ResourceRecords"]]
            if not answer["IsTruncated"]:
                return sorted(found)
            start = {
                "StartRecordName": answer["NextRecordName"],
                "StartRecordType": answer["NextRecordType"],
            }


def of_client(client: Any, hosted: Mapping[str, str]) -> Ground:
    """The ground over a client and its hosted zones."""

    def keeper() -> Keeper:
        return Keeper(Batches(client, hosted, TTL, SystemClock()))

    return Ground(keeper(), PastRoute53(client, hosted), keeper)
