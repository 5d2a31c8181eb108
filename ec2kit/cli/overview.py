"""The help above the commands: the daily ones, the sections, a section, a noun. Text from the registry's data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ec2kit.cli.lookup import nouns
from ec2kit.cli.registry import COMMANDS, SECTIONS, Command
from ec2kit.errors import EXIT_MEANINGS, UsageError


def overview(commands: Sequence[Command] = COMMANDS) -> str:
    """What plain `ec2kit` shows."""
    daily = [command for command in commands if command.daily]
    lines = ["Usage: ec2kit COMMAND [ARGUMENTS] [OPTIONS]", ""]
    lines += ["EC2 from the shell: one command, and the thing is done, verified and recorded.", ""]
    if daily:
        lines += ["Daily commands:", *_listed(daily), ""]
    lines += ["Sections (`ec2kit help SECTION`):"]
    width = max(map(len, SECTIONS))
    lines += [f"  {name:{width}}  {text}" for name, text in SECTIONS.items() if _of(name, commands)]
    lines += [
        "",
        "`ec2kit COMMAND --help` tells all about a command. Without an AWS account: EC2KIT_SANDBOX=1",
    ]
    return "\n".join(lines) + "\n"


def section_page(name: str, commands: Sequence[Command] = COMMANDS) -> str:
    """What `help SECTION` or `help NOUN` shows; raises `UsageError` when it is neither."""
    inside = _of(name, commands) or [command for command in commands if command.words[0] == name]
    if not inside:
        there = ", ".join(section for section in SECTIONS if _of(section, commands))
        raise UsageError(f"there is no section, noun or command '{name}'", hint=f"the sections are: {there}")
    title = SECTIONS.get(name, f"`ec2kit {name}`")
    return "\n".join([f"{name}: {title}" if name in SECTIONS else title, "", *_listed(inside)]) + "\n"


def exit_line() -> str:
    """The last line of every help page: the exit codes, the same everywhere."""
    return "Exit codes: " + " · ".join(f"{int(code)} {meaning}" for code, meaning in EXIT_MEANINGS.items())


def is_page(name: str, commands: Sequence[Command] = COMMANDS) -> bool:
    """Whether `help NAME` is a section or a noun rather than a command."""
    return bool(_of(name, commands)) or name in nouns(commands)


def _of(section: str, commands: Sequence[Command]) -> list[Command]:
    return [command for command in commands if command.section == section]


def _listed(commands: Iterable[Command]) -> Iterator[str]:
    known = list(commands)
    width = max(len(" ".join(command.words)) for command in known)
    for command in known:
        yield f"  {' '.join(command.words):{width}}  {command.help}"
