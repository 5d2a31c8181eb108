"""Tags: what may be set, and as few calls as possible."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.engine.steps import DeleteTags, SetTags
from ec2kit.errors import UsageError
from ec2kit.fleet.tags.plan import Resource, delete_plan, set_plan
from ec2kit.fleet.tags.words import check_key, notes_for, parse_pairs


def machines(count: int, **tags: str) -> list[Resource]:
    return [Resource(f"i-{n:08x}", f"web-{n}", dict(tags), listed=True) for n in range(count)]


def test_pairs() -> None:
    assert parse_pairs(["a=b", "empty=", "eq=x=y"]) == {"a": "b", "empty": "", "eq": "x=y"}


@pytest.mark.parametrize(
    "word", ["a", "=b", "aws:x=1", "AWS:x=1", f"{'k' * 129}=1", f"k={'v' * 257}", "a\tb=1"]
)
def test_pairs_that_aws_refuses(word: str) -> None:
    with pytest.raises(UsageError):
        parse_pairs([word])


def test_a_key_given_twice_and_an_empty_one() -> None:
    with pytest.raises(UsageError, match="twice"):
        parse_pairs(["a=1", "a=2"])
    with pytest.raises(UsageError):
        check_key("")


def test_keys_at_the_limit_pass() -> None:
    assert parse_pairs([f"{'k' * 128}={'v' * 256}"]) == {"k" * 128: "v" * 256}


def test_note_on_our_own_keys() -> None:
    assert notes_for(["role"]) == ()
    assert "ec2kit:keep" in notes_for(["role", "ec2kit:keep"])[0]


@given(st.integers(0, 450), st.integers(0, 5))
def test_every_resource_is_in_one_step(listed: int, named: int) -> None:
    others = [Resource(f"vol-{n:08x}") for n in range(named)]

    plan = set_plan([*machines(listed), *others], {"a": "b"})

    steps = [planned.step for planned in plan.steps if isinstance(planned.step, SetTags)]
    ids = [id for step in steps for id in step.resources]
    assert sorted(ids) == sorted([each.id for each in machines(listed)] + [each.id for each in others])
    assert len(steps) == -(-listed // 200) + named
    assert all(len(step.resources) <= 200 for step in steps)


def test_what_has_the_tags_already_is_unchanged() -> None:
    plan = set_plan([*machines(1, a="b")], {"a": "b"})

    assert not plan.steps
    assert plan.unchanged == (("web-0 (i-00000000)", "it has these tags already"),)


def test_setting_again_after_setting_changes_nothing() -> None:
    tags = {"a": "b", "c": "d"}
    after = [Resource(each.id, each.name, {**each.tags, **tags}, True) for each in machines(3, a="old")]

    assert set_plan(machines(3, a="old"), tags).steps
    assert not set_plan(after, tags).steps


def test_earlier_values_are_kept_for_undo() -> None:
    step = set_plan(machines(1, a="old", z="1"), {"a": "b", "new": "1"}).steps[0].step

    assert isinstance(step, SetTags)
    assert step.before == {"i-00000000": {"a": "old"}}


def test_more_than_fifty_tags_are_refused_for_that_resource_only() -> None:
    full = Resource("i-ffffffff", "full", {f"k{n}": "" for n in range(50)} | {"aws:x": ""}, listed=True)

    plan = set_plan([full, *machines(1)], {"one": "more"})

    assert [(item.rule, item.resource) for item in plan.refused] == [("tag limit", "full (i-ffffffff)")]
    assert len(plan.steps) == 1
    assert not set_plan([full], {"k1": "changed"}).refused


def test_delete_leaves_out_who_has_none_of_the_keys() -> None:
    plan = delete_plan(
        [*machines(1, a="1"), Resource("i-ffffffff", "bare", {}, True), Resource("vol-00000001")], ["a"]
    )

    steps = [planned.step for planned in plan.steps if isinstance(planned.step, DeleteTags)]
    assert {step.resources for step in steps} == {("vol-00000001",), ("i-00000000",)}
    assert plan.unchanged == (("bare (i-ffffffff)", "it has none of these tags"),)
