"""What `ec2kit cost fleet` reckons with: AWS, region by region, the history on this machine, and files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ec2kit.aws import Aws
from ec2kit.cli.commands.unreached import UNREACHED
from ec2kit.cli.context import Context
from ec2kit.cli.price_book import book_of
from ec2kit.cli.state import State, store_name
from ec2kit.costs.fleet.grounds import Lack, What
from ec2kit.costs.fleet.history import events_in
from ec2kit.costs.fleet.owned_file import parse_owned
from ec2kit.costs.fleet.seen import Sight
from ec2kit.costs.prices.book import PriceBook
from ec2kit.costs.prices.documents import MOST_BYTES
from ec2kit.costs.prices.importing import imported
from ec2kit.costs.usage.running import Reported
from ec2kit.errors import Ec2kitError, Exit, PartialFailure, UsageError
from ec2kit.host.files import is_file, read_text
from ec2kit.host.paths import ensure_cache, journal_path
from ec2kit.model.instances import Instance
from ec2kit.model.reservations import Owned


def machines_of(
    context: Context, regions: Sequence[Aws]
) -> tuple[list[tuple[Aws, tuple[Instance, ...]]], tuple[Lack, ...]]:
    """The instances of each region that answers; one that does not is told, and the others are answered.

    Raises why, where none answers.
    """
    found: list[tuple[Aws, tuple[Instance, ...]]] = []
    refused: list[tuple[Aws, Ec2kitError]] = []
    for aws in regions:
        try:
            found.append((aws, aws.instances.describe()))
        except UNREACHED as error:
            refused.append((aws, error))
    if not found and len({why.exit_code for _, why in refused}) == 1:
        raise refused[0][1]
    for aws, why in refused:
        told = Ec2kitError(f"{aws.region} is not in it: {why.message}", hint=why.hint)
        told.exit_code = why.exit_code
        context.complain(told)
    if not found:
        raise PartialFailure(f"none of {len(regions)} regions answered")
    if refused:
        context.failed(Exit.PARTIAL)
    return found, tuple(Lack(What.MACHINES, aws.region, why.message) for aws, why in refused)


def with_history(context: Context, aws: Aws, sight: Sight) -> Sight:
    """With what the history says, where there is one."""
    if not is_file(journal_path(context.state_directory, store_name(aws), aws.account, aws.region)):
        # Opening it would make one: in each of all regions, most of which nobody has ever used.
        return sight
    history, begun = events_in(State.at(context, aws).journal, aws.region)
    return replace(sight, history=history, begun=begun)


def reported_in(context: Context, files: Sequence[str]) -> tuple[Reported, tuple[str, ...]]:
    """What usage reports say of when machines ran, and what has to be said of the files."""
    from ec2kit.costs.usage.database import database
    from ec2kit.costs.usage.files import find
    from ec2kit.costs.usage.running import running

    found = find(files, context.surroundings.cwd)
    parent = ensure_cache(context.surroundings.environ)
    with database(parent, [each.path for each in found.files]) as base:
        return running(base, found.files), tuple(found.notes)


def book_with(context: Context, prices: str | None) -> PriceBook:
    """The price book here, and a file's prices before it."""
    kept = book_of(context)
    if not prices:
        return kept
    path = context.surroundings.cwd / Path(prices)
    if path.is_file() and path.stat().st_size > MOST_BYTES:
        raise UsageError(
            f"'{prices}' has more than {MOST_BYTES >> 20} MiB", hint="take out the types you run"
        )
    return PriceBook((imported(read_text(path), prices), *kept.shelves))


def owned_in_file(context: Context, file: str, regions: Sequence[str]) -> tuple[Owned, ...]:
    """What a file says that the one region owns."""
    if len(regions) > 1:
        raise UsageError("--owned is what one region owns", hint=f"--region {regions[0]}")
    return parse_owned(read_text(context.surroundings.cwd / Path(file)), regions[0], file)


def owned_by_aws(regions: Sequence[Aws]) -> tuple[tuple[Owned, ...], tuple[Lack, ...]]:
    """What AWS says is owned in each region; where it does not say, the rest is answered all the same."""
    found: list[Owned] = []
    lacks: list[Lack] = []
    for aws in regions:
        try:
            found += aws.reservations.owned()
        except UNREACHED as error:
            lacks.append(Lack(What.RESERVATIONS, aws.region, error.message))
    return tuple(found), tuple(lacks)
