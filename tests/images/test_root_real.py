"""Real roots: what is in the tar that a disk is made from. The first test builds, which takes minutes."""

from __future__ import annotations

import hashlib
import stat
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from ec2kit.images.recipes.architectures import Architecture
from ec2kit.images.recipes.load import load_recipe
from ec2kit.images.root.build import build_root
from ec2kit.images.root.cache import Root
from ec2kit.images.root.cleaning import TRACES, Act
from tests.images.conftest import AMD64, DAY, Built, workshop

pytestmark = [pytest.mark.boot, pytest.mark.timeout(3600)]

Members = dict[str, tarfile.TarInfo]


@pytest.fixture(scope="module", params=["amd64", "i386"])
def root(request: pytest.FixtureRequest, root_tar: Built) -> Root:
    return root_tar(AMD64 if request.param == "amd64" else "debian-12-minimal", request.param)


@pytest.fixture(scope="module")
def members(root: Root) -> Members:
    with tarfile.open(root.tar) as archive:
        return {member.name.removeprefix("."): member for member in archive}


def text_of(root: Root, name: str) -> str:
    with tarfile.open(root.tar) as archive:
        file = archive.extractfile(f".{name}")
        assert file is not None
        return file.read().decode()


def test_kernel_and_initrd_are_where_grub_looks(root: Root, members: Members) -> None:
    for link, name in (("/vmlinuz", "vmlinuz"), ("/initrd.img", "initrd.img")):
        assert members[link].linkname == f"boot/{name}-{root.kernel}"
        assert members[f"/boot/{name}-{root.kernel}"].size > 1_000_000
    assert f"/usr/lib/modules/{root.kernel}/modules.dep" in members
    assert not any(name.startswith("/boot/grub") for name in members)


def lines(root: Root, members: Members, path: str) -> list[str]:
    """Those of a file in the root; none where it is not there."""
    if path not in members:
        return []
    with tarfile.open(root.tar) as packed:
        file = packed.extractfile(members[path])
        return file.read().decode().splitlines() if file else []


def test_what_one_machine_knows_about_itself_is_not_there(root: Root, members: Members) -> None:
    for trace in TRACES:
        if trace.act in (Act.CONTENTS, Act.FILES):
            inside = [name for name, found in members.items() if name.startswith(f"{trace.path}/")]
            left = [name for name in inside if trace.act is Act.CONTENTS or not members[name].isdir()]
        elif trace.act is Act.EMPTY:
            left = [trace.path] if members[trace.path].size else []
        elif trace.act is Act.CERTNAME:
            left = [line for line in lines(root, members, trace.path) if line.lstrip().startswith("certname")]
        else:
            found = [name for name in members if any(Path(name).match(each) for each in trace.patterns)]
            left = [name for name in found if not members[name].issym()]
        assert left == [], trace


def test_nothing_of_the_build_is_left(members: Members) -> None:
    assert [name for name in members if ".ec2kit" in name] == []


def test_the_tar_is_sorted_and_no_file_is_younger_than_the_date(members: Members) -> None:
    assert [member.mtime for member in members.values() if member.mtime > int(DAY)] == []
    for name, member in members.items():
        parent = name.rpartition("/")[0]
        assert parent in members or parent == "", member


def test_the_manifest_lists_what_dpkg_has(root: Root) -> None:
    status = text_of(root, "/var/lib/dpkg/status")
    names = [line.removeprefix("Package: ") for line in status.splitlines() if line.startswith("Package: ")]

    assert sorted(names) == sorted(package.name for package in root.manifest.packages)
    assert hashlib.sha256(root.tar.read_bytes()).hexdigest() == root.sha256


def test_setuid_programs_and_their_owners_survive_the_tar(members: Members) -> None:
    sudo = members["/usr/bin/sudo"]

    assert (sudo.uid, sudo.mode & 0o7777) == (0, 0o4755)
    assert stat.S_IMODE(members["/tmp"].mode) == 0o1777
    assert stat.S_IMODE(members["/root"].mode) == 0o700


@pytest.mark.deep
def test_the_same_recipe_built_twice_is_the_same_bytes(root_tar: Built, tmp_path: Path) -> None:
    first = root_tar("debian-12-minimal", "amd64")
    twice = replace(workshop(), directory=tmp_path)

    second = build_root(load_recipe("debian-12-minimal"), Architecture.X86_64, twice)

    assert first.manifest.packages == second.manifest.packages, (
        "the archive changed in between: build both again"
    )
    assert first.sha256 == second.sha256


MINE = """
extends: debian-12-minimal
packages: [tree]
remove: [vim-common]
users:
  - {name: ops, shell: /bin/sh, groups: [adm, deploy], ssh-keys: [ssh-ed25519 AAAA ops@example.com]}
files:
  - {path: /srv/app/secret, content: "hush", mode: 0600, owner: ops}
puppet: agent
services: {enable: [getty@tty2], disable: [ssh]}
hooks:
  - |
    setcap cap_net_raw+ep /usr/bin/tree
    echo "$(tree --version)" >/etc/hooked
"""


@pytest.mark.deep
def test_what_a_recipe_asks_for_is_in_the_root(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(MINE.replace("packages: [tree]", "packages: [tree, libcap2-bin]"))
    recipe = load_recipe("./mine.yaml", tmp_path)

    root = build_root(recipe, Architecture.X86_64, workshop())

    with tarfile.open(root.tar) as archive:
        members = {member.name.removeprefix("."): member for member in archive}
    wants = "/etc/systemd/system/multi-user.target.wants"
    assert "/etc/systemd/system/getty.target.wants/getty@tty2.service" in members
    assert [
        name
        for name in members
        if name.startswith(wants) and name.endswith(("/ssh.service", "/puppet.service"))
    ] == []
    assert "/usr/bin/puppet" in members
    passwd = text_of(root, "/etc/passwd")
    home = next(line for line in passwd.splitlines() if line.startswith("ops:")).split(":")[5]
    assert f":{home}:/bin/sh\n" in passwd
    uid = int(next(line for line in passwd.splitlines() if line.startswith("ops:")).split(":")[2])
    assert (members["/srv/app/secret"].uid, members["/srv/app/secret"].mode & 0o7777) == (uid, 0o600)
    assert (members[f"{home}/.ssh/authorized_keys"].uid, members[f"{home}/.ssh"].mode & 0o7777) == (
        uid,
        0o700,
    )
    assert text_of(root, "/etc/hooked").startswith("tree v")
    assert "SCHILY.xattr.security.capability" in members["/usr/bin/tree"].pax_headers
    assert members["/vmlinuz"].linkname == f"boot/vmlinuz-{root.kernel}"
