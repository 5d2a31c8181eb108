"""The machine that an image is booted in: like EC2's as far as the guest looks, and shut off from the network."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest

from ec2kit.errors import Ec2kitError, UsageError
from ec2kit.images.boot.firmware import find_firmware
from ec2kit.images.boot.guest import ADDRESS, HOSTNAME, MAC, REPORT, guest_metadata
from ec2kit.images.boot.machine import Firmware, Lasting, Machine, overlay_argv, qemu_argv
from ec2kit.images.boot.network import METADATA, TRIAL, identity_of, network_of
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
    net = ip_network(TRIAL.cidr)
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


LASTING = replace(
    MACHINE,
    disk="/scratch/disk.raw",
    identity=identity_of("i-0123456789abcdef0"),
    network=network_of("172.31.5.6", "06:00:ac:1f:05:06", "172.31.0.0/20"),
    lasting=Lasting(
        "/scratch/monitor",
        "i-0123456789abcdef0",
        (22, 80),
        (("172.31.0.10:8443", ("python", "f.py", "39001", "PROXY TCP4 a b 1 2")),),
    ),
)


def test_a_lasting_machine_may_restart_and_has_its_own_disk_and_addresses() -> None:
    argv = qemu_argv(LASTING)
    assert "-no-reboot" in qemu_argv(MACHINE)
    assert "-no-reboot" not in argv
    assert value(argv, "-drive") == (
        "file=/scratch/disk.raw,format=raw,cache=writeback,if=none,id=d0,discard=unmap"
    )
    assert value(argv, "-qmp") == "unix:/scratch/monitor,server=on,wait=off"
    assert value(argv, "-device", "virtio-net").endswith(",mac=06:00:ac:1f:05:06,romfile=")
    assert value(argv, "-smbios", "type=2") == "type=2,manufacturer=Amazon EC2,asset=i-0123456789abcdef0"
    assert value(argv, "-smbios", "type=1").endswith(",uuid=ec201234-5678-4000-8000-00009abcdef0")
    assert value(argv, "-netdev") == (
        "user,id=n0,net=168.0.0.0/5,host=172.31.0.1,dns=172.31.0.2,dhcpstart=172.31.5.6,restrict=on,ipv6=off,"
        f"guestfwd=tcp:{METADATA}-cmd:python f.py 80,"
        "guestfwd=tcp:172.31.0.10:8443-cmd:python f.py 39001 'PROXY TCP4 a b 1 2',"
        "hostfwd=tcp:127.0.0.1:0-:22,hostfwd=tcp:127.0.0.1:0-:80"
    )


@pytest.mark.parametrize("instance_id", ["i-0123456789abcdef0", "i-12345678"])
def test_an_instance_has_a_uuid_of_ec2s_kind(instance_id: str) -> None:
    assert UUID(identity_of(instance_id)).hex.startswith("ec2")
    assert identity_of("i-12345678") != identity_of("i-12345679")


@pytest.mark.parametrize(
    "address, subnet, others, cidr",
    [
        ("172.31.5.6", "172.31.0.0/20", (), "168.0.0.0/5"),
        ("169.254.7.7", "169.254.7.0/24", (), "169.254.0.0/16"),
        ("172.16.0.9", "172.16.0.0/24", ("162.1.2.3",), "160.0.0.0/4"),
    ],
)
def test_the_network_is_the_smallest_that_holds_them(
    address: str, subnet: str, others: tuple[str, ...], cidr: str
) -> None:
    assert network_of(address, MAC, subnet, others).cidr == cidr


@pytest.mark.parametrize(
    "address, subnet, others",
    [
        ("10.0.0.5", "10.0.0.0/24", ()),
        ("192.168.1.5", "192.168.1.0/24", ()),
        ("172.31.5.6", "172.31.0.0/20", ("8.8.8.8",)),
    ],
)
def test_addresses_that_qemu_cannot_hold_together_are_refused(
    address: str, subnet: str, others: tuple[str, ...]
) -> None:
    with pytest.raises(
        Ec2kitError, match=r"only addresses from 160\.0\.0\.0 to 175\.255\.255\.255"
    ) as caught:
        network_of(address, MAC, subnet, others)
    assert caught.value.hint == "use a VPC of 172.16.0.0/12"


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
