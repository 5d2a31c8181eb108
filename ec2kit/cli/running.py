"""From arguments to a command that runs: the help pages, the registry, click's parsing, our words for its errors."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ec2kit.cli.lookup import find
from ec2kit.cli.output import Output
from ec2kit.cli.overview import overview
from ec2kit.cli.surroundings import Surroundings
from ec2kit.errors import Exit
from ec2kit.host.terminal import typed_text

if TYPE_CHECKING:
    from ec2kit.cli.command import KitCommand
    from ec2kit.cli.registry import Command


def run(args: list[str], around: Surroundings, output: Output) -> Exit:
    """Given the arguments, do what they say and return the exit code; raises `Ec2kitError`."""
    args = [typed_text(word) for word in args]
    if not args or args[0] in ("-h", "--help"):
        output.write([overview()])
        return Exit.DONE
    if args[0] in ("-V", "--version"):
        from ec2kit import __version__

        output.write([f"ec2kit {__version__}\n"])
        return Exit.DONE
    if args[-1] in ("-h", "--help") and not args[0].startswith("-"):
        args = _page_or_command(args)
    entry, rest = find(args)

    from ec2kit.cli.context import Context

    return load(entry).start(Context(entry, around, output), rest)


def _page_or_command(args: list[str]) -> list[str]:
    """`ec2kit snapshot --help` is `ec2kit help snapshot`."""
    from ec2kit.cli.lookup import nouns
    from ec2kit.cli.registry import COMMANDS

    single = {command.words[0] for command in COMMANDS if len(command.words) == 1}
    return ["help", args[0]] if len(args) == 2 and args[0] in nouns() and args[0] not in single else args


def load(entry: Command) -> KitCommand:
    """Import a command's module and return its click command."""
    module, attribute = entry.target.split(":")
    command: KitCommand = vars(import_module(module))[attribute]
    return command
