"""Building and keeping roots, with a stand-in for mmdebstrap: once, safely, and with errors that say what to do."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ec2kit.errors import Ec2kitError, UsageError
from ec2kit.images.recipes.architectures import Architecture
from ec2kit.images.recipes.recipe import Recipe
from ec2kit.images.recipes.releases import Release
from ec2kit.images.root.build import build_root
from ec2kit.images.root.cache import LARGEST, LONGEST, Root, RootCache
from ec2kit.images.root.failures import ListsFailed, MirrorFailed
from ec2kit.images.root.manifest import Package, parse_packages
from ec2kit.images.root.progress import Progress, advance
from ec2kit.images.root.workshop import Workshop
from tests.support.clocks import FakeClock

AMD64 = Architecture.X86_64
RECIPE = Recipe("mine", Release("debian", "bookworm"), (AMD64,), packages=("nginx",))
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
MONDAY = int(datetime(2025, 12, 29, tzinfo=UTC).timestamp())
SOURCES = """
deb http://one.example/debian bookworm main
deb http://one.example/debian-security bookworm-security main
"""

FAKE = r"""#!/bin/sh
# Stands in for mmdebstrap: writes the tar, and the facts where the hooks would carry them.
[ "$1" != --unshare-helper ] || { shift; exec "$@"; }
printf '%s\n' "$SOURCE_DATE_EPOCH" "$TMPDIR" "$@" >>"$CALLS"
echo call >>"$CALLS.count"
mkdir "$TMPDIR/mmdebstrap.x" && touch "$TMPDIR/mmdebstrap.x/file"
facts= log= tar= before=
for word; do
    case $word in
        *'=download '*/packages) facts=${word##* }; facts=${facts%/packages} ;;
        --logfile=*) log=${word#--logfile=} ;;
    esac
    [ "$before" != bookworm ] || tar=$word
    before=$word
done
{ echo 'I: running apt-get update...'; echo 'I: creating tarball...'; cat "$SAYS"; } >"$log"
printf 'nginx\tamd64\t1.2\nbase-files\tamd64\t12\n' >"$facts/packages"
echo 'kernel 6.1.0-1-amd64' >"$facts/kernel"
printf 'the root' >"$tar"
case "$*" in *bookworm-security*) [ ! -s "$SAYS.security" ] || { cat "$SAYS.security" >>"$log"; exit 1; } ;; esac
exit "$(cat "$CODE")"
"""


class Shop:
    """A workshop with the stand-in on its PATH."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.clock = FakeClock(NOW)
        self.told: list[Progress] = []
        self.warned: list[str] = []
        for name, text in {"says": "", "says.security": "", "code": "0", "calls": ""}.items():
            (directory / name).write_text(text)
        (directory / "bin").mkdir()
        (directory / "bin/mmdebstrap").write_text(FAKE)
        (directory / "bin/mmdebstrap").chmod(0o755)
        (directory / "apt").mkdir()
        (directory / "apt/sources.list").write_text(SOURCES)
        environ = {
            "PATH": f"{directory}/bin:/usr/bin:/bin",
            "HOME": str(directory),
            "TMPDIR": str(directory / "tmp"),
            "CALLS": str(directory / "calls"),
            "SAYS": str(directory / "says"),
            "CODE": str(directory / "code"),
        }
        self.workshop = Workshop(
            directory / "cache",
            environ,
            self.clock,
            self.told.append,
            self.warned.append,
            as_root=os.geteuid() == 0,
            apt=directory / "apt",
        )

    def build(self, recipe: Recipe = RECIPE, **more: object) -> Root:
        return build_root(recipe, AMD64, replace(self.workshop, **more))  # type: ignore[arg-type]

    def fails(self, says: str, code: int = 1) -> Ec2kitError:
        (self.directory / "says").write_text(says)
        (self.directory / "code").write_text(str(code))
        with pytest.raises(Ec2kitError) as caught:
            self.build()
        return caught.value

    def mends(self) -> None:
        (self.directory / "says").write_text("")
        (self.directory / "code").write_text("0")

    @property
    def calls(self) -> int:
        counted = self.directory / "calls.count"
        return len(counted.read_text().splitlines()) if counted.exists() else 0

    @property
    def roots(self) -> Path:
        return self.directory / "cache/roots"

    def files(self) -> set[str]:
        return {path.suffix for path in self.roots.iterdir()}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_a_root_is_made_with_its_manifest_and_nothing_is_left_beside_it(shop: Shop) -> None:
    root = shop.build()

    assert root.tar.read_bytes() == b"the root"
    assert root.sha256 == hashlib.sha256(b"the root").hexdigest()
    assert root.kernel == root.manifest.kernel == "6.1.0-1-amd64"
    assert root.manifest.packages == (Package("base-files", "amd64", "12"), Package("nginx", "amd64", "1.2"))
    assert root.manifest.recipe_digest == RECIPE.digest
    assert shop.files() == {".tar", ".json"}
    assert [path for path in (shop.directory / "tmp").rglob("*") if path.is_file()] == []
    told = json.loads(root.tar.with_suffix(".json").read_text())
    assert (told["sha256"], told["size_bytes"]) == (root.sha256, 8)


def test_without_root_the_files_of_other_ids_are_removed_by_mmdebstrap_too(shop: Shop) -> None:
    assert shop.build(as_root=False).tar.read_bytes() == b"the root"
    assert [path for path in (shop.directory / "tmp").rglob("*") if path.is_file()] == []


def test_the_same_again_comes_from_the_cache_and_fresh_does_not(shop: Shop) -> None:
    first = shop.build()

    assert shop.build() == first
    assert shop.calls == 1
    assert shop.build(fresh=True) == first
    assert shop.calls == 2


def test_another_week_another_root_unless_the_date_is_given(shop: Shop) -> None:
    first = shop.build()
    assert first.manifest.source_date == MONDAY
    shop.clock.advance(7 * 24 * 3600)
    second = shop.build()
    assert second.tar != first.tar

    given = {**shop.workshop.environ, "SOURCE_DATE_EPOCH": "86400"}
    assert shop.build(environ=given).manifest.source_date == 86400
    assert (shop.directory / "calls").read_text().splitlines().count("86400") == 1
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH is 'today'"):
        shop.build(environ={**given, "SOURCE_DATE_EPOCH": "today"})


@pytest.mark.parametrize("spoil", ["truncate the tar", "no json", "half a json", "another version"])
def test_a_root_that_is_not_whole_is_made_again(shop: Shop, spoil: str) -> None:
    root = shop.build()
    told = root.tar.with_suffix(".json")
    if spoil == "truncate the tar":
        os.truncate(root.tar, 3)
    elif spoil == "no json":
        told.unlink()
    elif spoil == "half a json":
        os.truncate(told, 40)
    else:
        told.write_text(told.read_text().replace('"version": 1', '"version": 99'))

    assert shop.build() == root
    assert shop.calls == 2


def test_what_a_killed_build_left_is_removed_by_the_next(shop: Shop) -> None:
    root = shop.build()
    key = root.tar.stem
    for name in (f"{key}.partial", "other-amd64-0.partial"):
        (shop.roots / name).write_text("half")
    for name in (f"{key}.work", "other-amd64-0.work"):
        (shop.roots / name).mkdir()
        (shop.roots / name / "log").write_text("x")
    (shop.roots / "orphan.tar").write_text("a tar that got no json")
    scratch = next((shop.directory / "tmp").iterdir())
    for name in (key, "other-amd64-0"):
        (scratch / name / "deep").mkdir(parents=True)

    shop.build(fresh=True)

    assert {path.name for path in shop.roots.iterdir()} == {f"{key}.tar", f"{key}.json"}
    assert list(scratch.iterdir()) == []


def test_two_builds_of_the_same_root_are_one(shop: Shop) -> None:
    gate = threading.Event()
    cache = RootCache(shop.roots)
    first = shop.build()
    key = first.tar.stem
    (shop.roots / f"{key}.json").unlink()
    found: list[Root] = []

    class Waiting(FakeClock):
        def sleep(self, seconds: float) -> None:
            gate.set()
            threading.Event().wait(0.02)

    second = threading.Thread(target=lambda: found.append(shop.build(clock=Waiting(NOW))))
    with cache.building(key, shop.clock):
        second.start()
        assert gate.wait(20)
        # What the first of the two does at its end.
        cache.partial(key).write_bytes(b"the root")
        kept = cache.keep(key, first.manifest)
    second.join(20)

    assert found == [kept]
    assert shop.calls == 1


def test_a_stopped_wait_ends(shop: Shop) -> None:
    key = shop.build().tar.stem
    shop.clock.stop.set()
    with (
        RootCache(shop.roots).building(key, FakeClock(NOW)),
        pytest.raises(Ec2kitError, match="stopped waiting"),
    ):
        shop.build(fresh=True)


def test_roots_unused_for_long_go_and_the_longest_unused_go_when_there_are_too_many(shop: Shop) -> None:
    roots = {name: shop.build(replace(RECIPE, packages=(name,))) for name in ("old1", "big1", "big2", "new1")}
    now = 2_000_000_000.0
    ages = {"old1": LONGEST + 1, "big1": 7200, "big2": 5400, "new1": 60}
    for name, age in ages.items():
        told = roots[name].tar.with_suffix(".json")
        if name != "new1":
            os.truncate(roots[name].tar, LARGEST // 2 - 100)
        os.utime(told, (now - age, now - age))

    gone = RootCache(shop.roots).evict(now, spare=roots["new1"].tar.stem)

    assert gone == (roots["old1"].tar.stem,)
    os.truncate(roots["new1"].tar, LARGEST // 2)
    assert RootCache(shop.roots).evict(now) == (roots["big1"].tar.stem,)
    os.truncate(roots["big2"].tar, LARGEST * 2)
    os.utime(roots["big2"].tar.with_suffix(".json"), (now - 60, now - 60))
    assert RootCache(shop.roots).evict(now) == (), "somebody may be reading it"


@pytest.mark.parametrize(
    "says, kind, message, hint",
    [
        (
            "E: Unable to locate package ngnix\n",
            UsageError,
            "wants the package 'ngnix'",
            "apt-cache search ngnix",
        ),
        ("E: Package 'x1' has no installation candidate\n", UsageError, "'x1', which debian/bookworm", ""),
        ("tar: write error: No space left on device\n", Ec2kitError, "no space left on the disk", "TMPDIR"),
        (
            "I: extracting archives...\nE: Failed to fetch http://m/x.deb  503\n",
            MirrorFailed,
            "the package mirror failed\nE: Failed to fetch",
            "mirror: URL",
        ),
        ("ec2kit: hook 2 of the recipe failed\n", Ec2kitError, "not made: hook 2 of the recipe failed", ""),
        ("ec2kit: the initrd lacks the driver ena\n", Ec2kitError, "the initrd lacks the driver ena", ""),
        ("E: NO_PUBKEY 123\n", MirrorFailed, "signature is not known", "debian-archive-keyring"),
        (
            "E: arm64 can neither be executed natively\n",
            Ec2kitError,
            "cannot run programs",
            "qemu-user-static",
        ),
        ("newuidmap: not allowed\n", Ec2kitError, "no ids of its own", "/etc/subuid"),
        ("E: something else\n", Ec2kitError, "was not made\nE: something else", ""),
    ],
)
def test_why_it_failed_is_told(
    shop: Shop, says: str, kind: type[Ec2kitError], message: str, hint: str
) -> None:
    error = shop.fails(says)

    assert type(error) is kind
    assert message in error.message
    assert hint in error.hint
    assert "'mine'" in error.message
    assert shop.files() == {".work", ".partial"}
    shop.mends()
    shop.build()
    assert shop.files() == {".tar", ".json"}


def test_the_command_that_failed_can_be_pasted_and_its_output_is_kept(shop: Shop) -> None:
    error = shop.fails("E: something else\n")

    command = error.message.split("the command was: ")[1]
    assert command.startswith(f"SOURCE_DATE_EPOCH={MONDAY} setpriv --pdeathsig ")
    assert " mmdebstrap --mode=" in command
    log = Path(error.message.split("all of its output: ")[1].splitlines()[0])
    assert "E: something else" in log.read_text()
    assert (log.parent / "customise").is_file()


def test_a_machine_without_mmdebstrap_is_told_what_to_install(shop: Shop) -> None:
    (shop.directory / "bin/mmdebstrap").unlink()
    empty = {**shop.workshop.environ, "PATH": str(shop.directory / "bin")}

    with pytest.raises(Ec2kitError) as caught:
        shop.build(environ=empty)
    assert (caught.value.message, caught.value.hint) == (
        "mmdebstrap is not installed",
        "apt-get install mmdebstrap",
    )


BROKEN = (
    "E: Failed to fetch http://one.example/debian-security/dists/{}/main/binary-amd64/Packages.xz  size\n"
)


def test_without_the_lists_of_its_updates_the_root_is_made_and_says_so(shop: Shop) -> None:
    (shop.directory / "says.security").write_text(BROKEN.format("bookworm-security"))

    root = shop.build()

    assert root.manifest.left_out == ("deb http://one.example/debian-security bookworm-security main",)
    assert ["bookworm-security" in told for told in shop.warned] == [True]
    assert shop.build() == root, "the reduced root is kept under a key of its own"
    (shop.directory / "says.security").write_text("")
    assert shop.build().manifest.left_out == ()


def test_without_its_own_lists_there_is_no_root(shop: Shop) -> None:
    error = shop.fails(BROKEN.format("bookworm"))

    assert isinstance(error, ListsFailed)
    assert shop.warned == []


def test_an_architecture_that_the_recipe_is_not_for_starts_nothing(shop: Shop) -> None:
    with pytest.raises(UsageError):
        build_root(RECIPE, Architecture.I386, shop.workshop)
    assert shop.calls == 0


def test_somebody_elses_scratch_directory_is_not_used(shop: Shop) -> None:
    (shop.directory / "elsewhere").mkdir()
    (shop.directory / "tmp").mkdir()
    (shop.directory / f"tmp/ec2kit-roots-{os.getuid()}").symlink_to(shop.directory / "elsewhere")

    with pytest.raises(Ec2kitError, match="belongs to somebody else"):
        shop.build()


def test_progress_is_told_once_each_and_in_order(shop: Shop) -> None:
    shop.build()

    assert [str(told) for told in shop.told] == [
        "reading the archive's lists",
        "writing the root file system",
    ]


def test_amounts_are_counted_from_what_apt_and_dpkg_say() -> None:
    lines = [
        "I: installing remaining packages inside the chroot...",
        "0 upgraded, 2 newly installed, 0 to remove and 0 not upgraded.",
        "Get:1 http://m.example/debian bookworm/main amd64 a amd64 1 [20 kB]",
        "Get:2 http://m.example/debian bookworm/main amd64 b amd64 1 [20 kB]",
        "Unpacking a (1) ...",
        "Unpacking b (1) ...",
        "Setting up a (1) ...",
        "Setting up b (1) ...",
        "Setting up b again (1) ...",
        "Processing triggers for x ...",
        "I: creating tarball...",
    ]
    progress, said = Progress(""), []
    for line in lines:
        progress = advance(progress, line)
        said.append(str(progress))

    assert said[2:] == [
        "downloading packages: 1 of 2",
        "downloading packages: 2 of 2",
        "unpacking packages: 1 of 2",
        "unpacking packages: 2 of 2",
        "setting up packages: 1 of 2",
        "setting up packages: 2 of 2",
        "setting up packages: 2 of 2",
        "setting up packages: 2 of 2",
        "writing the root file system",
    ]


def test_lines_that_are_no_package_are_passed_over() -> None:
    assert parse_packages("b\tall\t2\nwarning\na\tall\t1\n") == (
        Package("a", "all", "1"),
        Package("b", "all", "2"),
    )
