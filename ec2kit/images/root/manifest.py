"""What a root file system holds and what it was made from: the JSON beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ec2kit.images.recipes.architectures import Architecture

VERSION = 1


@dataclass(frozen=True)
class Package:
    """An installed package."""

    name: str
    architecture: str
    version: str


@dataclass(frozen=True)
class Manifest:
    """What is in a root, and what made it."""

    recipe: str
    recipe_digest: str
    release: str
    architecture: Architecture
    kernel: str
    source_date: int
    sources: tuple[str, ...]
    left_out: tuple[str, ...]
    """Archives whose lists could not be read, so that their packages are not in it."""
    packages: tuple[Package, ...]


def parse_packages(listing: str) -> tuple[Package, ...]:
    """Given dpkg-query's lines, name, architecture and version between tabs, return them sorted."""
    rows = sorted(line.split("\t") for line in listing.splitlines() if line.count("\t") == 2)
    return tuple(Package(*row) for row in rows)


def parse_kernel(text: str) -> str:
    """Given the check's output, return the kernel's version."""
    return text.strip().removeprefix("kernel ")


def manifest_text(manifest: Manifest, **more: object) -> str:
    """Given a manifest, return it as JSON; `more` goes beside it (the tar's sha256 and size)."""
    return json.dumps({"version": VERSION, **asdict(manifest), **more}, indent=2, sort_keys=True) + "\n"


def parse_manifest(text: str) -> tuple[Manifest, Mapping[str, Any]]:
    """Given that JSON, return the manifest, and the whole object; raises `ValueError` for anything else."""
    try:
        found = json.loads(text)
        if found["version"] != VERSION:
            raise ValueError(f"manifest version {found['version']}")
        manifest = Manifest(
            recipe=found["recipe"],
            recipe_digest=found["recipe_digest"],
            release=found["release"],
            architecture=Architecture(found["architecture"]),
            kernel=found["kernel"],
            source_date=int(found["source_date"]),
            sources=tuple(found["sources"]),
            left_out=tuple(found["left_out"]),
            packages=tuple(Package(**each) for each in found["packages"]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a manifest: {error}") from error
    return manifest, found
