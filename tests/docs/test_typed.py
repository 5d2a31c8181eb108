"""What a page tells to type and no test types, because it takes minutes or an account: it could be typed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from ec2kit.cli.lookup import find
from ec2kit.cli.running import load
from ec2kit.images.recipes.load import load_recipe

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HERE = re.compile(r"^cat >(\S+) <<'RECIPE'\n(.*?)^RECIPE$", re.MULTILINE | re.DOTALL)
TYPED = re.compile(r"(?:^|[;&(|] *|\* {2})(ec2kit (?:[^|;&>)\n]|\\\n)*)", re.MULTILINE)
LINES = [
    pytest.param(line, id=f"{page.relative_to(ROOT)}: {line[:60]}")
    for page in PAGES
    for block in BLOCK.findall(page.read_text())
    for line in TYPED.findall(HERE.sub("", block))
]
RECIPES = [
    pytest.param(name, text, id=f"{page.relative_to(ROOT)}: {name}")
    for page in PAGES
    for name, text in HERE.findall(page.read_text())
]


def test_there_are_some() -> None:
    assert len(LINES) > 10
    assert RECIPES


@pytest.mark.parametrize("line", LINES)
def test_a_line_is_one_that_ec2kit_takes(line: str) -> None:
    entry, rest = find(shlex.split(line, comments=True)[1:])
    load(entry).make_context(entry.typed, rest).close()


@pytest.mark.parametrize("name, text", RECIPES)
def test_a_recipe_is_one_that_can_be_built(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    assert load_recipe(f"./{name}", tmp_path).architectures
