"""What usage reports say of when machines ran, in the place of what was seen in their days. Pure.

A report has every machine of the account, whoever launched it, to the second of its bill; so in its days nothing else
counts, and nothing is unseen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from ec2kit.costs.fleet.hours import Pool, Span, second_of
from ec2kit.costs.fleet.platforms import reserved_by
from ec2kit.costs.fleet.seen import Seen, Unseen
from ec2kit.costs.usage.running import Ran, Reported

Period = tuple[datetime, datetime]


def with_reported(seen: Seen, reported: Reported) -> Seen:
    """Given what was seen of a region and what reports say, return both: the reports' days by the reports."""
    spans = [part for span in seen.spans for part in _outside(span, reported.periods)]
    spans += [_span(each) for each in reported.ran if each.region == seen.region]
    unseen = tuple(part for each in seen.unseen for part in _still_unseen(each, reported.periods))
    return replace(seen, spans=tuple(spans), unseen=unseen, machines=len({span.machine for span in spans}))


def _span(ran: Ran) -> Span:
    pool = Pool(ran.region, ran.zone, ran.type, reserved_by(ran.operation), ran.tenancy, ran.lifecycle)
    return Span(ran.machine, pool, ran.start, ran.end)


def _outside(span: Span, periods: Iterable[Period]) -> Iterator[Span]:
    for start, end in _left(span.start, span.end, periods):
        yield replace(span, start=start, end=end)


def _still_unseen(unseen: Unseen, periods: Sequence[Period]) -> Iterator[Unseen]:
    """What lies outside; so much of its machine time as its share of the time is."""
    whole = max(1, second_of(unseen.end) - second_of(unseen.start))
    for start, end in _left(unseen.start, unseen.end, periods):
        length = second_of(end) - second_of(start)
        yield replace(unseen, start=start, end=end, seconds=unseen.seconds * length // whole)


def _left(start: datetime, end: datetime, periods: Iterable[Period]) -> Iterator[Period]:
    """The parts of a time that are in no period; periods are in order and do not meet."""
    for begins, ends in periods:
        if start < begins:
            yield start, min(end, begins)
        start = max(start, min(ends, end) if begins < end else start)
        if start >= end:
            return
    if start < end:
        yield start, end
