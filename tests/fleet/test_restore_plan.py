"""What is made of a set: the plan of a new instance, its name, and the report of what differs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.aws.requests import Place
from ec2kit.engine.codec import decode_plan, encode_plan
from ec2kit.engine.plan import Plan
from ec2kit.engine.steps import DeregisterImage, ModifyInstance, RegisterImage, RunInstance, TagDisks
from ec2kit.errors import Ec2kitError
from ec2kit.fleet.restore import Source, Target, restore_steps, template_ref
from ec2kit.fleet.restore_plan import Wanted, image_name, instance_plan, wanted
from ec2kit.fleet.restored import report, report_lines
from ec2kit.inventory.description import spec_of
from ec2kit.inventory.machine import Machine
from ec2kit.model.ids import InstanceId, InstanceType, SubnetId, VolumeId, Zone
from ec2kit.model.tags import BAD, HOSTNAME, KEEP, NAME, PROTECT
from tests.snapshots.making import machine, source
from tests.support.fleet import NOW, instance

PLACE = Place(InstanceType("t3.micro"), SubnetId("subnet-0000000a"), Zone("eu-west-1a"))
WEB = machine(1, tags={"role": "web", PROTECT: "replace", KEEP: "me", HOSTNAME: "web-1.example.com"})


def plan_for(of: Source, name: str = "web-1", *, is_copy: bool = False) -> Plan:
    return instance_plan(of, Wanted(name, (PLACE,), is_copy), (), NOW)


def launch_in(plan: Plan) -> RunInstance:
    (step,) = [planned.step for planned in plan.steps if isinstance(planned.step, RunInstance)]
    return step


def test_the_image_has_every_disk_at_its_device_with_its_size_and_type() -> None:
    register = plan_for(source(WEB)).step("image").step

    assert isinstance(register, RegisterImage)
    assert [
        (each.device, each.snapshot, each.size_gib, each.type, each.iops, each.delete_on_termination)
        for each in register.request.mappings
    ] == [
        ("/dev/xvda", "snap-1-0", 8, "gp3", 3000, True),
        ("/dev/sdf", "snap-1-1", 20, "gp3", None, False),
    ]
    assert (register.request.root_device, register.request.architecture) == ("/dev/xvda", "x86_64")
    assert register.request.ena


def test_who_takes_the_machines_place_gets_all_its_tags_and_a_copy_not_its_identity() -> None:
    heir, copy = launch_in(plan_for(source(WEB))), launch_in(plan_for(source(WEB), "web-9", is_copy=True))

    assert heir.request.tags == WEB.instance.tags
    assert copy.request.tags == {NAME: "web-9", "role": "web"}
    assert str(copy.request.template) == "lt-00000001:7"


def test_the_image_is_given_up_once_the_instance_runs() -> None:
    plan = plan_for(source(WEB))

    last = plan.steps[-1]
    assert isinstance(last.step, DeregisterImage)
    assert last.needs == ("instance",)
    assert decode_plan(encode_plan(plan)) == plan


def test_volumes_that_had_tags_of_their_own_get_them_by_device() -> None:
    plan = plan_for(source(WEB), "web-9", is_copy=True)

    tag = plan.step("disks").step
    assert launch_in(plan).request.volume_tags == {"role": "web"}
    assert isinstance(tag, TagDisks)
    assert tag.by_device == {
        "/dev/xvda": {NAME: "web-9", "role": "web"},
        "/dev/sdf": {NAME: "data", "role": "web"},
    }


def test_volumes_that_are_tagged_alike_need_no_second_call() -> None:
    alike = replace(WEB, volumes=tuple(replace(each, tags={"a": "b"}) for each in WEB.volumes))

    plan = plan_for(source(alike))

    assert launch_in(plan).request.volume_tags == {"a": "b"}
    assert [planned.key for planned in plan.steps] == ["image", "instance", "deregister"]


def test_a_router_routes_again() -> None:
    routing = plan_for(source(machine(1, source_dest_check=False))).step("routing").step

    assert isinstance(routing, ModifyInstance)
    assert (routing.attribute, routing.value) == ("source_dest_check", False)


def test_the_notes_say_what_is_lost_slow_and_left() -> None:
    notes = "\n".join(plan_for(source(WEB), "web-9", is_copy=True).notes)

    assert "as of 2026-01-02T02:04:05Z, 1h ago" in notes
    assert "eip assign 203.0.113.9 web-9" in notes
    assert f"{HOSTNAME}, {KEEP}, {PROTECT}" in notes


@pytest.mark.parametrize(
    "of,name,why",
    [
        (replace(source(WEB), spec=replace(spec_of(WEB), billing_code=True)), "web-1", "billing code"),
        (replace(source(WEB), set=source(WEB, {"ec2kit:volumes": "3"}).set), "web-1", "missing"),
        (source(WEB), "web-2", "i-00000002 has that name"),
    ],
)
def test_refused(of: Source, name: str, why: str) -> None:
    plan = instance_plan(of, Wanted(name, (PLACE,)), [instance(2)], NOW)

    assert not plan.steps
    assert why in plan.refused[0].reason


def test_a_set_marked_bad_that_a_person_names_is_restored_and_the_note_says_so() -> None:
    assert any("marked bad: rotten" in note for note in plan_for(source(WEB, {BAD: "rotten"})).notes)


def test_a_set_that_does_not_fit_its_description_is_not_guessed_at() -> None:
    of = source(WEB)
    strange = replace(of.set.snapshots[0], volume=VolumeId("vol-strange"))
    unfit = replace(of, set=replace(of.set, snapshots=(strange, *of.set.snapshots[1:])))

    with pytest.raises(Ec2kitError, match="does not fit its description"):
        plan_for(unfit)


@pytest.mark.parametrize(
    "name,living,expected,is_copy",
    [
        ("", [], "web-1", False),
        ("", ["web-1"], "web-1-restored", True),
        ("", ["web-1", "web-1-restored"], "web-1-restored-2", True),
        ("", ["web-1", "web-1-restored-2"], "web-1-restored", True),
        ("db", [], "db", False),
        ("db", ["web-1"], "db", True),
    ],
)
def test_name(name: str, living: list[str], expected: str, is_copy: bool) -> None:
    alive = [replace(instance(number + 5), tags={NAME: each}) for number, each in enumerate(living)]

    assert wanted(source(WEB), name, (PLACE,), alive) == Wanted(expected, (PLACE,), is_copy)


def test_a_source_that_lives_under_another_name_is_still_copied() -> None:
    renamed = replace(WEB.instance, tags={NAME: "web-1-old"})

    assert wanted(source(WEB), "", (PLACE,), [renamed]) == Wanted("web-1", (PLACE,), is_copy=True)


@given(st.lists(st.integers(1, 9)))
def test_the_name_is_always_free(taken: list[int]) -> None:
    names = ["web-1", "web-1-restored", *(f"web-1-restored-{number}" for number in taken)]
    alive = [replace(instance(), id=InstanceId(f"i-{each}"), tags={NAME: each}) for each in names]

    assert wanted(source(WEB), "", (PLACE,), alive).name not in names


@given(st.text(min_size=1, max_size=300))
def test_the_images_name_is_one_that_aws_takes(name: str) -> None:
    made = image_name(name, NOW)

    assert 3 <= len(made) <= 128
    assert all(char.isascii() and (char.isalnum() or char in "()[] ./-'@_") for char in made)


@pytest.mark.parametrize("text", ["", "lt-1", "lt-1:", "lt-1:x", "lt-1:²", "ami-1:7", ":7"])
def test_what_is_no_reference_to_a_template(text: str) -> None:
    assert template_ref(text) is None


def after_restore(before: Machine, name: str) -> Machine:
    """The machine as a faithful restore under another name makes it."""
    made = replace(before.instance, id=InstanceId("i-0000000f"), tags={NAME: name, "role": "web"})
    volumes = tuple(
        replace(each, tags={**each.tags, NAME: name if each.tags[NAME] == "web-1" else each.tags[NAME]})
        for each in before.volumes
    )
    return replace(before, instance=made, volumes=volumes, addresses=())


def test_a_faithful_copy_is_what_the_machine_was() -> None:
    found = report(spec_of(WEB), WEB, after_restore(WEB, "web-9"))

    assert found.is_faithful
    assert next(report_lines(found)) == "web-9 is what it was"
    assert {each.what for each in found.differences} == {
        "Elastic IP",
        "instance id",
        "tag Name",
        *(f"tag {key}" for key in (HOSTNAME, KEEP, PROTECT)),
    }


def test_what_could_have_been_the_same_comes_first_in_the_report() -> None:
    made = after_restore(WEB, "web-9")
    poorer = replace(made, instance=replace(made.instance, type=InstanceType("t3.nano"), groups=()))

    found = report(spec_of(WEB), WEB, poorer)
    lines = list(report_lines(found))

    assert not found.is_faithful
    assert lines[:3] == [
        "web-9 differs from what it was:",
        "  security groups: sg-00000001 -> -",
        "  type: t3.micro -> t3.nano",
    ]


def test_what_is_not_restored_is_named_when_the_machine_had_it_or_nobody_knows() -> None:
    plain, rich = spec_of(WEB), replace(spec_of(WEB), secondary_ips=("172.31.0.77",), ipv6=("2001:db8::1",))

    assert "IPv6 addresses" not in report(plain, WEB, WEB).not_restored
    assert {"IPv6 addresses", "secondary private addresses"} <= set(report(rich, WEB, WEB).not_restored)
    assert "load balancer and target group membership" in report(plain, WEB, WEB).not_restored


def test_keys_are_prefixed_for_who_has_several_in_a_plan() -> None:
    steps = restore_steps(source(WEB), Target("image", {}, (PLACE,)), ("before",), "replace/")

    assert [planned.key for planned in steps] == ["replace/image", "replace/instance", "replace/disks"]
    assert steps[0].needs == ("before",)
