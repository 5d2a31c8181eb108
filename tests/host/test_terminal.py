"""Questions to a terminal, played by a pseudo-terminal."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ec2kit.host.terminal import asker, is_terminal


@pytest.fixture
def terminal() -> Iterator[tuple[int, Path]]:
    """The end of whoever types, and the device."""
    typing, device = os.openpty()
    yield typing, Path(os.ttyname(device))
    os.close(typing)
    os.close(device)


def test_a_question_is_asked_and_answered_on_the_terminal(terminal: tuple[int, Path]) -> None:
    typing, device = terminal
    ask = asker(device)
    assert ask is not None
    os.write(typing, "  grün \n".encode())
    assert ask("terminate 3 machines? ") == "grün"
    seen = b""
    while b"terminate 3 machines? " not in seen:  # the echo of what was typed may come by itself
        seen += os.read(typing, 1_000)


def test_the_end_of_input_is_no_answer(terminal: tuple[int, Path]) -> None:
    typing, device = terminal
    ask = asker(device)
    assert ask is not None
    os.write(typing, b"\x04")
    assert ask("sure? ") == ""


def test_without_a_terminal_nobody_can_be_asked(tmp_path: Path) -> None:
    assert asker(tmp_path / "missing") is None


def test_is_terminal(terminal: tuple[int, Path]) -> None:
    closed = io.StringIO()
    closed.close()
    assert not is_terminal(None)
    assert not is_terminal(closed)
    assert not is_terminal(io.StringIO())
    with terminal[1].open("w") as stream:
        assert is_terminal(stream)
