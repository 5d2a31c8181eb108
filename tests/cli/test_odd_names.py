"""Names and tags that hold anything: whole in JSON, one field elsewhere, and never obeyed by a terminal."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex

import pytest

from tests.cli.screens import Shell
from tests.sandbox.seeded import Seeded

ODD = (
    "a\tb",
    "a\nb",
    "\x9b31mred",
    'it\'s "quoted"',
    "ü→𝄞 e\u0301",
    "\u202eback",
    "a,b",
    " a b ",
    "%s {n} {0}",
    "back\\tslash",
    "../../etc",
    "n" * 256,
)
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What a terminal would act upon, but for tabs and line ends."""


@pytest.fixture(scope="module")
def sandbox() -> Seeded:
    seeded = Seeded()
    for name in ODD:
        seeded.launch(name, odd=name)
    seeded.tick(600)
    return seeded


@pytest.fixture(scope="module")
def shell(sandbox: Seeded, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    return Shell(tmp_path_factory.mktemp("home"), sandbox)


@pytest.fixture(scope="module")
def ids(shell: Shell) -> dict[str, str]:
    """The machines' ids by name."""
    return {row["name"]: row["id"] for row in json.loads(shell.run("ls -o json").stdout)}


def test_lists_have_a_line_and_all_fields_for_each(shell: Shell, ids: dict[str, str]) -> None:
    tsv = [line.split("\t") for line in shell.run("ls").stdout.splitlines()]
    rows = list(csv.DictReader(io.StringIO(shell.run("ls -o csv").stdout)))
    lines = [json.loads(line) for line in shell.run("ls -o jsonl").stdout.splitlines()]

    assert set(ODD) <= set(ids)
    assert {len(line) for line in tsv} == {10}
    assert len(tsv) == len(rows) == len(lines) == len(ids) == len(shell.run("ls -q").stdout.splitlines())
    assert {row["name"] for row in rows} >= {
        "a\\tb",
        "a\\nb",
        "\\x9b31mred",
        "back\\\\tslash",
        "a,b",
        " a b ",
    }
    assert {line["name"] for line in lines} == set(ids)


@pytest.mark.parametrize("name", [name for name in ODD if name != "a,b"], ids=ascii)
def test_a_name_selects_its_machine(shell: Shell, ids: dict[str, str], name: str) -> None:
    assert shell.run(f"ls {shlex.quote(name)} -q").stdout == ids[name] + "\n"


@pytest.mark.parametrize("line", ["show", "tag ls", "terminate --dry-run", "stop", "protect"])
@pytest.mark.parametrize("form", ["table", "json", "tsv"])
def test_nothing_is_obeyed(shell: Shell, ids: dict[str, str], line: str, form: str) -> None:
    for name in ODD[1:3]:
        screen = shell.run(f"{line} {ids[name]} -o {form}")

        assert screen.exit in (0, 5)
        assert not OBEYED.search(screen.stdout + screen.stderr)


def test_what_is_shown_is_escaped_once(shell: Shell, ids: dict[str, str]) -> None:
    backslash, comma = ids["back\\tslash"], ids["a,b"]
    lines = dict(line.split("\t", 1) for line in shell.run(f"show {backslash}").stdout.splitlines())
    assert lines["name"] == "back\\\\tslash"
    fields = dict(csv.reader(io.StringIO(shell.run(f"show {comma} -o csv").stdout)))
    assert fields["name"] == "a,b"
    assert fields["tags"] == "odd=a,b"


def test_odd_tags_come_back_as_they_were_set(shell: Shell, ids: dict[str, str]) -> None:
    pairs = shlex.join(f"colour-{number}={value}" for number, value in enumerate(ODD))

    assert shell.run(f"tag set web-2 {pairs}").exit == 0

    rows = json.loads(shell.run("tag ls web-2 -o json").stdout)
    shown = {row["key"]: row["value"] for row in rows}
    assert [shown[f"colour-{number}"] for number in range(len(ODD))] == list(ODD)


def test_a_pipe_keeps_a_name_with_blanks_whole(shell: Shell, sandbox: Seeded) -> None:
    sandbox.launch("mail host")
    sandbox.tick(600)
    assert shell.run("snapshot create 'mail host'").exit == 0
    line = shell.run("snapshot ls 'mail host'").stdout

    screen = shell.run("snapshot delete - --dry-run -o json", stdin=line)

    assert screen.exit == 0
    assert len(json.loads(screen.stdout)["steps"]) == 1
