"""The root of the machines of these tests, unpacked once for each worker."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ec2kit.images.recipes.architectures import parse_architecture
from ec2kit.images.recipes.load import load_recipe
from ec2kit.images.root.build import build_root
from tests.hostnames.chain.network import why_not
from tests.images.conftest import workshop


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The unpacked root with cloud-init and Puppet."""
    if reason := why_not():
        pytest.skip(reason)
    directory = tmp_path_factory.mktemp("base")
    root = build_root(load_recipe("debian-12-puppet"), parse_architecture("amd64"), workshop())
    subprocess.run(["tar", "-xpf", str(root.tar), "-C", str(directory)], check=True, timeout=300)
    yield directory
    # It has 900 MiB, and directories that nobody may write.
    subprocess.run(["rm", "-rf", "--one-file-system", str(directory)], check=True, timeout=600)
