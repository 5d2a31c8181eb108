"""The plan of copies: one step a region, and what is there already."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ec2kit.engine.steps import CopyImage
from ec2kit.engine.steps.image_copy import facts_of
from ec2kit.errors import UsageError
from ec2kit.images.copying import Copying, check_regions, copied_tags, copy_plan
from ec2kit.images.naming import check_name
from ec2kit.model.disks import Mapping
from ec2kit.model.ids import Region
from ec2kit.model.tags import RECIPE, RUN
from tests.images.made import image, snapshot_id

HERE, LONDON, PARIS = Region("eu-west-1"), Region("eu-west-2"), Region("eu-west-3")
IMAGE = image(1, tags={RECIPE: "debian-12", RUN: "R/build", "aws:x": "y", "team": "shop"})
COPYING = Copying(IMAGE, HERE)


def test_each_region_is_a_step_of_its_own_that_needs_no_other() -> None:
    plan = copy_plan(COPYING, {LONDON: (), PARIS: ()})

    assert [(planned.key, planned.needs) for planned in plan.steps] == [
        ("eu-west-2/copy", ()),
        ("eu-west-3/copy", ()),
    ]
    step = plan.steps[0].step
    assert isinstance(step, CopyImage)
    assert (step.image, step.source, step.region, step.name) == (IMAGE.id, HERE, LONDON, IMAGE.name)
    assert step.facts == facts_of(IMAGE)


def test_tags_of_its_making_and_of_aws_are_not_copied() -> None:
    assert copied_tags(IMAGE.tags) == {RECIPE: "debian-12", "team": "shop"}


def test_the_copy_itself_is_unchanged_and_another_image_of_the_name_is_refused() -> None:
    copy = image(7, name=IMAGE.name, source_image=IMAGE.id, source_region=HERE, state="pending")
    rival = image(8, name=IMAGE.name)

    plan = copy_plan(COPYING, {LONDON: (copy,), PARIS: (rival,)})

    assert not plan.steps
    assert plan.unchanged == ((f"{IMAGE.name} in eu-west-2 ({copy.id})", "its copy is there, pending"),)
    assert [refusal.rule for refusal in plan.refused] == ["name"]
    assert rival.id in plan.refused[0].reason


def test_a_copy_that_failed_is_no_copy() -> None:
    failed = image(7, name=IMAGE.name, source_image=IMAGE.id, state="failed")

    assert copy_plan(COPYING, {LONDON: (failed,)}).refused


def test_in_its_own_region_it_needs_another_name() -> None:
    assert copy_plan(COPYING, {HERE: (IMAGE,)}).refused
    assert copy_plan(replace(COPYING, name="golden"), {HERE: ()}).steps


def test_only_an_available_image_is_copied() -> None:
    plan = copy_plan(Copying(replace(IMAGE, state="disabled"), HERE), {LONDON: ()})

    assert not plan.steps
    assert "disabled" in plan.refused[0].reason


def test_regions_are_checked_and_taken_once() -> None:
    assert check_regions([PARIS, LONDON, PARIS], [HERE, LONDON, PARIS]) == (PARIS, LONDON)
    with pytest.raises(UsageError, match="mars-1"):
        check_regions([LONDON, "mars-1"], [HERE, LONDON])


def test_names_are_checked() -> None:
    assert check_name("web-1 (old) [2]/x.y'z@h_") == "web-1 (old) [2]/x.y'z@h_"
    for bad in ("ab", "x" * 129, "web*1", "wéb-1", "web\n1"):
        with pytest.raises(UsageError):
            check_name(bad)


def test_facts_tell_images_apart_by_every_attribute_but_not_by_their_snapshots() -> None:
    facts = facts_of(IMAGE)
    differing: dict[str, Any] = {
        "architecture": "i386",
        "boot_mode": "uefi",
        "ena": True,
        "sriov": "simple",
        "tpm": "v2.0",
        "imds": "v2.0",
        "usage_operation": "RunInstances:0010",
        "root_device": "/dev/sda1",
        "virtualization": "paravirtual",
        "mappings": (Mapping("/dev/xvda", snapshot_id(1), 9),),
    }

    for name, value in differing.items():
        assert facts_of(replace(IMAGE, **{name: value})) != facts, name
    assert facts_of(replace(IMAGE, mappings=(Mapping("/dev/xvda", snapshot_id(2), 8, "gp2"),))) == facts
