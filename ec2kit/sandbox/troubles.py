"""What each kind of trouble does to the conditions of the world, and how it is undone."""

from abc import ABC, abstractmethod
from datetime import datetime

from ec2kit.errors import UsageError
from ec2kit.sandbox.conditions import Check, Conditions
from ec2kit.sandbox.orders import ResourceOrder, Trouble, place_of
from ec2kit.sandbox.rules import capacity


class Effect(ABC):
    """One kind of trouble. `target` is an id, or what the order names if that has no id."""

    @abstractmethod
    def begin(self, conditions: Conditions, order: ResourceOrder, target: str, since: datetime) -> None:
        """Let it be wrong."""

    @abstractmethod
    def end(self, conditions: Conditions, order: ResourceOrder, target: str) -> None:
        """Let it be well again."""

    def used_up(self, _conditions: Conditions, _order: ResourceOrder) -> bool:
        """Whether it has happened as often as it was to happen."""
        return False


class Impaired(Effect):
    """A status check fails."""

    def begin(self, conditions: Conditions, order: ResourceOrder, target: str, since: datetime) -> None:
        conditions.impair(target, _check(order), since)

    def end(self, conditions: Conditions, order: ResourceOrder, target: str) -> None:
        conditions.impaired.pop((target, _check(order)), None)


class StuckStop(Effect):
    """A stop stays in `stopping`."""

    def begin(self, conditions: Conditions, _order: ResourceOrder, target: str, _since: datetime) -> None:
        conditions.stuck_stop.add(target)

    def end(self, conditions: Conditions, _order: ResourceOrder, target: str) -> None:
        conditions.stuck_stop.discard(target)


class DeadPort(Effect):
    """Nothing listens on a port any more."""

    def begin(self, conditions: Conditions, order: ResourceOrder, target: str, _since: datetime) -> None:
        conditions.dead_ports.setdefault(target, set()).add(int(order.detail))

    def end(self, conditions: Conditions, order: ResourceOrder, target: str) -> None:
        ports = conditions.dead_ports.get(target, set())
        ports.discard(int(order.detail))
        if not ports:
            conditions.dead_ports.pop(target, None)


class FailingSnapshot(Effect):
    """Snapshots of something, or the next ones of anything, end in error."""

    def begin(self, conditions: Conditions, order: ResourceOrder, target: str, _since: datetime) -> None:
        if target:
            conditions.failing_snapshots.add(target)
        else:
            conditions.next_snapshots_fail += order.spell.times or 1

    def end(self, conditions: Conditions, _order: ResourceOrder, target: str) -> None:
        conditions.failing_snapshots.discard(target)
        if not target:
            conditions.next_snapshots_fail = 0

    def used_up(self, conditions: Conditions, order: ResourceOrder) -> bool:
        return not order.where and conditions.next_snapshots_fail == 0


class ZoneDown(Effect):
    """A zone is not there."""

    def begin(self, conditions: Conditions, _order: ResourceOrder, target: str, _since: datetime) -> None:
        conditions.zones_down.add(target)

    def end(self, conditions: Conditions, _order: ResourceOrder, target: str) -> None:
        conditions.zones_down.discard(target)


class NoCapacity(Effect):
    """Launches are refused, or (`later`) accepted and ended a moment after."""

    def begin(self, conditions: Conditions, order: ResourceOrder, target: str, _since: datetime) -> None:
        if order.detail == "later":
            capacity.refuse_later(place_of(target), order.spell.times)
        else:
            conditions.no_capacity[place_of(target)] = order.spell.times

    def end(self, conditions: Conditions, order: ResourceOrder, target: str) -> None:
        if order.detail == "later":
            capacity.relent()
        conditions.no_capacity.pop(place_of(target), None)

    def used_up(self, conditions: Conditions, order: ResourceOrder) -> bool:
        return order.detail != "later" and place_of(order.where) not in conditions.no_capacity


class Rival(Effect):
    """Somebody else takes an address right after the next association."""

    def begin(self, conditions: Conditions, order: ResourceOrder, target: str, _since: datetime) -> None:
        conditions.rivals[order.where] = target

    def end(self, conditions: Conditions, order: ResourceOrder, _target: str) -> None:
        conditions.rivals.pop(order.where, None)

    def used_up(self, conditions: Conditions, order: ResourceOrder) -> bool:
        return order.where not in conditions.rivals


class ProbePath(Effect):
    """The monitor's own way to the machines is broken."""

    def begin(self, conditions: Conditions, _order: ResourceOrder, _target: str, _since: datetime) -> None:
        conditions.probe_path_down = True

    def end(self, conditions: Conditions, _order: ResourceOrder, _target: str) -> None:
        conditions.probe_path_down = False


EFFECTS: dict[Trouble, Effect] = {
    "impair": Impaired(),
    "stuck-stop": StuckStop(),
    "dead-port": DeadPort(),
    "fail-snapshot": FailingSnapshot(),
    "zone-down": ZoneDown(),
    "no-capacity": NoCapacity(),
    "rival": Rival(),
    "probe-path": ProbePath(),
}


def _check(order: ResourceOrder) -> Check:
    match order.detail:
        case "system" | "instance" | "ebs" as check:
            return check
    raise UsageError(f"'{order.detail}' is not a status check")
