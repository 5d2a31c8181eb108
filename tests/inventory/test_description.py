"""The description of a machine: into a template and tags, and back."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.errors import Ec2kitError
from ec2kit.inventory.description import (
    DiskSpec,
    Spec,
    fingerprint,
    role_tags,
    spec_from_tags,
    spec_of,
    spec_tags,
    template_data,
    template_name,
)
from ec2kit.inventory.fidelity import differences
from ec2kit.inventory.machine import Machine
from ec2kit.inventory.standing import being_recovered, kept, quarantined
from ec2kit.model.instances import InstanceAttributes, MetadataOptions
from ec2kit.model.tags import MAX_VALUE
from tests.support.fleet import address, instance, volume

MACHINE = Machine(
    instance(1, tags={"role": "web"}, metadata=MetadataOptions(http_tokens="required")),
    InstanceAttributes(user_data="#!/bin/sh\n", credits="unlimited"),
    (volume(1, tags={"Name": "root", "aws:x": "y"}),),
    (address(9, held_by=1),),
)
WORD = st.text(max_size=40)
DISKS = st.builds(
    DiskSpec,
    device=WORD,
    volume=WORD,
    size_gib=st.integers(1, 65536),
    iops=st.none() | st.integers(100, 64000),
    encrypted=st.booleans(),
    tags=st.dictionaries(WORD, WORD, max_size=4),
)
SPECS = st.builds(
    Spec,
    instance=WORD,
    name=WORD,
    root_device=WORD,
    architecture=WORD,
    disks=st.lists(DISKS, max_size=6).map(tuple),
    secondary_ips=st.lists(WORD, max_size=3).map(tuple),
    source_dest_check=st.booleans(),
)


@given(SPECS)
def test_a_spec_survives_its_tags(spec: Spec) -> None:
    tags = spec_tags(spec)

    assert all(len(value) <= MAX_VALUE for value in tags.values())
    assert spec_from_tags({"Name": "x", **tags}) == spec


def test_no_spec_is_none_and_a_damaged_one_says_so() -> None:
    tags = spec_tags(replace(spec_of(MACHINE), name="x" * 900))
    first = next(iter(tags))

    assert spec_from_tags({"Name": "x"}) is None
    for damaged in ({**tags, first: "AAAA"}, {f"{first[:-1]}9": tags[first]}):
        with pytest.raises(Ec2kitError, match="cannot be read"):
            spec_from_tags(damaged)


def test_spec_holds_what_a_template_cannot() -> None:
    spec = spec_of(MACHINE)

    assert (spec.instance, spec.name, spec.address) == ("i-00000001", "web-1", "203.0.113.9")
    assert spec.disks == (
        DiskSpec("/dev/xvda", "vol-00000001", 8, delete_on_termination=True, tags={"Name": "root"}),
    )


def test_template_data_launches_one_like_it() -> None:
    data = template_data(MACHINE)

    assert data["InstanceType"] == "t3.micro"
    assert base64.b64decode(data["UserData"]) == b"#!/bin/sh\n"
    assert data["MetadataOptions"]["HttpTokens"] == "required"
    assert {"Key": "role", "Value": "web"} in data["TagSpecifications"][0]["Tags"]
    assert "KeyName" not in data


def test_role_tags_leave_out_the_life_of_one_instance() -> None:
    tags = {
        "Name": "web-1",
        "aws:x": "1",
        "ec2kit:run": "r",
        "ec2kit:failure": "1:done",
        "ec2kit:protect": "replace",
        "ec2kit:check": "http:80",
    }

    assert set(role_tags(tags)) == {"Name", "ec2kit:protect", "ec2kit:check"}


def test_equal_data_has_an_equal_fingerprint_whatever_its_order() -> None:
    assert fingerprint({"a": 1, "b": [1, 2]}) == fingerprint({"b": [1, 2], "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})


@given(st.text(max_size=300))
def test_template_names_are_what_aws_takes(name: str) -> None:
    made = template_name(name)

    assert 3 <= len(made) <= 128
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789().-/_")


def test_a_machine_does_not_differ_from_itself() -> None:
    assert differences(MACHINE, MACHINE) == ()


def test_differences_tell_what_could_not_be_otherwise_last() -> None:
    other = replace(
        MACHINE,
        instance=replace(MACHINE.instance, id=instance(2).id, private_ip="172.31.0.2", key="ops"),
        volumes=(replace(MACHINE.volumes[0], size_gib=9),),
        addresses=(),
    )

    found = differences(MACHINE, other)

    assert [each.what for each in found if not each.expected] == [
        "Elastic IP",
        "disk /dev/xvda size",
        "key pair",
    ]
    assert [each.what for each in found if each.expected] == ["instance id", "private address"]
    assert (found[0].before, found[0].after) == ("203.0.113.9", "-")


def test_a_disk_that_is_not_there_differs() -> None:
    bare = replace(MACHINE, instance=replace(MACHINE.instance, disks=()))

    (found,) = differences(MACHINE, bare)

    assert (found.what, found.before, found.after) == ("disk /dev/xvda", "present", "absent")


def test_how_a_machine_stands() -> None:
    assert being_recovered({"ec2kit:failure": "2:recovering:restart:20260102T030405Z"})
    assert not being_recovered({"ec2kit:failure": "2:done"})
    assert not being_recovered({})
    assert quarantined({"ec2kit:state": "quarantined"})
    assert not quarantined({"ec2kit:state": "fencing"})
    assert kept({"ec2kit:keep": ""})
    assert not kept({})
