"""`cost fleet -o json` has what its page says, and nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from ec2kit.costs.prices.book_files import book_text
from ec2kit.screen.fleet_plans import PLAN_COLUMNS
from tests.cli.screens import Shell
from tests.cli.test_cost_fleet import prices, reservation
from tests.sandbox.seeded import Seeded

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "cost-fleet.md"


def documented() -> dict[str, list[str]]:
    """The keys of each table's first column, by the heading above it."""
    found: dict[str, list[str]] = {}
    heading = ""
    for line in PAGE.read_text().splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        elif line.startswith("| `"):
            found.setdefault(heading, []).extend(re.findall(r"`(\w+)`", line.split("|")[1]))
    return found


def test_every_key_is_on_the_page(sandbox: Seeded, tmp_path: Path) -> None:
    (tmp_path / "book.json").write_text(book_text([prices("t3.micro")], ()))
    (tmp_path / "owned.json").write_text(json.dumps({"ReservedInstances": [reservation(sandbox, 1)]}))
    line = "cost fleet --prices book.json --owned owned.json --with t3.micro --add t3.micro -o json"
    screen = Shell(tmp_path, sandbox).run(line)
    assert screen.exit == 0, screen.stderr
    answer: dict[str, Any] = json.loads(screen.stdout)
    page = documented()

    assert sorted(page[""]) == sorted(answer)
    for name in ("reserve", "marginal", "offers", "owned", "use"):
        assert sorted(page[name]) == sorted(answer[name][0]), name
    assert sorted(page["plans"]) == sorted(column.name for column in PLAN_COLUMNS)
    text = PAGE.read_text()
    for part in ("what_if", "with", "unseen", "prices"):
        keys = answer[part][0] if isinstance(answer[part], list) else answer[part]
        (row,) = (each for each in text.splitlines() if each.startswith(f"| `{part}`"))
        assert {key for key in keys if f"`{key}`" not in row} == set(), part
    assert all(f"`{key}`" in text for key in ("not_in_it", "what", "why"))
