"""Where packages come from: the archives in this machine's own apt sources, for any release of the distribution."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ec2kit.images.recipes.recipe import Recipe
from ec2kit.images.recipes.releases import DISTRIBUTIONS, Release

APT = Path("/etc/apt")
ROLLING = ("sid",)
"""Releases that have no updates beside them."""
ONE_LINE = re.compile(r"deb\s+(?:\[(?P<options>[^]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<rest>[^#]*)")


@dataclass(frozen=True)
class Archive:
    """One suite of an archive, as apt's sources name it."""

    uri: str
    suite: str
    components: tuple[str, ...]
    signed_by: str = ""


def parse_sources(texts: Mapping[str, str]) -> tuple[Archive, ...]:
    """Given the texts of apt's sources by file name, return the archives of binary packages in order.

    Both formats of sources.list(5): `.sources` files hold paragraphs, all others lines.
    """
    found: list[Archive] = []
    for name, text in texts.items():
        found += _paragraphs(text) if name.endswith(".sources") else _lines(text)
    return tuple(found)


def sources_for(recipe: Recipe, archives: Iterable[Archive]) -> tuple[str, ...]:
    """Given a recipe and this machine's archives, return apt's lines for it; none: mmdebstrap takes its default.

    A mirror that the recipe names is all there is. This machine's are taken for any release of the distribution:
    a mirror has them all.
    """
    release = recipe.release
    components = " ".join(DISTRIBUTIONS[release.distribution].components)
    if recipe.mirror:
        return (f"deb {_as_uri(recipe.mirror)} {release.suite} {components}",)
    own = [archive for archive in archives if _is_of(archive, release.distribution)]
    plain = next((found.uri for found in own if not found.suite.endswith("-security")), "")
    security = next((found.uri for found in own if found.suite.endswith("-security")), "")
    if not plain:
        return ()
    lines = [f"deb {plain} {release.suite} {components}"]
    if release.suite not in ROLLING:
        lines.append(f"deb {plain} {release.suite}-updates {components}")
        if security:
            lines.append(f"deb {security} {release.suite}-security {components}")
    return tuple(lines)


def without(sources: Iterable[str], suites: Collection[str], release: Release) -> tuple[str, ...]:
    """Given apt's lines and suites whose lists cannot be read, return the lines of the others.

    The release itself cannot be left out: all lines are returned then, and when no suite is of theirs.
    """
    lines = tuple(sources)
    return (
        lines if release.suite in suites else tuple(line for line in lines if line.split()[2] not in suites)
    )


def read_sources(directory: Path = APT) -> dict[str, str]:
    """This machine's sources, by file name; a file that cannot be read counts as none."""
    texts = {}
    parts = directory / "sources.list.d"
    for path in (directory / "sources.list", *sorted(parts.glob("*.list")), *sorted(parts.glob("*.sources"))):
        try:
            texts[path.name] = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
    return texts


def _is_of(archive: Archive, distribution: str) -> bool:
    """Others offer packages for a suite of the same name; the distribution's own say so in path or keyring."""
    suite = archive.suite.split("-")[0]
    last = urlsplit(archive.uri).path.rstrip("/").rpartition("/")[2]
    return (
        suite in DISTRIBUTIONS[distribution].suites
        and "main" in archive.components
        and (distribution in last or f"{distribution}-archive-keyring" in archive.signed_by)
    )


def _as_uri(mirror: str) -> str:
    return f"file://{mirror}" if mirror.startswith("/") else mirror


def _lines(text: str) -> list[Archive]:
    found = []
    for line in text.splitlines():
        match = ONE_LINE.match(line.strip())
        if match:
            options = dict(item.split("=", 1) for item in (match["options"] or "").split() if "=" in item)
            components = tuple(match["rest"].split())
            found.append(Archive(match["uri"], match["suite"], components, options.get("signed-by", "")))
    return found


def _paragraphs(text: str) -> list[Archive]:
    found = []
    for paragraph in re.split(r"\n\s*\n", text):
        fields = _fields(paragraph)
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes") == "no":
            continue
        components = tuple(fields.get("components", "").split())
        found += [
            Archive(uri, suite, components, fields.get("signed-by", ""))
            for uri in fields.get("uris", "").split()
            for suite in fields.get("suites", "").split()
        ]
    return found


def _fields(paragraph: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in paragraph.splitlines():
        if line.startswith("#"):
            continue
        if line[:1].isspace() and name:
            fields[name] += " " + line.strip()
        elif ":" in line:
            name, _, value = line.partition(":")
            name = name.lower()
            fields[name] = value.strip()
    return fields
