"""The names of new machines: a pattern and the lowest free numbers. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ec2kit.errors import Refused, UsageError
from ec2kit.inventory.selectors import Term, TermKind, parse
from ec2kit.model.tags import MAX_VALUE

NUMBER = "{n}"


@dataclass(frozen=True)
class Named:
    """A new machine's name, and its number when its name has one."""

    name: str
    number: int | None = None


def pattern_of(word: str, count: int) -> str:
    """Given what was typed and how many are wanted, return the pattern: several of a bare `web` are `web-{n}`."""
    return f"{word}-{NUMBER}" if count > 1 and NUMBER not in word else word


def group_of(word: str) -> str:
    """Given a name or pattern, return what its launch profile is called: `web` for `web-{n}` and for `web-7`."""
    return re.sub(r"[-_.]?(\{n\}|(?<=[-_.])\d+)$", "", word) or word


def names_for(word: str, count: int, taken: Collection[str]) -> tuple[Named, ...]:
    """Given a name or pattern, how many, and the names that living machines bear, return the new names.

    Numbers are the lowest free ones. Raises `UsageError` for a name that no selector could mean afterwards,
    `Refused` when a name without number is taken.
    """
    pattern = pattern_of(word, count)
    _check(pattern)
    if NUMBER not in pattern:
        if pattern in taken:
            raise Refused(
                f"a living machine is named '{pattern}' already",
                hint=f"`ec2kit launch '{pattern}-{NUMBER}'` takes the next free number",
                resource=pattern,
            )
        return (Named(pattern),)
    free = _free(pattern, taken)
    return tuple(next(free) for _ in range(count))


def hostname_for(pattern: str, named: Named) -> str:
    """Given a host name pattern and a machine, return its host name in lower case; raises `UsageError`.

    Labels are letters, digits and hyphens, 63 characters at most (RFC 1123).
    """
    if NUMBER in pattern and named.number is None:
        raise UsageError(
            f"'{pattern}' wants a number, and '{named.name}' has none", hint="launch 'NAME-{n}', or -n 2"
        )
    name = pattern.replace(NUMBER, str(named.number)).lower()
    labels = name.split(".")
    if len(name) > 253 or not all(re.fullmatch(r"(?!-)[a-z0-9-]{1,63}(?<!-)", label) for label in labels):
        raise UsageError(
            f"'{name}' is not a host name", hint="letters, digits and hyphens, with dots between the labels"
        )
    return name


def _free(pattern: str, taken: Collection[str]) -> Iterator[Named]:
    number = 0
    while True:
        number += 1
        name = pattern.replace(NUMBER, str(number))
        if name not in taken:
            yield Named(name, number)


def _check(pattern: str) -> None:
    sample = pattern.replace(NUMBER, "1")
    if braces := re.search(r"\{[^}]*\}?|\}", sample):
        raise UsageError(f"'{braces.group()}' means nothing in a name", hint=f"the number is `{NUMBER}`")
    if len(sample) > MAX_VALUE - 8:
        raise UsageError(f"the name is longer than the {MAX_VALUE} characters of a tag")
    if sample != sample.strip() or not sample.isprintable():
        raise UsageError("a name has no blanks at its ends and no control characters")
    if sample in ("-", "all") or parse([sample]).terms != (Term(TermKind.NAME, sample),):
        raise UsageError(
            f"a machine named '{sample}' could not be selected by its name",
            hint="names are plain words such as web-1; `=`, `:`, `*`, addresses and ids mean something else",
        )
