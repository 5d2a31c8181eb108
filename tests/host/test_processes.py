"""Other programs: what they said, how they failed, and that nothing of them stays."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from ec2kit.host.processes import ProcessFailed, run
from tests.support.processes import lives, pid_in, wait_for_end


def test_what_a_program_wrote_comes_back() -> None:
    code = "import sys; print(sys.stdin.read().upper()); print('aside', file=sys.stderr)"
    ended = run([sys.executable, "-c", code], 60, stdin="grün")
    assert (ended.stdout, ended.stderr) == ("GRÜN\n", "aside\n")


def test_the_environment_is_the_one_given() -> None:
    ended = run(["/bin/sh", "-c", 'echo "$WORD"'], 60, environ={"WORD": "sesame"})
    assert ended.stdout == "sesame\n"


def test_a_failure_shows_the_command_so_that_it_can_be_pasted() -> None:
    with pytest.raises(ProcessFailed) as caught:
        run(["sh", "-c", "echo 'no such' >&2; exit 3", "a b"], 60)
    assert caught.value.message == """`sh -c 'echo '"'"'no such'"'"' >&2; exit 3' 'a b'` failed: no such"""
    assert caught.value.code == 3


def test_only_the_last_lines_of_a_long_complaint_are_shown() -> None:
    with pytest.raises(ProcessFailed) as caught:
        run(["sh", "-c", "seq 100 >&2; false"], 60)
    assert caught.value.message.endswith("failed: 96\n97\n98\n99\n100")


def test_silent_ends_are_told_by_their_number() -> None:
    with pytest.raises(ProcessFailed, match="`false` failed with 1"):
        run(["false"], 60)
    with pytest.raises(ProcessFailed, match="was ended by signal 9"):
        run(["sh", "-c", "kill -9 $$"], 60)


def test_a_program_that_is_not_installed_is_told_with_a_hint() -> None:
    with pytest.raises(ProcessFailed) as caught:
        run(["no-such-program", "--flag"], 60)
    assert caught.value.message == "`no-such-program --flag` cannot be run: no such file or directory"
    assert caught.value.hint == "install 'no-such-program'"
    assert caught.value.code is None


def test_over_time_it_ends_with_its_children(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    with pytest.raises(ProcessFailed, match=r"did not end within 0\.5 s"):
        run(["sh", "-c", f"sleep 600 & echo $! > '{pid}'; wait"], 0.5)
    # Readable once the process has ended; one that was already reaped has no descriptor to give.
    with suppress(ProcessLookupError):
        ended = os.pidfd_open(int(pid.read_text()))
        try:
            assert select.select([ended], [], [], 30)[0]
        finally:
            os.close(ended)


def test_what_cannot_be_run_is_told_apart_from_what_is_not_there(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("true\n")
    with pytest.raises(ProcessFailed, match="cannot be run: permission denied"):
        run([str(plain)], 60)
    plain.chmod(0o755)
    with pytest.raises(ProcessFailed, match="failed: exec format error"):
        run([str(plain)], 60)


def test_a_daemon_may_put_its_things_away_when_it_is_all_over(tmp_path: Path) -> None:
    ready, away = tmp_path / "ready", tmp_path / "away"
    daemon = f"trap 'touch {away}; exit' TERM; touch {ready}; while :; do sleep 0.05; done"
    script = f'setsid -f sh -c "{daemon}" </dev/null >/dev/null 2>&1; sleep 600'
    with pytest.raises(ProcessFailed, match="did not end within"):
        run(["sh", "-c", script], 3)
    assert ready.exists()
    assert away.exists()


def test_killed_we_leave_neither_the_program_nor_its_children_nor_its_daemons(tmp_path: Path) -> None:
    pids = [tmp_path / name for name in ("program", "child", "daemon")]
    program, child, daemon = pids
    script = (
        f"sleep 600 & echo $! >{child}; setsid -f sh -c 'echo $$ >{daemon}; exec sleep 600'; "
        f"echo $$ >{program}; exec sleep 600"
    )
    code = f"from ec2kit.host.processes import run; run(['sh', '-c', {script!r}], 600)"
    us = subprocess.Popen([sys.executable, "-c", code])
    try:
        living = [pid_in(path) for path in pids]
        assert all(lives(pid) for pid in living)
    finally:
        us.kill()
        us.wait()
    for pid in living:
        wait_for_end(pid)
