"""Route 53 in memory, as strict as the real one where it matters: batches are atomic, CREATE wants nothing there, and
DELETE wants exactly what is there (API Reference, ChangeResourceRecordSets)."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError

Sets = dict[tuple[str, str], dict[str, Any]]
PAGE = 2
"""Sets in a page: the real one has 300, and what is on the second page is soon forgotten."""


class FakeRoute53:
    """The calls of a boto3 client that the back end makes. Threads may share it."""

    def __init__(self, hosted: Mapping[str, str]) -> None:
        self.zones: dict[str, Sets] = {id: {} for id in hosted.values()}
        self.names = {id: f"{name}." for name, id in hosted.items()}
        self.faults: list[str] = []
        """Error codes for the next calls, `away` for no answer, and `lost` for a change done and not answered."""
        self.calls: list[str] = []
        self.syncing = 0
        """How often GetChange says PENDING."""
        self._lock = threading.Lock()

    def list_resource_record_sets(self, **wanted: Any) -> dict[str, Any]:
        """Pages in Route 53's order: by the labels from the last to the first, then by type."""
        with self._lock:
            self._begin("list_resource_record_sets")
            sets = self._zone(wanted["HostedZoneId"])
            start = (_order(_dotted(wanted["StartRecordName"])), wanted.get("StartRecordType", ""))
            keys = sorted(
                (key for key in sets if (_order(key[0]), key[1]) >= start),
                key=lambda key: (_order(key[0]), key[1]),
            )
            answer: dict[str, Any] = {
                "ResourceRecordSets": [deepcopy(sets[key]) for key in keys[:PAGE]],
                "IsTruncated": len(keys) > PAGE,
            }
            if len(keys) > PAGE:
                answer |= {"NextRecordName": _shown(keys[PAGE][0]), "NextRecordType": keys[PAGE][1]}
            return answer

    def change_resource_record_sets(self, **wanted: Any) -> dict[str, Any]:
        """All changes or none."""
        with self._lock:
            lost = self._begin("change_resource_record_sets")
            zone = wanted["HostedZoneId"]
            working = dict(self._zone(zone))
            faults = [
                fault
                for change in wanted["ChangeBatch"]["Changes"]
                for fault in _apply(working, change, self.names[zone])
            ]
            if faults:
                raise _error("InvalidChangeBatch", f"[{', '.join(faults)}]")
            self.zones[zone] = working
            if lost:
                raise EndpointConnectionError(endpoint_url="https://route53.example.com")
            return {"ChangeInfo": {"Id": "/change/C1", "Status": "PENDING"}}

    def get_change(self, **wanted: Any) -> dict[str, Any]:
        """PENDING for a while."""
        with self._lock:
            self._begin("get_change")
            self.syncing -= 1
            return {"ChangeInfo": {"Id": wanted["Id"], "Status": "PENDING" if self.syncing > 0 else "INSYNC"}}

    def _begin(self, call: str) -> bool:
        self.calls.append(call)
        if not self.faults:
            return False
        if self.faults[0] == "lost":
            if call == "change_resource_record_sets":
                self.faults.pop(0)
                return True
            return False
        fault = self.faults.pop(0)
        if fault == "away":
            raise EndpointConnectionError(endpoint_url="https://route53.example.com")
        raise _error(fault, "as the test wants it")

    def _zone(self, id: str) -> Sets:
        if id not in self.zones:
            raise _error("NoSuchHostedZone", f"No hosted zone found with ID: {id}")
        return self.zones[id]


def _apply(sets: Sets, change: Mapping[str, Any], zone: str) -> list[str]:
    """Make a change; return what is wrong with it."""
    wanted = deepcopy(dict(change["ResourceRecordSet"]))
    name, kind = _dotted(wanted["Name"]), wanted["Type"]
    wanted["Name"] = _shown(name)
    what = f"resource record set [name='{name}', type='{kind}']"
    if name != zone and not name.endswith(f".{zone}"):
        return [f"RRSet with DNS name {name} is not permitted in zone {zone}"]
    there = sets.get((name, kind))
    match change["Action"]:
        case "CREATE":
            if there is not None:
                return [f"Tried to create {what} but it already exists"]
            others = {other for at, other in sets if at == name}
            if "CNAME" in others or (kind == "CNAME" and others):
                why = "as a conflicting RRSet of type CNAME with the same DNS name already exists"
                return [f"RRSet of type {kind} with DNS name {name} is not permitted {why} in zone {zone}"]
            sets[name, kind] = wanted
        case "DELETE":
            if there is None:
                return [f"Tried to delete {what} but it was not found"]
            if _values(there) != _values(wanted):
                return [f"Tried to delete {what} but the values provided do not match the current values"]
            del sets[name, kind]
        case action:
            raise AssertionError(f"{action} has no condition")
    return []


def _values(record_set: Mapping[str, Any]) -> tuple[int, list[str]]:
    return record_set["TTL"], sorted(one["Value"] for one in record_set["ResourceRecords"])


def _dotted(name: str) -> str:
    return name.lower().removesuffix(".").replace("\\057", "/") + "."


def _shown(name: str) -> str:
    return name.replace("/", "\\057")


def _order(name: str) -> list[str]:
    return name.removesuffix(".").split(".")[::-1]


def _error(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "ChangeResourceRecordSets")
