"""`gc` on this machine: what killed commands left goes, what somebody has or will go on with stays."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ec2kit.cli.commands.gc import knows_all
from ec2kit.host.clock import wall_seconds
from ec2kit.host.locks import FileLock
from ec2kit.host.workplace import workplace
from tests.blocks.disks import filled, make_disk
from tests.cli.screens import Shell
from tests.sandbox.seeded import Seeded

HALF = (
    "disks/a.untested.raw",
    "disks/.a.untested.raw.making/disk.raw",
    "disks/.a.manifest.json.x1y2",
    "roots/k.partial",
    "roots/k.work/log",
    "roots/.k.json.x1y2",
    "roots/orphan.tar",
)
WHOLE = (
    "disks/b.raw",
    "disks/b.manifest.json",
    "disks/b.untested.raw.console.log",
    "imports/c-0123.raw",
    "imports/c-0123.raw.part",
    "created/0123/clean",
    "restored/0123/sdf.raw",
)
KEPT = ("roots/good.tar", "roots/good.json", "appliance/machine")
DAYS = 2 * 24 * 3600


@pytest.fixture
def sandbox() -> Seeded:
    return Seeded()


@pytest.fixture
def shell(tmp_path: Path, sandbox: Seeded) -> Shell:
    return Shell(tmp_path, sandbox)


def put(shell: Shell, names: tuple[str, ...], age: float = 0) -> Path:
    """Files in the cache of images, last written so long ago."""
    cache = shell.home / "cache/ec2kit/images"
    for name in names:
        path = cache / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(100))
    for path in sorted(cache.rglob("*"), reverse=True):
        if str(path.relative_to(cache)).startswith(names):
            os.utime(path, (wall_seconds() - age,) * 2)
    if age:
        for directory in ("created/0123", "restored/0123"):
            if (cache / directory).exists():
                os.utime(cache / directory, (wall_seconds() - age,) * 2)
    return cache


def files(cache: Path) -> set[str]:
    return {str(path.relative_to(cache)) for path in cache.rglob("*") if path.is_file()}


def test_what_is_half_made_goes_and_is_told(shell: Shell) -> None:
    cache = put(shell, (*HALF, *WHOLE, *KEPT))
    dry = shell.run("gc --dry-run")
    assert (dry.exit, files(cache)) == (0, {*HALF, *WHOLE, *KEPT})
    assert (
        f"would remove {cache}/disks/a.untested.raw (0 MiB): half made by a command that was killed"
        in dry.stderr
    )

    done = shell.run("gc -y")

    assert (done.exit, files(cache)) == (0, {*WHOLE, *KEPT})
    assert f"removed {cache}/roots/k.work" in done.stderr
    assert "removed" not in shell.run("gc -y").stderr


def test_what_is_whole_goes_when_nobody_went_on_with_it_for_a_day(shell: Shell) -> None:
    cache = put(shell, (*WHOLE, *KEPT), DAYS)
    assert shell.run("gc -y").exit == 0
    assert files(cache) == {*KEPT}


@pytest.mark.parametrize(
    "environ, named, known", [({}, False, True), ({}, True, False), ({"EC2KIT_CACHE_DIR": "/x"}, True, True)]
)
def test_a_state_directory_of_ones_own_does_not_know_who_wants_what_in_the_common_cache(
    environ: dict[str, str], named: bool, known: bool
) -> None:
    assert knows_all(environ, state_named=named) is known


def test_what_somebody_has_stays(shell: Shell) -> None:
    cache = put(shell, (*HALF, *WHOLE), DAYS)
    locks = [cache / f"{name}.lock" for name in ("disks/a", "disks/b", "roots/k", "roots/orphan")]
    held = [FileLock(lock) for lock in (*locks, cache / "created/0123.lock", cache / "restored/0123.lock")]
    assert all(lock.acquire() for lock in held)

    assert shell.run("gc -y").exit == 0

    assert files(cache) - {str(lock.path.relative_to(cache)) for lock in held} == {*HALF, *WHOLE} - {
        "imports/c-0123.raw",
        "imports/c-0123.raw.part",
    }
    for lock in held:
        lock.release()
    assert shell.run("gc -y").exit == 0
    assert files(cache) == set()


def test_the_disk_of_a_run_that_can_be_gone_on_with_stays(shell: Shell, sandbox: Seeded) -> None:
    cache = put(shell, ("disks/golden.raw",), DAYS)
    blocks = {index: filled(index) for index in range(3)}
    blocks[0] = blocks[0][:510] + b"\x55\xaa" + blocks[0][512:]
    disk = make_disk(cache / "disks/golden.raw", blocks)

    def die(call: object) -> None:
        if getattr(call, "action", "") == "CompleteSnapshot":
            sandbox.app.hooks.before.remove(die)
            raise KeyboardInterrupt

    sandbox.before(die)
    shell.workers = 1
    assert shell.run(f"image import {disk} --name golden --no-boot-test").exit == 130
    os.utime(disk, (wall_seconds() - DAYS,) * 2)

    assert shell.run("gc -y").exit == 0
    assert disk.exists()

    assert shell.run("resume --abandon").exit == 0
    assert shell.run("gc -y").exit == 0
    assert not disk.exists()


def test_directories_of_work_that_is_over_go(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    (tmp_path / "ec2kit-boot-dead").mkdir()
    with workplace("ec2kit-boot", tmp_path) as living:
        (tmp_path / "ec2kit-boot-late").mkdir()
        assert shell.run("gc -y").exit == 0
        assert living.is_dir()
        assert not (tmp_path / "ec2kit-boot-late").exists()


def test_what_a_killed_cost_usage_left_goes(shell: Shell) -> None:
    cache = shell.home / "cache/ec2kit"
    left = cache / "usage-dead"
    cache.mkdir(parents=True)
    with workplace("usage", cache) as living:
        (left / "spill").mkdir(parents=True)
        (left / "spill" / "0.tmp").write_bytes(bytes(3 << 20))
        told = shell.run("gc --dry-run")
        assert f"would remove {left} (3 MiB): half made by a command that was killed" in told.stderr
        assert left.is_dir()
        assert shell.run("gc -y").exit == 0
        assert living.is_dir()
    assert not left.exists()
