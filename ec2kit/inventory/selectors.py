"""From the words that a person types to a selection: pure.

Names, globs, ids, addresses and DNS names add; filters narrow; `all` is every instance.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from fnmatch import fnmatchcase

from ec2kit.errors import UsageError
from ec2kit.model.ids import kind_of
from ec2kit.model.periods import parse_duration

FILTER_WORDS = ("state", "az", "type", "older", "newer")
STATES = ("pending", "running", "stopping", "stopped", "shutting-down", "terminated")
_DNS_ENDS = (".internal", ".amazonaws.com", ".amazonaws.com.cn")


class TermKind(StrEnum):
    """How a word that adds is looked up."""

    ID = "id"
    IP = "ip"
    DNS = "dns"
    NAME = "name"
    GLOB = "glob"


@dataclass(frozen=True)
class Term:
    """One word that adds instances."""

    kind: TermKind
    word: str


@dataclass(frozen=True)
class Narrowing:
    """One filter: `tag:role` is any of these values (globs allowed), or `older`/`newer` than an age."""

    subject: str
    values: tuple[str, ...] = ()
    age: timedelta | None = None


@dataclass(frozen=True)
class Selection:
    """What was typed, understood. With no terms, `everything` or at least one narrowing is set."""

    terms: tuple[Term, ...] = ()
    narrowings: tuple[Narrowing, ...] = ()
    everything: bool = False
    without: tuple[Selection, ...] = ()
    """What is removed: each word of `--except` by itself, so that a filter there spares more, never less."""

    @property
    def names_terminated(self) -> bool:
        """Whether terminated instances are asked for by state."""
        return any(n.subject == "state" and "terminated" in n.values for n in self.narrowings)

    @property
    def is_list(self) -> bool:
        """Whether an empty answer is an answer (filters, globs, `all`), not something named that is missing."""
        return all(term.kind is TermKind.GLOB for term in self.terms)


def parse(words: Iterable[str], without: Iterable[str] = ()) -> Selection:
    """Given selector words and those of `--except`, return the selection; raises `UsageError`."""
    terms: list[Term] = []
    narrowings: list[Narrowing] = []
    everything = False
    for word in words:
        if word == "all":
            everything = True
        elif narrowing := _narrowing(word):
            narrowings.append(narrowing)
        else:
            terms.append(_term(word))
    excluded = tuple(parse([word]) for word in without)
    return Selection(tuple(dict.fromkeys(terms)), tuple(narrowings), everything, excluded)


def _term(word: str) -> Term:
    if not word.strip():
        raise UsageError("an empty word selects nothing", hint="name an instance, or use `all`")
    kind = kind_of(word)
    if kind == "instance" and re.fullmatch(r"i-[0-9a-f]+", word):
        return Term(TermKind.ID, word)
    if kind not in (None, "instance") and re.fullmatch(r"[a-z]+-[0-9a-f]{8,17}", word):
        raise UsageError(f"'{word}' is the id of a {kind}, and an instance is wanted here", hint="ec2kit ls")
    if is_ip(word):
        return Term(TermKind.IP, str(ipaddress.ip_address(word)))
    if any(character in word for character in "*?["):
        return Term(TermKind.GLOB, word)
    if word.endswith(_DNS_ENDS):
        return Term(TermKind.DNS, word)
    return Term(TermKind.NAME, word)


def is_ip(word: str) -> bool:
    """Whether the whole word is an IP address: 203.0.113.4 is not 203.0.113.45."""
    try:
        ipaddress.ip_address(word)
    except ValueError:
        return False
    return True


def narrows(word: str) -> bool:
    """Whether the word is a filter, which names nothing by itself; raises `UsageError` for a malformed one."""
    return _narrowing(word) is not None


def _narrowing(word: str) -> Narrowing | None:
    subject, colon, value = word.partition(":")
    if colon and subject in FILTER_WORDS and "=" not in subject:
        return _word_filter(subject, value, word)
    key, equals, value = word.partition("=")
    if equals and key.startswith("tag:"):
        # As the AWS CLI writes it; a tag whose own name begins so would never be meant.
        raise UsageError(
            f"'{word}': a tag is named without `tag:`", hint=f"write {word.removeprefix('tag:')}"
        )
    if equals and key:
        return Narrowing(f"tag:{key}", split_values(value))
    if colon and subject.isalpha() and not value.startswith("//"):
        raise UsageError(
            f"'{subject}:' is not a filter",
            hint=f"the filters are {', '.join(f'{w}:' for w in FILTER_WORDS)} and TAG=VALUE",
        )
    return None


def _word_filter(subject: str, value: str, word: str) -> Narrowing:
    if not value:
        raise UsageError(f"'{word}' has no value", hint=f"write {subject}:VALUE")
    if subject in ("older", "newer"):
        return Narrowing(subject, age=parse_duration(value))
    values = split_values(value)
    if subject == "state" and (unknown := [each for each in values if each not in STATES]):
        raise UsageError(f"'{unknown[0]}' is not a state", hint=f"the states are {', '.join(STATES)}")
    return Narrowing(subject, values)


def split_values(text: str) -> tuple[str, ...]:
    r"""Given `a,b\,c`, return `("a", "b,c")`: commas separate, a backslash makes one part of the value."""
    parts = re.split(r"(?<!\\),", text)
    return tuple(part.replace("\\,", ",") for part in parts)


def matches_any(value: str, patterns: Iterable[str]) -> bool:
    """Whether the value fits one of the patterns (`*` and `?` as in a shell)."""
    return any(fnmatchcase(value, pattern) for pattern in patterns)
