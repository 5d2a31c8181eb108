"""How commands read bundles: by a few hands, with a line that moves on a terminal, until Ctrl-C."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ec2kit.cli.context import Context
from ec2kit.errors import Interrupted
from ec2kit.images.bundles.verifying import Reading
from ec2kit.screen.progress import CLEAR

if TYPE_CHECKING:
    from ec2kit.aws import Aws


def reading_of(context: Context, aws: Aws) -> Reading:
    """Given a command, return how it reads bundles."""

    def check() -> None:
        if context.clock.stop.is_set():
            raise Interrupted("interrupted", hint="run the same command again: it goes on")

    def tell(text: str) -> None:
        if context.surroundings.moving:
            context.output.mutter(f"{CLEAR}{text[: context.surroundings.width - 1]}")

    return Reading(aws, context.surroundings.workers, check, tell)


def clear(context: Context) -> None:
    """Empty the line that moves."""
    if context.surroundings.moving:
        context.output.mutter(CLEAR)
