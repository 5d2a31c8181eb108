"""A disk from a root tar: nothing is lost on the way, the bytes are the same each time, and failures leave nothing."""

from __future__ import annotations

import hashlib
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from ec2kit.errors import Ec2kitError, UsageError
from ec2kit.host.processes import attempt, run
from ec2kit.images.disk.assemble import assemble
from ec2kit.images.disk.layout import TABLE_BYTES, architecture_of, make_layout
from ec2kit.images.disk.spec import MIB, Disk, DiskSpec, Identity
from tests.images.roots import CAPABILITY, MADE_AT, TOUCHED_AT, member, tiny_root

pytestmark = pytest.mark.slow

SPEC = DiskSpec("x86_64", 48 * MIB, MADE_AT, ("net.ifnames=0",))
ROOT_START = 20 * MIB
"""One MiB, GRUB's three and the ESP's sixteen lie before it."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Disk:
    place = tmp_path_factory.mktemp("disk")
    return assemble(tiny_root(place / "root.tar"), place / "disk.raw", SPEC)


def debugfs(disk: Disk, command: str, start: int = ROOT_START) -> str:
    return run(["/usr/sbin/debugfs", "-R", command, f"{disk.path}?offset={start}"], 60).stdout


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def root_alone(disk: Disk, place: Path) -> Path:
    with disk.path.open("rb") as image:
        image.seek(ROOT_START)
        place.write_bytes(image.read(disk.size_bytes - ROOT_START - MIB))
    return place


def test_the_file_system_is_sound(made: Disk, tmp_path: Path) -> None:
    alone = root_alone(made, tmp_path / "root.ext4")
    checked = run(["/usr/sbin/e2fsck", "-fn", str(alone)], 60)
    assert checked.code == 0
    assert "clean" not in checked.stderr


def test_the_same_tar_and_spec_give_the_same_bytes(made: Disk, tmp_path: Path) -> None:
    """In another directory and a moment later."""
    again = assemble(tiny_root(tmp_path / "other.tar"), tmp_path / "other" / "image.raw", SPEC)
    assert digest(again.path) == digest(made.path)
    assert again.root_uuid == made.root_uuid


def test_another_root_has_other_identifiers(made: Disk, tmp_path: Path) -> None:
    other = assemble(tiny_root(tmp_path / "root.tar", kernel=b"another"), tmp_path / "disk.raw", SPEC)
    assert other.root_uuid != made.root_uuid


@pytest.mark.parametrize(
    "path,mode,owner",
    [
        ("/usr/bin/su", "04755", "User:     0   Group:     0"),
        ("/usr/bin/wall", "02755", "User:     0   Group:     5"),
        ("/etc/secret", "0000", "User:  1000   Group:   100"),
        ("/tmp", "01777", "User:     0   Group:     0"),
        ("/boot/grub/grub.cfg", "0644", "User:     0   Group:     0"),
    ],
)
def test_modes_and_owners_are_kept(made: Disk, path: str, mode: str, owner: str) -> None:
    told = debugfs(made, f"stat {path}")
    assert f"Mode:  {mode}" in told
    assert owner in told


def test_hard_links_stay_one_file(made: Disk) -> None:
    told = debugfs(made, "stat /usr/bin/second")
    assert "Links: 2" in told
    assert told.splitlines()[0] == debugfs(made, "stat /usr/bin/first").splitlines()[0]


def test_device_nodes_and_links_are_kept(made: Disk) -> None:
    assert "Device major/minor number: 01:03" in debugfs(made, "stat /etc/null")
    assert 'Fast link dest: "boot/vmlinuz-1"' in debugfs(made, "stat /vmlinuz")
    assert debugfs(made, "cat /etc/far") == "x" * 100


def test_file_capabilities_and_attributes_are_kept(made: Disk, tmp_path: Path) -> None:
    for path, name, value in (
        ("/usr/bin/ping", "security.capability", CAPABILITY),
        ("/usr/bin/noted", "user.note", "grün".encode()),
    ):
        out = tmp_path / name
        debugfs(made, f"ea_get -f {out} {path} {name}")
        assert out.read_bytes() == value
        assert "Mode:  0644" in debugfs(made, f"stat {path}")


def test_names_are_kept_whatever_they_are(made: Disk) -> None:
    listed = run(["/usr/sbin/debugfs", "-R", "ls -p /etc", f"{made.path}?offset={ROOT_START}"], 60).stdout
    assert "l" * 200 in listed
    assert "a b\tc" in listed or "a b^Ic" in listed


def test_no_time_is_this_machines(made: Disk) -> None:
    told = debugfs(made, "stat /usr/bin/su")
    made_at, touched_at = f"0x{MADE_AT:08x}:00000000", f"0x{TOUCHED_AT:08x}:00000000"
    assert f"ctime: {made_at}" in told
    assert f"atime: {made_at}" in told
    assert f"crtime: {made_at}" in told
    for path in ("/usr/bin/su", "/usr/bin", "/etc", "/boot", "/vmlinuz"):
        assert f"mtime: {touched_at}" in debugfs(made, f"stat {path}"), path


def test_the_root_directory_has_the_tars_mode(tmp_path: Path) -> None:
    disk = assemble(tiny_root(tmp_path / "root.tar", root_mode=0o700), tmp_path / "disk.raw", SPEC)
    assert "Mode:  0700" in debugfs(disk, "stat /")


def test_the_table_is_what_sfdisk_reads_back(made: Disk) -> None:
    told = run(["/usr/sbin/sfdisk", "--dump", str(made.path)], 60).stdout
    layout = make_layout(SPEC, Identity.of(digest(made.path.with_name("root.tar")), SPEC))
    assert f"label-id: {layout.disk_id.upper()}" in told
    assert "start=        2048, size=        6144" in told
    assert f"start={ROOT_START // 512:>12}, size={27 * 2048:>12}" in told
    assert all(each.id.upper() in told for each in layout.partitions)
    assert run(["/usr/sbin/sfdisk", "--verify", str(made.path)], 60).stdout.count("No errors detected.") == 1
    with made.path.open("rb") as file:
        assert architecture_of(file.read(TABLE_BYTES)) == "x86_64"


def test_the_loader_for_uefi_is_where_a_firmware_looks(made: Disk) -> None:
    listed = run(["mdir", "-b", "-i", f"{made.path}@@{4 * MIB}", "::EFI/BOOT"], 60).stdout
    assert listed.split() == ["::/EFI/BOOT/BOOTX64.EFI"]


def test_the_kernel_is_told_where_its_root_is(made: Disk) -> None:
    config = debugfs(made, "cat /boot/grub/grub.cfg")
    assert f"linux /vmlinuz root=UUID={made.root_uuid} ro" in config
    assert "net.ifnames=0" in config
    assert debugfs(made, "cat /etc/fstab") == f"UUID={made.root_uuid} / ext4 errors=remount-ro 0 1\n"
    assert f"Filesystem UUID:          {made.root_uuid}" in debugfs(made, "stats -h")


def test_only_what_is_used_takes_room(made: Disk) -> None:
    assert made.path.stat().st_size == SPEC.size_bytes
    assert made.path.stat().st_blocks * 512 < 8 * MIB


def test_i386_has_no_system_partition(tmp_path: Path) -> None:
    disk = assemble(
        tiny_root(tmp_path / "root.tar"), tmp_path / "disk.raw", replace(SPEC, architecture="i386")
    )
    assert disk.boot_modes == ("bios",)
    assert f"{disk.root_uuid}" in debugfs(disk, "cat /etc/fstab", 4 * MIB)
    with disk.path.open("rb") as file:
        assert architecture_of(file.read(TABLE_BYTES)) == "i386"


def test_an_older_image_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    target = tmp_path / "disk.raw"
    target.write_bytes(b"older")
    left = tmp_path / ".disk.raw.making"
    (left / "root").mkdir(parents=True)
    (left / "root" / "of a killed run").write_bytes(b"x")
    assemble(tiny_root(tmp_path / "root.tar"), target, SPEC)
    assert {path.name for path in tmp_path.iterdir()} == {"root.tar", "disk.raw"}
    assert target.stat().st_size == SPEC.size_bytes


def test_a_root_that_does_not_fit_is_told_with_what_it_needs(tmp_path: Path) -> None:
    root = tiny_root(tmp_path / "root.tar", padding=40 * MIB)
    with pytest.raises(UsageError) as caught:
        assemble(root, tmp_path / "disk.raw", SPEC)
    assert caught.value.message == "the root file system does not fit on a disk of 48 MiB"
    needed = int(caught.value.hint.removeprefix("it needs about ").removesuffix(" MiB"))
    assert [path.name for path in tmp_path.iterdir()] == ["root.tar"]
    made = assemble(root, tmp_path / "disk.raw", replace(SPEC, size_bytes=needed * MIB))
    assert made.path.stat().st_size == needed * MIB


def test_missing_tools_are_named_with_their_packages(tmp_path: Path) -> None:
    spec = DiskSpec("arm64", 48 * MIB, loaders=tmp_path)
    with pytest.raises(Ec2kitError) as caught:
        assemble(tiny_root(tmp_path / "root.tar"), tmp_path / "disk.raw", spec)
    assert caught.value.message == "a disk for arm64 cannot be made here without arm64-efi"
    assert caught.value.hint == "have the recipe install grub-efi-arm64-bin"
    with pytest.raises(Ec2kitError, match="without i386-pc") as caught:
        assemble(tmp_path / "root.tar", tmp_path / "disk.raw", replace(spec, architecture="i386"))
    assert caught.value.hint == "apt-get install grub-pc-bin"


def test_the_root_may_bring_the_loader_itself(tmp_path: Path) -> None:
    """As it must for arm64, whose GRUB Debian has for arm64 machines only."""
    root = tiny_root(tmp_path / "root.tar")
    with tarfile.open(root, "a") as tar:
        tar.add("/usr/lib/grub/i386-pc", "./usr/lib/grub/i386-pc")
    spec = DiskSpec("i386", 64 * MIB)
    theirs = assemble(root, tmp_path / "theirs.raw", replace(spec, loaders=tmp_path / "none"))
    ours = assemble(root, tmp_path / "ours.raw", spec)
    assert digest(theirs.path) == digest(ours.path)


def test_a_root_without_a_kernel_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "root.tar"
    with tarfile.open(root, "w") as tar:
        tar.addfile(member("./etc", tarfile.DIRTYPE, 0o755))
    with pytest.raises(UsageError, match="has no '/vmlinuz'"):
        assemble(root, tmp_path / "disk.raw", SPEC)


def test_half_a_tar_is_refused(tmp_path: Path) -> None:
    root = tiny_root(tmp_path / "root.tar", padding=MIB)
    root.write_bytes(root.read_bytes()[: MIB // 2])
    with pytest.raises(Ec2kitError):
        assemble(root, tmp_path / "disk.raw", SPEC)
    assert [path.name for path in tmp_path.iterdir()] == ["root.tar"]


def test_an_access_list_is_refused_rather_than_lost(tmp_path: Path) -> None:
    root = tmp_path / "root.tar"
    with tarfile.open(root, "w", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(member("./log", pax_headers={"SCHILY.acl.access": "user::rw-,group::r--,other::---"}))
    with pytest.raises(Ec2kitError, match="'log' has an access list"):
        assemble(root, tmp_path / "disk.raw", SPEC)


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    """A limit on the size of files stands in for it: the disk itself cannot be made."""
    root = tiny_root(tmp_path / "root.tar")
    code = (
        "import resource, signal, sys; from pathlib import Path;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({30 * MIB}, {30 * MIB}));"
        "from ec2kit.images.disk.assemble import assemble; from ec2kit.images.disk.spec import DiskSpec;"
        f"assemble(Path({str(root)!r}), Path({str(tmp_path / 'disk.raw')!r}), DiskSpec('x86_64', {48 * MIB}))"
    )
    ended = attempt([sys.executable, "-c", code], 60)
    assert ended.code == 1
    assert "cannot be written: no space left" in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["root.tar"]
