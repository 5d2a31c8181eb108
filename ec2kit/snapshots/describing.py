"""The step that writes a machine's description into its launch template, before a set refers to it. Pure.

A version is added only when no version says the same: the version's own description is a fingerprint of its data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ec2kit.engine.plan import Planned
from ec2kit.engine.steps.base import later
from ec2kit.engine.steps.secret import Secret
from ec2kit.engine.steps.template import AddTemplateVersion, CreateTemplate
from ec2kit.inventory.description import fingerprint, template_data, template_name
from ec2kit.inventory.machine import Machine
from ec2kit.model.disks import TemplateVersion


@dataclass(frozen=True)
class Description:
    """Where the description is, or will be: `lt-…:7` (or a `Ref` to it), and the steps that make it."""

    reference: str
    steps: tuple[Planned, ...] = ()


def describe(machine: Machine, versions: tuple[TemplateVersion, ...], name: str) -> Description:
    """Given a machine, the versions of the template of that name, newest first, return where it is described."""
    data = template_data(machine)
    mark = fingerprint(data)
    for version in versions:
        if version.description == mark:
            return Description(version.reference)
    key = f"{machine.instance.id}/description"
    step = _step(machine, data, versions, name)
    why = "what the disks do not hold, to launch the same machine again"
    return Description(later(key, "reference"), (Planned(key, step, reason=why, subject=name),))


def _step(
    machine: Machine, data: dict[str, Any], versions: tuple[TemplateVersion, ...], name: str
) -> CreateTemplate | AddTemplateVersion:
    public = {key: value for key, value in data.items() if key != "UserData"}
    text = machine.attributes.user_data
    user_data = Secret.of(text) if text else None
    mark, source = fingerprint(data), machine.instance.id
    if versions:
        return AddTemplateVersion(
            public, mark, versions[0].template, user_data=user_data, user_data_from=source
        )
    return CreateTemplate(public, mark, template_name(name), user_data=user_data, user_data_from=source)
