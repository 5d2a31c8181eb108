"""The hint beside a name that does not exist: what was probably meant, or what there is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

SHOWN = 12
"""Names that a hint lists: more than that nobody reads on one line."""


def nearest_hint(word: str, known: Iterable[str], what: str) -> str:
    """Given a name that does not exist, those that do, and what they are in the plural, return the hint.

    Names that are nearly spelled so or have the word in them come alone, at most three; else all are listed.
    """
    names = sorted({name for name in known if name})
    if not names:
        return f"there are no {what}"
    if near := near_names(word, names):
        return meant(near)
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"the {what} are: {', '.join(names[:SHOWN])}{more}"


def near_names(word: str, known: Iterable[str]) -> list[str]:
    """Given a name that does not exist and those that do, return the at most three that were probably meant: nearly
    spelled so first, then those that have the word in them."""
    names = sorted({name for name in known if name})
    holding = [name for name in names if len(word) > 1 and word.lower() in name.lower()]
    return list(dict.fromkeys([*sorted(get_close_matches(word, names, 3)), *holding]))[:3]


def meant(near: Sequence[str]) -> str:
    """Given names, return the hint that asks whether one of them was meant."""
    return f"did you mean {' or '.join(f'`{name}`' for name in near)}?"
