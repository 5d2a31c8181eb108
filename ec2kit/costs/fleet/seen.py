"""When machines ran, as far as anybody saw it, and what nobody saw. Pure.

What EC2 shows of a machine is when it was started last and, for an hour or so after its end, when that was; what it
shows of a stopped one is when it was stopped. What ec2kit did itself is in its history, with the machines that EC2
shows no more. The rest is told as not seen: it is in no sum.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from ec2kit.costs.fleet.hours import Pool, Span, Window
from ec2kit.costs.fleet.platforms import reserved_as
from ec2kit.model.instances import Instance, State

SAME_START = timedelta(minutes=15)
"""The history has when a call was made, EC2 when the machine began: the same start, when it is not later than this."""
_TRANSITION = re.compile(r"\((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?:GMT|UTC)\)", re.ASCII)
"""As in `User initiated (2026-11-23 10:15:00 GMT)`."""


class Turn(StrEnum):
    """What happened to a machine."""

    LAUNCHED = "launched"
    STARTED = "started"
    STOPPED = "stopped"
    ENDED = "ended"

    @property
    def runs(self) -> bool:
        """Whether it runs from then on."""
        return self in (Turn.LAUNCHED, Turn.STARTED)


@dataclass(frozen=True)
class Event:
    """Something that happened to a machine; `pool` is what it is, where that is known."""

    at: datetime
    machine: str
    turn: Turn
    pool: Pool | None = None


class Blind(StrEnum):
    """Why hours were not seen."""

    BEFORE_HISTORY = "before-history"
    """Machines that had ended before the history of ec2kit begins, or that it never had to do with."""
    NOT_OURS = "not-ours"
    """ec2kit did not launch it: what it ran before its last start is not known."""
    END_UNKNOWN = "end-unknown"
    """It is gone, and nobody saw when it went."""
    STOP_UNKNOWN = "stop-unknown"
    """It is stopped, and AWS does not say since when."""
    ASSUMED = "assumed"
    """It was started anew, and nobody saw it stop before: counted as if it had run on."""
    TAKEN_FOR_LINUX = "taken-for-linux"
    """It is gone, and the history does not say what system it had: counted as Linux."""
    UNKNOWN_KIND = "unknown-kind"
    """The history does not say what it was."""


@dataclass(frozen=True)
class Unseen:
    """Hours of machines that nobody saw, between two times."""

    why: Blind
    machines: tuple[str, ...]
    start: datetime
    end: datetime
    seconds: int
    """Machine seconds at most; 0 where nobody knows how many machines there were."""

    @property
    def counted(self) -> bool:
        """Whether they are in the sums all the same."""
        return self.why in (Blind.ASSUMED, Blind.TAKEN_FOR_LINUX)


@dataclass(frozen=True)
class Seen:
    """What is known of when machines ran in a region."""

    spans: tuple[Span, ...] = ()
    unseen: tuple[Unseen, ...] = ()
    machines: int = 0
    region: str = ""

    @property
    def first(self) -> datetime | None:
        """When the first of them began."""
        return min((span.start for span in self.spans), default=None)


@dataclass(frozen=True)
class Sight:
    """What there is to look at in a region, from `since` to `now`."""

    region: str
    since: datetime
    now: datetime
    instances: tuple[Instance, ...] = ()
    """What EC2 shows, terminated ones too."""
    history: tuple[Event, ...] = ()
    begun: datetime | None = None
    """When the history begins; None when there is none."""


def look(sight: Sight) -> Seen:
    """Given what there is to look at, return when machines ran."""
    shown = {str(instance.id): instance for instance in sight.instances}
    events: dict[str, list[Event]] = {id: [] for id in shown}
    for event in sight.history:
        events.setdefault(event.machine, []).append(event)
    stories = [_Story(id, sight, shown.get(id)) for id in sorted(events)]
    for story in stories:
        story.read(events[story.id])
    unseen = list(_together(part for story in stories for part in story.unseen))
    blind_until = min(sight.begun, sight.now) if sight.begun else sight.now
    if sight.since < blind_until:
        unseen.insert(0, Unseen(Blind.BEFORE_HISTORY, (), sight.since, blind_until, 0))
    spans = tuple(span for story in stories for span in story.spans)
    return Seen(spans, tuple(unseen), len({span.machine for span in spans}), sight.region)


def as_if_always(sight: Sight) -> Seen:
    """Given what there is to look at, return what runs now as if that had been all there was: for one clock hour."""
    hour = Window.around(sight.now, sight.now)
    spans = tuple(
        Span(str(each.id), pool_of(sight.region, each), hour.start_time, hour.end_time)
        for each in sight.instances
        if each.state in (State.RUNNING, State.PENDING)
    )
    return Seen(spans, (), len(spans), sight.region)


def in_order(events: Iterable[Event]) -> list[Event]:
    """Given events, return them by time; what begins and ends at the same second has begun first."""
    return sorted(events, key=lambda event: (event.at, not event.turn.runs))


def pool_of(region: str, instance: Instance) -> Pool:
    """What billing takes an instance for."""
    platform, tenancy = reserved_as(instance.platform_details), instance.tenancy or "default"
    return Pool(region, instance.zone, instance.type, platform, tenancy, instance.lifecycle)


def stopped_at(instance: Instance) -> datetime | None:
    """When an instance was stopped or ended, as its transition reason says; None when that says nothing."""
    found = _TRANSITION.search(instance.transition_reason)
    if not found:
        return None
    try:
        return datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None


@dataclass
class _Story:
    """One machine's, while it is read."""

    id: str
    sight: Sight
    instance: Instance | None
    spans: list[Span] = field(default_factory=list)
    unseen: list[Unseen] = field(default_factory=list)

    def read(self, history: Sequence[Event]) -> None:
        """Go through what happened to it, in order."""
        told = in_order([*map(self._known_better, history), *self._shown()])
        running: Event | None = None
        pool = next((event.pool for event in told if event.pool), None)
        for event in told:
            if event.turn.runs:
                if running is not None and event.at - running.at > SAME_START:
                    self._ran(running.pool or pool, running.at, event.at, assumed=True)
                    running = None
                running = event if running is None or event.pool else running
            elif running is not None:
                self._ran(running.pool or pool, running.at, event.at)
                running = None
            pool = event.pool or pool
        if running is not None:
            self._still_on(running, pool)
        self._say_what_is_assumed(history, told)

    def _still_on(self, running: Event, pool: Pool | None) -> None:
        now = self.sight.now
        if self.instance is None:
            self._missed(Blind.END_UNKNOWN, running.at, now)
        elif self.instance.state in (State.RUNNING, State.PENDING):
            # To the end of the hour, which would look half used otherwise.
            self._ran(running.pool or pool, running.at, Window.around(running.at, now).end_time)
        else:
            self._missed(Blind.STOP_UNKNOWN, running.at, now)

    def _say_what_is_assumed(self, history: Sequence[Event], told: Sequence[Event]) -> None:
        if self.instance is None:
            for span in self.spans:
                self._missed(Blind.TAKEN_FOR_LINUX, span.start, span.end)
        elif not any(event.turn is Turn.LAUNCHED for event in history):
            self._missed(Blind.NOT_OURS, self.sight.since, min(event.at for event in told))

    def _shown(self) -> Iterator[Event]:
        """What EC2 shows of it, as events."""
        instance = self.instance
        if instance is None:
            return
        pool = pool_of(self.sight.region, instance)
        yield Event(instance.launched, self.id, Turn.STARTED, pool)
        ended = stopped_at(instance)
        if ended and instance.state not in (State.RUNNING, State.PENDING):
            turn = Turn.ENDED if instance.state.is_gone else Turn.STOPPED
            yield Event(max(ended, instance.launched), self.id, turn)

    def _known_better(self, event: Event) -> Event:
        """The history has a machine's type and zone, EC2 the rest while it shows it."""
        if event.pool is None or self.instance is None:
            return event
        shown = pool_of(self.sight.region, self.instance)
        return replace(event, pool=replace(shown, type=event.pool.type, zone=event.pool.zone))

    def _ran(self, pool: Pool | None, start: datetime, end: datetime, *, assumed: bool = False) -> None:
        start = max(start, self.sight.since)
        if start < end and pool is not None:
            self.spans.append(Span(self.id, pool, start, end, assumed))
        if assumed or pool is None:
            self._missed(Blind.ASSUMED if pool else Blind.UNKNOWN_KIND, start, end)

    def _missed(self, why: Blind, start: datetime, end: datetime) -> None:
        start = max(start, self.sight.since)
        if start < end:
            self.unseen.append(Unseen(why, (self.id,), start, end, (end - start) // timedelta(seconds=1)))


def _together(found: Iterable[Unseen]) -> Iterator[Unseen]:
    """One for each reason: its machines, the hours of all of them, from the first to the last."""
    reasons: dict[Blind, list[Unseen]] = {}
    for each in found:
        reasons.setdefault(each.why, []).append(each)
    for why, alike in sorted(reasons.items()):
        machines: Mapping[str, None] = dict.fromkeys(id for each in alike for id in each.machines)
        start, end = min(each.start for each in alike), max(each.end for each in alike)
        yield Unseen(why, tuple(machines), start, end, sum(each.seconds for each in alike))
