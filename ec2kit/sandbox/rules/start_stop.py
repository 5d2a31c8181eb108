"""StartInstances, StopInstances, RebootInstances, TerminateInstances: which states allow them, and who forbids them."""

from collections.abc import Callable, Iterable
from typing import Any

from moto.autoscaling import autoscaling_backends
from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses.instances import InstanceResponse
from moto.elbv2 import elbv2_backends

from ec2kit.sandbox.rules import capacity, lifecycle, lookup, patching
from ec2kit.sandbox.rules.refusals import missing, refusal

Changed = list[tuple[Any, Any]]
"""Instances, each with the state it had before."""

_STARTABLE = frozenset({"stopped", "pending", "running"})
_STOPPABLE = frozenset({"running", "stopping", "stopped"})


def start(backend: Any, instance_ids: list[str]) -> Changed:
    """Given ids, start the stopped ones; running ones stay as they are. All or none.

    Raises IncorrectInstanceState for one that is stopping or ending, InvalidParameterValue for one without a root
    volume, InsufficientInstanceCapacity.
    """
    found = lookup.named(backend, instance_ids)
    _require_state(found, _STARTABLE, "started")
    stopped = [one for one in found if one.state == "stopped"]
    for instance in stopped:
        root = instance.root_device_name
        if root not in instance.block_device_mapping:
            raise refusal(
                "InvalidParameterValue",
                f"Invalid value '{instance.id}' for instanceId."
                f" Instance does not have a volume attached at root ({root})",
            )
        capacity.require(instance.availability_zone, instance.instance_type)
    return _change(found, stopped, lifecycle.start)


def stop(
    backend: Any, instance_ids: list[str], *, force: bool = False, skip_os_shutdown: bool = False
) -> Changed:
    """Given ids, stop the running ones; stopped ones stay as they are. All or none.

    Force tries a graceful stop first, so it takes as long; SkipOsShutdown cuts at once (API Reference,
    StopInstances). Neither frees a stop that is stuck. Raises IncorrectInstanceState, or OperationNotPermitted for
    an instance with stop protection.
    """
    found = lookup.named(backend, instance_ids)
    _require_state(found, _STOPPABLE, "stopped")
    for instance in found:
        if instance.disable_api_stop:
            raise _protected(instance.id, "stopped", "disableApiStop")
    at_once = skip_os_shutdown and not force
    moving = [one for one in found if one.state == "running" or (one.state == "stopping" and at_once)]
    return _change(found, moving, lambda one: lifecycle.stop(one, at_once=at_once))


def reboot(backend: Any, instance_ids: list[str]) -> None:
    """Given ids, reboot the machines; all must be running. Raises IncorrectInstanceState otherwise."""
    found = lookup.named(backend, instance_ids)
    _require_state(found, frozenset({"running", "pending"}), "rebooted")
    for instance in found:
        lifecycle.reboot(instance)


def terminate(backend: Any, instance_ids: list[str]) -> Changed:
    """Given ids, terminate the instances; one bad id and none is terminated.

    An instance with termination protection saves those of its zone, not those of other zones: they go, and the
    call fails with OperationNotPermitted all the same (API Reference, TerminateInstances).
    """
    if not instance_ids:
        raise missing("InstanceId")
    found = lookup.named(backend, instance_ids)
    protected = [
        one
        for one in found
        if one.disable_api_termination and one.state not in ("terminated", "shutting-down")
    ]
    safe_zones = {one.availability_zone for one in protected}
    going = [one for one in found if one.availability_zone not in safe_zones]
    ending = [one for one in going if one.state not in ("terminated", "shutting-down")]
    changed = _change(going, ending, lifecycle.terminate)
    _tell_others(backend, [one.id for one in ending])
    if protected:
        raise _protected(protected[0].id, "terminated", "disableApiTermination")
    return changed


def _require_state(found: Iterable[Any], allowed: frozenset[str], done: str) -> None:
    for instance in found:
        if instance.state not in allowed:
            raise refusal(
                "IncorrectInstanceState",
                f"The instance '{instance.id}' is not in a state from which it can be {done}.",
            )


def _protected(instance_id: str, done: str, attribute: str) -> EC2ClientError:
    return refusal(
        "OperationNotPermitted",
        f"The instance '{instance_id}' may not be {done}. Modify its '{attribute}' instance attribute and try again.",
    )


def _change(found: list[Any], moving: list[Any], act: Callable[[Any], None]) -> Changed:
    before = [(instance, instance._state) for instance in found]
    for instance in moving:
        act(instance)
    return before


def _tell_others(backend: Any, instance_ids: list[str]) -> None:
    account, region = backend.account_id, backend.region_name
    autoscaling_backends[account][region].notify_terminate_instances(instance_ids)
    elbv2_backends[account][region].notify_terminate_instances(instance_ids)


def _answer(member: str, changed: Changed) -> ActionResult:
    return ActionResult(
        {
            member: [
                {"InstanceId": one.id, "CurrentState": one._state, "PreviousState": previous}
                for one, previous in changed
            ]
        }
    )


def _start_instances(_original: Any) -> Callable[[Any], ActionResult]:
    def start_instances(self: Any) -> ActionResult:
        self.error_on_dryrun()
        return _answer("StartingInstances", start(self.ec2_backend, self._get_param("InstanceIds", [])))

    return start_instances


def _stop_instances(_original: Any) -> Callable[[Any], ActionResult]:
    def stop_instances(self: Any) -> ActionResult:
        self.error_on_dryrun()
        ids, force = self._get_param("InstanceIds", []), self._get_bool_param("Force", False)
        skip = self._get_bool_param("SkipOsShutdown", False)
        return _answer("StoppingInstances", stop(self.ec2_backend, ids, force=force, skip_os_shutdown=skip))

    return stop_instances


def _reboot_instances(_original: Any) -> Callable[[Any], EmptyResult]:
    def reboot_instances(self: Any) -> EmptyResult:
        self.error_on_dryrun()
        reboot(self.ec2_backend, self._get_param("InstanceIds", []))
        return EmptyResult()

    return reboot_instances


def _terminate_instances(_original: Any) -> Callable[[Any], ActionResult]:
    def terminate_instances(self: Any) -> ActionResult:
        self.error_on_dryrun()
        return _answer(
            "TerminatingInstances", terminate(self.ec2_backend, self._get_param("InstanceIds", []))
        )

    return terminate_instances


def install() -> None:
    """moto starts terminated instances, runs stopped ones by a reboot, and terminates up to the first bad id."""
    patching.replace(InstanceResponse, "start_instances", _start_instances)
    patching.replace(InstanceResponse, "stop_instances", _stop_instances)
    patching.replace(InstanceResponse, "reboot_instances", _reboot_instances)
    patching.replace(InstanceResponse, "terminate_instances", _terminate_instances)
