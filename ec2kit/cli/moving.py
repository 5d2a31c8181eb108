"""What a long transfer needs of the process around it: a line that moves on a terminal, and Ctrl-C noticed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ec2kit.errors import Interrupted
from ec2kit.screen.progress import CLEAR

if TYPE_CHECKING:
    from ec2kit.cli.context import Context


def moving_line(context: Context, about: str = "") -> Callable[[str], None]:
    """Given a command, return what shows a text in the line that moves, after what it is about; in a pipe nothing."""
    shown = [""]

    def tell(text: str) -> None:
        if context.surroundings.moving and text != shown[0]:
            shown[0] = text
            line = f"{about}: {text}" if about else text
            context.output.mutter(f"{CLEAR}{line[: context.surroundings.width - 1]}")

    return tell


def clear(context: Context) -> None:
    """Empty the line that moves."""
    if context.surroundings.moving:
        context.output.mutter(CLEAR)


def check_stop(context: Context) -> None:
    """Raise `Interrupted` after Ctrl-C."""
    if context.clock.stop.is_set():
        raise Interrupted("interrupted", hint="run the same command again: it goes on where it was")
