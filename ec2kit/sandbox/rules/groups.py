"""An instance's security groups are those of its primary interface: one list, not two."""

from collections.abc import Callable
from typing import Any

from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.instances import Instance

from ec2kit.sandbox.rules import patching


def _groups(instance: Any) -> list[Any]:
    primary = instance.__dict__.get("nics", {}).get(0)
    return list(primary._group_set) if primary else list(instance.__dict__.get("_launch_groups", []))


def _set_groups(instance: Any, groups: list[Any]) -> None:
    instance.__dict__["_launch_groups"] = list(groups)
    primary = instance.__dict__.get("nics", {}).get(0)
    if primary:
        primary._group_set = list(groups)


def _own_groups(_original: Any) -> property:
    return property(lambda nic: list(nic._group_set))


def _same_list(original: Callable[..., Any]) -> Callable[..., Any]:
    def prep_nics(self: Any, nic_spec: Any, *rest: Any, **named: Any) -> Any:
        # A launch names each interface's groups: moto would add the instance-level list, which is the same again.
        if any("Groups" in one for one in nic_spec):
            named["security_groups"] = None
        return original(self, nic_spec, *rest, **named)

    return prep_nics


def install() -> None:
    """moto keeps one list on the instance and one on the interface, and shows their union on the interface, so a
    group that was taken away stays visible. In a VPC groups belong to interfaces (EC2 User Guide, "EC2 security
    groups")."""
    patching.add(Instance, "security_groups", property(_groups, _set_groups))
    patching.replace(NetworkInterface, "group_set", _own_groups)
    patching.replace(Instance, "prep_nics", _same_list)
