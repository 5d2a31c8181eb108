"""The appliance at work: what a disk holds comes out whole, goes in whole, and is changed without a trace."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import threading
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ec2kit.errors import Ec2kitError, Interrupted
from ec2kit.host.clock import SystemClock
from ec2kit.host.nbd import NbdServer
from ec2kit.host.processes import run
from ec2kit.images.appliance.changing import scrub, tar_in
from ec2kit.images.appliance.disks import ApplianceDisk, Job, NbdExport
from ec2kit.images.appliance.job import script
from ec2kit.images.appliance.machine import Appliance, appliance
from ec2kit.images.appliance.reading import TarOut, tar_out
from tests.images import machine_disks as disks

CACHE = Path(__file__).parents[2] / ".cache/test-images"
PATHS = ("/srv", "/etc", "/data")
pytestmark = [pytest.mark.boot, pytest.mark.timeout(900)]


@dataclass
class FileSource:
    """A file that is read by offset, and fails where it is told to."""

    path: Path
    broken: int = -1

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    def read(self, offset: int, length: int) -> bytes:
        if offset <= self.broken < offset + length:
            raise Ec2kitError("the block was lost")
        with self.path.open("rb") as file:
            return os.pread(file.fileno(), length, offset)


@pytest.fixture(scope="module")
def machine() -> Appliance:
    return appliance(CACHE, SystemClock())


@dataclass
class Read:
    """A machine's disks, and what came out of them."""

    root: Path
    data: Path
    tar: Path
    told: TarOut
    before: list[str]


def digests(*paths: Path) -> list[str]:
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]


@pytest.fixture(scope="module")
def read(machine: Appliance, tmp_path_factory: pytest.TempPathFactory) -> Read:
    """Everything out of two disks that an NBD server has, as out of two snapshots."""
    work = tmp_path_factory.mktemp("disks")
    disks.machine_tree(work / "tree")
    disks.odd_tree(work / "tree/srv")
    filesystem = disks.ext4(work / "tree", work / "fs", 64, "-L", "root")
    disks.adorn(filesystem, work)
    disks.unreplayed(filesystem, "/etc/replayed", b"after", work)
    root = disks.partitioned(filesystem, work / "root.raw")
    (work / "volume").mkdir()
    (work / "volume/kept").write_text("on a volume of its own")
    data = disks.ext4(work / "volume", work / "data.raw", 16, "-U", disks.DATA_UUID)
    before = digests(root, data)
    socket = work / "nbd"
    with NbdServer(socket, {"snap-1": FileSource(root), "snap-2": FileSource(data)}) as server:
        plugged = [
            ApplianceDisk(NbdExport(socket, "snap-1"), "sda"),
            ApplianceDisk(NbdExport(socket, "snap-2"), "sdf"),
        ]
        with (work / "out.tar").open("wb") as out:
            told = tar_out(machine, plugged, PATHS, out)
        assert server.failure is None
    return Read(root, data, work / "out.tar", told, before)


def entries(tar: Path) -> dict[str, tuple[object, ...]]:
    """Every entry with all that tells it from another, by name."""
    found: dict[str, tuple[object, ...]] = {}
    with tarfile.open(tar) as opened:
        for entry in opened:
            file = opened.extractfile(entry) if entry.isreg() else None
            content = hashlib.sha256(file.read()).hexdigest() if file else ""
            kept = {
                key: value
                for key, value in entry.pax_headers.items()
                if key.startswith("SCHILY.") or key == "mtime"
            }
            about = (entry.type, entry.mode, entry.uid, entry.gid, entry.size, entry.mtime, entry.linkname)
            found[entry.name] = (*about, entry.devmajor, entry.devminor, content, tuple(sorted(kept.items())))
    return found


def test_every_entry_comes_out_as_it_is(read: Read) -> None:
    with tarfile.open(read.tar) as opened:
        found = {entry.name: entry for entry in opened}
        contents = {
            name: file.read()
            for name, entry in found.items()
            if entry.isfile() and (file := opened.extractfile(entry))
        }
    for number, name in enumerate(disks.ODD_NAMES):
        assert contents["srv/odd/" + os.fsdecode(name)] == b"content %d" % number
    assert contents[f"srv/odd/{disks.DEEP}/leaf"] == b"deep"
    first, second = found["srv/odd/first"], found["srv/odd/second"]
    assert (first.isreg(), second.islnk(), second.linkname) == (True, True, "srv/odd/first")
    assert (first.uid, first.gid, first.mtime) == (1234, 70000, 1_000_000_000)
    assert (found["srv/odd/fifo"].isfifo(), found["srv/odd/empty"].isdir()) == (True, True)
    assert found["srv/odd/dangling"].linkname == "no/such/place"
    block, char = found["srv/odd/block"], found["srv/odd/char"]
    assert (block.isblk(), block.devmajor, block.devminor) == (True, 7, 3)
    assert (char.ischr(), char.devmajor, char.devminor) == (True, 1, 3)
    assert found["srv/odd/able"].mode == 0o4755
    assert "security.capability" in str(found["srv/odd/able"].pax_headers)


def test_attributes_and_lists_of_rights_come_along(read: Read) -> None:
    with tarfile.open(read.tar) as opened:
        listed = opened.getmember("srv/odd/listed")
    assert listed.pax_headers["SCHILY.xattr.user.colour"] == "green and blue"
    lines = listed.pax_headers["SCHILY.acl.access"].split()
    assert any(line.startswith("user:1001:r--") for line in lines)


def test_a_sparse_file_stays_sparse(read: Read) -> None:
    with tarfile.open(read.tar) as opened:
        sparse = opened.getmember("srv/odd/sparse")
        assert (sparse.size, sparse.issparse()) == (disks.SPARSE_SIZE, True)
        file = opened.extractfile(sparse)
        assert file is not None
        file.seek(16 << 20)
        assert file.read(7) == b"middle\0"
    assert read.tar.stat().st_size < disks.SPARSE_SIZE // 4


def test_what_only_the_journal_had_is_read(read: Read) -> None:
    with tarfile.open(read.tar) as opened:
        file = opened.extractfile("etc/replayed")
        assert file is not None
        assert file.read().startswith(b"after.")


def test_other_volumes_are_where_the_machine_has_them(read: Read) -> None:
    assert "data/kept" in entries(read.tar)
    assert read.told.left_out == ("/srv/absent",)


def test_what_is_read_is_not_changed(read: Read) -> None:
    assert digests(read.root, read.data) == read.before


def test_standard_tools_read_it_alike(read: Read) -> None:
    quoting = ["--quoting-style=escape", "--list", "--file"]
    listed = run(["tar", *quoting, str(read.tar)], 60).stdout.splitlines()
    assert len(listed) == len(entries(read.tar))
    assert "srv/odd/new\\nline" in listed
    assert "srv/odd/bad\\377\\376utf8" in listed


def test_a_copy_on_other_disks_is_equal(machine: Appliance, read: Read, tmp_path: Path) -> None:
    disks.machine_tree(tmp_path / "tree")
    root = disks.ext4(tmp_path / "tree", tmp_path / "root.raw", 64)
    (tmp_path / "nothing").mkdir()
    data = disks.ext4(tmp_path / "nothing", tmp_path / "data.raw", 16, "-U", disks.DATA_UUID)
    # A thing that was there before and is also in the tar is replaced.
    disks.debugfs(root, ["rm /etc/replayed", "symlink /etc/replayed /nowhere"])
    with read.tar.open("rb") as tar:
        tar_in(machine, [ApplianceDisk(root, writable=True), ApplianceDisk(data, "sdf", writable=True)], tar)
    run(["e2fsck", "-f", "-n", str(root)], 60)
    with (tmp_path / "again.tar").open("wb") as out:
        tar_out(machine, [ApplianceDisk(root), ApplianceDisk(data, "sdf")], PATHS, out)
    again, before = entries(tmp_path / "again.tar"), entries(read.tar)
    # An empty volume has a directory of its own in it.
    assert again.pop("data/lost+found")
    before.pop("data/lost+found", None)
    assert again == before


OTHERS = """
for name in sda sdb; do
	mount_root "/$name" ro "$name"
	cat "/$name/etc/passwd"
	cut -d ' ' -f 3 /proc/mounts | tail -n 1
	umount "/$name"
done
mkdir /esp
mount_volume "$(disk esp)" /esp ro
echo /esp/EFI/*
"""


def test_other_file_systems_have_their_drivers(machine: Appliance, tmp_path: Path) -> None:
    disks.machine_tree(tmp_path / "tree")
    made = [tmp_path / name for name in ("xfs.raw", "btrfs.raw", "esp.raw")]
    # The least that their makers accept; they are holes but for a few MB.
    for path, megabytes in zip(made, (320, 128, 8), strict=True):
        with path.open("wb") as file:
            file.truncate(megabytes << 20)
    passwd = tmp_path / "tree/etc/passwd"
    inside = f"usr d--755 0 0\n$\netc d--755 0 0\npasswd ---644 0 0 {passwd}\n$\n$\n"
    (tmp_path / "proto").write_text(f"/dev/null\n0 0\nd--755 0 0\n{inside}")
    run(["mkfs.xfs", "-q", "-p", str(tmp_path / "proto"), str(made[0])], 60)
    run(["mkfs.btrfs", "-q", "--rootdir", str(tmp_path / "tree"), str(made[1])], 60)
    run(["mkfs.vfat", str(made[2])], 60)
    run(["mmd", "-i", str(made[2]), "::EFI", "::EFI/BOOT"], 60)
    plugged = tuple(ApplianceDisk(path, name) for path, name in zip(made, ("sda", "sdb", "esp"), strict=True))
    done = machine.run(Job(OTHERS, plugged))
    root = passwd.read_text()
    assert (done.code, done.out.decode()) == (0, f"{root}xfs\n{root}btrfs\n/esp/EFI/BOOT\n"), done.log


CHANGE = """
in_root /sysroot /bin/sh -c 'id -u >/etc/who; rm /etc/secret'
cp /job/motd /sysroot/etc/motd
echo 'changed it' >&2
exit 0
"""


def test_what_is_scrubbed_is_nowhere_on_the_disk(machine: Appliance, tmp_path: Path) -> None:
    disks.machine_tree(tmp_path / "tree")
    filesystem = disks.ext4(tmp_path / "tree", tmp_path / "fs", 64)
    disk = disks.partitioned(filesystem, tmp_path / "disk.raw")
    assert disks.SECRET in disk.read_bytes()
    log = scrub(machine, [ApplianceDisk(disk, writable=True)], CHANGE, {"motd": b"welcome\n"})
    assert "changed it" in log
    whole = disk.read_bytes()
    assert disks.SECRET not in whole
    filesystem.write_bytes(whole[2 << 20 : -(1 << 20)])
    run(["e2fsck", "-f", "-n", str(filesystem)], 60)
    said = [
        run(["debugfs", "-R", f"cat {path}", str(filesystem)], 60).stdout
        for path in ("/etc/who", "/etc/motd")
    ]
    assert said == ["0\n", "welcome\n"]


def test_a_disk_that_cannot_be_read_is_no_tar(machine: Appliance, read: Read, tmp_path: Path) -> None:
    broken = read.root.read_bytes().index(disks.SECRET)
    socket = tmp_path / "nbd"
    failing = pytest.raises(Ec2kitError, match="could not be read")
    with NbdServer(socket, {"x": FileSource(read.root, broken)}) as server, failing:
        tar_out(machine, [ApplianceDisk(NbdExport(socket, "x"))], ["/etc"], io.BytesIO())
    assert str(server.failure) == "the block was lost"


REFUSED = """
for place in etc/none srv/away/x srv/absent/x; do
	printf '%s\\0' "$place" >/job/paths
	dash -eu -c '. /lib/prelude.sh; . /job/tar_out' || echo "ended with $?" >&2
	umount /sysroot
done
"""


def test_places_that_cannot_be_had_are_told(machine: Appliance, read: Read) -> None:
    files = {"tar_out": script("tar_out").encode()}
    done = machine.run(Job(REFUSED, (ApplianceDisk(read.root),), files))
    assert done.code == 0
    assert "there is no /etc/none on the disks" in done.log
    assert "the way to /srv/away/x leads over a symbolic link" in done.log
    assert "/srv/absent/x is on the volume of /srv/absent" in done.log
    assert done.log.count("ended with 123") == 3


def test_a_machine_that_takes_too_long_is_ended(machine: Appliance, read: Read) -> None:
    slow = replace(machine, start_seconds=0.5)
    with pytest.raises(Ec2kitError, match="did not end within 1 s"):
        slow.run(Job("sleep 1000", seconds=0.5))


def test_a_machine_that_cannot_be_started_says_why(machine: Appliance, tmp_path: Path) -> None:
    with pytest.raises(Ec2kitError, match=r"none\.raw(.|\n)*No such file"):
        machine.run(Job("true", (ApplianceDisk(tmp_path / "none.raw"),)))


def test_ctrl_c_ends_the_machine(machine: Appliance) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Interrupted):
        replace(machine, stop=stop).run(Job("true"))
