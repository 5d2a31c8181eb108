"""Why a root was not made, what is then told, and how far a build is, with a stand-in for mmdebstrap."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from ec2kit.errors import Ec2kitError, UsageError
from ec2kit.images.recipes.architectures import Architecture
from ec2kit.images.root.build import build_root
from ec2kit.images.root.failures import ListsFailed, MirrorFailed
from ec2kit.images.root.manifest import Package, parse_packages
from ec2kit.images.root.progress import Progress, advance
from tests.images.shop import MONDAY, RECIPE, Shop

pytestmark = pytest.mark.slow


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


LOG_IN_PAGE = """Err:1 http://deb.example.com stable InRelease
  Clearsigned file isn't valid, got 'NOSPLIT' (does the network require authentication?)
E: The repository 'http://deb.example.com stable InRelease' is not signed.
"""


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
        (
            LOG_IN_PAGE,
            MirrorFailed,
            "not what the archive signed",
            "log-in page",
        ),
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
    assert shop.files() == {".work"}
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


FOREIGN = Architecture.X86_64 if os.uname().machine == "aarch64" else Architecture.ARM64


def test_another_architecture_needs_what_mmdebstrap_looks_with(shop: Shop) -> None:
    empty = {**shop.workshop.environ, "PATH": str(shop.directory / "bin")}
    with pytest.raises(Ec2kitError) as caught:
        build_root(
            replace(RECIPE, architectures=tuple(Architecture)), FOREIGN, replace(shop.workshop, environ=empty)
        )
    assert (caught.value.message, caught.value.hint) == (
        "arch-test is not installed",
        "apt-get install arch-test",
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
