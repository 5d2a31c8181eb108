"""What is made of what the appliance says of a vendor's disk: what cannot be taken, and what EC2 would miss."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ec2kit.errors import Ec2kitError, UsageError
from ec2kit.images.recipes.architectures import Architecture
from ec2kit.images.recipes.recipe import Recipe, User
from ec2kit.images.recipes.releases import Release
from ec2kit.images.vendor import judging
from ec2kit.images.vendor.changing import loader_script, scripts_for
from ec2kit.images.vendor.facts import parse_facts
from tests.images.vendors import DEBIAN, arm64_kernel, encoded, program, x86_kernel

AMD64, I386, ARM64 = Architecture.X86_64, Architecture.I386, Architecture.ARM64
NAME = "vendor.qcow2"


def test_what_is_on_a_disk_is_understood() -> None:
    facts = parse_facts(DEBIAN)
    assert [(each.device, each.kind) for each in facts.roots] == [("vda1", "ext4")]
    assert facts.system == "Debian GNU/Linux 12 (bookworm)"
    assert facts.architecture is AMD64
    assert [each.name for each in facts.packages] == ["cloud-init", "nginx"]
    (kernel,) = facts.kernels
    assert kernel.starts
    assert kernel.drivers["ena"] == "module"
    assert kernel.in_initrd == frozenset({"nvme", "xen-blkfront"})
    assert judging.warnings(facts, AMD64) == ()


@pytest.mark.parametrize("text", ["partition vda1", "program a", "package one", "kernel 6.1"])
def test_lines_that_nobody_wrote_so_are_no_facts(text: str) -> None:
    with pytest.raises(Ec2kitError):
        parse_facts(text)


@pytest.mark.parametrize(
    "kernel, programs, found",
    [
        (x86_kernel(), "amd64", AMD64),
        # Debian's i386 from 13 on is a user land on a kernel of 64 bits: EC2 starts the kernel.
        (x86_kernel(), "i386", AMD64),
        (x86_kernel(32), "i386", I386),
        (arm64_kernel(), "arm64", ARM64),
        (encoded(b"\x1f\x8b packed"), "arm64", ARM64),
    ],
)
def test_the_architecture_is_the_kernels(kernel: str, programs: str, found: Architecture) -> None:
    text = DEBIAN.replace(x86_kernel(), kernel).replace(program(), program(programs))
    assert parse_facts(text).architecture is found


@pytest.mark.parametrize(
    "volumes, said",
    [
        ("partition vda1 ext4 root\npartition vda2 xfs root", "has 2 root file systems (vda1, vda2)"),
        ("partition vda1 vfat -\npartition vda2 crypto_LUKS -", "encrypted (LUKS)"),
        ("partition vda1 ext4 -\npartition vda2 LVM2_member -", "in LVM"),
        ("partition vda iso9660 -", "it holds iso9660"),
        ("partition vda - -", "it holds nothing that is known"),
    ],
)
def test_a_disk_without_one_root_is_refused(volumes: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        judging.require_root(parse_facts(volumes), NAME)
    assert said in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    "asked, recipe, said",
    [
        (ARM64, Recipe("r"), "is for amd64, not for arm64"),
        (None, Recipe("r", architectures=(I386,)), "is for amd64, and recipe 'r' is not"),
    ],
)
def test_a_contradicting_architecture_is_refused(
    asked: Architecture | None, recipe: Recipe, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        judging.architecture_of(parse_facts(DEBIAN), asked, recipe, NAME)


def test_an_architecture_that_nothing_says_must_be_typed() -> None:
    silent = parse_facts("partition vda1 ext4 root")
    with pytest.raises(UsageError, match="for which architecture") as caught:
        judging.architecture_of(silent, None, Recipe("r"), NAME)
    assert "--arch" in caught.value.hint
    assert judging.architecture_of(silent, I386, Recipe("r"), NAME) is I386


@pytest.mark.parametrize(
    "gone, recipe, said",
    [
        ("have init\n", Recipe("r"), "has no init"),
        ("have cloud-init\n", Recipe("r"), "has no cloud-init"),
        ("", Recipe("r", release=Release("debian", "trixie")), "is Debian GNU/Linux 12"),
        (
            "",
            Recipe("r", packages=("nginx", "php-fpm", "curl")),
            "lacks packages of recipe 'r': curl, php-fpm",
        ),
        ("", Recipe("r", packages=("nginx=1.22.1-8",)), "lacks packages"),
        ("", Recipe("r", puppet="agent"), "lacks packages of recipe 'r': puppet-agent"),
        ("packages dpkg\n", Recipe("r", packages=("nginx",)), "neither dpkg nor rpm"),
        ("packages dpkg\n", Recipe("r", remove=("nginx",)), "Debian's kin"),
        ("have programs\n", Recipe("r", users=(User("ops"),)), "cannot run here"),
        ("have update-grub\n", Recipe("r", kernel_arguments=("quiet",)), "it has no update-grub"),
    ],
)
def test_what_the_image_cannot_become_is_told_before_it_is_changed(
    gone: str, recipe: Recipe, said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        judging.require_fit(parse_facts(DEBIAN.replace(gone, "")), recipe, NAME)
    assert said in caught.value.message
    assert caught.value.hint or "neither" in said


def test_what_is_there_already_counts_as_installed() -> None:
    recipe = Recipe(
        "r",
        release=Release("debian", "bookworm"),
        packages=("nginx:amd64", "nginx/bookworm-backports", "nginx=1.22.1-9"),
        remove=("exim4-base",),
        kernel_arguments=("quiet",),
        users=(User("ops"),),
    )
    judging.require_fit(parse_facts(DEBIAN), recipe, NAME)


@pytest.mark.parametrize(
    "gone, architecture, said",
    [
        (
            "driver 6.1.0-1 ena module\n",
            AMD64,
            "kernel 6.1.0-1 has no driver ena: the network cards of Nitro",
        ),
        ("initrd-driver 6.1.0-1 nvme\n", AMD64, "the initrd of kernel 6.1.0-1 lacks nvme"),
        ("have growpart\n", AMD64, "no growpart"),
        ("boot/initrd.img-6.1.0-1\n", AMD64, "drivers are not known"),
        ("driver 6.1.0-1 xen-blkfront module\n", I386, "no driver xen-blkfront: the disks of Xen"),
    ],
)
def test_what_ec2_would_miss_is_told_with_what_it_means(
    gone: str, architecture: Architecture, said: str
) -> None:
    other = "-\n" if "initrd.img" in gone else ""
    (warning,) = judging.warnings(parse_facts(DEBIAN.replace(gone, other)), architecture)
    assert said in warning


def test_a_driver_counts_only_for_those_who_need_it() -> None:
    without = parse_facts(DEBIAN.replace("driver 6.1.0-1 xen-blkfront module\n", ""))
    assert judging.warnings(without, ARM64) == ()
    built_in = parse_facts(
        DEBIAN.replace("nvme module", "nvme builtin").replace("initrd-driver 6.1.0-1 nvme\n", "")
    )
    assert judging.warnings(built_in, AMD64) == ()
    unlisted = [line for line in DEBIAN.splitlines() if not line.startswith("initrd-")]
    assert judging.warnings(parse_facts("\n".join(unlisted)), AMD64) == (), "nobody could look"


@pytest.mark.parametrize(
    "texts, found",
    [
        ((), None),
        (("users: [default]\n",), None),
        (("datasource_list: [ NoCloud, Ec2 ]\n", "# nothing\n"), ("NoCloud", "Ec2")),
        (("datasource_list: [Ec2]\n", "datasource_list:\n  - Azure\n"), ("Azure",)),
        (("not: [yaml",), None),
    ],
)
def test_where_cloud_init_looks(texts: tuple[str, ...], found: tuple[str, ...] | None) -> None:
    assert judging.data_sources(texts) == found


def test_an_image_of_another_cloud_is_warned_of() -> None:
    azure = f"{DEBIAN}cloud-config {encoded(b'datasource_list: [Azure]')}\n"
    (warning,) = judging.warnings(parse_facts(azure), AMD64)
    assert "looks for Azure, not for Ec2" in warning


def test_only_what_can_run_is_run() -> None:
    facts = parse_facts(DEBIAN)
    assert set(scripts_for(Recipe("r"), facts)) == {"clean", "customise"}
    assert b"ttyS0" in scripts_for(Recipe("r"), facts)["customise"]
    foreign = replace(facts, have=facts.have - {"programs"})
    assert set(scripts_for(Recipe("r"), foreign)) == {"clean"}
    assert b"update-grub" in scripts_for(Recipe("r", kernel_arguments=("quiet",)), facts)["loader"]


def test_arguments_for_the_kernel_are_added_to_those_there_are() -> None:
    script = loader_script(("nokaslr", "console=ttyS0,9600"))
    assert """'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX nokaslr console=ttyS0,9600"'""" in script
