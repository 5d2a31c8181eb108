"""The reference pages that are made from the code, so that they cannot say something else than it does.

A page in `docs/reference/` holds cog blocks that call these functions; `make docs` writes their output into
the page, `make docs-check` fails when a page is stale.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import click

TYPED = {"key", "option", "tag", "variable"}
"""Columns that hold what a person types or sees as it stands."""


@dataclass(frozen=True)
class Entry:
    """A command as it is typed, the section of the help it is listed in, and what click knows of it."""

    typed: str
    section: str
    command: click.Command

    @property
    def context(self) -> click.Context:
        return click.Context(self.command, info_name=self.typed)


@dataclass(frozen=True)
class Taken:
    """An option of a command: its name in the code, how it is typed, and what it does."""

    name: str
    typed: str
    text: str

    @property
    def flag(self) -> str:
        """The long name alone: `--region` of `-r, --region NAME`."""
        named = re.search(r"--[a-z][-a-z0-9]*", self.typed)
        return named.group() if named else self.typed


def entries() -> list[Entry]:
    """Return every command of ec2kit in the order of its help."""
    from ec2kit.cli.registry import COMMANDS
    from ec2kit.cli.running import load

    return [Entry(command.typed, command.section, load(command)) for command in COMMANDS]


def options(entry: Entry) -> list[Taken]:
    """Given a command, return its options; `--help` is left out, hidden ones too."""
    found: list[Taken] = []
    context = entry.context
    for parameter in entry.command.get_params(context):
        record = parameter.get_help_record(context) if isinstance(parameter, click.Option) else None
        if record is not None and "--help" not in parameter.opts:
            found.append(Taken(parameter.name or "", *record))
    return found


def commands() -> str:
    """Return the body of `commands.md`: the shared options once, then every command by section."""
    from ec2kit.cli.options import SHARED
    from ec2kit.cli.registry import SECTIONS

    return commands_page(entries(), SECTIONS, SHARED)


def commands_page(found: Sequence[Entry], sections: Mapping[str, str], shared: Collection[str]) -> str:
    """Given the commands, the sections with their titles and the names of shared options, return the page."""
    # A dictionary keeps each once, in the order of the first command that takes it.
    both = {taken: None for entry in found for taken in options(entry) if taken.name in shared}
    rows = [(taken.typed, taken.text) for taken in both]
    parts = ["## Shared options", "Accepted after the command.", _table(("option", "what it does"), rows)]
    for section, title in sections.items():
        inside = [entry for entry in found if entry.section == section]
        if inside:
            parts += [f"## {section}", f"{title[:1].upper()}{title[1:]}."]
            parts += [_command(entry, shared) for entry in inside]
    return "\n\n".join(parts) + "\n"


def _command(entry: Entry, shared: Collection[str]) -> str:
    usage = " ".join((entry.typed, *entry.command.collect_usage_pieces(entry.context)))
    taken = options(entry)
    own = [(each.typed, each.text) for each in taken if each.name not in shared]
    also = [f"`{each.flag}`" for each in taken if each.name in shared]
    parts = [f"### {entry.typed}", f"```text\n{usage}\n```", _prose(entry.command.help or "")]
    if own:
        parts.append(_table(("option", "what it does"), own))
    if also:
        parts.append(f"Shared options: {', '.join(also)}.")
    return "\n\n".join(part for part in parts if part)


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


def settings() -> str:
    """Return the table of `settings.md`: each setting as variable and key."""
    from ec2kit.config import HOSTNAME, SETTINGS

    rows = [(name, f"EC2KIT_{name.upper()}", meaning) for name, meaning in SETTINGS.items()]
    rows += [(f"hostname.{name}", f"EC2KIT_HOSTNAME_{name.upper()}", what) for name, what in HOSTNAME.items()]
    return _table(("key", "variable", "what it is"), rows) + "\n"


def tags() -> str:
    """Return the body of `tags.md`: every tag that ec2kit reads or writes."""
    from ec2kit.model.tags import MEANINGS

    rows = [(key, on, meaning) for key, (on, meaning) in MEANINGS.items()]
    return _table(("tag", "on", "meaning"), rows) + "\n"


def recipes() -> str:
    """Return the body of `recipes.md`: the keys of a recipe, and the recipes that come with ec2kit."""
    from ec2kit.images.recipes.load import load_recipe, shipped_names
    from ec2kit.images.recipes.schema import FILE_KEYS, KEYS, SERVICE_KEYS, USER_KEYS
    from ec2kit.screen.recipes import tested_words

    keys = [(key.name, key.takes, key.meaning, key.inherited) for key in KEYS]
    parts = ["## Keys", _table(("key", "takes", "meaning", "what a recipe below said is"), keys)]
    for title, inner in (("services", SERVICE_KEYS), ("users", USER_KEYS), ("files", FILE_KEYS)):
        rows = [(key.name, key.takes, key.meaning) for key in inner]
        parts += [f"## {title}", _table(("key", "takes", "meaning"), rows)]
    shipped = [
        (
            f"`{recipe.name}`",
            recipe.description,
            ", ".join(found.debian for found in recipe.architectures),
            tested_words(recipe),
        )
        for recipe in map(load_recipe, shipped_names())
    ]
    parts += ["## Recipes that come with ec2kit", _table(("recipe", "what it is", "for", "tested"), shipped)]
    return "\n\n".join(parts) + "\n"


def image_drivers() -> str:
    """Return the table of the drivers in the initrd of every image."""
    from ec2kit.images.root.kernel import DRIVERS

    return _table(("driver", "for"), [(f"`{driver}`", why) for driver, why in DRIVERS.items()]) + "\n"


def image_traces() -> str:
    """Return the table of what is removed from every image."""
    from ec2kit.images.root.cleaning import TRACES

    return _table(("path", "why it goes"), [(f"`{trace.path}`", trace.why) for trace in TRACES]) + "\n"


def registrations() -> str:
    """Return the table of what an image is registered as, and how many instance types then start it."""
    from docs.types import known_types, registration_rows

    head = ("architecture", "loaders on the disk", "boot mode", "ENA", "`image build` makes it", "types")
    return _table(head, registration_rows(known_types())) + "\n"


def instance_families() -> str:
    """Return the table of the instance families that each architecture runs on, and what they want."""
    from docs.types import family_rows, known_types

    head = ("architecture", "machine", "boots by", "network card", "disks", "types", "families")
    return _table(head, family_rows(known_types())) + "\n"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Given a table's head and rows, return it for Markdown; what a person types is set as code."""
    lines = [head, ("---",) * len(head)]
    lines += [tuple(_cell(column, cell) for column, cell in zip(head, row, strict=True)) for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(column: str, text: str) -> str:
    flat = " ".join(text.split()).replace("|", "\\|")
    return f"`{flat}`" if column in TYPED else flat
