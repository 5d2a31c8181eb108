"""The machine that an image is booted in: like EC2's as far as the guest looks, and shut off from the network."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from itertools import pairwise
from pathlib import Path

import pytest

from ec2kit.errors import Ec2kitError, UsageError
from ec2kit.images.boot.firmware import find_firmware
from ec2kit.images.boot.guest import ADDRESS, HOSTNAME, MAC, REPORT, guest_metadata
from ec2kit.images.boot.machine import METADATA, NETWORK, Firmware, Machine, overlay_argv, qemu_argv
from ec2kit.images.boot.spec import BootSpec

MACHINE = Machine(
    "x86_64", "/scratch/disk.qcow2", "ec2b0070-0000-4000-8000-000000000001", ("python", "f.py", "80")
)


def value(argv: list[str], option: str, beginning: str = "") -> str:
    return next(text for name, text in pairwise(argv) if name == option and text.startswith(beginning))


def test_cloud_init_takes_it_for_ec2() -> None:
    smbios = dict(part.split("=", 1) for part in value(qemu_argv(MACHINE), "-smbios").split(","))
    assert smbios["serial"] == smbios["uuid"]
    assert smbios["serial"].startswith("ec2")


def test_nothing_leaves_this_machine() -> None:
    network = value(qemu_argv(MACHINE), "-netdev").split(",")
    assert "restrict=on" in network
    assert "ipv6=off" in network
    assert [part for part in network if "fwd" in part] == [f"guestfwd=tcp:{METADATA}-cmd:python f.py 80"]


def test_one_network_holds_the_guest_and_its_metadata() -> None:
    net = ip_network(NETWORK)
    for address in (METADATA.split(":")[0], ADDRESS, "172.31.0.2", "172.31.0.3"):
        assert ip_address(address) in net


def test_paths_with_commas_and_blanks_stay_whole() -> None:
    argv = qemu_argv(replace(MACHINE, disk="/a,b/c d", forwarder=("/opt/my python,3", "f.py", "80")))
    assert value(argv, "-drive").startswith("file=/a,,b/c d,format=qcow2")
    command = value(argv, "-netdev").split("-cmd:", 1)[1].replace(",,", ",")
    assert shlex.split(command) == ["/opt/my python,3", "f.py", "80"]


def test_each_architecture_has_its_machine() -> None:
    for architecture, emulator, board in (
        ("x86_64", "qemu-system-x86_64", "q35"),
        ("i386", "qemu-system-i386", "q35"),
        ("arm64", "qemu-system-aarch64", "virt"),
    ):
        argv = qemu_argv(replace(MACHINE, architecture=architecture))
        assert argv[0] == emulator
        assert value(argv, "-machine").startswith(board)
        assert value(argv, "-smp") == "1"
        assert value(argv, "-device", "nvme").startswith("nvme,drive=d0,")
        assert value(argv, "-accel").startswith("tcg")


def test_kvm_is_used_where_it_is() -> None:
    argv = qemu_argv(replace(MACHINE, kvm=True))
    assert value(argv, "-accel") == "kvm"
    assert value(argv, "-cpu") == "host"


def test_uefi_has_its_code_read_only() -> None:
    argv = qemu_argv(replace(MACHINE, firmware=Firmware("/code.fd", "/variables.fd")))
    assert value(argv, "-drive", "if=pflash,format=raw,unit=0").endswith("readonly=on,file=/code.fd")
    assert value(argv, "-drive", "if=pflash,format=raw,unit=1").endswith("file=/variables.fd")
    assert "pflash" not in " ".join(qemu_argv(MACHINE))


def test_the_image_is_behind_an_overlay() -> None:
    assert shlex.join(overlay_argv("/disk.raw", "raw", "/over.qcow2", 3 << 30)) == (
        "qemu-img create -q -f qcow2 -F raw -b /disk.raw /over.qcow2 3221225472"
    )


def test_the_guest_is_told_the_address_that_it_gets() -> None:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    told = guest_metadata("x86_64", None, now)
    assert told.private_ip == ADDRESS
    assert told.interfaces[0].mac == MAC
    assert told.interfaces[0].private_dns.startswith(f"{HOSTNAME}.")
    assert told.user_data == REPORT.encode()
    assert guest_metadata("x86_64", b"mine", now).user_data == b"mine"


def test_what_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError, match="i386 does not boot with uefi"):
        BootSpec("i386", "uefi")
    with pytest.raises(UsageError, match="arm64 does not boot with bios") as caught:
        BootSpec("arm64")
    assert caught.value.hint == "use --uefi"
    with pytest.raises(UsageError, match="'sparc' cannot be booted here"):
        BootSpec("sparc")


def test_the_firmware_is_found_where_a_distribution_puts_it() -> None:
    arch = Path("/usr/share/edk2/x64")
    found = find_firmware("x86_64", lambda path: path.parent == arch)
    assert found == (arch / "OVMF_CODE.4m.fd", arch / "OVMF_VARS.4m.fd")


def test_a_missing_firmware_is_told_with_its_package() -> None:
    with pytest.raises(Ec2kitError, match="no UEFI firmware for x86_64") as caught:
        find_firmware("x86_64", lambda _: False)
    assert caught.value.hint == "apt-get install ovmf"
