"""`ec2kit cost usage`: usage reports and bills, explained."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from ec2kit.cli.context import Context
from ec2kit.cli.options import reads
from ec2kit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ec2kit.costs.usage.answers import Answer, Item
    from ec2kit.costs.usage.database import Database
    from ec2kit.costs.usage.formats import Shape
    from ec2kit.costs.usage.wanted import Wanted
    from ec2kit.fleet.named import Known


@reads
@click.argument("files", nargs=-1, metavar="FILE…")
@click.option(
    "--by",
    default="",
    metavar="WHAT",
    help="service, usage-type, resource, region, zone, account, operation, kind, topic, day or tag:KEY",
)
@click.option("--month", default="", metavar="MONTH", help="of this month only: 2026-05")
@click.option(
    "--where",
    multiple=True,
    metavar="WHAT=TEXT",
    help="only these; `*` stands for any characters; several narrow",
)
@click.option("--names", is_flag=True, help="ask AWS for the names, and tags that the report lacks")
@click.option(
    "--memory", default=2048, metavar="MIB", type=click.IntRange(128, 1 << 20), help="at most so much (2048)"
)
@click.option("--athena", default="", metavar="DATABASE.TABLE", help="print the question for Athena instead")
@click.option(
    "--format",
    "form",
    default="",
    type=click.Choice(["", "cur-1", "cur-2", "focus"]),
    metavar="NAME",
    help="what the table of --athena has, where no FILE shows it: cur-1, cur-2, focus (cur-2)",
)
@click.option("--sql", is_flag=True, help="print the question as SQL, and do not ask it")
def usage(context: Context, files: tuple[str, ...], **typed: str | bool | int | tuple[str, ...]) -> None:
    """Explain usage reports and bills: what was used, what it costs, what drives it, what the month will come to.

    FILE is a usage report (CSV, XML), a Cost and Usage Report (1.0, 2.0) or FOCUS, in CSV, gzip, zip or Parquet, a
    manifest, or a directory of them, and `-` reads names of files; the format is told by the columns. Reports may be
    larger than memory. `cash` is what the bill charges, `amortised` what was used up of what was paid for before.

    \b
    ec2kit cost usage report.csv
    ec2kit cost usage 20260501-20260601/ --by tag:role
    ec2kit cost usage cur/*.parquet --by resource --where region=eu-west-1 --names
    ec2kit cost usage --athena billing.cur_2 --by service --month 2026-05
    """
    from ec2kit.costs.usage.wanted import wanted

    filters = typed["where"]
    assert isinstance(filters, tuple)
    want = wanted(str(typed["by"]), str(typed["month"]), filters)
    if typed["athena"]:
        _print_athena(context, files, str(typed["athena"]), str(typed["form"]), want)
        return
    if not files:
        raise UsageError("which reports?", hint="ec2kit cost usage FILE…, or --athena DATABASE.TABLE")
    _explain(
        context,
        files,
        want,
        names=bool(typed["names"]),
        sql=bool(typed["sql"]),
        memory=int(str(typed["memory"])),
    )


def _explain(
    context: Context, files: tuple[str, ...], want: Wanted, *, names: bool, sql: bool, memory: int
) -> None:
    from ec2kit.costs.usage.answers import ask, broken_down
    from ec2kit.costs.usage.database import database
    from ec2kit.costs.usage.files import find
    from ec2kit.costs.usage.lacking import lacks
    from ec2kit.costs.usage.reading import question, read, remarks
    from ec2kit.host.paths import ensure_cache
    from ec2kit.screen.paper import Format
    from ec2kit.screen.usage import breakdown_columns, sources

    found = find(context.expand(files), context.surroundings.cwd)
    parent = ensure_cache(context.surroundings.environ)
    with database(parent, [each.path for each in found.files], memory) as base:
        if sql:
            context.write(question(base, found.files, want))
            return
        reads = read(base, found.files, want.tag)
        context.say(sources(reads))
        notes = [*found.notes, *remarks(reads), *lacks(base, reads, want)]
        known = _known(context, base, want) if names else {}
        if not want.dimension:
            answer = ask(base, reads, notes, want.where)
            _empty(context, want, answer.bills)
            _show(context, answer)
            return
        items = broken_down(base, want.dimension, want.where)
    if context.paper.format is not Format.TABLE:
        _empty(context, want, items)
    for note in notes:
        context.say(f"note: {note}")
    if names and want.dimension == "resource":
        items = tuple(_named(item, known) for item in items)
    context.show(breakdown_columns(want.dimension, names=names and want.dimension == "resource"), items)


def _empty(context: Context, want: Wanted, found: Sequence[object]) -> None:
    if not found:
        context.say(
            "no lines of this month, or that --where leaves" if want.where else "there are no lines in it"
        )


def _show(context: Context, answer: Answer) -> None:
    """On a terminal a page, in a pipe the rows of all topics, which add up to the bill; JSON has everything."""
    from ec2kit.screen.paper import Format
    from ec2kit.screen.usage import TOPIC_COLUMNS, shortened, usage_chart, usage_json, usage_pairs

    form = context.paper.format
    if form in (Format.JSON, Format.JSONL):
        context.show_one(usage_json(answer), ())
        return
    if form is not Format.TABLE:
        for note in answer.notes:
            context.say(f"note: {note}")
        context.show(TOPIC_COLUMNS, answer.topics)
        return
    if not answer.bills:
        return
    context.show_one({}, usage_pairs(answer))
    context.write("\n")
    context.show(TOPIC_COLUMNS, shortened(answer.topics))
    for bill in answer.bills:
        if chart := usage_chart(bill, context.paper.width):
            context.write("\n" + chart)


def _known(context: Context, base: Database, want: Wanted) -> Mapping[str, Known]:
    """What AWS calls the resources now; those that are gone have no name any more."""
    from ec2kit.costs.usage.fleet import fill_tags
    from ec2kit.fleet.named import names_in

    regions = context.everywhere()
    known = names_in(regions)
    context.announce(regions[0])
    if want.tag:
        fill_tags(base, {id: each.tags.get(want.tag, "") for id, each in known.items()})
    return known


def _named(item: Item, known: Mapping[str, Known]) -> Item:
    from ec2kit.costs.usage.fleet import id_in

    found = known.get(id_in(item.topic))
    return replace(item, detail=found.name) if found else item


def _print_athena(context: Context, files: tuple[str, ...], table: str, form: str, want: Wanted) -> None:
    from ec2kit.costs.usage.athena import FORMATS, shape_in_athena, sql_for, usual_shape

    shape = (
        shape_in_athena(_shape(context, files)) if files else usual_shape(FORMATS[form or "cur-2"], want.tag)
    )
    context.write(sql_for(table, shape, want))
    context.say("nothing was asked: to ask it, with this in question.sql,")
    context.say(
        "aws athena start-query-execution --query-string file://question.sql --work-group primary"
        " --result-configuration OutputLocation=s3://BUCKET/PREFIX/"
    )


def _shape(context: Context, files: tuple[str, ...]) -> Shape:
    """The columns of the reports that are given as an example of a table."""
    from ec2kit.costs.usage.database import database
    from ec2kit.costs.usage.files import find
    from ec2kit.costs.usage.reading import shapes
    from ec2kit.host.paths import ensure_cache

    found = find(files, context.surroundings.cwd)
    parent = ensure_cache(context.surroundings.environ)
    with database(parent, [each.path for each in found.files]) as base:
        first, *others = shapes(base, found.files)
    if not first.format.has_money or any(other.format is not first.format for other in others):
        raise UsageError("a table of Athena has one format, a CUR or FOCUS", hint="name one report of it")
    return first
