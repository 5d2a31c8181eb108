"""What `-` reads from a pipe: the first field of every line."""

from __future__ import annotations

from collections.abc import Iterable

from ec2kit.errors import UsageError
from ec2kit.host.terminal import typed_text


def names_in(stdin: Iterable[str]) -> tuple[str, ...]:
    """Given the lines of stdin, return the names or ids that they begin with; raises `UsageError` for JSON and CSV."""
    lines = [line for line in stdin if line.strip()]
    _refuse_formats(lines[0] if lines else "")
    return tuple(typed_text(first_field(line)) for line in lines)


def _refuse_formats(first: str) -> None:
    """Given the first line of stdin, raise `UsageError` when it begins what `-` does not read."""
    word = first.strip()
    form = ""
    if word in ("[", "{", "[]") or word.startswith(("[{", '{"')):
        form = "JSON"
    elif word.startswith("id,"):
        form = "CSV"
    elif word.split()[:2] == ["id", "name"]:
        form = "a table with a heading"
    if form:
        raise UsageError(
            f"`-` reads names or ids, one on each line, and stdin is {form}",
            hint="before the pipe, leave `-o` away, or write `-q` for ids only",
        )


def first_field(line: str) -> str:
    """Given a line that is not blank, return its first field: up to the tab in our own output, else up to a blank.

    The name of a set holds its machine's, which may have blanks in it.
    """
    before, tab, _ = line.strip().partition("\t")
    return before.strip() if tab else line.split(maxsplit=1)[0]
