"""`ec2kit recover az:… --to … --fenced-by-hand`: a person says that a zone is gone, and its machines with it.

Nobody but a person can fence a zone that is gone. Who does so sees the counted list and types its number; `--yes`
does not answer that. The storm brake and every pause are overridden for the list, and for nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence

from ec2kit.cli.context import Context
from ec2kit.errors import NotFound, Refused, UsageError
from ec2kit.fleet.restore_source import spec_in
from ec2kit.inventory.selectors import parse
from ec2kit.model.ids import Zone
from ec2kit.recovery.objections import Scene, objections
from ec2kit.recovery.observe import Context as Case
from ec2kit.recovery.policy import Rung
from ec2kit.recovery.storm import Watched
from ec2kit.recovery.watch import Monitor, Watch, policy_or_watch
from ec2kit.snapshots.observe import sets_of

RULE = "--fenced-by-hand"


def zone_in(words: Sequence[str]) -> Zone:
    """Given the selector words, return the zone that is gone; raises `UsageError` for anything but one `az:ZONE`."""
    narrowings = parse(words).narrowings
    zones = [value for each in narrowings if each.subject == "az" for value in each.values]
    if len(words) != 1 or len(zones) != 1 or any(character in zones[0] for character in "*?["):
        raise UsageError(
            f"{RULE} wants one zone", hint=f"ec2kit recover az:eu-west-1a --to eu-west-1b {RULE}"
        )
    return Zone(zones[0])


def destination(context: Context, gone: Zone, to: str | None) -> Zone:
    """The zone to go to; raises `UsageError` when none or the same was named, `NotFound` for one that is not there."""
    if not to:
        raise UsageError(f"{RULE} wants the zone to go to", hint=f"ec2kit recover az:{gone} --to ZONE {RULE}")
    if to == gone:
        raise UsageError(f"{to} is the zone that is gone", hint="name another one with --to")
    known = {zone.name: zone.state for zone in context.aws().network.zones()}
    if to not in known:
        raise NotFound(f"zone '{to}' does not exist", resource=to, hint=f"one of {', '.join(sorted(known))}")
    return Zone(to)


def lost_with(monitor: Monitor, look: Watch, gone: Zone) -> list[Watched]:
    """The enrolled machines of the zone: as AWS shows them, or, when it does not, as their newest set tells."""
    dark = [each.instance.id for each in look.machines if not each.instance.zone]
    homes: dict[str, str] = {}
    for found in reversed(sets_of(monitor.aws, dark)):
        spec = spec_in(found)
        homes[found.of] = spec.zone if spec else ""
    return [each for each in look.machines if (each.instance.zone or homes.get(each.instance.id)) == gone]


def cases(look: Watch, monitor: Monitor, lost: Sequence[Watched], to: Zone) -> list[Case]:
    """What healing needs of each of them; what a person may not override stays an objection."""
    scene = Scene(look, ours=monitor.ours, ignore_storm=True, a_person=True)
    found: list[Case] = []
    for watched in lost:
        policy, instance = policy_or_watch(watched.instance)[0], watched.instance
        against = list(objections(instance, scene))
        if not policy.last.reaches(Rung.REPLACE):
            against.append(f"it is protected up to '{policy.last}', which no replacement is")
        found.append(Case(instance.id, policy, watched.judgement, tuple(against), instance.name, by_hand=to))
    return found


def have_counted(context: Context, gone: Zone, to: Zone, lost: Sequence[Watched], number: int | None) -> None:
    """Show the list and have its number typed, or compare it with `--confirm`; raises `Refused`."""
    listed = "\n".join(f"  {each.instance.name}  {each.instance.id}" for each in lost)
    told = (
        f"in {context.place}: {len(lost)} machines of {gone} will be replaced in {to} from their newest sets\n"
        f"{listed}\n"
        "If one of them still runs, there will be two of it: you answer for the zone being off.\n"
    )
    ask = context.surroundings.ask
    if number is None and ask is None:
        raise Refused(
            f"{RULE} wants the number of machines typed, and there is no terminal", hint="--confirm NUMBER"
        )
    if number is None and ask is not None:
        typed = ask(f"{told}type the number of machines: ").strip()
        number = int(typed) if typed.isdigit() else -1
    else:
        context.say(told.rstrip())
    if number != len(lost):
        raise Refused(
            f"{len(lost)} machines of {gone} are enrolled, and that is not the number given: nothing was done"
        )
