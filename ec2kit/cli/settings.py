"""Settings as values: the configuration files read, the output format chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ec2kit.config import Config, ConfigError, merge, parse_config
from ec2kit.errors import UsageError
from ec2kit.screen.paper import Format, Paper
from ec2kit.screen.rows import csv_lines, json_text
from ec2kit.screen.values import json_dump, text_of

if TYPE_CHECKING:
    from ec2kit.cli.context import Context
    from ec2kit.cli.surroundings import Surroundings


def read_config(around: Surroundings) -> Config:
    """Read `ec2kit.yaml` of project, user and system, as far as they exist; raises `UsageError` for a malformed one."""
    from ec2kit.host.files import is_file, read_text
    from ec2kit.host.paths import config_files

    found: list[Config] = []
    for path in config_files(around.environ, around.cwd):
        if is_file(path):
            try:
                found.append(parse_config(read_text(path), _shown(str(path), around)))
            except ConfigError as error:
                raise UsageError(error.message, hint=error.hint) from error
    return merge(found)


def _shown(path: str, around: Surroundings) -> str:
    """A file as a person calls it: relative to where they are when it is below."""
    return path.removeprefix(f"{around.cwd}/")


def paper_of(context: Context) -> Paper:
    """What to write on: `-q`, `-o` or its setting, else a table on a terminal and TSV elsewhere."""
    around = context.surroundings
    named = context.setting("output")
    columns = context.setting("columns")
    if context.options.quiet:
        form = Format.IDS
    elif named:
        form = _format(named.text, named.source)
    else:
        form = Format.TABLE if around.stdout_is_terminal else Format.TSV
    chosen = tuple(name.strip() for name in columns.text.split(",") if name.strip()) if columns else ()
    return Paper(form, around.width, around.colour, chosen)


def _format(word: str, source: str) -> Format:
    try:
        return Format(word)
    except ValueError:
        known = ", ".join(Format)
        raise UsageError(f"{source}: '{word}' is not an output format", hint=f"one of: {known}") from None


def one_text(value: Mapping[str, Any], pairs: Sequence[tuple[str, str]], paper: Paper) -> Iterator[str]:
    """Given one thing, yield it as JSON, as labelled lines for a terminal, as TSV pairs, or as its id."""
    if paper.format is Format.JSONL:
        yield json_dump(value) + "\n"
    elif paper.format is Format.JSON:
        yield json_text(value)
    elif paper.format is Format.IDS:
        yield f"{text_of(value.get('id'))}\n"
    elif paper.format is Format.TABLE:
        from ec2kit.screen.tables import pairs_text

        yield pairs_text(pairs, paper)
    elif paper.format is Format.CSV:
        yield from csv_lines(pairs)
    else:
        yield from (f"{text_of(label)}\t{text_of(text)}\n" for label, text in pairs)
