"""The plans of `eip`: allocate, assign, unassign, release. Pure.

| the address is held by     | `assign` to web-1                                   |
|----------------------------|-----------------------------------------------------|
| nobody                     | associated, atomically only if it is still free     |
| web-1                      | unchanged (the `ec2kit:holder` tag is put right)    |
| somebody else              | refused                                             |
| the one that --from names  | taken from that one, never disassociated first      |
| another than --from names  | refused                                             |
| something not an instance  | refused                                             |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ec2kit.engine.plan import Plan, Planned, Refusal
from ec2kit.engine.steps.address import AllocateAddress, AssociateAddress, DisassociateAddress, ReleaseAddress
from ec2kit.engine.steps.tag import DeleteTags, SetTags
from ec2kit.errors import Refused, UsageError
from ec2kit.inventory.standing import being_recovered, quarantined
from ec2kit.model.ids import InstanceId
from ec2kit.model.instances import Address, Instance, State
from ec2kit.model.tags import HOLDER, KEEP, Tags, name_of


@dataclass(frozen=True)
class Assignment:
    """An address and who should have it. `addresses` are all of the account's, `taken_from` what --from named,
    `names` the Names of instances by id, for messages."""

    address: Address
    instance: Instance
    taken_from: InstanceId | None = None
    addresses: Sequence[Address] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    def called(self, id: str) -> str:
        """An instance as messages call it."""
        name = self.names.get(id, "")
        return f"{name} ({id})" if name and name != id else id


def allocate_plan(count: int, tags: Tags) -> Plan:
    """Given how many addresses are wanted and their tags, return the plan; raises `UsageError` below one."""
    if count < 1:
        raise UsageError("-n wants a number above 0")
    subjects = [f"address {number}" for number in range(1, count + 1)]
    return Plan(
        tuple(
            Planned(f"allocate/{number}", AllocateAddress(dict(tags)), subject=subject)
            for number, subject in enumerate(subjects, 1)
        )
    )


def assign_plan(wanted: Assignment) -> Plan:
    """Given an assignment, return the plan; raises `Refused` when the address is not free to be moved."""
    address, instance = wanted.address, wanted.instance
    _check_target(instance)
    subject = address.public_ip
    holder = SetTags((address.allocation,), {HOLDER: instance.id}, {address.allocation: _holder(address)})
    if address.instance == instance.id:
        if address.tags.get(HOLDER) == instance.id:
            why = f"{wanted.called(instance.id)} has it already"
            return Plan(unchanged=((_called(address), why),), why_empty=why)
        return Plan((Planned("holder", holder, reason="who should have it", subject=subject),))
    _check_holder(wanted)
    step = AssociateAddress(
        address.allocation,
        instance.id,
        expected_holder=address.instance,
        interface=instance.interfaces[0].id if len(instance.interfaces) > 1 else None,
        public_ip=address.public_ip,
    )
    steps = [
        Planned(
            "assign",
            step,
            reason=f"from {wanted.called(address.instance)}" if address.instance else "",
            subject=subject,
        ),
        Planned("holder", holder, ("assign",), "who should have it", subject),
    ]
    displaced = [
        each for each in wanted.addresses if each.instance == instance.id and _on_primary(each, instance)
    ]
    for each in displaced:
        if HOLDER in each.tags:
            forget = DeleteTags((each.allocation,), (HOLDER,), {each.allocation: _holder(each)})
            steps.append(
                Planned(f"displaced/{each.public_ip}", forget, ("assign",), "it has no holder now", subject)
            )
    notes = tuple(
        f"{each.public_ip}, which {wanted.called(instance.id)} has now, is displaced: it stays allocated and billed"
        for each in displaced
    )
    return Plan(tuple(steps), notes=notes)


def unassign_plan(addresses: Sequence[Address]) -> Plan:
    """Given addresses, return the plan that takes each from the instance that has it."""
    steps: list[Planned] = []
    refused: list[Refusal] = []
    unchanged: list[tuple[str, str]] = []
    for address in addresses:
        ip = address.public_ip
        if not address.association and not address.instance:
            unchanged.append((_called(address), "nobody has it"))
            continue
        if address.instance is None:
            refused.append(
                Refusal(
                    "holder", _called(address), f"{address.interface or 'what'} has it, which is no instance"
                )
            )
            continue
        take = DisassociateAddress(address.allocation, address.instance, public_ip=ip)
        steps.append(Planned(f"unassign/{ip}", take, subject=ip))
        if HOLDER in address.tags:
            forget = DeleteTags((address.allocation,), (HOLDER,), {address.allocation: _holder(address)})
            steps.append(Planned(f"holder/{ip}", forget, (f"unassign/{ip}",), "nobody should have it", ip))
    why = "" if steps else "no address is held by an instance"
    notes = ("an address that nobody has is billed like one in use",) if steps else ()
    return Plan(tuple(steps), tuple(refused), tuple(unchanged), why, notes)


def release_plan(addresses: Sequence[Address]) -> Plan:
    """Given addresses, return the plan that gives them back to AWS, from where they cannot be had again for certain."""
    steps: list[Planned] = []
    refused: list[Refusal] = []
    for address in addresses:
        ip = address.public_ip
        if KEEP in address.tags:
            why = f"it is protected: `ec2kit tag delete {address.allocation} {KEEP}` ends that"
            refused.append(Refusal(KEEP, _called(address), why))
        elif address.association or address.instance:
            holder = address.instance or address.interface or "somebody"
            refused.append(
                Refusal(
                    "in use", _called(address), f"{holder} has it: `ec2kit eip unassign {ip}` comes first"
                )
            )
        else:
            step = ReleaseAddress(address.allocation, public_ip=ip)
            steps.append(Planned(f"release/{ip}", step, subject=ip))
    notes = tuple(
        f"{planned.step.target()} may go to somebody else and cannot be had back for certain"
        for planned in steps
    )
    return Plan(
        tuple(steps), tuple(refused), why_empty="" if steps else "no address can be released", notes=notes
    )


def _check_target(instance: Instance) -> None:
    """Never an address on a machine that is ending, fenced or quarantined."""
    called = f"{instance.name} ({instance.id})" if name_of(instance.tags) else instance.id
    if instance.state not in (State.RUNNING, State.STOPPED, State.PENDING, State.STOPPING):
        raise Refused(f"{called} is {instance.state}: it can have no address", resource=instance.id)
    if quarantined(instance.tags):
        raise Refused(
            f"{called} is quarantined: the old half of a recovery must not have an address",
            resource=instance.id,
            hint=f"ec2kit recovery retire {instance.id}",
        )
    if being_recovered(instance.tags):
        raise Refused(
            f"{called} is being recovered: its address is taken care of",
            resource=instance.id,
            hint="ec2kit recovery status",
        )


def _check_holder(wanted: Assignment) -> None:
    address = wanted.address
    if address.instance is None and not address.association:
        return
    ip = address.public_ip
    if address.instance is None:
        raise Refused(
            f"{ip} is held by {address.interface or 'something'}, which is no instance", resource=ip
        )
    holder = wanted.called(address.instance)
    if wanted.taken_from is None:
        name = wanted.names.get(address.instance) or address.instance
        target = name_of(wanted.instance.tags, wanted.instance.id)
        raise Refused(
            f"{ip} is held by {holder}", resource=ip, hint=f"ec2kit eip assign {ip} {target} --from {name}"
        )
    if wanted.taken_from != address.instance:
        raise Refused(
            f"{ip} is held by {holder}, not by {wanted.called(wanted.taken_from)}",
            resource=ip,
            hint="ec2kit eip ls shows who has it now",
        )


def _on_primary(address: Address, instance: Instance) -> bool:
    """An association displaces only what is on the same interface (AssociateAddress)."""
    primary = instance.interfaces[0].id if instance.interfaces else None
    return address.interface is None or primary is None or address.interface == primary


def _holder(address: Address) -> dict[str, str]:
    """The tag as it is, for undo."""
    return {HOLDER: address.tags[HOLDER]} if HOLDER in address.tags else {}


def _called(address: Address) -> str:
    """How reports call an address."""
    return f"{address.public_ip} ({address.allocation})"
