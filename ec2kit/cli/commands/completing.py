"""What may follow the words typed so far: commands, options, names. Pure but for importing the command itself."""

from __future__ import annotations

from collections.abc import Sequence

from ec2kit.cli.lookup import nouns
from ec2kit.cli.registry import COMMANDS, SECTIONS, Command
from ec2kit.errors import UsageError

VALUES: dict[str, tuple[str, ...]] = {
    "-o": ("table", "json", "jsonl", "tsv", "csv", "ids"),
    "--output": ("table", "json", "jsonl", "tsv", "csv", "ids"),
}
"""What may follow an option."""


def candidates(
    words: Sequence[str], names: Sequence[str], commands: Sequence[Command] = COMMANDS
) -> list[str]:
    """Given the words typed, the last one perhaps begun, return what it may become, in order and each once."""
    *before, begun = words
    found = dict.fromkeys(_all(before, begun, names, commands))
    return [word for word in found if word.startswith(begun)]


def _all(before: list[str], begun: str, names: Sequence[str], commands: Sequence[Command]) -> list[str]:
    by_noun = nouns(commands)
    if not before:
        return [command.words[0] for command in commands]
    if before[0] == "help" and len(before) == 1:
        return [*SECTIONS, *(command.words[0] for command in commands)]
    if before[-1] in VALUES:
        return list(VALUES[before[-1]])
    entry = _command(before, commands)
    verbs = list(by_noun.get(before[0], ())) if len(before) == 1 else []
    if entry is None:
        return verbs
    if begun.startswith("-"):
        return _options(entry)
    return verbs + list(names)


def _command(before: list[str], commands: Sequence[Command]) -> Command | None:
    from ec2kit.cli.lookup import find

    try:
        return find(before, commands)[0]
    except UsageError:
        return None


def _options(entry: Command) -> list[str]:
    import click

    from ec2kit.cli.running import load

    options = [param for param in load(entry).params if isinstance(param, click.Option) and not param.hidden]
    long = sorted(name for option in options for name in option.opts if name.startswith("--"))
    return [*long, "--help"]
