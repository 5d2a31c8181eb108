"""What `sandbox status` tells of a sandbox, as plain values for JSON. The caller holds the lock."""

from datetime import datetime
from itertools import islice
from typing import Any

from ec2kit.sandbox import breaks
from ec2kit.sandbox.app import SandboxApp
from ec2kit.sandbox.breaks import Break
from ec2kit.sandbox.calls import Call
from ec2kit.sandbox.faults import Fault, Firing
from ec2kit.sandbox.orders import RequestOrder

FIRINGS_SHOWN = 50


def report(app: SandboxApp) -> dict[str, Any]:
    """The sandbox's name, its time and speed, what is broken, which breaks fired, and how many calls it has had."""
    state = app.world
    firings = state.faults.firings
    return {
        "name": app.name,
        "time": _moment(state.clock.now()),
        "speed": state.clock.speed,
        "calls": app.calls.total,
        "broken": [
            *(_fault_row(fault) for fault in state.faults.faults.values()),
            *(_break_row(each) for each in breaks.book(state).breaks.values()),
        ],
        "fired": [
            _firing_row(firing) for firing in islice(firings, max(0, len(firings) - FIRINGS_SHOWN), None)
        ],
        "fired_total": len(firings),
    }


def call_row(call: Call) -> dict[str, Any]:
    """One call, as JSON."""
    return {
        "number": call.number,
        "call": call.name,
        "region": call.region,
        "params": dict(call.params),
        "at": _moment(call.at),
        "status": call.status,
        "code": call.code,
        "request_id": call.request_id,
        "handled": call.handled,
        "answered": call.answered,
        "faults": list(call.faults),
    }


def _fault_row(fault: Fault) -> dict[str, Any]:
    order = RequestOrder(fault.on, fault.effect, fault.when, fault.spell)
    left = None if fault.spell.times is None else fault.spell.times - fault.fired
    return {
        "id": fault.id,
        "what": str(order),
        "begins": _moment(fault.begins),
        "ends": _moment(fault.ends),
        "targets": [],
        "fired": fault.fired,
        "left": left,
    }


def _break_row(each: Break) -> dict[str, Any]:
    return {
        "id": each.id,
        "what": str(each.order),
        "begins": _moment(each.begins),
        "ends": _moment(each.ends),
        "targets": list(each.targets),
        "fired": None,
        "left": None,
    }


def _firing_row(firing: Firing) -> dict[str, Any]:
    return {"id": firing.fault, "what": firing.effect, "call": firing.call, "at": _moment(firing.at)}


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")
