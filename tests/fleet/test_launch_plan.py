"""The plan of a launch."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from ec2kit.aws.requests import TemplateRef
from ec2kit.config import LaunchProfile
from ec2kit.engine.codec import decode_plan, encode_plan
from ec2kit.engine.plan import Plan
from ec2kit.engine.steps import RunInstance
from ec2kit.engine.steps.base import Ref
from ec2kit.errors import Refused, UsageError
from ec2kit.fleet.launch.disks import VolumeWish
from ec2kit.fleet.launch.ground import Ground
from ec2kit.fleet.launch.plan import launch_plan
from ec2kit.fleet.launch.wanted import Wanted, check
from ec2kit.inventory.description import fingerprint
from ec2kit.inventory.machine import Machine
from ec2kit.model.disks import Image, Mapping, TemplateVersion
from ec2kit.model.ids import GroupId, ImageId, InstanceType, TemplateId
from ec2kit.model.instances import InstanceAttributes, MetadataOptions
from ec2kit.model.tags import HOSTNAME, NAME
from tests.support.fleet import instance, subnet, volume

IMAGE = Image(
    ImageId("ami-00000001"), "debian", "available", "x86_64", "/dev/xvda", (Mapping("/dev/xvda", size_gib=8),)
)
TYPE = InstanceType("t3.micro")
SUBNETS = tuple(map(subnet, "ab"))
GROUND = Ground(
    image=IMAGE,
    types=(TYPE,),
    subnets=SUBNETS,
    offered=frozenset((TYPE, each.zone) for each in SUBNETS),
    key="ops",
    groups=(GroupId("sg-00000001"),),
)


def runs(plan: Plan) -> list[RunInstance]:
    return [planned.step for planned in plan.steps if isinstance(planned.step, RunInstance)]


def test_one_step_for_each_machine_with_its_own_name_and_zone() -> None:
    plan = launch_plan(Wanted("web", 3, tags={"role": "web"}), GROUND)

    assert [planned.key for planned in plan.steps] == ["launch/web-1", "launch/web-2", "launch/web-3"]
    assert [step.request.tags for step in runs(plan)] == [
        {NAME: f"web-{n}", "role": "web"} for n in (1, 2, 3)
    ]
    assert [step.places[0].zone for step in runs(plan)] == ["eu-west-1a", "eu-west-1b", "eu-west-1a"]
    assert all(len(step.places) == 2 and step.request.image == IMAGE.id for step in runs(plan))


def test_more_machines_go_on_with_numbers_and_zones() -> None:
    (step,) = runs(launch_plan(Wanted("web-{n}"), replace(GROUND, taken=frozenset({"web-1"}))))

    assert step.request.tags[NAME] == "web-2"
    assert step.places[0].zone == "eu-west-1b"


def test_names_are_fixed_in_the_stored_plan() -> None:
    plan = launch_plan(Wanted("web", 2, address=True, hostname="web-{n}.example.com"), GROUND)

    assert decode_plan(json.loads(json.dumps(encode_plan(plan)))) == plan


def test_an_address_for_each_waits_for_its_machine() -> None:
    plan = launch_plan(Wanted("web", 2, address=True), GROUND)

    assert plan.step("address/web-2").needs == ()
    assert set(plan.step("assign/web-2").needs) == {"launch/web-2", "address/web-2"}
    assert plan.step("holder/web-2").needs == ("assign/web-2",)
    assert vars(plan.step("assign/web-2").step)["instance"] == Ref("launch/web-2", "instance_id")
    assert {planned.subject for planned in plan.steps} == {"web-1", "web-2"}


def test_host_names_are_tags() -> None:
    plan = launch_plan(Wanted("web", 2, hostname="web-{n}.example.com"), GROUND)

    assert [step.request.tags[HOSTNAME] for step in runs(plan)] == ["web-1.example.com", "web-2.example.com"]


def test_several_machines_of_one_host_name_are_refused() -> None:
    with pytest.raises(UsageError, match="all 2 machines would have the host name") as wrong:
        launch_plan(Wanted("web", 2, hostname="web.example.com"), GROUND)
    assert "{n}" in wrong.value.hint


def test_user_data_is_in_a_template_version_and_never_in_the_plan() -> None:
    plan = launch_plan(Wanted("web", 2, user_data="password=hunter2"), GROUND)
    stored = json.dumps(encode_plan(plan))

    assert "hunter2" not in stored
    assert base64.b64encode(b"password=hunter2").decode() not in stored
    assert plan.steps[0].step.kind == "create-template"
    assert vars(plan.steps[0].step)["name"] == "ec2kit-launch-web"
    assert all(planned.needs == ("user-data",) for planned in plan.steps[1:])
    assert str(runs(plan)[0].request.template) == "<template_id of user-data>:<version of user-data>"


def test_user_data_that_a_version_has_is_not_written_again() -> None:
    data = {"UserData": base64.b64encode(b"x").decode()}
    written = TemplateVersion(TemplateId("lt-00000001"), "ec2kit-launch-web", 4, {}, fingerprint(data))

    same = launch_plan(Wanted("web", user_data="x"), replace(GROUND, written=(written,)))
    other = launch_plan(Wanted("web", user_data="y"), replace(GROUND, written=(written,)))

    assert [planned.key for planned in same.steps] == ["launch/web"]
    assert runs(same)[0].request.template == TemplateRef(TemplateId("lt-00000001"), 4)
    assert other.steps[0].step.kind == "add-template-version"


def test_user_data_over_a_template_keeps_the_rest_of_it() -> None:
    given: dict[str, Any] = {"ImageId": "ami-00000001", "UserData": "b2xk", "Monitoring": {"Enabled": True}}
    ground = replace(GROUND, template=TemplateRef(TemplateId("lt-00000002"), 1), template_data=given)

    plan = launch_plan(Wanted("web", template="shop", user_data="new"), ground)

    assert vars(plan.steps[0].step)["data"] == {"ImageId": "ami-00000001", "Monitoring": {"Enabled": True}}


SHOWN = {"MetadataOptions": {"InstanceMetadataTags": "enabled"}}


@pytest.mark.parametrize("key", ["cost center", "team/web", "_index", ".."])
def test_a_key_that_the_metadata_cannot_show_is_named(key: str) -> None:
    tagged = {"TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": key, "Value": "x"}]}]}
    like = Machine(instance(7, tags={key: "x"}), InstanceAttributes(), (volume(7),), (), IMAGE)
    seen = replace(like, instance=instance(7, metadata=MetadataOptions(instance_tags="enabled")))
    hook = Wanted("web", user_data="#!x", boot_hook=True)
    wrong = [
        (replace(hook, tags={key: "x"}), GROUND),
        (replace(hook, like="web-7"), replace(GROUND, like=like)),
        (replace(hook, template="shop"), replace(GROUND, template_data=tagged)),
        (Wanted("web", template="shop", tags={key: "x"}), replace(GROUND, template_data=SHOWN)),
        (Wanted("web", like="web-7", tags={key: "x"}), replace(GROUND, like=seen)),
    ]
    for wanted, ground in wrong:
        with pytest.raises(UsageError, match="cannot be shown in the instance metadata") as found:
            launch_plan(wanted, ground)
        assert f"'{key}'" in found.value.message
        assert ("--no-boothook" in found.value.hint) is wanted.boot_hook
    launch_plan(Wanted("web", tags={key: "x"}), GROUND)
    launch_plan(replace(hook, tags={"cost:center_a@b": "x"}), GROUND)


def test_like_takes_settings_disks_and_a_persons_tags() -> None:
    source = instance(
        7,
        tags={"role": "web", "ec2kit:protect": "replace", "aws:x": "y"},
        metadata=MetadataOptions(http_tokens="required"),
    )
    machine = Machine(
        source, InstanceAttributes(user_data="#!x", credits="unlimited"), (volume(7, size_gib=9),), (), IMAGE
    )

    plan = launch_plan(Wanted("db", like="web-7"), replace(GROUND, like=machine))

    request = runs(plan)[0].request
    assert request.tags == {NAME: "db", "role": "web"}
    assert request.metadata == MetadataOptions(http_tokens="required")
    assert request.credits == "unlimited"
    assert [(each.device, each.size_gib, each.snapshot) for each in request.mappings] == [
        ("/dev/xvda", 9, None)
    ]
    assert vars(plan.steps[0].step)["user_data_from"] == "i-00000007"


def test_volumes_are_named_for_the_machine() -> None:
    (step,) = runs(launch_plan(Wanted("db", tags={"a": "b"}, volumes=(VolumeWish(20),)), GROUND))

    assert step.request.volume_tags == {NAME: "db", "a": "b"}
    assert [each.device for each in step.request.mappings] == ["/dev/sdf"]


def test_taken_name_and_unoffered_type_end_before_anything_is_made() -> None:
    with pytest.raises(Refused):
        launch_plan(Wanted("web"), replace(GROUND, taken=frozenset({"web"})))
    with pytest.raises(UsageError, match=r"t3.micro is not offered in eu-west-1a, eu-west-1b"):
        launch_plan(Wanted("web"), replace(GROUND, offered=frozenset()))


def test_everything_missing_is_named_at_once() -> None:
    with pytest.raises(UsageError, match=r"an image .* and a type"):
        check(Wanted("web"))
    check(Wanted("web", like="web-1"))
    check(Wanted("web", profile=LaunchProfile(image="x", type=("t3.micro",))))


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted("web", 0, like="a"),
        Wanted("web", like="a", template="b"),
        Wanted("web", like="a", user_data="x" * 16385),
    ],
)
def test_contradictions(wanted: Wanted) -> None:
    with pytest.raises(UsageError):
        check(wanted)
