"""The hint beside a name that does not exist: what was probably meant, or what there is. Pure."""

from __future__ import annotations

from collections.abc import Iterable
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
    holding = [name for name in names if len(word) > 1 and word.lower() in name.lower()]
    near = list(dict.fromkeys([*get_close_matches(word, names, 3), *holding]))[:3]
    if near:
        return f"did you mean {' or '.join(f'`{name}`' for name in near)}?"
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"the {what} are: {', '.join(names[:SHOWN])}{more}"
