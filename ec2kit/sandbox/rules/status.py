"""DescribeInstanceStatus: three checks that take their time, can fail, and scheduled events.

The instance check of a machine that really runs is its own: initializing until somebody saw it come up, impaired once
its console says that it never will, or once nobody runs it any more.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.instances import InstanceResponse

from ec2kit.sandbox.conditions import Check
from ec2kit.sandbox.rules import lookup, patching
from ec2kit.sandbox.rules.instance_filters import timestamp
from ec2kit.sandbox.rules.matching import Reader, keep
from ec2kit.sandbox.rules.pages import page
from ec2kit.sandbox.rules.present import now
from ec2kit.sandbox.rules.refusals import refusal
from ec2kit.sandbox.world import current


@dataclass(frozen=True)
class Event:
    """What AWS has scheduled for an instance: `code` is instance-reboot, system-reboot, system-maintenance,
    instance-retirement or instance-stop; times are aware UTC."""

    event_id: str
    code: str
    description: str
    not_before: datetime
    not_after: datetime | None = None


def schedule_event(instance_id: str, event: Event) -> None:
    """Let AWS announce an event for an instance."""
    _events().setdefault(instance_id, []).append(event)


def cancel_events(instance_id: str) -> None:
    """Nothing is scheduled for an instance any more."""
    _events().pop(instance_id, None)


def shown(instance: Any) -> dict[str, Any]:
    """Given an instance, return its entry in DescribeInstanceStatus."""
    members = {
        "AvailabilityZone": instance.availability_zone,
        "InstanceId": instance.id,
        "InstanceState": instance.instance_state,
        "InstanceStatus": _check(instance, "instance"),
        "SystemStatus": _check(instance, "system"),
        "Events": [_event(one) for one in _events().get(instance.id, [])],
    }
    if instance.state == "running":
        members["AttachedEbsStatus"] = _check(instance, "ebs")
    return members


def _check(instance: Any, check: Check) -> dict[str, Any]:
    if instance.state != "running":
        return {"Status": "not-applicable"}
    since = _impaired_since(instance, check)
    if since is not None:
        return _summary("impaired", "failed", since)
    ready = instance.running_since + timedelta(seconds=current().delays.status)
    machine = current().live.find(instance.id) if check == "instance" else None
    if now() < ready or (machine is not None and not machine.up):
        return _summary("initializing", "initializing", None)
    return _summary("ok", "passed", None)


def _impaired_since(instance: Any, check: Check) -> datetime | None:
    since = current().conditions.impaired_since(instance.id, check)
    if since is None and check == "instance":
        since = current().live.impaired_since(instance.id)
    # A check cannot have failed before the machine was there to be checked.
    return None if since is None else max(since, instance.running_since)


def _summary(status: str, detail: str, since: datetime | None) -> dict[str, Any]:
    details: dict[str, Any] = {"Name": "reachability", "Status": detail}
    if since is not None:
        details["ImpairedSince"] = since
    return {"Status": status, "Details": [details]}


def _event(event: Event) -> dict[str, Any]:
    members = {
        "InstanceEventId": event.event_id,
        "Code": event.code,
        "Description": event.description,
        "NotBefore": event.not_before,
        "NotAfter": event.not_after,
    }
    return {key: value for key, value in members.items() if value is not None}


def _status(check: Check) -> Reader:
    return lambda one: [_check(one, check)["Status"]]


def _reachability(check: Check) -> Reader:
    return lambda one: [detail["Status"] for detail in _check(one, check).get("Details", [])]


def _of_events(read: Callable[[Event], object]) -> Reader:
    return lambda one: [value for event in _events().get(one.id, []) if (value := read(event)) is not None]


FILTERS: dict[str, Reader] = {
    "attached-ebs-status.status": _status("ebs"),
    "availability-zone": lambda one: [one.availability_zone],
    "event.code": _of_events(lambda event: event.code),
    "event.description": _of_events(lambda event: event.description),
    "event.instance-event-id": _of_events(lambda event: event.event_id),
    "event.not-after": _of_events(lambda event: event.not_after and timestamp(event.not_after)),
    "event.not-before": _of_events(lambda event: timestamp(event.not_before)),
    "instance-state-code": lambda one: [one.state_code],
    "instance-state-name": lambda one: [one.state],
    "instance-status.reachability": _reachability("instance"),
    "instance-status.status": _status("instance"),
    "system-status.reachability": _reachability("system"),
    "system-status.status": _status("system"),
}
"""API Reference, DescribeInstanceStatus, Filters."""


def select(backend: Any, request: Mapping[str, Any]) -> tuple[Sequence[Any], str | None]:
    """Given the parameters of DescribeInstanceStatus, return a page of instances and the next token: running ones
    only, unless IncludeAllInstances is set."""
    ids, most = request.get("InstanceIds") or [], request.get("MaxResults")
    if ids and most is not None:
        raise refusal(
            "InvalidParameterCombination",
            "The parameter instancesSet cannot be used with the parameter maxResults",
        )
    found = lookup.named(backend, ids) if ids else list(lookup.instances(backend))
    if not request.get("IncludeAllInstances"):
        found = [one for one in found if one.state == "running"]
    matching = keep(found, request.get("Filters") or [], FILTERS)
    return page(matching, None if most is None else int(most), request.get("NextToken"))


def _events() -> dict[str, list[Event]]:
    ledger: dict[str, list[Event]] = current().ledgers.setdefault("status.events", {})
    return ledger


def _describe_instance_status(_original: Any) -> Callable[[Any], ActionResult]:
    def describe_instance_status(self: Any) -> ActionResult:
        self.error_on_dryrun()
        found, token = select(self.ec2_backend, self._get_params())
        return ActionResult({"InstanceStatuses": [shown(one) for one in found], "NextToken": token})

    return describe_instance_status


def install() -> None:
    """moto's checks are always ok, know no attached EBS, and its filters do not filter (EC2 User Guide, "Status
    checks for your instances")."""
    patching.replace(InstanceResponse, "describe_instance_status", _describe_instance_status)
