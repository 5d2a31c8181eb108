"""A security group that is in use stays."""

from collections.abc import Callable
from typing import Any

from moto.ec2.models.security_groups import SecurityGroupBackend

from ec2kit.sandbox.rules import patching
from ec2kit.sandbox.rules.refusals import refusal


def _referring_group(backend: Any, group: Any) -> str | None:
    """Return another group whose rules name this one as their source."""
    for groups in backend.groups.values():
        for other in groups.values():
            if other.id == group.id:
                continue
            for rule in other.ingress_rules + other.egress_rules:
                source = rule.source_group or {}
                if source.get("GroupId") == group.id:
                    return str(other.id)
    return None


def _delete_security_group(original: Callable[..., Any]) -> Callable[..., Any]:
    def delete_security_group(self: Any, name: str | None = None, group_id: str | None = None) -> Any:
        group = self.get_security_group_by_name_or_id(group_id or name)
        if group is None:
            raise refusal("InvalidGroup.NotFound", f"The security group '{group_id or name}' does not exist")
        if group.is_default:
            raise refusal(
                "CannotDelete",
                f'the specified group: "{group.id}" name: "default" cannot be deleted by a user',
            )
        used = any(one.id == group.id for nic in self.enis.values() for one in nic.group_set)
        if used or _referring_group(self, group):
            raise refusal("DependencyViolation", f"resource {group.id} has a dependent object")
        return original(self, name=name, group_id=group_id)

    return delete_security_group


def install() -> None:
    """moto deletes a group that instances still wear. EC2 refuses while an interface has it or a rule of another
    group names it, and it never deletes a VPC's default group (API Reference, DeleteSecurityGroup)."""
    patching.replace(SecurityGroupBackend, "delete_security_group", _delete_security_group)
