"""The console blocks of a page: what is typed, what is shown, and how the two are compared.

A block is fenced with ```console. A line that begins with `$ ` is typed (one that ends in a backslash goes on
in the next, one with `<<'END'` goes on up to the line END), the lines up to the next one are what it shows,
stdout and stderr as a terminal mixes them.
`...` alone on a line stands for any lines, inside a line for any characters; a run of blanks is one blank.
```console exit=4 says how the block's last command ends; all others end with 0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

HERE = re.compile(r"<<'?(?P<end>[A-Z]+)'?$")
FENCE = re.compile(r"^(?P<indent> *)```console(?: +exit=(?P<exit>\d+))? *$")


@dataclass(frozen=True)
class Step:
    """One command of a page, the exit code it must have, and the lines it must show."""

    page: Path
    line: int
    command: str
    expected: tuple[str, ...]
    exit_code: int = 0


def steps(page: Path, text: str) -> list[Step]:
    """Given a page and its text, return its commands in order. A malformed block is a ValueError."""
    found: list[Step] = []
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        fence = FENCE.match(lines[at])
        at += 1
        if fence is None:
            continue
        start = at
        while at < len(lines) and lines[at].strip() != "```":
            at += 1
        if at == len(lines):
            raise ValueError(f"{page}:{start}: the console block is never closed")
        body = [line.removeprefix(fence["indent"]) for line in lines[start:at]]
        found += _block(page, start + 1, body, int(fence["exit"] or 0))
    return found


def _block(page: Path, first: int, body: list[str], exit_code: int) -> list[Step]:
    starts = [n for n, line in enumerate(body) if line.startswith("$ ")]
    if not starts or starts[0] != 0:
        raise ValueError(f"{page}:{first}: a console block begins with a line that begins with '$ '")
    found = []
    for start, end in zip(starts, [*starts[1:], len(body)], strict=True):
        typed = [body[start].removeprefix("$ ")]
        shown = body[start + 1 : end]
        while typed[-1].endswith("\\") and shown:
            typed.append(shown.pop(0))
        if here := HERE.search(typed[-1]):
            while typed[-1] != here["end"]:
                if not shown:
                    raise ValueError(f"{page}:{first + start}: what begins with << has no {here['end']}")
                typed.append(shown.pop(0))
        code = exit_code if start == starts[-1] else 0
        found.append(Step(page, first + start, "\n".join(typed), tuple(shown), code))
    return found


def matches(expected: tuple[str, ...], shown: str) -> bool:
    """Given the lines a page shows and what a command really showed, return whether they agree."""
    pattern = ""
    for line in _flat("\n".join(expected)):
        if line == "...":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*?".join(re.escape(part) for part in line.split("...")) + r"\n"
    actual = "".join(f"{line}\n" for line in _flat(shown))
    return re.fullmatch(pattern, actual) is not None


def _flat(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.strip("\n").splitlines()]
