"""The life of an instance: pending, running, stopping, stopped, shutting-down, terminated, gone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from moto.ec2.models.instances import Instance

from ec2kit.sandbox.rules import capacity, lookup, meter, patching, states
from ec2kit.sandbox.rules.present import now
from ec2kit.sandbox.world import current

Becomes = Literal["running", "stopped", "terminated", "gone"]


@dataclass(frozen=True)
class Due:
    """When an instance of an account and region leaves its passing state, and for what."""

    account: str
    region: str
    instance_id: str
    at: datetime
    becomes: Becomes


def begin(instance: Any) -> None:
    """A machine boots: pending now, running after `delays.pending`. EC2 counts LaunchTime from the last start."""
    states.enter(instance, "pending")
    states.clear(instance)
    instance.launch_time = now()
    instance.running_since = instance.booted_at = None
    current().live.begin(instance.id)
    schedule(instance, "running", now() + timedelta(seconds=current().delays.pending))


def start(instance: Any) -> None:
    """A stopped machine boots: its automatic public address is a new one."""
    for nic in instance.nics.values():
        nic.start()
    begin(instance)


def reboot(instance: Any) -> None:
    """A running machine boots again without leaving `running`."""
    if instance.booted_at is not None:
        instance.booted_at = now()
    current().live.reboot(instance.id)


def stop(instance: Any, code: str = states.USER, *, at_once: bool = False) -> None:
    """A machine shuts down to be started again: stopping now, stopped after `delays.stop` (or `at_once`).

    `code` is the StateReason, as `states.REASONS` has them.
    """
    meter.went_down(instance, now())
    states.enter(instance, "stopping")
    states.explain(instance, code, now())
    current().live.stop(instance.id, at_once=at_once)
    schedule(instance, "stopped", now() + timedelta(seconds=0 if at_once else current().delays.stop))


def terminate(instance: Any, code: str = states.USER) -> None:
    """A machine goes for good: shutting-down now, terminated after `delays.shutdown`."""
    meter.went_down(instance, now())
    states.enter(instance, "shutting-down")
    states.explain(instance, code, now())
    schedule(instance, "terminated", now() + timedelta(seconds=current().delays.shutdown))


def fail(instance_id: str, code: str = "Server.InternalError", *, terminated: bool = False) -> None:
    """AWS itself stops or terminates an instance, with a StateReason of the `Server.` kind; the state is there at
    once. Raises KeyError for an unknown id."""
    instance = next((found for one in lookup.backends() if (found := lookup.find(one, instance_id))), None)
    if instance is None:
        raise KeyError(instance_id)
    states.explain(instance, code, now())
    _arrive(instance, "terminated" if terminated else "stopped", now())


def schedule(instance: Any, becomes: Becomes, at: datetime) -> None:
    """An instance has one future: whatever was due before is forgotten."""
    backend = instance.ec2_backend
    _ledger()[instance.id] = Due(backend.account_id, backend.region_name, instance.id, at, becomes)


def settle(moment: datetime) -> None:
    """Let every instance whose time has come move on, in the order of their times, until nothing is due."""
    while True:
        due = sorted(
            (one for one in _moving() if one.at <= moment), key=lambda one: (one.at, one.instance_id)
        )
        if not due:
            return
        for one in due:
            _ledger().pop(one.instance_id, None)
            instance = lookup.find(lookup.backend_of(one.account, one.region), one.instance_id)
            if instance is not None:
                _arrive(instance, one.becomes, one.at)


def _moving() -> Iterator[Due]:
    """What is due, but for machines whose stop is stuck: those stay `stopping` until the condition is mended; and for
    those that really run and are still shutting down."""
    stuck, live = current().conditions.stuck_stop, current().live
    for one in _ledger().values():
        if one.becomes == "stopped" and (one.instance_id in stuck or live.holds(one.instance_id)):
            continue
        yield one


def _arrive(instance: Any, becomes: Becomes, at: datetime) -> None:
    if becomes == "running" and capacity.runs_out(instance.availability_zone, instance.instance_type):
        states.explain(instance, "Server.InsufficientInstanceCapacity", at)
        becomes = "terminated"
    _ARRIVALS[becomes](instance, at)


def _run(instance: Any, at: datetime) -> None:
    states.enter(instance, "running")
    instance.running_since = instance.booted_at = at
    meter.came_up(instance, at)


def _rest(instance: Any, at: datetime) -> None:
    meter.went_down(instance, at)
    for nic in instance.nics.values():
        nic.stop()
    states.enter(instance, "stopped")
    instance.running_since = instance.booted_at = None
    _ledger().pop(instance.id, None)


def _end(instance: Any, at: datetime) -> None:
    """A terminated instance has no disks, interfaces, addresses or groups any more, and is visible for an hour."""
    backend = instance.ec2_backend
    meter.went_down(instance, at)
    _give_back_addresses(backend, instance)
    _give_back_volumes(backend, instance, at)
    for nic in list(instance.nics.values()):
        instance.detach_eni(nic)
        if nic.delete_on_termination:
            backend.delete_network_interface(nic.id)
            backend.tags.pop(nic.id, None)
    instance._subnet_id = None
    instance.security_groups = []
    instance.running_since = instance.booted_at = None
    association = backend.iam_instance_profile_associations.get(instance.id)
    if association:
        backend.disassociate_iam_instance_profile(association_id=association.association_id)
    states.enter(instance, "terminated")
    schedule(instance, "gone", at + timedelta(seconds=current().delays.terminated_visible))


def _give_back_addresses(backend: Any, instance: Any) -> None:
    nics = list(instance.nics.values())
    for address in backend.addresses:
        if address.instance is instance or any(address.eni is nic for nic in nics):
            address.instance = address.eni = address.association_id = None
    for nic in nics:
        nic.public_ip = None


def _give_back_volumes(backend: Any, instance: Any, at: datetime) -> None:
    for device, block in instance.get_block_device_mapping:
        del instance.block_device_mapping[device]
        volume = backend.volumes.get(block.volume_id)
        if volume is None:
            continue
        volume.attachment = None
        if block.delete_on_termination:
            meter.volume_gone(volume, at)
            del backend.volumes[block.volume_id]
            backend.tags.pop(block.volume_id, None)


def _vanish(instance: Any, _at: datetime) -> None:
    lookup.forget(instance.ec2_backend, instance.id)
    instance.ec2_backend.tags.pop(instance.id, None)
    current().conditions.mend(instance.id)
    current().live.forget(instance.id)


_ARRIVALS: dict[Becomes, Callable[[Any, datetime], None]] = {
    "running": _run,
    "stopped": _rest,
    "terminated": _end,
    "gone": _vanish,
}


def _ledger() -> dict[str, Due]:
    ledger: dict[str, Due] = current().ledgers.setdefault("lifecycle", {})
    return ledger


def _without_interfaces(original: Any) -> property:
    """Given a property of moto that reads the primary interface, one that is None when there is none any more."""
    return property(lambda instance: original.fget(instance) if instance.nics else None)


def _model_method(act: Callable[[Any], None]) -> Callable[[Any], Callable[[Any], Any]]:
    """Given what should happen, a method of moto's Instance that does it and returns the previous state, for the
    services of moto (Auto Scaling, fleets) which call it."""

    def make(_original: Any) -> Callable[[Any], Any]:
        def method(self: Any) -> Any:
            previous = self._state
            act(self)
            return previous

        return method

    make.__qualname__ = f"_model_method.{act.__name__}"
    return make


def install() -> None:
    """moto is in the next state at once and never lets a terminated instance go (EC2 User Guide, "Instance state
    changes")."""
    for name, act in (("start", start), ("stop", stop), ("terminate", terminate), ("reboot", reboot)):
        patching.replace(Instance, name, _model_method(act))
    for name in ("private_ip", "private_ip_address", "private_dns_name", "public_ip", "public_ip_address"):
        patching.replace(Instance, name, _without_interfaces)
