"""What keeps a person's command away from a machine: protection, a recovery under way, quarantine. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ec2kit.engine.plan import Refusal
from ec2kit.inventory.standing import being_recovered, kept, quarantined
from ec2kit.model.instances import Instance
from ec2kit.model.tags import KEEP


def recovery_refusal(instance: Instance) -> Refusal | None:
    """A person's command overrides a pause, never a recovery in flight."""
    if not being_recovered(instance.tags):
        return None
    why = "it is being recovered: `ec2kit recovery status` shows how far it is"
    return Refusal("recovery", called(instance), why)


def quarantine_refusal(instance: Instance) -> Refusal | None:
    """Nothing lets a quarantined machine run again, and only `recovery retire` ends it: its disks are what is left."""
    if not quarantined(instance.tags):
        return None
    why = f"it is quarantined: `ec2kit recovery retire {instance.id}` ends that"
    return Refusal("quarantine", called(instance), why)


def keep_refusal(instance: Instance) -> Refusal | None:
    """The tag that a person set to protect it."""
    if not kept(instance.tags):
        return None
    why = f"it is protected: `ec2kit tag delete {instance.id} {KEEP}` ends that"
    return Refusal(KEEP, called(instance), why)


def state_refusal(instance: Instance, hint: str = "") -> Refusal:
    """Its state does not allow it."""
    return Refusal("state", called(instance), f"it is {instance.state}{f': {hint}' if hint else ''}")


def called(instance: Instance) -> str:
    """How reports call an instance: `web-1 (i-…)`, or the id of one without a name."""
    return f"{instance.name} ({instance.id})" if instance.name != instance.id else instance.id


def subjects(instances: Iterable[Instance]) -> dict[str, str]:
    """What reports count the steps of each instance for, by id: its name, or its id where two share the name."""
    machines = list(instances)
    names = Counter(instance.name for instance in machines)
    return {each.id: each.name if names[each.name] == 1 else each.id for each in machines}
