"""The reference pages of the service say what the code does: each setting with its default, each reason, each path."""

from __future__ import annotations

import ast
import re
from dataclasses import MISSING, fields
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from hostname_service.config.settings import Limits, Puppet, Rfc2136, Route53, Settings, Signing, Tls
from hostname_service.serving.metrics import FAMILIES

ROOT = Path(__file__).parents[2]
SETTINGS = (ROOT / "docs" / "reference" / "hostname-service.md").read_text()
PROTOCOL = (ROOT / "docs" / "reference" / "hostname-protocol.md").read_text()
RAISED = ("Refused", "Later", "Held", "Unavailable", "Unknown", "Fault", "ServiceError")
OWN = {"public": "addresses"}
"""Fields whose key in the file is another word."""


def tables() -> list[dict[str, str]]:
    """Each table of settings: key to default, in the order of the page."""
    found = []
    for block in re.findall(r"^\| key \| default .*\n\|.*\n((?:\|.*\n)+)", SETTINGS, re.MULTILINE):
        rows = [[cell.strip() for cell in line.split(" | ")] for line in block.splitlines()]
        found.append({row[0].strip("|` "): row[1].strip("` ") for row in rows})
    return found


def default(value: Any) -> str:
    """A default as the file would have it."""
    if value is MISSING:
        return "must be there"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, timedelta):
        seconds = int(value.total_seconds())
        return f"{seconds // 60}m" if seconds % 60 == 0 else f"{seconds}s"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if value not in (None, ()) else "none"


@pytest.mark.parametrize(
    "place, kind",
    [*enumerate((Settings, Tls, Rfc2136, Route53, Puppet, Signing, Limits))],
    ids=str,
)
def test_every_setting_is_told_with_its_default(place: int, kind: type) -> None:
    told = tables()[place]
    known = {}
    for field in fields(kind):
        key = "route53" if (kind, field.name) == (Route53, "zones") else OWN.get(field.name, field.name)
        known[key] = "see below" if field.default_factory is not MISSING else default(field.default)
    if kind is Settings:
        known |= {"endpoint": "AWS's own", "addresses": "private"}
    assert told == known


def test_there_is_no_other_table_of_settings() -> None:
    assert len(tables()) == 7


def reasons() -> set[str]:
    """Every reason that the code gives as a word."""
    found = set()
    for path in (ROOT / "hostname_service").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RAISED:
                said = node.args[1 if node.func.id == "Fault" else 0 :][:1]
                constants = [each.value for each in said if isinstance(each, ast.Constant)]
                found |= {value for value in constants if isinstance(value, str)}
    return found


def test_every_reason_is_told() -> None:
    found = reasons()
    assert len(found) > 50
    untold = {reason for reason in found if f"`{reason}`" not in PROTOCOL}
    assert {reason for reason in untold if not reason.startswith("dns-")} == set()


def test_every_path_and_figure_is_told() -> None:
    sources = [ROOT / "hostname_service" / f"{name}.py" for name in ("app", "operators", "signing")]
    paths = {path for source in sources for path in re.findall(r'Route\(\s*"([^"]+)"', source.read_text())}
    assert len(paths) == 8
    for path in paths:
        assert path.replace("{fqdn}", "FQDN").replace("{id}", "ID") in PROTOCOL, path
    assert [family.name for family in FAMILIES if f"`{family.name}`" not in PROTOCOL] == []
