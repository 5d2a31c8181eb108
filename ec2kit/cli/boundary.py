"""The one place where errors end: each becomes a message, a hint and an exit code; `--debug` adds the traceback."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from ec2kit.cli.output import Output, OutputClosed
from ec2kit.cli.surroundings import Surroundings
from ec2kit.errors import Ec2kitError, Exit, Interrupted, Terminated

Run = Callable[[list[str], Surroundings, Output], Exit]


def guarded(args: list[str], around: Surroundings, run: Run) -> int:
    """Given the arguments, run the command and return its exit code; whatever goes wrong is printed."""
    terminated: list[bool] = []
    output = Output(around.stdout, around.stderr)
    try:
        with _sigterm(around.signals, terminated):
            return int(run(args, around, output))
    except OutputClosed:
        _let_go(around)
        return int(Exit.DONE)
    except Interrupted as error:
        ended = Terminated(error.message, hint=error.hint, resource=error.resource) if terminated else error
        return _told(ended, args, around, output)
    except Ec2kitError as error:
        return _told(error, args, around, output)
    except KeyboardInterrupt:
        hint = "type the same again: what had begun goes on; `ec2kit history` has it"
        ended = (
            Terminated("ended by SIGTERM", hint=hint) if terminated else Interrupted("interrupted", hint=hint)
        )
        return _told(ended, args, around, output)
    except Exception as error:  # noqa: BLE001  the last resort: a person gets a sentence, `--debug` the rest
        return _told(unexpected(error), args, around, output)


def unexpected(error: Exception) -> Ec2kitError:
    """A mistake of ours as an error: a sentence for a person. A file that the system refuses is no mistake of ours."""
    if isinstance(error, OSError) and error.filename and error.strerror:
        return Ec2kitError(
            f"'{error.filename}' cannot be used: {error.strerror.lower()}",
            hint="see who owns it, and whether the disk is full",
            resource=str(error.filename),
        )
    return Ec2kitError(
        f"unexpected {type(error).__name__}: {error}",
        hint="the same with --debug shows where; please report it",
    )


def wants_json(args: Sequence[str], around: Surroundings) -> bool:
    """Whether errors are read by a program: asked textually, because the arguments may be what is wrong."""
    for number, word in enumerate(args):
        if word in ("-o", "--output") and len(args) > number + 1:
            return args[number + 1] in ("json", "jsonl")
        if word in ("-ojson", "-ojsonl", "--output=json", "--output=jsonl"):
            return True
    return around.environ.get("EC2KIT_OUTPUT") in ("json", "jsonl")


def _told(error: Ec2kitError, args: Sequence[str], around: Surroundings, output: Output) -> int:
    from ec2kit.screen.failures import failure_text

    if "--debug" in args or around.environ.get("EC2KIT_DEBUG"):
        output.mutter(traceback.format_exc())
    output.mutter(failure_text(error, as_json=wants_json(args, around)))
    return int(error.exit_code)


@contextmanager
def _sigterm(ours: bool, terminated: list[bool]) -> Iterator[None]:
    """SIGTERM arrives in the main thread as Ctrl-C does, so that what runs ends in the same way; noted for the code."""
    if not ours:
        yield
        return

    def end(_number: int, _frame: FrameType | None) -> None:
        terminated.append(True)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _let_go(around: Surroundings) -> None:
    """Point a closed stdout elsewhere: Python flushes it once more at exit, and would complain."""
    if around.stdout is sys.stdout:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
