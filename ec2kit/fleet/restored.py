"""The fidelity report of a restored machine: what differs from what it was, and what nobody looked at. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ec2kit.fleet.restore_plan import IDENTITY
from ec2kit.inventory.description import Spec
from ec2kit.inventory.fidelity import NOT_RESTORED, Difference, differences
from ec2kit.inventory.machine import Machine
from ec2kit.model.tags import NAME

TOLD_BY_SPEC: dict[str, Callable[[Spec], tuple[str, ...]]] = {
    "extra network interfaces": lambda spec: spec.extra_interfaces,
    "secondary private addresses": lambda spec: spec.secondary_ips,
    "IPv6 addresses": lambda spec: spec.ipv6,
}
"""Of what is not restored, that of which the description tells whether there was any."""


@dataclass(frozen=True)
class Report:
    """How a restored machine differs from its source; `not_restored` are things to look after oneself."""

    name: str
    differences: tuple[Difference, ...]
    not_restored: tuple[str, ...]

    @property
    def is_faithful(self) -> bool:
        """Whether nothing differs that could be the same."""
        return all(difference.expected for difference in self.differences)


def report(spec: Spec, before: Machine, after: Machine) -> Report:
    """Given a machine's description and the machine made of it, return how they differ.

    The address is left where it is, a copy has a name of its own and is not enrolled: these are expected.
    """
    before = _renamed(before, spec.name, after.instance.name)
    expected = {"Elastic IP", "second Elastic IPs", f"tag {NAME}", *(f"tag {key}" for key in IDENTITY)}
    found = tuple(
        replace(each, expected=True) if each.what in expected else each for each in differences(before, after)
    )
    ordered = tuple(sorted(found, key=lambda each: (each.expected, each.what)))
    return Report(after.instance.name, ordered, not_restored(spec))


def _renamed(machine: Machine, old: str, new: str) -> Machine:
    """The machine with its volumes called after another one: a disk that has its machine's name follows it."""
    volumes = tuple(
        replace(volume, tags={**volume.tags, NAME: new}) if volume.tags.get(NAME) == old else volume
        for volume in machine.volumes
    )
    return replace(machine, volumes=volumes)


def not_restored(spec: Spec) -> tuple[str, ...]:
    """Given a description, return what this version does not bring back and the machine had, or may have had."""
    absent = {what for what, read in TOLD_BY_SPEC.items() if not read(spec)}
    return tuple(what for what in NOT_RESTORED if what not in absent)


def report_lines(found: Report) -> Iterator[str]:
    """Given a report, yield the lines that a person reads."""
    unexpected = [each for each in found.differences if not each.expected]
    expected = [each for each in found.differences if each.expected]
    if unexpected:
        yield f"{found.name} differs from what it was:"
        yield from (f"  {each.what}: {each.before} -> {each.after}" for each in unexpected)
    else:
        yield f"{found.name} is what it was"
    if expected:
        yield "as expected of another instance:"
        yield from (f"  {each.what}: {each.before} -> {each.after}" for each in expected)
    yield f"not restored by this version, look after it yourself: {', '.join(found.not_restored)}"
