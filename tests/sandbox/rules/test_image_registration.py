"""RegisterImage: which machines an image may say that it is for."""

from typing import Any

import pytest

from tests.sandbox.rules.making import calm, image, launch, make_image, refused


@pytest.mark.parametrize(
    "code, said",
    [
        ("InvalidParameterCombination", {"Architecture": "i386", "BootMode": "uefi"}),
        ("InvalidParameterCombination", {"Architecture": "i386", "BootMode": "uefi-preferred"}),
        ("InvalidParameterCombination", {"Architecture": "arm64", "BootMode": "legacy-bios"}),
        ("InvalidParameterCombination", {"BootMode": "uefi", "VirtualizationType": "paravirtual"}),
        ("InvalidParameterCombination", {"BootMode": "legacy-bios", "TpmSupport": "v2.0"}),
        ("InvalidParameterCombination", {"TpmSupport": "v2.0"}),
        ("InvalidParameterValue", {"BootMode": "openfirmware"}),
        ("InvalidParameterValue", {"ImdsSupport": "v1.0"}),
        ("InvalidParameterValue", {"SriovNetSupport": "complex"}),
        ("InvalidParameterValue", {"VirtualizationType": "container"}),
    ],
)
def test_what_no_machine_could_boot_is_refused(code: str, said: dict[str, Any]) -> None:
    sandbox = calm()
    with refused(code):
        make_image(sandbox, "refused", **said)
    assert sandbox.client("ec2").describe_images(Owners=["self"])["Images"] == []


@pytest.mark.parametrize(
    "said",
    [
        {"Architecture": "i386", "BootMode": "legacy-bios", "EnaSupport": False},
        {"Architecture": "arm64", "BootMode": "uefi"},
        {"Architecture": "x86_64", "BootMode": "uefi-preferred"},
        {"Architecture": "x86_64", "BootMode": "uefi", "TpmSupport": "v2.0"},
        {"Architecture": "i386"},
    ],
)
def test_what_a_machine_could_boot_is_registered_as_said(said: dict[str, Any]) -> None:
    sandbox = calm()
    found = image(sandbox, make_image(sandbox, "fine", **said))
    assert {name: found.get(name) for name in said} == said
    assert ("BootMode" in found) is ("BootMode" in said)


def test_a_32_bit_image_launches_on_types_that_have_32_bit_only() -> None:
    sandbox = calm()
    image_id = make_image(sandbox, "small", Architecture="i386", BootMode="legacy-bios", EnaSupport=False)
    types = ["t2.nano", "t2.micro", "t2.small", "t2.medium", "t1.micro", "m1.small", "m1.medium"]
    types += ["c1.medium", "c3.large"]
    ec2 = sandbox.client("ec2")
    runs_i386 = [{"Name": "processor-info.supported-architecture", "Values": ["i386"]}]
    found = ec2.describe_instance_types(Filters=runs_i386)["InstanceTypes"]
    assert {one["InstanceType"] for one in found} == set(types)
    for instance_type in ("t2.micro", "t2.medium", "c3.large"):
        launch(sandbox, image_id, InstanceType=instance_type)
    with refused("InvalidParameterValue"):
        launch(sandbox, image_id, InstanceType="t3.micro")


def test_a_type_drives_only_what_has_its_network_driver_and_its_boot_mode() -> None:
    sandbox = calm()
    without = make_image(sandbox, "without", EnaSupport=False)
    launch(sandbox, without, InstanceType="t2.micro")
    uefi = make_image(sandbox, "uefi", BootMode="uefi")
    launch(sandbox, uefi, InstanceType="t3.micro")
    launch(sandbox, make_image(sandbox, "either", BootMode="uefi-preferred"), InstanceType="t2.micro")
    for image_id, instance_type in ((without, "t3.micro"), (uefi, "t2.micro")):
        with refused("InvalidParameterCombination"):
            launch(sandbox, image_id, InstanceType=instance_type)
