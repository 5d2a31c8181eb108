"""A program beside us: read as it writes, and gone with its children whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ec2kit.host.following import Running, start
from ec2kit.host.processes import ProcessFailed
from tests.support.processes import lives, pid_in, wait_for_end


def everything(running: Running) -> bytes:
    text = b""
    while piece := running.read(60):
        text += piece
    assert piece == b""
    return text


def test_a_prompt_is_read_although_its_line_goes_on() -> None:
    with start(["sh", "-c", "printf 'login: '; exec sleep 600"]) as running:
        assert running.read(60) == b"login: "
        assert running.read(0.01) is None
        assert running.code is None


def test_the_end_is_told_with_code_and_complaint() -> None:
    with start(["sh", "-c", "echo out; echo aside >&2; exit 3"]) as running:
        assert everything(running) == b"out\n"
        assert running.ended(60) == 3
        assert running.complaint() == "aside"


def test_what_does_not_exist_is_told_with_a_hint() -> None:
    with pytest.raises(ProcessFailed) as caught, start(["no-such-program", "-x"]):
        pass
    assert caught.value.message == "`no-such-program -x` cannot be run: no such file or directory"
    assert caught.value.hint == "install 'no-such-program'"


def test_it_ends_with_its_children_when_the_block_fails(tmp_path: Path) -> None:
    pid = tmp_path / "pid"

    def interrupted() -> None:
        with start(["sh", "-c", f"sleep 600 & echo $! > '{pid}'; wait"]):
            assert lives(pid_in(pid))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    wait_for_end(pid_in(pid))


def test_it_is_killed_when_we_are_killed(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    code = (
        "from ec2kit.host.following import start\n"
        f"with start(['sh', '-c', \"echo $$ > '{pid}'; exec sleep 600\"]) as running: running.read(600)"
    )
    us = subprocess.Popen([sys.executable, "-c", code])
    try:
        child = pid_in(pid)
        assert lives(child)
        os.kill(us.pid, signal.SIGKILL)
        us.wait(60)
        wait_for_end(child)
    finally:
        us.kill()
        us.wait()
