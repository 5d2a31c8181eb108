"""How commands read bundles: by a few hands, with a line that moves on a terminal, until Ctrl-C."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ec2kit.cli.context import Context
from ec2kit.cli.moving import check_stop, moving_line
from ec2kit.images.bundles.verifying import Reading

if TYPE_CHECKING:
    from ec2kit.aws import Aws


def reading_of(context: Context, aws: Aws) -> Reading:
    """Given a command, return how it reads bundles."""
    return Reading(aws, context.surroundings.workers, lambda: check_stop(context), moving_line(context))
