"""The appliance without starting it: its archive, its modules, its words, and how its output ends."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.errors import Busy, Ec2kitError, UsageError
from ec2kit.host.clock import SystemClock
from ec2kit.host.locks import FileLock
from ec2kit.images.appliance import argv, build, cpio, modules, packages
from ec2kit.images.appliance.disks import ApplianceDisk, Job, NbdExport
from ec2kit.images.appliance.job import disk_table, job_archive
from ec2kit.images.appliance.machine import Done
from ec2kit.images.appliance.reading import left_out, places, succeeded
from ec2kit.images.appliance.trailer import Trailer

SECRET = "0123456789abcdef" * 2


def test_the_archive_is_unpacked_by_cpio_as_it_was_meant(tmp_path: Path) -> None:
    members = [
        cpio.file("job/script", b"echo hello\n", 0o755),
        cpio.file("a/b/c", b"\0\xff" * 1001),
        cpio.link("bin", "usr/bin"),
        cpio.file("a-b", b""),
    ]
    archive = cpio.archive(members)
    assert archive == cpio.archive(reversed(members))
    subprocess.run(
        ["cpio", "--extract", "--quiet", "--no-preserve-owner"], input=archive, cwd=tmp_path, check=True
    )
    assert (tmp_path / "a/b/c").read_bytes() == b"\0\xff" * 1001
    assert stat.S_IMODE((tmp_path / "job/script").stat().st_mode) == 0o755
    assert (tmp_path / "bin").readlink() == Path("usr/bin")
    assert (tmp_path / "a-b").read_bytes() == b""


def test_where_no_packages_are_it_is_told_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Ec2kitError, match="the appliance cannot be made: `apt-get") as caught:
        build.parts(tmp_path / "cache", SystemClock())
    assert "Debian" in caught.value.hint
    assert list((tmp_path / "cache/appliance").iterdir()) == []


def test_who_builds_waits_for_who_builds_already(tmp_path: Path) -> None:
    clock = SystemClock()
    clock.stop.set()
    with FileLock(tmp_path / f"appliance/{build.recipe_digest()}.lock").hold(), pytest.raises(Busy):
        build.parts(tmp_path, clock)


def test_what_somebody_else_built_meanwhile_is_taken(tmp_path: Path) -> None:
    made = tmp_path / "appliance" / build.recipe_digest()
    made.mkdir(parents=True)
    assert build.parts(tmp_path, SystemClock()) == build.Parts(made / "vmlinuz", made / "initrd")


def modinfo(*strings: str) -> bytes:
    return b"\x7fELF\0" + b"".join(string.encode() + b"\0" for string in strings) + b"code\0"


KNOWN = {
    module.name: module
    for module in (
        modules.parse("fs/xfs/xfs.ko.xz", modinfo("alias=fs-xfs", "depends=libcrc32c")),
        modules.parse("lib/libcrc32c.ko", modinfo("depends=")),
        modules.parse("d/virtio-pci.ko", modinfo("depends=virtio,virtio-ring", "alias=pci:v1")),
        modules.parse("d/virtio.ko", modinfo("depends=virtio_ring")),
        modules.parse("d/virtio_ring.ko", modinfo("description=it depends=on nothing")),
        modules.parse("d/unused.ko", modinfo("depends=xfs")),
    )
}


def test_modules_bring_all_that_they_need_and_no_more() -> None:
    kept = modules.closure(("virtio_pci", "xfs", "ext4"), KNOWN.get)
    assert list(kept) == ["virtio_ring", "virtio", "virtio_pci", "libcrc32c", "xfs"]
    assert modules.dependency_lines(kept).splitlines() == [
        "d/virtio_ring.ko:",
        "d/virtio.ko: d/virtio_ring.ko",
        "d/virtio-pci.ko: d/virtio.ko d/virtio_ring.ko",
        "lib/libcrc32c.ko:",
        "fs/xfs/xfs.ko: lib/libcrc32c.ko",
    ]
    assert modules.alias_lines(kept) == "alias pci:v1 virtio_pci\nalias fs-xfs xfs\n"


def test_the_kernel_is_the_package_that_the_name_stands_for() -> None:
    answer = "linux-image-cloud-amd64\n  Depends: linux-image-6.1.0-30-cloud-amd64\n"
    assert packages.parse_kernel(answer) == "linux-image-6.1.0-30-cloud-amd64"
    assert packages.parse_kernel("linux-image-cloud-amd64\n") is None


@given(st.binary(max_size=300), st.integers(0, 255), st.lists(st.integers(1, 60)))
def test_the_output_is_whole_however_it_is_cut(output: bytes, code: int, cuts: list[int]) -> None:
    stream = output + f"\n{SECRET} {code:03}\n".encode()
    trailer, passed = Trailer(SECRET), b""
    for cut in cuts:
        passed += trailer.take(stream[:cut])
        stream = stream[cut:]
    passed += trailer.take(stream) if stream else b""
    assert (passed, trailer.code) == (output, code)


@given(st.binary(max_size=200), st.integers(0, 37))
def test_without_its_last_word_no_output_is_whole(output: bytes, missing: int) -> None:
    trailer = Trailer(SECRET)
    trailer.take((output + f"\n{SECRET} 000\n".encode())[: len(output) + 38 - missing])
    assert (trailer.code is None) == (missing > 0)


def test_the_words_for_qemu() -> None:
    export = NbdExport(Path("/run/a,b/nbd"), "vol 1/x")
    disks = (ApplianceDisk(export), ApplianceDisk(Path("/img/a,b.raw"), "sdf", writable=True))
    words = argv.qemu(Path("/k"), argv.Places(Path("/run/x")), disks, argv.Hardware("kvm", 256))
    assert words[words.index("-m") + 1] == "256"
    assert words[words.index("-machine") + 1] == "pc,accel=kvm"
    assert not any("netdev" in word or "virtio-net" in word for word in words)
    drives = [words[at + 1] for at, word in enumerate(words) if word == "-drive"]
    assert drives[0].startswith(
        "if=none,id=d0,format=raw,file=nbd+unix:///vol%201%2Fx?socket=/run/a%2Cb/nbd,"
    )
    assert drives[0].endswith("snapshot=on")
    assert "file=/img/a,,b.raw," in drives[1]
    assert "snapshot" not in drives[1]
    assert disk_table(disks) == b"sda d0\nsdf d1\n"


def test_disks_that_cannot_be() -> None:
    with pytest.raises(UsageError):
        ApplianceDisk(NbdExport(Path("/s"), "x"), writable=True)
    with pytest.raises(UsageError):
        ApplianceDisk(Path("/x"), "two words")


def test_a_job_is_put_behind_the_initrd_whole() -> None:
    archive = job_archive(Job("echo", files={"paths": b"etc\0"}), SECRET, has_input=False)
    assert b"job/paths\0" in archive
    assert b"job/stdin\0" not in archive
    assert b"job/stdin\0" in job_archive(Job("echo"), SECRET, has_input=True)


@pytest.mark.parametrize(
    "given, names",
    [
        (["/etc"], (b"etc",)),
        (["/"], (b".",)),
        (["/etc/", "/etc/ssh", "/etcetera"], (b"etc", b"etcetera")),
        (["//var/../var/www/.", "/", "/a"], (b".",)),
        (["/caf\udce9", "/-x"], (b"-x", b"caf\xe9")),
    ],
)
def test_paths_become_names_below_the_root(given: list[str], names: tuple[bytes, ...]) -> None:
    assert places(given) == names


@pytest.mark.parametrize("given", [[], ["etc"], ["/a\0b"]])
def test_paths_that_are_none(given: list[str]) -> None:
    with pytest.raises(UsageError):
        places(given)


def test_what_could_not_be_mounted_is_told_when_it_was_asked_for() -> None:
    log = "not mounted: /srv/data (UUID=1)\nnot mounted: /home (LABEL=home)\nsomething else\n"
    assert left_out(log, (b"srv", b"etc")) == ("/srv/data",)
    assert left_out(log, (b".",)) == ("/srv/data", "/home")
    assert left_out(log, (b"srv/data2",)) == ()


def test_a_script_that_fails_is_told_in_its_own_words() -> None:
    assert succeeded(Done(0, "ok"), "x").log == "ok"
    with pytest.raises(Ec2kitError, match="it could not be: tar: no\nno space left"):
        succeeded(Done(2, "tar: no\nno space left\n"), "it could not be")
    with pytest.raises(Ec2kitError, match="the script ended with 3"):
        succeeded(Done(3, ""), "it could not be")
