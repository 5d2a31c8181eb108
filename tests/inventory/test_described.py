"""A machine read back from its description is the machine that was described."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ec2kit.inventory.described import machine_from
from ec2kit.inventory.description import spec_from_tags, spec_of, spec_tags, template_data
from ec2kit.inventory.fidelity import differences
from ec2kit.inventory.machine import Machine
from ec2kit.model.instances import InstanceAttributes, MetadataOptions
from ec2kit.model.tags import HOSTNAME, KEEP, PROTECT
from tests.snapshots.making import machine
from tests.support.fleet import NOW


def described(original: Machine) -> Machine:
    """Through the tags and the template and back."""
    spec = spec_from_tags(spec_tags(spec_of(original)))
    assert spec is not None
    return machine_from(spec, template_data(original), NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"tags": {"role": "web", PROTECT: "replace", KEEP: "me", HOSTNAME: "web-1.example.com"}},
        {"metadata": MetadataOptions(http_endpoint="disabled")},
        {"tenancy": "dedicated", "placement_group": "near", "source_dest_check": False},
        {"key": "", "instance_profile": "", "monitoring": False, "ebs_optimized": True},
    ],
)
def test_nothing_is_lost(changes: dict[str, Any]) -> None:
    original = machine(1, **changes)

    assert differences(original, described(original)) == ()


@pytest.mark.parametrize("user_data", ["", "#!/bin/sh\n", "\udcff\udc80 binary", "é" * 5000])
def test_user_data_is_what_it_was(user_data: str) -> None:
    original = replace(machine(1), attributes=InstanceAttributes(user_data))

    assert described(original).attributes == original.attributes


def test_nobody_who_launches_from_the_template_gets_an_enrolled_machine() -> None:
    enrolled = machine(1, tags={"role": "web", PROTECT: "replace", KEEP: "me"})

    (tags,) = template_data(enrolled)["TagSpecifications"]

    assert [tag["Key"] for tag in tags["Tags"]] == ["Name", "role"]
    assert described(enrolled).instance.tags[PROTECT] == "replace"


def test_each_tag_that_differs_is_a_difference_of_its_own() -> None:
    before, after = machine(1, tags={"role": "web", "team": "a"}), machine(1, tags={"role": "db"})

    found = {each.what: (each.before, each.after) for each in differences(before, after)}

    assert found == {"tag role": ("web", "db"), "tag team": ("a", "-")}
