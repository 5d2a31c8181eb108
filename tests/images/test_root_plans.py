"""What decides how a root is made, without making one: packages, sources, the command, the scripts' text."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ec2kit.images.recipes.architectures import Architecture
from ec2kit.images.recipes.load import load_recipe, shipped_names
from ec2kit.images.recipes.recipe import PlacedFile, Recipe, User
from ec2kit.images.recipes.releases import Release
from ec2kit.images.root.cache import key_of
from ec2kit.images.root.command import RootPlace, RootSpec, mmdebstrap_command, scripts_for
from ec2kit.images.root.customising import customising_script
from ec2kit.images.root.ground import ground_files, packages_of
from ec2kit.images.root.kernel import DRIVERS, kernel_arguments, preparing_script
from ec2kit.images.root.mirrors import Archive, parse_sources, read_sources, sources_for, without

AMD64, I386, ARM64 = Architecture.X86_64, Architecture.I386, Architecture.ARM64
BOOKWORM, TRIXIE = Release("debian", "bookworm"), Release("debian", "trixie")
PLACE = RootPlace(Path("/c/k.partial"), Path("/c/k work"), Path("/c/k work"))
LINES = """
# the main one
deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://one.example/debian bookworm main  # x
deb-src http://one.example/debian bookworm main
deb http://other.example/bookworm bookworm main
deb https://packages.example/apt tool-bookworm main
"""
PARAGRAPHS = """
Types: deb deb-src
# a comment
URIs: http://two.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://two.example/debian-security
Suites: bookworm-security
Components: main
 contrib

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
"""


def recipe(**more: object) -> Recipe:
    return replace(Recipe("mine", BOOKWORM, (AMD64, I386)), **more)  # type: ignore[arg-type]


def spec(of: Recipe, architecture: Architecture = AMD64) -> RootSpec:
    return RootSpec(of, architecture, ("deb http://m.example/debian bookworm main",), 1767225600)


def test_both_formats_of_apt_sources_are_read() -> None:
    found = parse_sources({"sources.list": LINES, "debian.sources": PARAGRAPHS})

    keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
    assert found == (
        Archive("http://one.example/debian", "bookworm", ("main",), keyring),
        Archive("http://other.example/bookworm", "bookworm", ("main",)),
        Archive("https://packages.example/apt", "tool-bookworm", ("main",)),
        Archive("http://two.example/debian", "bookworm", ("main",), keyring),
        Archive("http://two.example/debian", "bookworm-updates", ("main",), keyring),
        Archive("http://two.example/debian-security", "bookworm-security", ("main", "contrib")),
    )


def test_packages_come_from_where_this_machines_do_whatever_its_own_release() -> None:
    archives = parse_sources({"debian.sources": PARAGRAPHS})

    assert sources_for(recipe(release=TRIXIE), archives) == (
        "deb http://two.example/debian trixie main",
        "deb http://two.example/debian trixie-updates main",
        "deb http://two.example/debian-security trixie-security main",
    )
    assert sources_for(recipe(release=Release("debian", "sid")), archives) == (
        "deb http://two.example/debian sid main",
    )


def test_other_peoples_archives_are_not_taken_for_the_distribution() -> None:
    archives = parse_sources({"sources.list": LINES})

    assert sources_for(recipe(), archives[1:]) == ()
    assert sources_for(recipe(release=Release("ubuntu", "noble")), archives) == ()


def test_the_recipes_mirror_is_all_there_is() -> None:
    archives = parse_sources({"debian.sources": PARAGRAPHS})

    assert sources_for(recipe(mirror="/srv/debian"), archives) == ("deb file:///srv/debian bookworm main",)


def test_suites_whose_lists_fail_can_be_left_out_but_never_the_release_itself() -> None:
    lines = sources_for(recipe(), parse_sources({"debian.sources": PARAGRAPHS}))

    assert without(lines, {"bookworm-security"}, BOOKWORM) == lines[:2]
    assert without(lines, {"bookworm", "bookworm-security"}, BOOKWORM) == lines
    assert without(lines, (), BOOKWORM) == lines


def test_sources_are_read_in_the_order_of_apt_and_without_the_backup_files(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    for name in (
        "sources.list",
        "sources.list.d/b.list",
        "sources.list.d/a.sources",
        "sources.list.d/b.list.save",
    ):
        (tmp_path / name).write_text("x")

    assert list(read_sources(tmp_path)) == ["sources.list", "b.list", "a.sources"]
    assert read_sources(tmp_path / "none") == {}


@pytest.mark.parametrize(
    "architecture, kernel",
    [(AMD64, "linux-image-amd64"), (I386, "linux-image-686-pae"), (ARM64, "linux-image-arm64")],
)
def test_each_architecture_gets_its_kernel(architecture: Architecture, kernel: str) -> None:
    found = packages_of(recipe(packages=("nginx",), puppet="agent"), architecture)

    assert {kernel, "nginx", "puppet-agent", "cloud-init", "cloud-guest-utils"} <= set(found)
    assert [name for name in found if name.startswith("linux-image")] == [kernel]


def test_only_arm64_brings_its_loader() -> None:
    """Debian has GRUB's modules for arm64 on arm64 machines only; for the others the building machine has them."""
    loaders = {
        each: [name for name in packages_of(recipe(), each) if name.startswith("grub")]
        for each in (AMD64, I386, ARM64)
    }

    assert loaders == {AMD64: [], I386: [], ARM64: ["grub-efi-arm64-bin"]}


def test_what_is_removed_is_not_installed_first() -> None:
    assert "nginx" not in packages_of(recipe(packages=("nginx",), remove=("nginx",)), AMD64)


def test_the_command_makes_a_tar_of_one_architecture_from_these_sources() -> None:
    command = mmdebstrap_command(spec(recipe(), I386), PLACE, as_root=True)

    assert command[:3] == ("setpriv", "--pdeathsig", "KILL")
    assert {"--mode=root", "--variant=minbase", "--architectures=i386", "--format=tar"} <= set(command)
    assert command[-3:] == ("bookworm", "/c/k.partial", "deb http://m.example/debian bookworm main")
    assert "--mode=unshare" in mmdebstrap_command(spec(recipe()), PLACE, as_root=False)


def test_scripts_are_carried_in_before_packages_and_run_in_their_order_after_them() -> None:
    command = mmdebstrap_command(spec(recipe()), PLACE, as_root=True)
    essential = [word for word in command if word.startswith("--essential-hook")]
    customize = [word for word in command if word.startswith("--customize-hook")]

    uploads = [shlex.split(word)[1] for word in essential if "=upload" in word]
    assert uploads == [f"/c/k work/{name}" for name in scripts_for(spec(recipe()))]
    assert "prepare" in essential[-1]
    places = [
        next(i for i, word in enumerate(customize) if f"/{name}" in word)
        for name in ("customise", "check", "clean")
    ]
    assert places == sorted(places)
    assert customize[-1].endswith('/clean "$1" && rm -rf "$1"/.ec2kit')


@pytest.mark.parametrize("name", shipped_names())
def test_the_scripts_are_posix_shell(name: str) -> None:
    found = load_recipe(name)
    for text in scripts_for(spec(found)).values():
        checked = subprocess.run(["sh", "-n"], input=text, text=True, capture_output=True, check=False)
        assert (checked.returncode, checked.stderr) == (0, "")


def test_the_key_changes_with_all_that_changes_the_root_and_with_nothing_else() -> None:
    plain = spec(recipe())
    others = [
        spec(recipe(packages=("nginx",))),
        spec(recipe(hooks=("true\n",))),
        spec(recipe(files=(PlacedFile("/etc/motd", b"x"),))),
        spec(recipe(), I386),
        replace(plain, source_date=1),
        replace(plain, sources=()),
    ]

    assert len({key_of(each) for each in (plain, *others)}) == 1 + len(others)
    assert key_of(spec(recipe(description="other", tested=(AMD64,), size_gib=9))) == key_of(plain)


def test_the_longest_nvme_timeout_fits_the_kernels_word() -> None:
    assert "nvme_core.io_timeout=4294967295" in kernel_arguments(recipe(), AMD64)
    assert "nvme_core.io_timeout=4294967" in kernel_arguments(recipe(), I386)


def test_the_serial_console_is_the_last_and_the_recipes_arguments_come_after_ours() -> None:
    for architecture in Architecture:
        found = kernel_arguments(recipe(kernel_arguments=("quiet",)), architecture)
        consoles = [word for word in found if word.startswith("console=")]
        assert consoles[-1] == "console=ttyS0,115200n8"
        assert found[-1] == "quiet"


def test_every_driver_that_ec2_and_the_boot_test_want_is_in_the_list() -> None:
    assert {"nvme", "ena", "xen-blkfront", "xen-netfront", "virtio_pci", "virtio_blk", "ext4"} <= set(DRIVERS)
    assert all(driver in preparing_script() for driver in DRIVERS)


def test_the_ground_finds_its_disk_by_label_and_its_user_data_on_ec2() -> None:
    files = {file.path: file.content.decode() for file in ground_files(recipe())}

    assert files["/etc/fstab"].startswith("LABEL=root / ext4 ")
    assert "datasource_list: [Ec2, None]\n" in files["/etc/cloud/cloud.cfg.d/90_ec2kit.cfg"]


@pytest.mark.parametrize(
    "named,kept",
    [
        ({}, "false"),
        ({"mirror": "http://m.example/debian"}, "true"),
        ({"files": (PlacedFile("/etc/apt/sources.list", b"deb ..."),)}, "true"),
        ({"files": (PlacedFile("/etc/apt/sources.list.d/debian.sources", b"Types: deb"),)}, "true"),
        ({"files": (PlacedFile("/etc/apt/sources.list.d/shop.list", b"deb ..."),)}, "false"),
    ],
)
def test_only_sources_that_the_recipe_names_outlive_the_first_boot(named: dict[str, Any], kept: str) -> None:
    files = {file.path: file.content.decode() for file in ground_files(recipe(**named))}

    said = files["/etc/cloud/cloud.cfg.d/90_ec2kit.cfg"]
    assert said.endswith(f"apt:\n  preserve_sources_list: {kept}\n")


def test_customising_writes_any_bytes_and_runs_hooks_last(tmp_path: Path) -> None:
    content = bytes(range(256)) + b"\nEC2KIT\n$HOME `x` 'y'"
    target, said = tmp_path / "a b/f'ile", tmp_path / "said"
    found = recipe(
        files=(PlacedFile(str(target), content, 0o640),),
        hooks=(f"wc -c <\"{target}\" >'{said}'\n", f"echo 'unbalanced ( \" ' >>'{said}'\n"),
    )
    script = (
        customising_script(found)
        .replace("chown root:root", ": chown")
        .replace("/.ec2kit-hook", f"{tmp_path}/hook")
    )

    subprocess.run(["sh"], input=script, text=True, check=True, capture_output=True)

    assert target.read_bytes() == content
    assert target.stat().st_mode & 0o7777 == 0o640
    assert said.read_text().split("\n")[0].strip() == str(len(content))
    assert not (tmp_path / "hook").exists()


def test_a_hook_that_fails_is_named_and_nothing_comes_after_it(tmp_path: Path) -> None:
    found = recipe(hooks=("true\n", "false\n", f"touch {tmp_path}/after\n"))
    script = customising_script(found).replace("/.ec2kit-hook", f"{tmp_path}/hook")

    ended = subprocess.run(["sh"], input=script, text=True, check=False, capture_output=True)

    assert ended.returncode != 0
    assert "ec2kit: hook 2 of the recipe failed" in ended.stderr
    assert not (tmp_path / "after").exists()


def test_accounts_and_services_are_asked_of_the_roots_own_tools() -> None:
    user = User("ops", "/bin/sh", ("adm",), ("ssh-ed25519 AAAA ops'x",))
    script = customising_script(recipe(users=(user,), enable=("a.service",), disable=("b",), puppet="agent"))

    assert "useradd --create-home --shell /bin/sh ops" in script
    assert "usermod --append --groups adm ops" in script
    assert shlex.quote("ssh-ed25519 AAAA ops'x") in script
    assert (
        script.index("disable puppet.service")
        < script.index("enable a.service")
        < script.index("disable b\n")
    )


def test_apt_never_loses_sight_of_the_root_while_it_may_still_run() -> None:
    """Without its configuration in /tmp, apt would clean this machine's lists."""
    command = mmdebstrap_command(spec(recipe()), PLACE, as_root=True)

    assert "--skip=cleanup/apt" in command
    cleaned = scripts_for(spec(recipe()))["clean"].splitlines()
    assert [line for line in cleaned if '"$root"/tmp' in line] == []
    assert [line for line in cleaned if '"$root"/var/tmp' in line] != []
