"""The line that moves while disks are carried."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from ec2kit.cli.context import Context
from ec2kit.cli.moving import check_stop, clear, moving_line
from ec2kit.cli.output import Output
from ec2kit.cli.registry import COMMANDS
from ec2kit.cli.surroundings import Surroundings
from ec2kit.errors import Interrupted
from ec2kit.screen.progress import CLEAR
from tests.support.clocks import FakeClock


def context(stderr: io.StringIO, *, terminal: bool) -> Context:
    around = Surroundings(
        environ={"TERM": "xterm"},
        cwd=Path(),
        stdin=io.StringIO(),
        stdout=io.StringIO(),
        stderr=stderr,
        stderr_is_terminal=terminal,
        width=30,
        clock=FakeClock(),
    )
    return Context(COMMANDS[0], around, Output(around.stdout, around.stderr))


def test_on_a_terminal_one_line_is_drawn_again_and_then_emptied() -> None:
    stderr = io.StringIO()
    typed = context(stderr, terminal=True)
    tell = moving_line(typed, "snap-0123456789")

    for text in ("1 of 833 blocks", "1 of 833 blocks", "2 of 833 blocks"):
        tell(text)
    clear(typed)

    assert (
        stderr.getvalue()
        == f"{CLEAR}snap-0123456789: 1 of 833 blo{CLEAR}snap-0123456789: 2 of 833 blo{CLEAR}"
    )


def test_in_a_pipe_nothing_moves() -> None:
    stderr = io.StringIO()
    typed = context(stderr, terminal=False)

    moving_line(typed)("1 of 833 blocks")
    clear(typed)

    assert stderr.getvalue() == ""


def test_a_stop_is_noticed() -> None:
    typed = context(io.StringIO(), terminal=False)
    check_stop(typed)
    typed.clock.stop.set()

    with pytest.raises(Interrupted, match="interrupted"):
        check_stop(typed)
