"""Pages of a listing: MaxResults and NextToken as EC2 means them."""

import base64
from collections.abc import Sequence
from typing import TypeVar

from ec2kit.sandbox.rules.refusals import invalid_value, refusal

_Item = TypeVar("_Item")
_MARK = "ec2kit-page:"

DEFAULT_PAGE = 1000
"""Items in a page when the request does not say: the largest page that EC2 sends for most listings."""


def page(
    items: Sequence[_Item], max_results: int | None, token: str | None, bounds: tuple[int, int] = (5, 1000)
) -> tuple[Sequence[_Item], str | None]:
    """Given all items in a steady order, MaxResults (or None), NextToken (or None) and the least and greatest
    MaxResults, return one page and the token of the next (None at the end).

    Raises InvalidParameterValue for a MaxResults out of bounds, InvalidNextToken for a token that is not ours.
    """
    least, most = bounds
    if max_results is not None and not least <= max_results <= most:
        raise invalid_value(max_results, "maxResults", f"Expecting a value between {least} and {most}.")
    start = _decode(token) if token else 0
    end = start + (max_results or DEFAULT_PAGE)
    return items[start:end], _encode(end) if end < len(items) else None


def _encode(offset: int) -> str:
    return base64.urlsafe_b64encode(f"{_MARK}{offset}".encode()).decode()


def _decode(token: str) -> int:
    try:
        text = base64.urlsafe_b64decode(token.encode()).decode()
    except ValueError:
        text = ""
    if not text.startswith(_MARK) or not text[len(_MARK) :].isdigit():
        raise refusal("InvalidNextToken", f"The NextToken value '{token}' is malformed")
    return int(text[len(_MARK) :])
