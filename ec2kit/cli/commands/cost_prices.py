"""`ec2kit cost prices`: what is known of prices here, from where, how old; asked anew, imported, exported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path

import click

from ec2kit.aws import Aws
from ec2kit.cli.commands.price_sources import PriceSources
from ec2kit.cli.commands.unreached import UNREACHED
from ec2kit.cli.context import Context
from ec2kit.cli.options import reads
from ec2kit.cli.price_book import book_of, price_directory
from ec2kit.costs.prices.book import PriceBook, Prices
from ec2kit.costs.prices.book_files import book_text
from ec2kit.costs.prices.documents import MOST_BYTES
from ec2kit.costs.prices.importing import imported
from ec2kit.costs.prices.live import machines_of, region_units
from ec2kit.costs.prices.local import keep_book
from ec2kit.costs.prices.price import Machine, Offers, PriceList, System
from ec2kit.costs.prices.units import UnitPrice
from ec2kit.errors import Ec2kitError, Exit, Interrupted, NotFound, UsageError
from ec2kit.host.files import atomic_write, read_text
from ec2kit.model.periods import parse_time
from ec2kit.screen.prices import PRICE_COLUMNS, PriceRow, age_line, price_rows


@reads
@click.argument("types", nargs=-1, metavar="[TYPE]…")
@click.option("--update", is_flag=True, help="ask AWS's price list, and keep what it says")
@click.option("--import", "source", metavar="FILE", help="keep what a price document or a book has")
@click.option("--export", "target", metavar="FILE", help="write all that is known as one book; `-` is stdout")
@click.option("--at", "day", metavar="DATE", help="what was known at the end of a day: 2026-01-31")
@click.option(
    "--os",
    "system",
    type=click.Choice([system.value for system in System]),
    help="of this operating system (all that are known; --update: linux)",
)
def prices(
    context: Context,
    types: tuple[str, ...],
    update: bool,
    source: str | None,
    target: str | None,
    day: str | None,
    system: str | None,
) -> None:
    """Show the prices that are known here, each with its source and date: those of types, or of disks and addresses.

    --update asks AWS (it costs nothing) for the types given, or for those that the fleet has, and for disks, snapshots
    and addresses of the region. What was kept before stays, for --at. Nobody else's prices are asked for unless you
    say so: without --update no request is made.

    \b
    ec2kit cost prices t3.micro m5.large --region eu-west-1
    ec2kit cost prices --update
    ec2kit cost prices --update t3.micro --os windows
    ec2kit cost prices --export prices.json
    """
    if sum((update, source is not None, target is not None)) > 1:
        raise UsageError("one of --update, --import and --export at a time")
    if day is not None and (update or source):
        raise UsageError("--at looks at what was kept before", hint="leave --update and --import out")
    if update:
        _update(context, types, System(system) if system else None)
    elif source:
        _import(context, source)
    elif target:
        _export(context, target, _end_of(day))
    else:
        _show(context, types, System(system) if system else None, _end_of(day))


def _show(context: Context, types: tuple[str, ...], system: System | None, at: datetime | None) -> None:
    book = book_of(context, at)
    now = at or context.clock.now()
    rows: list[PriceRow] = []
    for region in _regions(context):
        if types:
            for type_ in types:
                rows += _of_type(context, book, Machine(region, type_), system, now)
        else:
            rows += price_rows(
                book, {thing for shelf in book.shelves for thing in shelf.things()}, region, now
            )
    if rows:
        context.say(age_line(rows))
    context.show(PRICE_COLUMNS, rows)


def _of_type(
    context: Context, book: PriceBook, machine: Machine, system: System | None, now: datetime
) -> Iterator[PriceRow]:
    """Its systems that are known; a type that is not known at all is told, and the others go on."""
    found = 0
    for each in [system] if system else list(System):
        try:
            listed = book.machine(Machine(machine.region, machine.type, each))
        except NotFound as error:
            missing = error
        else:
            found += 1
            yield PriceRow.of_machine(listed, now)
    if not found:
        if system is None:
            missing = NotFound(
                f"there is no price for {machine.type} in {machine.region} in the price book",
                hint=missing.hint,
                resource=machine.type,
            )
        context.complain(missing)
        context.failed(Exit.NOT_FOUND)


def _update(context: Context, types: tuple[str, ...], system: System | None) -> None:
    lists: list[PriceList] = []
    units: list[UnitPrice] = []
    for aws in context.everywhere():
        context.announce(aws)
        sources = PriceSources(context, aws)
        lists += _asked(context, sources, _wanted(aws, types, system))
        try:
            if sources.refused:
                raise sources.refused
            units += region_units(aws, aws.region)
        except UNREACHED as error:
            if not (lists or units):
                raise
            what = f"no prices of disks, snapshots and addresses in {aws.region}: {error.message}"
            context.complain(Ec2kitError(what, hint=error.hint))
            context.failed(Exit.PARTIAL)
    kept = keep_book(price_directory(context), book_text(lists, units), context.clock.now())
    context.say(_kept(lists, units, kept))


def _asked(context: Context, sources: PriceSources, machines: Iterable[Machine]) -> Iterator[PriceList]:
    """What there is of machines; which have no price, or none on demand, is told."""
    for machine in machines:
        try:
            found = sources.ask(machine)
            if isinstance(found, Offers):
                what = f"there is no price on demand for {machine}: its {len(found.reserved)} offers are not kept"
                raise NotFound(what, hint="--import FILE may have one", resource=machine.type)
            yield found
        except NotFound as error:
            context.complain(error)
            context.failed(Exit.NOT_FOUND)


def _wanted(aws: Aws, types: tuple[str, ...], system: System | None) -> tuple[Machine, ...]:
    if types:
        return tuple(Machine(aws.region, type_, system or System.LINUX) for type_ in dict.fromkeys(types))
    found = machines_of(aws.instances.describe(), aws.region)
    return tuple(each for each in found if system in (None, each.system))


def _import(context: Context, source: str) -> None:
    path = context.surroundings.cwd / Path(source)
    if path.is_file() and path.stat().st_size > MOST_BYTES:
        raise UsageError(f"'{source}' has more than {MOST_BYTES >> 20} MiB")
    found = imported(read_text(path), source)
    kept = keep_book(price_directory(context), book_text(found.lists, found.units), context.clock.now())
    context.say(_kept(found.lists, found.units, kept))


def _kept(lists: Sequence[PriceList], units: Sequence[UnitPrice], where: Path) -> str:
    offers = sum(len(each.reserved) for each in lists)
    words = (_many(len(lists), "machine"), _many(offers, "offer"), _many(len(units), "other price"))
    return "kept {} with {}, and {}: {}".format(*words, where)


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _export(context: Context, target: str, at: datetime | None) -> None:
    book = book_of(context, at)
    known = _all_of(book)
    text = book_text(known.lists, known.units)
    if target == "-":
        context.output.write([text])
        return
    atomic_write(context.surroundings.cwd / Path(target), text.encode())
    context.say(f"wrote {len(known.lists)} machines and {len(known.units)} other prices: {target}")


def _all_of(book: PriceBook) -> Prices:
    """Each price that a lookup would find, once."""
    lists: list[PriceList] = []
    units: list[UnitPrice] = []
    for machine in sorted({each for shelf in book.shelves for each in shelf.machines()}):
        try:
            lists.append(book.machine(machine))
        except NotFound:
            continue
    for thing in sorted({each for shelf in book.shelves for each in shelf.things()}):
        try:
            units.append(book.unit(thing))
        except NotFound:
            continue
    return Prices(tuple(lists), tuple(units))


def _regions(context: Context) -> tuple[str, ...]:
    if context.options.region and context.options.region != ("all",):
        return tuple(dict.fromkeys(context.options.region))
    found = context.setting("region")
    if found is None or found.text == "all":
        return tuple(aws.region for aws in context.everywhere())
    return (found.text,)


def _end_of(day: str | None) -> datetime | None:
    """The last moment of a day, or the moment itself; raises `UsageError`."""
    if day is None:
        return None
    try:
        return datetime.combine(date.fromisoformat(day), time.max, UTC)
    except ValueError:
        pass
    try:
        return parse_time(day)
    except Ec2kitError as error:
        if isinstance(error, Interrupted):
            raise
        raise UsageError(f"'{day}' is no date", hint="write 2026-01-31") from error
