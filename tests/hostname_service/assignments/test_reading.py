"""The file of assignments: what it means, and every fault with its line."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostname_service.assignments.patterns import Pattern
from hostname_service.assignments.reading import read_assignments
from hostname_service.errors import BadConfig
from hostname_service.model import Document

ZONES = ("shop.example.com",)
BEGAN = datetime(2026, 5, 1, 12, tzinfo=UTC)
ONE = "i-0123456789abcdef0"
TWO = "i-0123456789abcdef1"
RIGHT = f"""\
# the shop
- instance: {ONE}
  name: db
- match: {{tags: {{role: web, stage: [test, "010"]}}, type: [t3.small, t3.medium]}}
  name: web-{{n}}
- match: {{image: ami-1, zone: eu-west-1a}}
  name: import-{{n}}.shop.example.com
- match: {{account: "123456789012"}}
  name: other-{{n}}
"""


def document(instance_id: str = TWO, **facts: str) -> Document:
    address = ip_address("10.0.0.5")
    return Document("123456789012", instance_id, "eu-west-1", address, BEGAN, **facts)


@pytest.mark.parametrize(
    "asked, tags, name",
    [
        (document(ONE, instance_type="t3.small"), {"role": "web", "stage": "test"}, "db.shop.example.com"),
        (document(instance_type="t3.small"), {"role": "web", "stage": "010"}, "web-{n}.shop.example.com"),
        (document(instance_type="t3.large"), {"role": "web", "stage": "010"}, "other-{n}.shop.example.com"),
        (document(instance_type="t3.small"), {"role": "web", "stage": "8"}, "other-{n}.shop.example.com"),
        (document(instance_type="t3.small"), {}, "other-{n}.shop.example.com"),
        (document(image_id="ami-1", zone="eu-west-1a"), {}, "import-{n}.shop.example.com"),
        (document(image_id="ami-1", zone="eu-west-1b"), {}, "other-{n}.shop.example.com"),
    ],
)
def test_a_machines_own_line_counts_and_then_the_first_rule(
    asked: Document, tags: dict[str, str], name: str
) -> None:
    assert str(read_assignments(RIGHT, ZONES).name_for(asked, tags)) == name


def test_nobody_is_named_who_is_not_meant() -> None:
    told = read_assignments(RIGHT, ZONES)
    other = Document("111122223333", TWO, "eu-west-1", ip_address("10.0.0.5"), BEGAN)
    assert told.name_for(other, {"role": "db"}) is None
    assert told.read_tags
    assert [rule.line for rule in told.rules] == [4, 6, 8]
    for empty in ("", "# nothing yet\n", "[]"):
        nothing = read_assignments(empty, ZONES)
        assert nothing.name_for(other, {}) is None
        assert not nothing.read_tags


def faults(text: str) -> list[str]:
    with pytest.raises(BadConfig) as bad:
        read_assignments(text, ZONES)
    return str(bad.value).splitlines()


def test_every_fault_is_told_with_its_line() -> None:
    told = faults(
        f"""\
- instance: web-1
  name: Db
- instance: {ONE}
  name: db
- instance: {ONE}
  name: db2
- instance: {TWO}
  name: db
- match: {{}}
  name: web-{{n}}
- match: {{role: web}}
  name: web-{{n}}-{{n}}
- match: {{tags: web, type: []}}
  name: web-{{n}}
- match: {{type: t3.small}}
- name: web-1
- instance: i-01234567
  match: {{type: t3.small}}
  name: web.evil.org
  nmae: web
- just a text
"""
    )
    assert [fault.partition(":")[0] for fault in told] == [
        *["line 1", "line 2", "line 5", "line 7", "line 9", "line 11", "line 12"],
        *["line 13", "line 13", "line 15", "line 16", "line 17", "line 19", "line 20", "line 21", "line 21"],
    ]
    assert told[0] == "line 1: wants an instance id such as i-0123456789abcdef0, not 'web-1'"
    assert told[1] == "line 2: 'Db' has upper case"
    assert told[2] == f"line 5: {ONE} is there twice"
    assert told[3] == "line 7: the name 'db.shop.example.com' is there twice"
    assert "would name every machine" in told[4]
    assert "'role' is not known" in told[5]
    assert "'nmae' is not known" in told[13]


@pytest.mark.parametrize(
    "text, line",
    [
        ("- instance: [\n", "line 2: "),
        ("- a\n- {b\n- c: }\n", "line 3: "),
        ("- match: {type: t3.small}\n  name: web\n  name: db\n", "line 3: 'name' is there twice"),
        ("match: {}\n", "line 1: wants a list"),
        ("- &a [*a]\n", "line 1: "),
        ("- match: {type: *b}\n", "line 1: found undefined alias"),
        ("- match: {tags: {role: }}\n  name: web\n", "line 1: wants a text"),
        ("- a\n- \x07\n", "line 2: has a character"),
        ("[" * 20_000, "line 1: is nested too deeply"),
        ("--- []\n--- []\n", "line 2: "),
        ("- instance: !!python/object/apply:os.system [id]\n  name: web\n", "line 1: wants a text"),
    ],
)
def test_what_is_no_such_file_is_told_by_line(text: str, line: str) -> None:
    assert faults(text)[0].startswith(line)


def test_a_bomb_of_aliases_is_not_unfolded() -> None:
    bomb = "- &a0 [x]\n" + "".join(f"- &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
    assert faults(bomb)[0].startswith("line 1: wants `instance` or `match`")


def test_a_file_without_end_is_refused() -> None:
    assert "longer than" in faults("#" * (4 * 1024 * 1024 + 1))[0]


@given(st.text(alphabet="-:{}[]#&*!|>'\" \n\tainstcemh.0", max_size=60))
def test_any_text_is_read_or_refused_by_line(text: str) -> None:
    told: list[str] = []
    try:
        read_assignments(text, ZONES)
    except BadConfig as bad:
        told = str(bad).splitlines()
    assert all(fault.startswith("line ") for fault in told)


def test_a_pattern_is_read_as_one() -> None:
    [rule] = read_assignments("- match: {type: t3.small}\n  name: web-{n}\n", ZONES).rules
    assert rule.name == Pattern("web-", ".shop.example.com")
