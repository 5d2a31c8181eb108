"""The built wheel, installed where nothing of the repository is, without a compiler."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.repository.files import ROOT

CALLER = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "XDG_CACHE"))}
"""How this machine reaches its package index and cache; nothing else of the caller's environment is passed on."""

pytestmark = [pytest.mark.wheel, pytest.mark.timeout(300)]


def run(*words: str, cwd: Path, code: int = 0) -> str:
    """Run a program away from the repository; return what it printed, stdout and then stderr."""
    result = subprocess.run(
        words,
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", "HOME": str(cwd), **CALLER},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == code, f"{words}: {result.returncode}\n{result.stdout}\n{result.stderr}"
    return result.stdout + result.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("wheel")
    pip = (
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(made),
        str(ROOT),
    )
    run(*pip, cwd=made)
    (found,) = made.glob("ec2kit-*.whl")
    return found


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    metadata = {name.split("/", 1)[1] for name in names if ".dist-info/" in name}

    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {
        "ec2kit",
        "hostname_service",
    }
    assert "ec2kit/py.typed" in names
    assert "licenses/LICENSE" in metadata
    assert [name for name in names if "__pycache__" in name] == []


def test_the_installed_wheel_answers_with_its_own_dependencies_only(wheel: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "venv", "venv", cwd=tmp_path)
    python, kit = str(tmp_path / "venv/bin/python"), str(tmp_path / "venv/bin/ec2kit")
    constraints = str(ROOT / "constraints.txt")
    run(
        *(
            python,
            "-m",
            "pip",
            "install",
            "-q",
            "--no-input",
            "--only-binary",
            ":all:",
            "-c",
            constraints,
            str(wheel),
        ),
        cwd=tmp_path,
    )

    assert "No broken requirements" in run(python, "-m", "pip", "check", cwd=tmp_path)
    assert "launch" in run(kit, "--help", cwd=tmp_path)
    assert run(python, "-m", "ec2kit", "--help", cwd=tmp_path) == run(kit, "--help", cwd=tmp_path)
    assert run(kit, "--version", cwd=tmp_path) == f"ec2kit {wheel.name.split('-')[1]}\n"
    # The sandbox is an extra: without it the demo says what to install.
    assert "ec2kit[sandbox]" in run(kit, "demo", cwd=tmp_path, code=1)
    # And so is DuckDB.
    (tmp_path / "report.csv").write_text("Service\n")
    assert "ec2kit[usage]" in run(kit, "cost", "usage", "report.csv", cwd=tmp_path, code=2)
