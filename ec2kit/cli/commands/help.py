"""`ec2kit help`: the overview, a section, a noun, or a command's page."""

from __future__ import annotations

import click

from ec2kit.cli.context import Context
from ec2kit.cli.lookup import find
from ec2kit.cli.options import stays
from ec2kit.cli.overview import is_page, overview, section_page
from ec2kit.errors import UsageError


@stays
@click.argument("words", nargs=-1, metavar="[SECTION|COMMAND]")
def help_(context: Context, words: tuple[str, ...]) -> None:
    """Show the daily commands and the sections, the commands of a section or a noun, or all about one command.

    \b
    ec2kit help
    ec2kit help fleet
    ec2kit help snapshot
    ec2kit help snapshot create
    """
    if not words:
        context.write(overview())
        return
    try:
        entry, rest = find(words)
    except UsageError:
        if len(words) > 1 and not is_page(words[0]):
            raise
        context.write(section_page(words[0]))
        return
    if rest:
        raise UsageError(
            f"`{entry.typed}` is a command, and '{rest[0]}' no part of it", hint=f"{entry.typed} --help"
        )

    from ec2kit.cli.running import load

    if is_page(words[0]) and len(words) == 1:
        context.write(section_page(words[0]) + "\n")
    load(entry).start(Context(entry, context.surroundings, context.output), ["--help"])
