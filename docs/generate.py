"""The reference pages that are made from the code, so that they cannot say something else than it does.

A page in `docs/reference/` holds cog blocks that call these functions; `make docs` writes their output into
the page, `make docs-check` fails when a page is stale.
"""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import click

TYPED = {"option", "tag"}
"""Columns that hold what a person types or sees as it stands."""


@dataclass(frozen=True)
class Entry:
    """A command that does something, with the words that call it and the context its help is made in."""

    path: tuple[str, ...]
    command: click.Command
    context: click.Context

    @property
    def words(self) -> str:
        return " ".join(self.path)


def root() -> click.Group:
    """Return the group that `ec2kit` runs, whatever it is called in `ec2kit.cli`.

    Raises LookupError when `ec2kit.cli` has none.
    """
    import ec2kit.cli

    for value in vars(ec2kit.cli).values():
        if isinstance(value, click.Group) and value.name == "ec2kit":
            return value
    raise LookupError("ec2kit.cli has no click group named 'ec2kit'")


def entries(group: click.Group) -> list[Entry]:
    """Given a group, return all its commands that do something, in the order of its help pages."""
    return list(_walk(group, click.Context(group, info_name=group.name or ""), (group.name or "",)))


def _walk(command: click.Command, context: click.Context, path: tuple[str, ...]) -> Iterator[Entry]:
    if not isinstance(command, click.Group):
        yield Entry(path, command, context)
        return
    if command.invoke_without_command and len(path) > 1:
        yield Entry(path, command, context)
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        if child is not None and not child.hidden:
            yield from _walk(child, click.Context(child, info_name=name, parent=context), (*path, name))


def options(entry: Entry) -> list[tuple[str, str]]:
    """Given a command, return each of its options as it is typed and what it does; `--help` is left out."""
    records: list[tuple[str, str]] = []
    for parameter in entry.command.get_params(entry.context):
        if isinstance(parameter, click.Option) and "--help" not in parameter.opts:
            record = parameter.get_help_record(entry.context)
            if record is not None:
                records.append(record)
    return records


def common_options(found: list[Entry]) -> list[tuple[str, str]]:
    """Given all commands, return the options that more than half of them take, alike in name and meaning."""
    counts = Counter(record for entry in found for record in options(entry))
    return [record for record, count in counts.items() if count * 2 > len(found)]


def commands(group: click.Group | None = None) -> str:
    """Return the body of `commands.md`: the common options once, then every command."""
    found = entries(group or root())
    common = common_options(found)
    parts = (
        ["## Options that most commands take", _table(("option", "what it does"), common)] if common else []
    )
    parts += [_section(entry, common) for entry in found]
    return "\n\n".join(parts) + "\n"


def _section(entry: Entry, common: list[tuple[str, str]]) -> str:
    usage = " ".join((entry.words, *entry.command.collect_usage_pieces(entry.context)))
    parts = [f"## {entry.words}", f"```text\n{usage}\n```", _prose(entry.command.help or "")]
    taken = options(entry)
    own = [record for record in taken if record not in common]
    if own:
        parts.append(_table(("option", "what it does"), own))
    if common:
        absent = [f"`{_flag(record)}`" for record in common if record not in taken]
        if not absent:
            parts.append("Takes the common options.")
        elif len(absent) < len(common):
            parts.append(f"Takes the common options but {', '.join(absent)}.")
    return "\n\n".join(part for part in parts if part)


def _flag(record: tuple[str, str]) -> str:
    """Given an option's help record, return its long name: `--region` of `-r, --region REGION`."""
    named = re.search(r"--[a-z][-a-z0-9]*", record[0])
    return named.group() if named else record[0]


def _prose(text: str) -> str:
    """Given a command's help, return it for Markdown: what it leaves as typed in a block."""
    paragraphs = []
    for paragraph in inspect.cleandoc(text.split("\f", maxsplit=1)[0]).split("\n\n"):
        lines = paragraph.splitlines()
        if lines and lines[0].strip() == "\b":
            paragraphs.append("```text\n" + "\n".join(lines[1:]) + "\n```")
        else:
            paragraphs.append(" ".join(line.strip() for line in lines))
    return "\n\n".join(paragraphs)


def exit_codes() -> str:
    """Return the body of `exit-codes.md`: the table of all commands, and the one of `check`."""
    from ec2kit.errors import CHECK_EXIT_MEANINGS, EXIT_MEANINGS

    everywhere = [(str(code.value), meaning) for code, meaning in EXIT_MEANINGS.items()]
    check = [(str(code.value), meaning) for code, meaning in CHECK_EXIT_MEANINGS.items()]
    return (
        _table(("code", "meaning"), everywhere)
        + "\n\n## `ec2kit check`\n\nThe convention of the monitoring plugins:\n\n"
        + _table(("code", "meaning"), check)
        + "\n"
    )


def tags() -> str:
    """Return the body of `tags.md`: every tag that ec2kit reads or writes."""
    from ec2kit.model.tags import MEANINGS

    rows = [(key, on, meaning) for key, (on, meaning) in MEANINGS.items()]
    return _table(("tag", "on", "meaning"), rows) + "\n"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Given a table's head and rows, return it for Markdown; what a person types is set as code."""
    lines = [head, ("---",) * len(head)]
    lines += [tuple(_cell(column, cell) for column, cell in zip(head, row, strict=True)) for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(column: str, text: str) -> str:
    flat = " ".join(text.split()).replace("|", "\\|")
    return f"`{flat}`" if column in TYPED else flat
