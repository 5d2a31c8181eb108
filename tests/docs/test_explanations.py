"""What an explanation lists is what the code has."""

from __future__ import annotations

import re
from pathlib import Path

from ec2kit.sandbox.fault_words import KNOWN, parse_order
from ec2kit.sandbox.orders import RequestOrder

EXPLANATIONS = Path(__file__).parents[2] / "docs" / "explanation"
ROW = re.compile(r"^\| (?P<what>`[^|]+`) \| (?P<where>[^|]*) \| [^|]+ \|$", re.MULTILINE)
WHERE = {
    "an action": "ec2:RunInstances",
    "a zone": "eu-west-1a",
    "an instance": "web-1",
    "an address": "203.0.113.9",
}


def test_the_sandbox_page_has_every_word_of_break() -> None:
    told = [word for row in _rows() for word in re.findall(r"`([^`]+)`", row["what"])]

    assert sorted(told) == sorted(KNOWN)


def test_each_of_them_is_understood_with_the_place_that_the_page_gives_it() -> None:
    for row in _rows():
        where = next((WHERE[place] for place in WHERE if row["where"].startswith(place)), "")
        for word in re.findall(r"`([^`]+)`", row["what"]):
            order = parse_order(word.replace("INSTANCE", "web-2").replace("CODE", "InternalError"), where)
            assert isinstance(order, RequestOrder) is (row["where"] == "an action"), word


def _rows() -> list[re.Match[str]]:
    return list(ROW.finditer((EXPLANATIONS / "sandbox.md").read_text()))
