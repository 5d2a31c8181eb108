"""What a person types: the targets, and the installing of Debian packages."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.repository.files import ROOT

WANTED = ("demo", "test", "check", "deep", "bench", "docs", "setup")


def test_ci_runs_what_a_person_types() -> None:
    script = (ROOT / ".ci" / "run").read_text()

    assert "set -eu" in script
    assert script.rstrip().endswith("make test")
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_make_alone_says_what_there_is() -> None:
    shown = subprocess.run(["make"], cwd=ROOT, check=True, capture_output=True, text=True).stdout

    assert tuple(re.findall(r"^make (\w+) ", shown, re.MULTILINE)) == WANTED


@dataclass(frozen=True)
class Machine:
    """A machine on which the packages script runs: its commands are in `bin`, its log of installs in `log`."""

    root: Path
    bin: Path
    log: Path

    def has(self, name: str, script: str) -> None:
        path = self.bin / name
        path.write_text(f"#!/bin/bash\n{script}\n")
        path.chmod(0o755)

    def needs(self, text: str) -> None:
        (self.root / "packages.txt").write_text(text)

    def install(self, *groups: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", str(self.root / ".ci" / "packages"), *groups],
            env={"PATH": str(self.bin), "PYTHON": "python3"},
            capture_output=True,
            text=True,
            check=False,
        )

    def installed(self) -> str:
        return self.log.read_text() if self.log.exists() else ""


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "packages", tmp_path / ".ci")
    commands = tmp_path / "bin"
    commands.mkdir()
    for name in ("bash", "dirname", "mktemp", "rm", "tail", "true", "false"):
        (commands / name).symlink_to(shutil.which(name) or name)
    made = Machine(tmp_path, commands, tmp_path / "log")
    made.has("python3", "exit 0")
    made.has("apt-get", f'echo "$@" >>"{made.log}"')
    made.has("id", "echo 0")
    return made


def test_nothing_is_installed_when_nothing_is_missing(machine: Machine) -> None:
    machine.needs("# a remark\n\nrun python3-venv  $PYTHON -c 'import venv'\n")

    result = machine.install()

    assert (result.returncode, result.stdout, result.stderr, machine.installed()) == (0, "", "", "")


def test_root_installs_what_is_missing_and_nothing_else(machine: Machine) -> None:
    machine.needs("run present  true\nimages missing  false\n")

    result = machine.install()

    assert (result.returncode, result.stdout) == (0, "installing missing\n")
    assert machine.installed() == "update\ninstall -y --no-install-recommends missing\n"


def test_a_group_of_packages_is_installed_alone(machine: Machine) -> None:
    machine.needs("run missing  false\nimages other  false\n")

    assert machine.install("run").stdout == "installing missing\n"
    assert machine.install("images").stdout == "installing other\n"


def test_others_install_with_sudo(machine: Machine) -> None:
    machine.needs("run missing  false\n")
    machine.has("id", "echo 1000")
    machine.has("sudo", f'[ "$1" = -n ] || {{ echo sudo >>"{machine.log}"; exec "$@"; }}')

    assert machine.install().returncode == 0
    assert machine.installed() == "sudo\nupdate\nsudo\ninstall -y --no-install-recommends missing\n"


@pytest.mark.parametrize("lacking", ["sudo", "apt-get"])
def test_who_may_not_install_is_told_what_to_type(machine: Machine, lacking: str) -> None:
    machine.needs("run missing  false\nimages other  false\n")
    machine.has("id", "echo 1000")
    if lacking == "apt-get":
        machine.has("sudo", "exit 0")
        (machine.bin / "apt-get").unlink()

    result = machine.install()

    assert result.returncode == 1
    assert "hint: as root, type: apt-get update && apt-get install -y" in result.stderr
    assert "missing other" in result.stderr
    assert machine.installed() == ""


def test_a_failing_install_fails_and_says_why(machine: Machine) -> None:
    machine.needs("run missing  false\n")
    machine.has("apt-get", "echo 'E: no space left'; exit 100")

    result = machine.install()

    assert result.returncode == 1
    assert "E: no space left" in result.stderr


def test_an_old_python_is_refused_with_the_way_out(machine: Machine) -> None:
    machine.needs("")
    machine.has("python3", "exit 1")

    result = machine.install()

    assert result.returncode == 1
    assert "hint: install it, or name one: make setup PYTHON=" in result.stderr
