"""`ec2kit hostname assign`, `ls`, `release`, `reset` and `gc`: an operator's words to the hostname service.

They go to the service at once, and not through the journal: it does each as a whole, goes on with what was cut, and
audits who asked. A plan of ours beside that could only tell something else than the service knows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import click

from ec2kit.cli.consent import confirm
from ec2kit.cli.context import Context
from ec2kit.cli.naming_service import operator_of
from ec2kit.cli.options import orders, stays
from ec2kit.errors import Ec2kitError, Exit, Interrupted, NotFound
from ec2kit.hostnames.service import GoneRow, NameRow, Operator, checked_name
from ec2kit.inventory.selectors import is_ip
from ec2kit.screen.hostnames import GONE_COLUMNS, NAME_COLUMNS
from ec2kit.screen.reports import ITEM_COLUMNS, Happened, Item, exit_of

DRY = "dry run"
INSTANCE = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")
SHOWN = 10
PATIENCE = 600.0
"""Seconds that `gc` waits: the service begins with no further name after eight minutes."""
Found = TypeVar("Found")


@orders
@click.argument("name", metavar="NAME")
@click.argument("instance", metavar="INSTANCE")
def assign(context: Context, name: str, instance: str) -> None:
    """Say that an instance shall have a host name, whoever has it now, in either order.

    It gets the name when it asks next: at its first boot; within a minute or two, when it has none because another
    has it; or at its next boot, when it was refused for another reason. Until then the name stays with who has it.

    \b
    ec2kit hostname assign web-1.shop.example.com i-0123456789abcdef0
    ec2kit hostname assign web-1.shop.example.com web-1
    """
    if _is_machine(name, instance):
        name, instance = instance, name
    fqdn, operator = checked_name(name), operator_of(context)
    id = _id_of(context, instance)
    holder = _holder(operator, fqdn)
    said = f"held by {holder} until then" if holder and holder != id else ""
    if context.options.dry_run:
        return _report(context, [Item(fqdn, instance, context.verb, Happened.SKIPPED, said or DRY, id)])
    fqdn = operator.assign(fqdn, id)
    return _report(context, [Item(fqdn, instance, context.verb, Happened.DONE, said, id)])


@stays
def ls(context: Context) -> None:
    """List host names: which instance has each, whether DNS has it, whether Puppet has signed a certificate for it.

    `reserved`: the machine was not told yet. `releasing`: DNS or Puppet have yet to forget it.

    \b
    ec2kit hostname ls
    ec2kit hostname ls -o json
    """
    context.show(NAME_COLUMNS, list(operator_of(context).names()))


@orders
@click.argument("names", nargs=-1, required=True, metavar="NAME…")
def release(context: Context, names: tuple[str, ...]) -> None:
    """Let host names go: out of DNS, their certificates revoked, and free for another machine.

    A machine that runs goes on under its name, after each start too, until /var/lib/ec2kit/hostname and cloud-init's
    95_ec2kit.cfg are removed from it.

    \b
    ec2kit hostname release web-1.shop.example.com
    ec2kit hostname ls -q | grep ^old- | ec2kit hostname release -
    """
    words = dict.fromkeys(checked_name(word) for word in context.expand(names))
    operator = operator_of(context)

    def done(row: NameRow) -> Item:
        return Item(row.fqdn, row.fqdn, context.verb, Happened.DONE, resource=row.instance_id)

    found, items = _each(context, words, operator.name)
    if found and not context.options.dry_run:
        _ask(context, [f"release '{row.fqdn}' of {row.instance_id}" for row in found])
        rows, failed = _each(context, (row.fqdn for row in found), operator.release)
        items += failed + [done(row) for row in rows]
    elif context.options.dry_run:
        items += [_dry(context, row.fqdn, row.fqdn, row.instance_id) for row in found]
    _report(context, items)


@orders
@click.argument("instances", nargs=-1, required=True, metavar="INSTANCE…")
def reset(context: Context, instances: tuple[str, ...]) -> None:
    """Forget that machines have proved who they are: the next who asks with their identity is believed.

    For a machine that asks from another address than before, or whose claim was taken by a program on it. It has ten
    minutes to ask, whenever it was started: reboot it. A machine that knows its name does not ask.

    \b
    ec2kit hostname reset web-1
    """
    words = context.expand(instances)
    operator = operator_of(context)
    ids = {_id_of(context, word): word for word in words}
    if context.options.dry_run:
        return _report(context, [_dry(context, id, word, id) for id, word in ids.items()])
    _ask(context, [f"forget what {id} ({word}) has proved" for id, word in ids.items()])
    known, items = _each(context, ids, lambda id: (id, operator.reset(id)))
    for id, there in known:
        happened = Happened.DONE if there else Happened.UNCHANGED
        items.append(
            Item(id, ids[id], context.verb, happened, "" if there else "nothing was known of it", id)
        )
    return _report(context, items)


@orders
@click.option("--force", is_flag=True, help="Even if EC2 shows nothing of most machines.")
def gc(context: Context, force: bool) -> None:
    """Let go of the names of machines that are terminated, and go on with releases that were cut.

    The service asks AWS about each. A machine that is stopped keeps its name; one in quarantine does so until its
    replacement asks. One that EC2 does not show is gone only if the service has credentials of its account; and when
    these are more than three, and more than half of a region's, only with --force.

    \b
    ec2kit hostname gc --dry-run
    """
    dry_run = context.options.dry_run
    found = operator_of(context, PATIENCE).collect(dry_run=dry_run, force=force)
    gone = [each for each in found if each.judged]
    context.show(GONE_COLUMNS, gone)
    if not found:
        context.say("no name's machine is gone")
    failed = [each for each in gone if not each.released and not dry_run]
    unknown = Counter(each.reason for each in found if not each.judged)
    if failed or unknown:
        context.failed(Exit.PARTIAL if len(failed) < len(gone) or dry_run else Exit.FAILED)
    for each in failed:
        context.complain(_not_let_go(each))
    for reason, count in unknown.items():
        context.complain(_not_judged(reason, count))


def _not_judged(reason: str, count: int) -> Ec2kitError:
    names = f"{count} names are" if count > 1 else "1 name is"
    hint = "are the service's credentials, and its `endpoint`, those of these machines? --force lets the names go"
    believed = "to be believed" in reason
    return Ec2kitError(f"{names} left alone: {reason}", hint=hint if believed else "")


def _not_let_go(each: GoneRow) -> Ec2kitError:
    return Ec2kitError(
        f"the name '{each.row.fqdn}' was not let go: {each.reason}",
        hint="run it again when what it needs is back",
        resource=each.row.fqdn,
    )


def _is_machine(word: str, other: str) -> bool:
    """Whether of two words the first is the machine, and so the second the name."""
    if INSTANCE.fullmatch(other) or is_ip(other):
        return False
    return bool(INSTANCE.fullmatch(word)) or is_ip(word) or ("." in other and "." not in word)


def _id_of(context: Context, word: str) -> str:
    """The id of an instance; only a name is looked up, so that ids need no AWS."""
    if INSTANCE.fullmatch(word):
        return word
    from ec2kit.inventory.select import select_one
    from ec2kit.inventory.selectors import parse

    return select_one(context.aws(), parse([word])).id


def _holder(operator: Operator, fqdn: str) -> str:
    try:
        return operator.name(fqdn).instance_id
    except NotFound:
        return ""


def _each(
    context: Context, words: Iterable[str], ask: Callable[[str], Found]
) -> tuple[list[Found], list[Item]]:
    """Ask about each; what fails is told at once, and an item of the report."""
    found, failed = [], []
    for word in words:
        try:
            found.append(ask(word))
        except Interrupted:
            raise
        except Ec2kitError as error:
            context.complain(error)
            item = Item(word, word, context.verb, Happened.FAILED, error.message, exit=error.exit_code)
            failed.append(item)
    return found, failed


def _ask(context: Context, lines: Sequence[str]) -> None:
    more = [f"  … and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    head = f"{context.verb}: {lines[0] if len(lines) == 1 else f'{len(lines)} changes'}"
    listed = [] if len(lines) == 1 else [f"  {line}" for line in lines[:SHOWN]]
    confirm(context, "\n".join([head, *listed, *more, "go ahead? [y/N] "]))


def _dry(context: Context, id: str, name: str, resource: str) -> Item:
    return Item(id, name, context.verb, Happened.SKIPPED, DRY, resource)


def _report(context: Context, items: Sequence[Item]) -> None:
    context.show(ITEM_COLUMNS, items)
    if (code := exit_of(items)) is not Exit.DONE:
        context.failed(code)
