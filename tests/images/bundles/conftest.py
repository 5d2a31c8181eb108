"""A sandbox for each test: another test's in the same process would end one that is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.screens import Shell
from tests.images.bundles.ground import FEW, LIGHT, Tree, attach, bundle_of, write_disk
from tests.images.machine_disks import odd_tree
from tests.sandbox.seeded import Seeded


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_disk(tmp_path_factory.mktemp("disk") / "raw")


@pytest.fixture(scope="module")
def light(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_disk(tmp_path_factory.mktemp("light") / "raw", FEW)


@pytest.fixture
def sandbox(disk: Path, light: Path) -> Seeded:
    seeded = Seeded()
    seeded.tick(600)
    attach(seeded, disk)
    attach(seeded, light, LIGHT)
    return seeded


@pytest.fixture
def shell(sandbox: Seeded, tmp_path: Path) -> Shell:
    (tmp_path / "tree/etc").mkdir(parents=True)
    (tmp_path / "tree/etc/hostname").write_text("web-1\n")
    odd_tree(tmp_path / "tree/srv")
    sandbox.app.calls.clear()
    return Shell(tmp_path, sandbox, directories=Tree(tmp_path / "tree"))


@pytest.fixture
def bundle(sandbox: Seeded, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A bundle of web-1's known volume."""
    return bundle_of(Shell(tmp_path_factory.mktemp("home"), sandbox))
