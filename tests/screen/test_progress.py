"""What a person sees while it goes on, and what a log gets."""

from __future__ import annotations

from datetime import timedelta

from ec2kit.engine.plan import Plan, Planned
from ec2kit.engine.steps import AllocateAddress, StopInstance
from ec2kit.errors import Ec2kitError
from ec2kit.model.ids import InstanceId
from ec2kit.screen.failures import failure_text
from ec2kit.screen.progress import CLEAR, Moving, Quiet

STOP = Planned("stop/web-1", StopInstance(InstanceId("i-1")), subject="web-1")
PLAN = Plan((STOP, Planned("allocate", AllocateAddress())))


def tell(listener: Quiet) -> None:
    listener.planned(PLAN)
    listener.started(STOP)
    listener.waiting(STOP, "stopping", timedelta(seconds=12))
    listener.event("trying the next place")
    listener.done(STOP, {})
    listener.started(PLAN.steps[1])
    listener.done(PLAN.steps[1], {"allocation_id": "eipalloc-1"})
    listener.unchanged(STOP)
    listener.failed(STOP, Ec2kitError("no"))
    listener.close()


def test_log_gets_events_only() -> None:
    written: list[str] = []

    tell(Quiet(written.append))

    assert written == ["trying the next place\n"]


def test_terminal_keeps_a_line_for_each_end() -> None:
    written: list[str] = []

    tell(Moving(written.append, 60))

    kept = [piece.removeprefix(CLEAR) for piece in written if piece.endswith("\n")]
    assert kept == [
        "trying the next place\n",
        "stop instance i-1 (web-1): done\n",
        "allocate an address: done (eipalloc-1)\n",
        "stop instance i-1 (web-1): unchanged\n",
        "stop instance i-1 (web-1): failed\n",
    ]
    assert f"{CLEAR}[0/2] stop instance i-1 (web-1): stopping, 12s" in written
    assert written[-1] == CLEAR


def test_moving_line_never_wraps() -> None:
    written: list[str] = []

    tell(Moving(written.append, 20))

    assert all(len(piece.removeprefix(CLEAR)) < 20 for piece in written if not piece.endswith("\n"))


def test_narrow_terminal_still_shows_what_moves() -> None:
    written: list[str] = []

    tell(Moving(written.append, 36))

    assert f"{CLEAR}[0/2] stop instance…: stopping, 12s" in written


def test_error_as_text_and_as_one_line_of_json() -> None:
    error = Ec2kitError("it\x1b[31m failed", hint="try again", resource="i-1")

    assert failure_text(error, as_json=False) == "error: it\\x1b[31m failed\nhint: try again\n"
    assert failure_text(error, as_json=True) == (
        '{"error": "it\\u001b[31m failed", "resource": "i-1", "hint": "try again", "exit": 1}\n'
    )
    assert failure_text(Ec2kitError("x"), as_json=False) == "error: x\n"
