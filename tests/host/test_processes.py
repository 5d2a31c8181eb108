"""Other programs: what they said, how they failed, and that nothing of them stays."""

from __future__ import annotations

import os
import select
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from ec2kit.host.processes import ProcessFailed, run


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
