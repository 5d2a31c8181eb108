"""Which word counts for a machine, and which names come into question for it.

| an operator's order | tag `ec2kit:hostname` | file           | the word              |
|---------------------|-----------------------|----------------|-----------------------|
| there               | any                   | any            | the order's           |
| none                | there                 | any            | the tag's             |
| none                | none                  | says a name    | the file's            |
| none                | none                  | says nothing   | `Refused` (`no-name`) |
| none                | not known now         | any            | `Later` (`tags-away`) |

A word that is there but wrong is refused (`bad-name`): the next one in the row is not what was asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import TypeVar

from hostname_service.assignments.names import name_in
from hostname_service.assignments.patterns import Pattern, free_names, is_pattern, pattern_in
from hostname_service.assignments.rules import Assignments
from hostname_service.assignments.tags import TAG, tagged
from hostname_service.errors import Held, Later, Refused
from hostname_service.model import Document

T = TypeVar("T")

TRIES = 256
"""How many free names are tried before a claim is told to come again: as many machines as may claim at once."""

TAKEN = frozenset({"held", "dns-held"})
"""Reasons of `Held` that mean this name; the next one may be free. (`has-name` means this machine.)"""


class Origin(StrEnum):
    """Whose word it is."""

    ORDER = "order"
    TAG = "tag"
    FILE = "file"


@dataclass(frozen=True)
class Word:
    """What a machine shall be called, and who says so."""

    name: str | Pattern
    """In full, and valid."""
    origin: Origin


def word_for(
    document: Document, tags: Mapping[str, str] | None, ordered: str, file: Assignments, zones: Sequence[str]
) -> Word:
    """Given a machine that is believed, its tags (None: EC2 could not be asked now; nothing in them: it never is), the
    name an operator ordered (empty: none), what the file says and our zones, return the word that counts.

    Raises `Refused`: `no-name`, `bad-name`; `Later`: `tags-away`, since the tag would count before the file.
    """
    if ordered:
        return Word(_read(ordered, zones, "the order"), Origin.ORDER)
    if tags is None:
        raise Later("tags-away", f"the tags of {document.instance_id} cannot be read now", retry_after=3)
    told = tagged(tags)
    if told:
        return Word(_read(told, zones, f"the tag {TAG}"), Origin.TAG)
    name = file.name_for(document, tags)
    if name is None:
        raise Refused("no-name", f"nobody has assigned a name to {document.instance_id}")
    return Word(name, Origin.FILE)


def _read(text: str, zones: Sequence[str], whose: str) -> str | Pattern:
    try:
        return pattern_in(text, zones) if is_pattern(text) else name_in(text, zones)
    except ValueError as error:
        raise Refused("bad-name", f"{whose}: {error}") from error


def candidates(word: Word, held: str, taken: Callable[[Pattern], Sequence[str]]) -> Iterator[str]:
    """Given the word, the name that the machine holds (empty: none), and who says which names of a pattern are taken,
    yield the names that come into question, the best one first. A number that the machine has is kept."""
    if isinstance(word.name, str):
        yield word.name
    elif held and word.name.number(held) is not None:
        yield held
    else:
        yield from islice(free_names(word.name, taken(word.name)), TRIES)


def first_given(names: Iterator[str], give: Callable[[str], T]) -> T:
    """Given the names in question and who gives one, return what the first that can be given came to.

    `give` raises `Held` when another has it; the next one is tried then, since another machine may have been quicker
    after the taken names were read, or DNS has a name that is nobody's. Raises what `give` raises, the only name's
    `Held` with it, and `Later` (`crowded`) when several were tried and none is left.
    """
    tried = 0
    for name in names:
        try:
            return give(name)
        except Held as held:
            tried += 1
            last = held
            if held.reason not in TAKEN:
                raise
    if tried == 1:
        raise last
    raise Later("crowded", "every free name was taken by another machine meanwhile")


def taken_of(pattern: Pattern, page: Callable[[str, int], Sequence[str]]) -> Sequence[str]:
    """Given a pattern and who gives a page of all names in their order (behind a name, at most so many), return the
    names that begin like the pattern. Only their part of the list is read."""
    found: list[str] = []
    after, most = pattern.prefix, 1000
    while True:
        names = page(after, most)
        found += [name for name in names if name.startswith(pattern.prefix)]
        if len(names) < most or not names[-1].startswith(pattern.prefix):
            return found
        after = names[-1]
