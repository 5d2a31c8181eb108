"""What `cost fleet` says beside its table: the hours it looked at, those it did not see, what is owned, what ends, and
where its prices are from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from ec2kit.costs.fleet.grounds import What
from ec2kit.costs.fleet.holding import by_currency
from ec2kit.costs.fleet.hours import HOUR
from ec2kit.costs.fleet.offerings import without_upfront
from ec2kit.costs.fleet.report import Report, saved
from ec2kit.costs.fleet.seen import Blind, Unseen
from ec2kit.costs.fleet.sizes import LINUX
from ec2kit.costs.offers import HOURS_A_YEAR
from ec2kit.model.money import Money
from ec2kit.model.periods import format_time
from ec2kit.screen.fleet_plans import plan_lines

FEW_HOURS = 6 * 24
"""Less than a week, of which a part of a day may be missing, says little of a year."""
NOT_IN_IT = "not in it: what other accounts of your organization reserved or run"
"""It may cover what is advised here."""
MONTHLY_QUOTA = 20
"""New regional reservations that an account may buy in a region and month, by default ("Reserved Instance quotas", EC2
User Guide)."""
FEW_REGIONS = 3
"""More are counted, not named."""
_WHY = {
    Blind.NOT_OURS: "what {machines} not launched by ec2kit ran before the last start",
    Blind.END_UNKNOWN: "what {machines} ran before an end that nobody saw",
    Blind.STOP_UNKNOWN: "what {machines} ran before a stop whose time AWS does not say",
    Blind.UNKNOWN_KIND: "what {machines} ran whose type the history does not say",
}
_ASSUMED = {
    Blind.ASSUMED: "{machines} counted as running on until started anew, since nobody saw a stop",
    Blind.TAKEN_FOR_LINUX: "{machines}, gone since, counted as Linux, since the history does not say",
}


def notes(report: Report) -> Iterator[str]:
    """Given the answer, yield all that is to be said of it, for a program: a person was told apart what is an error."""
    for each in report.grounds.lacks:
        if each.what is What.MACHINES:
            yield f"{each.region} is not in it: {each.why}"
    yield from sentences(report)


def sentences(report: Report) -> Iterator[str]:
    """Given the answer, yield what a person is told beside the table."""
    yield window_line(report)
    yield from reported_lines(report)
    yield from unseen_lines(report)
    yield from lacking_lines(report)
    yield from owned_lines(report)
    yield from plan_lines(report)
    yield from growth_lines(report)
    yield from what_if_lines(report)
    yield from source_lines(report)
    yield from saved_lines(report)


def window_line(report: Report) -> str:
    """Given the answer, return what it looked at."""
    window = report.window
    if report.steady:
        return f"as if {_many(report.machines)} that run now had always run, and will"
    when = f"{window.hours:,} h from {format_time(window.start_time)} to {format_time(window.end_time)}"
    ran = f"{_many(report.machines)} ran {report.eligible_hours:,.1f} h that a reservation could cover"
    if not report.eligible_hours:
        return f"{when}: nothing ran that a reservation could cover"
    share = report.covered_hours / report.eligible_hours
    return f"{when}: {ran}; {report.covered_hours:,.1f} h are covered ({_percent(share)})"


def reported_lines(report: Report) -> Iterator[str]:
    """Given the answer, yield what usage reports have of it, and what had to be said of them."""
    for start, end in report.grounds.periods:
        yield f"from {format_time(start)} to {format_time(end)}: what usage reports have"
    for note in report.grounds.notes:
        yield f"note: {note}"


def unseen_lines(report: Report) -> Iterator[str]:
    """Given the answer, yield which hours it could not see, and what it took for granted."""
    if report.window.hours < FEW_HOURS and not report.steady:
        yield f"only {report.window.hours} h were looked at: that says little of a year"
    alike: dict[tuple[datetime, datetime], list[str]] = {}
    for seen in report.seen:
        for each in seen.unseen:
            if each.why is Blind.BEFORE_HISTORY:
                alike.setdefault((each.start, each.end), []).append(seen.region)
    for (start, end), regions in alike.items():
        when = f"from {format_time(start)} to {format_time(end)}"
        where = f" in {_some(regions)}" if len(report.seen) > 1 else ""
        yield f"not seen: machines that ended {when}{where}, before the history of ec2kit here begins"
    for why in (*_WHY, *_ASSUMED):
        found = [each for seen in report.seen for each in seen.unseen if each.why is why]
        if found:
            yield _unseen(why, found)
    if any(each.reserving for each in report.advice):
        yield NOT_IN_IT


def _unseen(why: Blind, found: Sequence[Unseen]) -> str:
    machines = _many(len({id for each in found for id in each.machines}))
    hours = Decimal(sum(each.seconds for each in found)) / HOUR
    if why in _ASSUMED:
        return f"assumed: {_ASSUMED[why].format(machines=machines)}, {hours:,.1f} h"
    return f"not seen: {_WHY[why].format(machines=machines)}, {hours:,.1f} h at most"


def lacking_lines(report: Report) -> Iterator[str]:
    """Given the answer, yield what else could not be had for it, what is alike once for all regions."""
    alike: dict[tuple[What, str], list[str]] = {}
    for each in report.grounds.lacks:
        alike.setdefault((each.what, each.why), []).append(each.region)
    for (what, why), regions in alike.items():
        if what is What.RESERVATIONS:
            where = f"in {_some(regions)} " if len(report.seen) > 1 else ""
            yield f"what is reserved already {where}is not in it (--owned FILE has it): {why}"
        elif what is What.PLANS:
            yield f"savings plans that you have are not in it (--plans FILE has them): {why}"
        elif what is What.PLAN_RATES:
            yield f"savings plans are applied at the price book's rates, not their own: {why}"
        elif what is What.ADDED:
            yield f"what would be there too in {_some(regions)} is not in it, nor is what runs there"


def _some(regions: Sequence[str]) -> str:
    return ", ".join(regions) if len(regions) <= FEW_REGIONS else f"{len(regions)} regions"


def owned_lines(report: Report) -> Iterator[str]:
    """Given the answer, yield what is owned: how far it is used, what is not, what was saved, what ends soon."""
    if not report.holdings:
        return
    bought = sum((each.bought_hours for each in report.holdings), Decimal(0))
    used = sum((each.used_hours for each in report.holdings), Decimal(0))
    count = sum(each.held.owned.count for each in report.holdings)
    yield f"owned: {count} reserved, {bought:,.1f} h bought, {used:,.1f} h used ({_percent(used / bought)})"
    unused = by_currency(each.unused_cost for each in report.holdings)
    yield f"owned: {bought - used:,.1f} h unused, which cost {_sums(unused)}"
    nets = [each.net for each in report.holdings]
    known = by_currency(net for net in nets if net is not None)
    missing = sum(1 for net in nets if net is None)
    if known:
        yield f"owned: net savings {_sums(known)} (used hours on demand, less the amortised fee)"
    if missing:
        yield f"owned: of {missing} no saving is told, a price on demand is missing"
    elsewhere = [each.held.owned.id for each in report.holdings if each.held.owned.upfront_elsewhere]
    if elsewhere:
        what = f"{', '.join(elsewhere[:3])}{' …' if len(elsewhere) > 3 else ''}"
        yield f"owned: the fee of {what} lacks what was paid at once, before a modification: AWS does not tell it again"
    for each in report.holdings:
        if each.ends_soon:
            owned = each.held.owned
            when = f"{format_time(owned.end)}, in {each.left.days} days"
            yield f"ends soon: {owned.id} ({owned.count} × {owned.type}), {when}"


def growth_lines(report: Report) -> Iterator[str]:
    """Given the answer, yield what would run too, and what that would cost."""
    found = report.growth
    if found is None:
        return
    what = ", ".join(str(each) for each in found.machines)
    cost = f"{_sums(found.yearly)} a year on demand" if found.yearly else ""
    missing = f"no price for {', '.join(found.unpriced)}" if found.unpriced else ""
    told = ", ".join(each for each in (cost, missing) if each)
    yield f"with {what}, all the time: {told}; what to reserve is for them too"


def what_if_lines(report: Report) -> Iterator[str]:
    """Given the answer, yield what more reservations would have done."""
    found = report.what_if
    if found is None:
        return
    for holding, price in zip(found.holdings, found.prices, strict=True):
        owned = holding.held.owned
        offer = str(price.commitment) if price else "no reserved price"
        system = "" if owned.platform == LINUX else f" ({owned.platform})"
        where = f"{owned.count:,} × {owned.type}{system} in {owned.zone or owned.region}, {offer}"
        yield f"if added: {where}: used {_percent(holding.utilization)}, {holding.unused_hours:,.1f} h unused"
    if found.net is not None and found.displaced is not None and found.fee is not None:
        displaced, fee, net = (_yearly(each, report) for each in (found.displaced, found.fee, found.net))
        word = "saves" if net.amount >= 0 else "costs"
        more = "" if net.amount >= 0 else " more"
        yield f"if added: {displaced} less on demand, {fee} of fees: {word} {_positive(net)}{more} in a year like this"
    else:
        yield "if added: what it would save is not told, a price is missing"


def _yearly(amount: Money, report: Report) -> Money:
    return amount * HOURS_A_YEAR / report.window.hours


def source_lines(report: Report) -> Iterator[str]:
    """Given the answer, yield where its prices are from and how old the oldest of each source are."""
    oldest: dict[str, datetime | None] = {}
    for each in report.prices:
        known = oldest.get(each.source, each.published)
        oldest[each.source] = min(known, each.published) if known and each.published else None
    for source, published in oldest.items():
        if published is None:
            yield f"prices of {source}, of an unknown date"
            continue
        days = (report.now - published).days
        old = f"{days} days old" if days < 730 else f"{days // 365} years old"
        yield f"prices of {source}, published {published.date().isoformat()}, {old}"


def saved_lines(report: Report) -> Iterator[str]:
    """Given the answer, yield what all that is advised would save in a year, where something is."""
    found = saved(report.advice)
    upfront = by_currency(each.reserving.upfront for each in report.advice if each.reserving)
    if found:
        yield f"saves {_sums(found)} in a year like this, for {_sums(upfront)} at once"
    if any(each.amount for each in upfront):
        nothing = by_currency(each.saving_yearly for each in without_upfront(report.advice))
        saves = f"saves {_sums(nothing)}" if nothing else "saves nothing"
        yield f"with nothing paid at once it {saves}; --show offers has every offer"
    for region, count in _bought(report).items():
        if count > MONTHLY_QUOTA:
            yield (
                f"{count:,} reservations in {region} are more than the {MONTHLY_QUOTA} a month that AWS sells at first:"
                " ask for a higher quota, or buy them over months"
            )


def _bought(report: Report) -> dict[str, int]:
    """How many are advised in each region."""
    found: dict[str, int] = {}
    for each in report.advice:
        if each.reserving:
            found[each.market.region] = found.get(each.market.region, 0) + each.reserving.count
    return found


def _sums(found: tuple[Money, ...]) -> str:
    return " and ".join(str(each) for each in found)


def _positive(amount: Money) -> Money:
    return Money(abs(amount.amount), amount.currency)


def _many(count: int) -> str:
    return "1 machine" if count == 1 else f"{count:,} machines"


def _percent(share: Decimal) -> str:
    return f"{(share * 100).quantize(Decimal('0.1'), ROUND_HALF_EVEN) + 0:f} %"
