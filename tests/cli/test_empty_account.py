"""An account with nothing in it is no error, and `all` of nothing is nothing."""

from __future__ import annotations

from pathlib import Path

from tests.cli.screens import Shell
from tests.support.inprocess import InProcess

EMPTY = (
    "ls",
    "check",
    "check --plugin",
    "recover all",
    "recovery status",
    "snapshot ls",
    "eip ls",
    "gc",
    "history",
)


def test_an_empty_account_is_no_error(tmp_path: Path) -> None:
    shell = Shell(tmp_path, InProcess())
    for line in EMPTY:
        screen = shell.run(line)
        assert screen.exit == 0, screen
        assert "error" not in screen.stderr
        assert screen.stdout == "" or "--plugin" in line
    for line in (
        "ls",
        "snapshot ls",
        "eip ls",
        "history",
        "recovery status",
        "stop all -y",
        "start web-* -y",
    ):
        assert shell.run(f"{line} -o json").stdout == "[]\n"
    assert "`ec2kit protect NAME`" in shell.run("recovery status").stderr
    for line in ("stop web-1 -y", "show web-1", "snapshot create web-1", "protect web-1"):
        assert shell.run(line).exit == 4


def test_who_looks_at_a_terminal_is_told_that_there_is_nothing(tmp_path: Path) -> None:
    shell = Shell(tmp_path, InProcess())
    assert "none found" not in shell.run("ls").stderr

    shell.terminal = True

    assert "none found" in shell.run("ls").stderr
