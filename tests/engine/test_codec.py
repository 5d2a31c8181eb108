"""Plans as the journal keeps them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.aws.requests import LaunchRequest
from ec2kit.engine.codec import decode_plan, decode_step, encode_plan, encode_step
from ec2kit.engine.plan import Plan, Planned, Refusal
from ec2kit.engine.resolve import refs_in, resolve
from ec2kit.engine.steps import KINDS, STEPS, CreateTemplate, RunInstance, SetTags, Step
from ec2kit.engine.steps.base import CannotUndo, later
from ec2kit.engine.steps.secret import Secret
from ec2kit.errors import Ec2kitError, Exit
from tests.engine.examples import EXAMPLES, SECRET

RESULT = {
    "instance_id": "i-9",
    "volume_id": "vol-9",
    "image_id": "ami-9",
    "allocation_id": "eipalloc-9",
    "public_ip": "203.0.113.9",
    "snapshot_id": "snap-9",
    "snapshot_ids": ["snap-9"],
    "by_volume": {"vol-1": "snap-9"},
    "set": "web-1@20260102T030405Z",
    "object": {"sha256": "0" * 64},
    "previous": "i-8",
    "template_id": "lt-9",
    "version": 3,
    "reference": "lt-9:3",
}
"""The fields of all steps' results."""


def through_the_journal(step: Step) -> Step:
    return decode_step(json.loads(json.dumps(encode_step(step))))


@pytest.mark.parametrize("step", EXAMPLES, ids=lambda step: step.kind)
def test_every_step_comes_back_as_it_was(step: Step) -> None:
    assert through_the_journal(step) == step


def test_references_inside_free_data_come_back() -> None:
    step = CreateTemplate(
        {"ImageId": later("image", "image_id"), "Disks": [{"Size": 8}]}, "sha", "ec2kit-web-1"
    )
    assert through_the_journal(step) == step


def test_there_is_an_example_of_every_step() -> None:
    assert {type(step) for step in EXAMPLES} == set(STEPS)
    assert len(KINDS) == len(STEPS)


@pytest.mark.parametrize("step", EXAMPLES, ids=lambda step: step.kind)
def test_every_step_says_what_it_is(step: Step) -> None:
    sentence = step.describe()
    assert sentence[0].islower()
    assert not sentence.endswith(".")
    assert "Ref(" not in sentence
    assert step.actions
    assert all(action.split(":")[0] in ("ebs", "ec2", "s3", "ssm", "iam") for action in step.actions)


def test_user_data_is_never_written_down() -> None:
    text = json.dumps([encode_step(step) for step in EXAMPLES])
    assert "hunter2" not in text
    assert SECRET.sha256 in text
    back = through_the_journal(next(step for step in EXAMPLES if step.kind == "create-template"))
    with pytest.raises(Ec2kitError, match="never written") as caught:
        vars(back)["user_data"].reveal()
    assert "--new" in caught.value.hint


def test_user_data_in_a_step_is_refused_where_it_would_be_written_down() -> None:
    with pytest.raises(ValueError, match="template"):
        RunInstance(LaunchRequest(user_data="#!/bin/sh"))
    with pytest.raises(ValueError, match="Secret"):
        CreateTemplate({"UserData": "IyEvYmluL3No"}, "sha", "ec2kit-web-1")


@given(st.dictionaries(st.text(min_size=1, max_size=20), st.text(max_size=40), min_size=1, max_size=5))
def test_tags_of_any_name_and_value_come_back(tags: dict[str, str]) -> None:
    step = SetTags(("i-1",), tags, {"i-1": tags})
    assert through_the_journal(step) == step


def test_a_plan_comes_back_with_everything_in_it() -> None:
    plan = Plan(
        tuple(
            Planned(f"s{number}", step, (f"s{number - 1}",) if number else (), "because", "web-1")
            for number, step in enumerate(EXAMPLES)
        ),
        (Refusal("keep", "i-1", "it is protected"),),
        (("web-2", "it is running"),),
        "",
        ("the volume stays billed",),
    )
    assert decode_plan(json.loads(json.dumps(encode_plan(plan)))) == plan


@pytest.mark.parametrize(
    "stored",
    [
        {"kind": "make-coffee"},
        {"kind": "reboot-instance", "instance": "i-1", "gently": True},
        {"kind": "reboot-instance"},
        {"kind": "reboot-instance", "instance": 7},
    ],
)
def test_what_a_newer_version_wrote_is_an_error_with_a_hint(stored: dict[str, object]) -> None:
    with pytest.raises(Ec2kitError) as caught:
        decode_step(stored)
    assert caught.value.exit_code is Exit.FAILED
    assert "abandon" in caught.value.hint


def test_a_plan_of_a_newer_version_is_an_error_with_a_hint() -> None:
    with pytest.raises(Ec2kitError, match="version 2"):
        decode_plan({"version": 2})


def test_a_secret_shows_nothing_of_itself() -> None:
    assert "hunter2" not in repr(SECRET)
    assert Secret.of("a") != Secret.of("b")


@pytest.mark.parametrize("step", EXAMPLES, ids=lambda step: step.kind)
def test_every_way_back_comes_back_from_the_journal_too(step: Step) -> None:
    back = resolve(step, {ref.step: RESULT for ref in refs_in(step)}).undo(RESULT)
    if isinstance(back, CannotUndo):
        assert back.reason[0].islower()
        assert not back.reason.endswith(".")
    else:
        assert all(through_the_journal(each) == each for each in back)
