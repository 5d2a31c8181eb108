"""The disk of an image on AWS, for commands that carry it here: which snapshot it is, and who carries it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from ec2kit.blocks.crew import WORKERS, Crew
from ec2kit.cli.moving import check_stop, moving_line
from ec2kit.errors import Refused, UsageError
from ec2kit.images.choose import one_shown
from ec2kit.model.ids import kind_of

if TYPE_CHECKING:
    from pathlib import Path

    from ec2kit.aws import Aws
    from ec2kit.cli.context import Context


def require_file(path: Path, otherwise: str) -> None:
    """Raise `UsageError` when there is no such file; the hint is the name nearest to it, else `otherwise`."""
    from difflib import get_close_matches

    from ec2kit.host.files import is_directory, is_file

    if is_file(path):
        return
    if is_directory(path):
        raise UsageError(f"'{path}' is a directory", hint="name the disk's file in it", resource=str(path))
    beside: list[str] = []
    with suppress(OSError):
        beside = [each.name for each in path.parent.iterdir() if is_file(each)]
    near = get_close_matches(path.name, beside, 1)
    raise UsageError(
        f"there is no file '{path}'",
        hint=f"did you mean `{path.with_name(near[0])}`?" if near else otherwise,
        resource=str(path),
    )


def root_snapshot(context: Context, aws: Aws, word: str) -> str:
    """The snapshot that is meant; raises `NotFound`, and `Refused` for one that is not complete."""
    if kind_of(word) == "snapshot":
        snapshot = aws.snapshots.one(word)
        if snapshot.state != "completed":
            raise Refused(
                f"snapshot '{word}' is {snapshot.state}: only a completed one can be read", resource=word
            )
        return snapshot.id
    image = one_shown(aws, word)
    if not image.snapshots:
        raise Refused(f"image '{image.id}' has no snapshot", resource=image.id)
    if len(image.snapshots) > 1:
        others = ", ".join(image.snapshots[1:])
        context.say(f"the root disk; the image has others, to be exported by their snapshots: {others}")
    return image.snapshots[0]


def crew_of(context: Context, about: str) -> Crew:
    """Who carries the blocks: stopped by Ctrl-C, with the progress of what it is about on a terminal."""
    workers = 1 if context.surroundings.workers == 1 else WORKERS
    return Crew(workers, lambda: check_stop(context), moving_line(context, about))
