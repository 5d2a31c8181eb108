"""Cleaning: nothing that only one machine may know stays, nothing else goes, and no link leads out of the root."""

from __future__ import annotations

import subprocess
from collections import Counter
from pathlib import Path

import pytest

from ec2kit.hostnames.hook import MARK
from ec2kit.images.root.cleaning import TRACES, Act, cleaning_script

KEPT = {
    "etc/passwd": "root:x:0:0::/root:/bin/bash\n",
    "etc/ssh/sshd_config": "PermitRootLogin no\n",
    "etc/puppet/puppet.conf": "[agent]\n",
    "home/ops/.ssh/authorized_keys": "ssh-ed25519 AAAA\n",
    "home/ops/.profile": "",
    "var/lib/dpkg/status": "Package: x\n",
    "var/lib/postgresql/data": "rows\n",
    "root/notes": "",
}
GONE = (
    "etc/ssh/ssh_host_ed25519_key",
    "etc/ssh/ssh_host_ed25519_key.pub",
    "etc/hostname",
    "etc/resolv.conf",
    "etc/shadow-",
    "etc/netplan/50-cloud-init.yaml",
    "var/lib/cloud/instances/i-1/user-data.txt",
    "var/lib/ec2kit/claim",
    "var/lib/puppet/ssl/private_keys/web.pem",
    "var/lib/systemd/random-seed",
    "var/lib/dpkg/status-old",
    "var/lib/dhcp/dhclient.leases",
    "var/lib/apt/lists/one_Packages",
    "var/cache/apt/archives/x.deb",
    "var/cache/apt/pkgcache.bin",
    "var/log/auth.log",
    "var/log/nginx/access.log",
    "var/log/journal/0123/system.journal",
    "home/ops/.bash_history",
    "root/.bash_history",
    "root/.python_history",
    "tmp/left",
    "var/tmp/" + "left",
    "run/x/pid",
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "a root"
    for name, text in {**KEPT, **dict.fromkeys(GONE, "x"), "etc/machine-id": "0123\n"}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def clean(root: Path | str, script: str | None = None) -> subprocess.CompletedProcess[str]:
    words = ["sh", "-s", str(root)]
    return subprocess.run(
        words, input=script or cleaning_script(), text=True, check=False, capture_output=True
    )


def test_the_traces_go_and_all_else_stays(root: Path) -> None:
    ended = clean(root)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert {name: (root / name).read_text() for name in KEPT} == KEPT
    assert [name for name in GONE if (root / name).exists()] == []


def test_what_programs_want_to_find_stays_empty(root: Path) -> None:
    clean(root)

    assert (root / "etc/machine-id").read_text() == ""
    for name in (
        "tmp",
        "var/tmp",
        "var/log/nginx",
        "var/cache/apt/archives",
        "var/lib/apt/lists",
        "var/log/journal",
    ):
        assert (root / name).is_dir()
    assert list((root / "tmp").iterdir()) == []


ENROLLED = (
    "[main]\ncertname_x = 1\n# certname = old\n[agent]\nserver = puppet\n  certname=web-1.example.com\n"
)


@pytest.mark.parametrize("place", ["etc/puppet", "etc/puppetlabs/puppet"])
def test_puppet_is_told_no_name_of_the_old_machine(root: Path, place: str) -> None:
    tree = root / place
    tree.mkdir(parents=True, exist_ok=True)
    (tree / "puppet.conf").write_text(ENROLLED)
    (tree / "puppet.conf").chmod(0o640)
    (tree / "csr_attributes.yaml").write_text(f"# {MARK}\ncustom_attributes: {{}}\n")
    (tree / "csr_attributes.yaml.before-ec2kit").write_text("extension_requests: {pp_role: web}\n")

    for _ in range(2):
        assert clean(root).returncode == 0

    assert (tree / "puppet.conf").read_text() == ENROLLED.replace("  certname=web-1.example.com\n", "")
    assert (tree / "puppet.conf").stat().st_mode & 0o777 == 0o640
    assert (tree / "csr_attributes.yaml").read_text() == "extension_requests: {pp_role: web}\n"
    assert not (tree / "csr_attributes.yaml.before-ec2kit").exists()


def test_attributes_that_a_person_wrote_stay(root: Path) -> None:
    file = root / "etc/puppet/csr_attributes.yaml"
    file.write_text("extension_requests: {pp_role: web}\n")

    clean(root)

    assert file.read_text() == "extension_requests: {pp_role: web}\n"


def test_cleaning_again_changes_nothing(root: Path) -> None:
    clean(root)
    before = sorted(map(str, root.rglob("*")))

    assert clean(root).returncode == 0
    assert sorted(map(str, root.rglob("*"))) == before


def test_an_empty_root_is_clean(tmp_path: Path) -> None:
    assert clean(tmp_path).returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_links_are_configuration_and_lead_nowhere(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / "cloud").mkdir(parents=True)
    for name in ("keep", "cloud/keep", "machine-id", "50-cloud-init.yaml"):
        (outside / name).write_text("x")
    links: dict[str, Path | str] = {
        "var/log": outside,
        "etc/netplan": outside,
        "etc/resolv.conf": "../run/systemd/resolve/stub-resolv.conf",
        "etc/machine-id": outside / "machine-id",
        "tmp": outside,
    }
    for name, to in links.items():
        subprocess.run(["rm", "-rf", str(root / name)], check=True)
        (root / name).symlink_to(to)

    assert clean(root).returncode == 0

    assert {path.name for path in outside.rglob("*")} == {"keep", "cloud", "machine-id", "50-cloud-init.yaml"}
    assert (outside / "machine-id").read_text() == "x"
    assert (root / "etc/resolv.conf").is_symlink()


def test_a_link_where_a_directory_of_traces_is_goes_itself(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "keep").write_text("x")
    subprocess.run(["rm", "-rf", str(root / "var/lib/cloud")], check=True)
    (root / "var/lib/cloud").symlink_to(outside)

    clean(root)

    assert not (root / "var/lib/cloud").is_symlink()
    assert (outside / "keep").exists()


def test_the_running_system_is_refused() -> None:
    harmless = cleaning_script(())
    ended = clean("/", harmless)

    assert ended.returncode != 0
    assert "the running system is not cleaned" in ended.stderr


def test_a_root_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    assert clean(tmp_path / "none").returncode != 0


def test_every_trace_is_listed_once_and_says_why() -> None:
    twice = [path for path, count in Counter(trace.path for trace in TRACES).items() if count > 1]

    assert twice == []
    assert all(trace.why and "\n" not in trace.why for trace in TRACES)
    assert all(trace.path.startswith(("/", "~/")) and ".." not in trace.path for trace in TRACES)
    assert {trace.act for trace in TRACES} == set(Act)


@pytest.mark.parametrize(
    "promised",
    [
        "/etc/machine-id",
        "/etc/ssh/ssh_host_*",
        "/var/lib/cloud",
        "/var/lib/ec2kit",
        "/var/lib/puppet/ssl",
        "/var/log",
    ],
)
def test_what_the_documentation_promises_is_in_the_list(promised: str) -> None:
    assert promised in {trace.path for trace in TRACES}
