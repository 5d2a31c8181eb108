"""`ec2kit cost usage`: a page for a person, rows for a pipe, JSON for a program, names of the fleet, SQL for Athena."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from tests.cli.screens import Shell, check_golden
from tests.costs.usage import made
from tests.costs.usage.lines import WEB
from tests.sandbox.seeded import Seeded

LINES = made.bill(12)
CASH = sum((Decimal(line.cost) for line in LINES), Decimal(0))


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    (tmp_path / "cur.csv").write_text(made.cur_csv(LINES))
    (tmp_path / "usage.csv").write_text(made.usage_csv(LINES))
    return Shell(tmp_path)


@pytest.mark.parametrize(
    "name, line",
    [
        ("bill", "cost usage cur.csv"),
        ("quantities", "cost usage usage.csv"),
        ("by_region", "cost usage cur.csv --by region"),
        ("by_tag", "cost usage cur.csv --by tag:role --month 2024-09"),
        ("none", "cost usage cur.csv --by service --month 2023-01"),
    ],
)
def test_screen(name: str, line: str, shell: Shell) -> None:
    shell.terminal = True
    check_golden(f"cost/usage_{name}", shell.run(line))


def test_the_rows_of_a_pipe_add_up_to_the_bill(shell: Shell) -> None:
    screen = shell.run("cost usage cur.csv")
    rows = [line.split("\t") for line in screen.stdout.splitlines()]

    assert {len(row) for row in rows} == {9}
    assert sum(Decimal(row[5]) for row in rows if row[5] != "-") == round(CASH, 6)
    assert screen.stderr.startswith("CUR 1.0: 'cur.csv', 259 lines, 2024-09-01 to 2024-09-12 (UTC)\n")


def test_a_program_reads_everything(shell: Shell) -> None:
    found = json.loads(shell.run("cost usage cur.csv -o json").stdout)

    (bill,) = found["bills"]
    assert Decimal(bill["cash"]["amount"]) == round(CASH, 6)
    assert bill["projection"]["month"] == "2024-09"
    assert [day["day"] for day in bill["days"]] == [f"2024-09-{day:02}" for day in range(1, 13)]
    assert found["reports"][0]["format"] == "CUR 1.0"
    storage = next(
        each for each in found["topics"] if (each["what"], each["detail"]) == ("storage", "backups")
    )
    assert (storage["quantity"], storage["unit"]) == ("126", "GB-Mo")
    assert found["idle_balancers"][0]["id"].endswith("app/old/1")


def test_an_old_report_has_no_money_anywhere(shell: Shell) -> None:
    screen = shell.run("cost usage usage.csv -o json")
    found = json.loads(screen.stdout)

    assert [bill["cash"] for bill in found["bills"]] == [None]
    assert {str(each["cash"]) for each in found["topics"]} == {"None"}


def test_what_is_in_the_cells_does_nothing_to_a_terminal_or_a_table(shell: Shell) -> None:
    evil = replace(WEB, service="=1+1\x1b[31m\tx", resource="a\nb")
    (shell.home / "evil.csv").write_text(made.cur_csv([evil]))

    for form in ("tsv", "csv", "table", "json"):
        shown = shell.run(f"cost usage evil.csv --by service -o {form}").stdout
        assert "\x1b" not in shown
        assert "=1+1" in shown
    rows = list(csv.reader(io.StringIO(shell.run("cost usage evil.csv --by resource -o csv").stdout)))
    assert rows[1][0] == "a\\nb"


def test_names_and_tags_come_from_the_fleet(tmp_path: Path) -> None:
    sandbox = Seeded()
    sandbox.tick(600)
    shell = Shell(tmp_path, sandbox)
    machine = shell.run("ls web-1").stdout.split("\t")[0]
    lines = [replace(WEB, resource=machine), replace(WEB, resource="i-0a0a0a0a0a0a0a0a0", day=1)]
    (tmp_path / "cur.csv").write_text(made.cur_csv(lines))

    by = shell.run("cost usage cur.csv --by resource --names --region eu-west-1")
    assert (by.exit, "web-1" in by.stdout) == (0, True), by.stderr
    rows = {row.split("\t")[0]: row.split("\t")[1] for row in by.stdout.splitlines()}
    assert rows == {machine: "web-1", "i-0a0a0a0a0a0a0a0a0": "-"}
    tagged = shell.run("cost usage cur.csv --by tag:role --names --region eu-west-1")
    assert {row.split("\t")[0]: row.split("\t")[1] for row in tagged.stdout.splitlines()} == {
        "web": "2.568",
        "-": "2.568",
    }


def test_the_question_for_athena_is_printed_and_not_asked(shell: Shell) -> None:
    screen = shell.run("cost usage --athena billing.cur_2 --by service --month 2026-05")

    assert screen.exit == 0
    assert 'FROM "billing"."cur_2"' in screen.stdout
    assert "DATE '2026-05-01'" in screen.stdout
    assert "aws athena start-query-execution" in screen.stderr
    example = shell.run("cost usage cur.csv --athena billing.cur --by service")
    assert "resource_tags_user_role" not in example.stdout
    assert "product_region" in example.stdout


def test_the_sql_is_shown_over_the_files_as_they_are_called(shell: Shell) -> None:
    screen = shell.run("cost usage cur.csv --sql --by region")

    assert screen.exit == 0
    assert "read_csv(['cur.csv']" in screen.stdout
    assert "DECIMAL(38,12)" in screen.stdout
    assert "DOUBLE" not in screen.stdout.upper()


@pytest.mark.parametrize(
    "words, exit, told",
    [
        ("", 2, "which reports?"),
        ("none.csv", 4, "there is no file 'none.csv'"),
        ("cur.csv usage.csv", 2, "are of two kinds"),
        ("cur.csv --by sevice", 2, "did you mean service?"),
        ("cur.csv --by tag", 2, "tag:KEY"),
        ("cur.csv --month may", 2, "'may' is no month"),
        ("cur.csv --where service", 2, "'service' is no filter"),
        ("cur.csv --where colour=red", 2, "not broken down by 'colour'"),
        ("cur.csv --by tag:a --where tag:b=c", 2, "two tags"),
        ("--athena billing", 2, "is no table of Athena"),
        ("usage.csv --athena a.b", 2, "a CUR or FOCUS"),
    ],
)
def test_what_is_refused(shell: Shell, words: str, exit: int, told: str) -> None:
    screen = shell.run(f"cost usage {words}")

    assert (screen.exit, screen.stdout) == (exit, "")
    assert told in screen.stderr


def test_names_of_files_come_from_a_pipe_and_days_in_turn(shell: Shell) -> None:
    screen = shell.run("cost usage - --by day", stdin="cur.csv\n")

    days = [line.split("\t")[0] for line in screen.stdout.splitlines()]
    assert days == [f"2024-09-{day:02}" for day in range(1, 13)]
    mistaken = shell.run("cost usage -", stdin=made.cur_csv(LINES))
    assert (mistaken.exit, "reads the names of files" in mistaken.stderr) == (4, True)
    assert len(mistaken.stderr) < 400


def test_nothing_is_left_behind(shell: Shell) -> None:
    shell.run("cost usage cur.csv")
    shell.run("cost usage none.csv")

    left = [path for path in (shell.home / "cache").rglob("*") if path.name.startswith("usage-")]
    assert [path for path in left if path.suffix != ".lock"] == []


@pytest.mark.parametrize("form", ["tsv", "csv"])
@pytest.mark.parametrize("by", ["", " --by service"])
def test_a_pipe_is_told_that_there_is_nothing(shell: Shell, form: str, by: str) -> None:
    seen = shell.run(f"cost usage cur.csv --month 2023-01{by} -o {form}")
    assert seen.exit == 0
    assert "no lines of this month, or that --where leaves" in seen.stderr


def test_lines_without_a_cost_are_told_everywhere(shell: Shell, tmp_path: Path) -> None:
    head, first, *rest = (tmp_path / "cur.csv").read_text().splitlines()
    at = made.CUR_COLUMNS.index("lineItem/UnblendedCost")
    cells = first.split(",")
    bare = ",".join([*cells[:at], "", *cells[at + 1 :]])
    (tmp_path / "bare.csv").write_text("\n".join([head, bare, *rest]) + "\n")

    told = "note: 1 line has no cost in the report, and is in no sum of money: EU-BoxUsage:m5.large"
    assert told in shell.run("cost usage bare.csv -o tsv").stderr
    assert told in shell.run("cost usage bare.csv --by service").stderr
    (item, *_) = json.loads(shell.run("cost usage bare.csv --by service -o json").stdout)
    assert item["lines_without_cost"] == 1
    whole = json.loads(shell.run("cost usage bare.csv -o json").stdout)
    assert any("no cost in the report" in note for note in whole["notes"])
    assert whole["bills"][0]["lines_without_cost"] == 1


def test_a_cache_that_cannot_be_made_is_told_with_its_own_variable(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    shell.environ["EC2KIT_CACHE_DIR"] = str(tmp_path / "file" / "cache")
    seen = shell.run("cost usage cur.csv")
    assert seen.exit == 1
    assert "set EC2KIT_CACHE_DIR to another directory" in seen.stderr


def test_a_disk_without_room_for_what_is_unpacked(shell: Shell, tmp_path: Path) -> None:
    made.zipped(tmp_path / "cur.zip", made.cur_csv(LINES))
    environ = {**os.environ, "EC2KIT_CACHE_DIR": str(tmp_path / "small"), "HOME": str(tmp_path)}
    words = f"ulimit -f 16; exec {sys.executable} -m ec2kit cost usage cur.zip"
    seen = subprocess.run(
        ["sh", "-c", words], env=environ, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert seen.returncode == 1, seen.stderr
    assert "no space left" in seen.stderr
    assert "or set EC2KIT_CACHE_DIR to another directory" in seen.stderr
    assert list((tmp_path / "small").iterdir()) == []
