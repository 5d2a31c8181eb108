"""Route 53's record sets: a batch of changes is made wholly or not at all, and each change has its condition."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from moto.route53.exceptions import Route53ClientError
from moto.route53.models import RecordSet, Route53Backend

from ec2kit.sandbox.rules import patching

_VALUES = ("TTL", "ResourceRecords", "AliasTarget", "Weight", "Region", "Failover", "GeoLocation")
"""What of a set a DELETE must repeat."""


def _in_whole_batches(original: Callable[..., None]) -> Callable[..., None]:
    def change_resource_record_sets(self: Any, zoneid: str, change_list: list[dict[str, Any]]) -> None:
        zone = self.get_hosted_zone(zoneid)
        before = list(zone.rrsets)
        # What moto remembers of earlier changes makes it refuse a CREATE of what was deleted, and a DELETE of
        # what another batch made; the sets themselves are looked at here.
        zone.rr_changes.clear()
        try:
            faults = [
                fault for change in change_list for fault in _made(original, (self, zoneid, zone), change)
            ]
        except Exception:
            zone.rrsets = before
            raise
        if faults:
            zone.rrsets = before
            raise Route53ClientError("InvalidChangeBatch", f"[{', '.join(faults)}]")

    return change_resource_record_sets


def _made(original: Callable[..., None], where: tuple[Any, str, Any], change: dict[str, Any]) -> list[str]:
    """Make one change; return what is wrong with it, as Route 53 words it."""
    backend, zoneid, zone = where
    wanted = change["ResourceRecordSet"]
    name = _dotted(wanted["Name"])
    there = _same(zone, wanted)
    what = f"resource record set [name='{name}', type='{wanted['Type']}']"
    if change["Action"] == "CREATE" and there is not None:
        return [f"Tried to create {what} but it already exists"]
    if change["Action"] == "DELETE":
        if there is None:
            return [f"Tried to delete {what} but it was not found"]
        if _told(wanted) != _kept(there):
            return [f"Tried to delete {what} but the values provided do not match the current values"]
        zone.rrsets = [one for one in zone.rrsets if one is not there]
        return []
    if _beside_alias(zone, wanted):
        why = "as a conflicting RRSet of type CNAME with the same DNS name already exists"
        return [
            f"RRSet of type {wanted['Type']} with DNS name {name} is not permitted {why} in zone {zone.name}"
        ]
    original(backend, zoneid, [deepcopy(change)])
    zone.rr_changes.clear()
    return []


def _same(zone: Any, wanted: dict[str, Any]) -> Any | None:
    key = (_dotted(wanted["Name"]), wanted["Type"], wanted.get("SetIdentifier"))
    return next(
        (one for one in zone.rrsets if (_dotted(one.name), one.type, one.set_identifier) == key), None
    )


def _beside_alias(zone: Any, wanted: dict[str, Any]) -> bool:
    kinds = {one.type for one in zone.rrsets if _dotted(one.name) == _dotted(wanted["Name"])}
    others = kinds - {wanted["Type"]}
    return "CNAME" in others or (wanted["Type"] == "CNAME" and bool(others))


def _told(wanted: dict[str, Any]) -> dict[str, Any]:
    records = [one["Value"] for one in wanted.get("ResourceRecords") or []]
    return _comparable({**wanted, "ResourceRecords": records})


def _kept(there: RecordSet) -> dict[str, Any]:
    return _comparable(
        {
            "TTL": there.ttl,
            "ResourceRecords": there.records or [],
            "AliasTarget": there.alias_target,
            "Weight": there.weight,
            "Region": there.region,
            "Failover": there.failover,
            "GeoLocation": there.geo_location,
        }
    )


def _comparable(values: dict[str, Any]) -> dict[str, Any]:
    """The values that there are; numbers and their texts are alike, and records have no order."""
    found = {key: values[key] for key in _VALUES if values.get(key) not in (None, [])}
    return {key: sorted(value) if isinstance(value, list) else str(value) for key, value in found.items()}


def _dotted(name: str) -> str:
    return name.lower().removesuffix(".") + "."


def install() -> None:
    """moto accepts a second CREATE and a DELETE with other values, and keeps the first half of a batch that fails;
    Route 53 does not (API Reference, ChangeResourceRecordSets)."""
    patching.replace(Route53Backend, "change_resource_record_sets", _in_whole_batches)
