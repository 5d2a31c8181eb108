"""The versions that are installed are the ones written down, and each pin belongs to something declared."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distributions, requires

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.repository.files import ROOT

NOT_PINNED = {"ec2kit", "pip", "setuptools", "wheel"}
"""Ourselves, and what every new environment brings."""
BUILD = {"hatchling", "editables"}
"""What `make setup` installs by name to build ec2kit."""


def pins() -> dict[str, str]:
    lines = [
        line
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9-]+==[A-Za-z0-9.]+", line)] == []
    assert lines == sorted(lines, key=lambda line: line.split("==")[0])
    return dict(line.split("==") for line in lines)


def declared() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    return [Requirement(text) for group in (project["dependencies"], *extras) for text in group]


def test_the_environment_holds_exactly_what_is_pinned() -> None:
    installed = {canonicalize_name(found.name): found.version for found in distributions()}

    assert {name: version for name, version in installed.items() if name not in NOT_PINNED} == pins()


def test_pins_are_within_what_is_declared() -> None:
    pinned = pins()
    outside = [
        str(each)
        for each in declared()
        if Version(pinned[canonicalize_name(each.name)]) not in each.specifier
    ]

    assert outside == []


def test_every_pin_is_needed_by_something_declared() -> None:
    waiting = [(canonicalize_name(each.name), frozenset(each.extras)) for each in declared()]
    waiting += [(canonicalize_name(name), frozenset()) for name in BUILD]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        try:
            needed = [Requirement(text) for text in requires(name) or ()]
        except PackageNotFoundError:  # needed on another platform or Python only
            continue
        for each in needed:
            if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in (*extras, "")):
                waiting.append((canonicalize_name(each.name), frozenset(each.extras)))

    assert set(pins()) - {name for name, _ in seen} == set()
