"""Root file systems for the tests that need real ones: each is built once in a checkout, and kept."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache

import pytest

from ec2kit.host.clock import SystemClock
from ec2kit.images.recipes.architectures import Architecture, parse_architecture
from ec2kit.images.recipes.load import load_recipe
from ec2kit.images.root.build import build_root
from ec2kit.images.root.cache import Root
from ec2kit.images.root.workshop import Workshop
from tests.repository.files import ROOT

DAY = "1767225600"
"""The date of the roots' files (1 January 2026), so that they last longer than the week."""

AMD64 = "debian-12-puppet"
"""The one recipe whose amd64 root `make test` builds: it has what the smaller ones have, and Puppet's agent."""

Built = Callable[[str, str], Root]


def workshop() -> Workshop:
    """The one of the tests: its directory is the checkout's, not the caller's."""
    environ = {**os.environ, "SOURCE_DATE_EPOCH": DAY}
    directory = ROOT / ".cache" / "test-images"
    return Workshop(directory, environ, SystemClock(), warn=print, as_root=os.geteuid() == 0)


@cache
def _built(recipe: str, architecture: Architecture) -> Root:
    return build_root(load_recipe(recipe), architecture, workshop())


@pytest.fixture(scope="session")
def root_tar() -> Built:
    """`root_tar(recipe, architecture)`: the root of a recipe, which takes minutes the first time.

    Tests that ask for it are marked `boot`, with a `timeout` of their own: the build happens within the first.
    Processes that ask at once wait for the one that builds.
    """
    return lambda recipe, architecture: _built(recipe, parse_architecture(architecture))
