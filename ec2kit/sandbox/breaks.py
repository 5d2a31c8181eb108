"""Breaking things on purpose, and mending them: one numbered list for faults of requests and for resources.

The caller holds the lock.
"""

from dataclasses import dataclass, field
from datetime import datetime

from ec2kit.errors import NotFound, UsageError
from ec2kit.sandbox import names
from ec2kit.sandbox.conditions import Conditions
from ec2kit.sandbox.faults import Fault, Firing
from ec2kit.sandbox.known_actions import check_action
from ec2kit.sandbox.orders import Order, RequestOrder, ResourceOrder
from ec2kit.sandbox.troubles import EFFECTS
from ec2kit.sandbox.world import World


@dataclass
class Break:
    """Something that is, or will be, wrong with a resource. `targets` are ids, known once it has begun."""

    id: str
    order: ResourceOrder
    begins: datetime
    targets: tuple[str, ...] = ()
    begun: bool = False

    @property
    def ends(self) -> datetime | None:
        """When it mends itself."""
        return None if self.order.spell.lasts is None else self.begins + self.order.spell.lasts


@dataclass
class BreakBook:
    """The breaks of resources, and the number that the next break of any kind gets."""

    breaks: dict[str, Break] = field(default_factory=dict)
    made: int = 0


def book(state: World) -> BreakBook:
    """The breaks of a world."""
    kept: BreakBook = state.ledgers.setdefault("breaks", BreakBook())
    return kept


def make(state: World, order: Order) -> str:
    """Break what `order` says and return the id by which it can be mended.

    Raises NotFound or UsageError if it begins at once and its resource does not exist or is ambiguous, and UsageError
    for requests that there are none of.
    """
    if isinstance(order, RequestOrder):
        check_action(order.on)
    breaks = book(state)
    begins = state.clock.now() + order.spell.at
    break_id = f"b{breaks.made + 1}"
    if isinstance(order, RequestOrder):
        state.faults.add(Fault(break_id, order.on, order.effect, order.spell, begins, order.when))
    else:
        made = Break(break_id, order, begins)
        if not order.spell.at:
            _begin(state, made, _targets_now(order))
        breaks.breaks[break_id] = made
    breaks.made += 1
    return break_id


def mend(state: World, what: str) -> list[str]:
    """Mend a break by its id, all breaks of a resource by its name, or `all`; return the ids of what was mended.

    Raises NotFound if there is no such break; `all` of nothing is well.
    """
    breaks = book(state).breaks
    if what == "all":
        chosen = [*state.faults.faults, *breaks]
    elif what in breaks or what in state.faults.faults:
        chosen = [what]
    else:
        chosen = [each.id for each in breaks.values() if what == each.order.where or what in each.targets]
    if not chosen and what != "all":
        raise NotFound(
            f"nothing is broken by the name '{what}'", hint="`ec2kit sandbox status` lists what is broken"
        )
    for break_id in chosen:
        if not state.faults.remove(break_id):
            _end(state.conditions, breaks.pop(break_id))
    return chosen


def settle(state: World, now: datetime) -> None:
    """Let what is due begin, and what is over end."""
    breaks = book(state).breaks
    for each in list(breaks.values()):
        if not each.begun and each.begins <= now:
            # A name that means nothing yet may mean something later.
            targets = _targets(each.order)
            if targets:
                _begin(state, each, targets)
        over = each.ends is not None and each.ends <= now
        if over or (each.begun and EFFECTS[each.order.trouble].used_up(state.conditions, each.order)):
            _end(state.conditions, breaks.pop(each.id))
    for fault in list(state.faults.faults.values()):
        if fault.is_spent(now):
            state.faults.remove(fault.id)
    _record(state, now)


def _record(state: World, now: datetime) -> None:
    """Write down what the rules have used up of the conditions since the last time."""
    for text in state.conditions.fired:
        state.faults.firings.append(Firing("", text, "", now))
    state.conditions.fired.clear()


def _targets_now(order: ResourceOrder) -> tuple[str, ...]:
    targets = _targets(order)
    if not targets:
        word = order.detail if order.trouble == "rival" else order.where
        raise NotFound(
            f"there is no instance '{word}' in the sandbox", hint="`ec2kit ls` lists them", resource=word
        )
    if len(targets) > 1 and order.trouble != "fail-snapshot":
        raise UsageError(
            f"'{order.where}' means {len(targets)} instances: {', '.join(targets)}", hint="give an id"
        )
    return targets


def _targets(order: ResourceOrder) -> tuple[str, ...]:
    """The ids that an order is about; a place or nothing at all stands for itself."""
    if order.trouble in ("impair", "stuck-stop", "dead-port"):
        return tuple(names.named_instances(order.where))
    if order.trouble == "rival":
        return tuple(names.named_instances(order.detail))
    if order.trouble == "fail-snapshot" and order.where and not order.where.startswith(("vol-", "snap-")):
        return tuple(names.named_instances(order.where))
    return (order.where,)


def _begin(state: World, made: Break, targets: tuple[str, ...]) -> None:
    made.targets, made.begun = targets, True
    for target in targets:
        EFFECTS[made.order.trouble].begin(state.conditions, made.order, target, made.begins)


def _end(conditions: Conditions, made: Break) -> None:
    if made.begun:
        for target in made.targets:
            EFFECTS[made.order.trouble].end(conditions, made.order, target)
