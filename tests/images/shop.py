"""A workshop whose mmdebstrap is a stand-in: it writes the tar and the facts, and fails as it is told to."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ec2kit.errors import Ec2kitError
from ec2kit.images.recipes.architectures import Architecture
from ec2kit.images.recipes.recipe import Recipe
from ec2kit.images.recipes.releases import Release
from ec2kit.images.root.build import build_root
from ec2kit.images.root.cache import Root
from ec2kit.images.root.progress import Progress
from ec2kit.images.root.workshop import Workshop
from tests.support.clocks import FakeClock
from tests.support.mmdebstrap import READ_WORDS, WRITE_FACTS

AMD64 = Architecture.X86_64
RECIPE = Recipe("mine", Release("debian", "bookworm"), (AMD64,), packages=("nginx",))
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
MONDAY = int(datetime(2025, 12, 29, tzinfo=UTC).timestamp())
SOURCES = """
deb http://one.example/debian bookworm main
deb http://one.example/debian-security bookworm-security main
"""

FAKE = (
    r"""#!/bin/sh
# Stands in for mmdebstrap: writes the tar, and the facts where the hooks would carry them.
"""
    + READ_WORDS
    + r"""printf '%s\n' "$SOURCE_DATE_EPOCH" "$TMPDIR" "$@" >>"$CALLS"
echo call >>"$CALLS.count"
{ echo 'I: running apt-get update...'; echo 'I: creating tarball...'; cat "$SAYS"; } >"$log"
"""
    + WRITE_FACTS
    + r"""printf 'the root' >"$tar"
case "$*" in *bookworm-security*) [ ! -s "$SAYS.security" ] || { cat "$SAYS.security" >>"$log"; exit 1; } ;; esac
exit "$(cat "$CODE")"
"""
)


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
