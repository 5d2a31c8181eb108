"""Which files are read: each once, one version of a period, one format of a month, what a manifest names."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import IO

import pytest

from ec2kit.costs.usage.files import find
from ec2kit.errors import Ec2kitError, UsageError
from tests.costs.usage import made
from tests.costs.usage.asking import answer

LINES = made.bill(3)
CUR = made.cur_csv(LINES)
OLD = made.usage_csv(LINES)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_same_report_twice_is_read_once() -> None:
    Path("a.csv").write_text(CUR)
    Path("copy.csv").write_text(CUR)
    Path("link.csv").symlink_to("a.csv")
    once = answer(Path("a.csv"))

    found = answer(Path("a.csv"), Path("copy.csv"), Path("./a.csv"), Path("link.csv"))
    assert found.bills == once.bills
    assert [note for note in found.notes if "is the same as 'a.csv', and is read once" in note] == list(
        found.notes
    )
    assert len(found.notes) == 3


def test_a_bill_in_two_formats_is_not_added_up() -> None:
    Path("cur.csv").write_text(CUR)
    Path("focus.csv").write_text(made.focus_csv(LINES))
    Path("usage.csv").write_text(OLD)

    with pytest.raises(UsageError, match=r"both have 2024-09"):
        answer(Path("cur.csv"), Path("focus.csv"))
    with pytest.raises(UsageError, match="are of two kinds"):
        answer(Path("cur.csv"), Path("usage.csv"))


def test_two_formats_of_different_months_are() -> None:
    Path("cur.csv").write_text(CUR)
    Path("focus.csv").write_text(made.focus_csv(LINES).replace("2024-09", "2024-10"))

    (bill,) = answer(Path("cur.csv"), Path("focus.csv")).bills
    assert bill.sums.lines == 2 * len(LINES) - 3


def test_a_version_of_a_period_takes_the_place_of_the_one_before() -> None:
    period = Path("cur/20240901-20241001")
    for name, lines in (("old", LINES[:-1]), ("new", LINES)):
        (period / name).mkdir(parents=True)
        (period / name / "cur-00001.csv").write_text(made.cur_csv(lines))

    with pytest.raises(UsageError, match="has 20240901-20241001 in 2 versions: new, old"):
        answer(Path("cur"))
    (period / "cur-Manifest.json").write_text(
        '{"assemblyId": "new", "reportKeys": ["bills/cur/20240901-20241001/new/cur-00001.csv"]}'
    )
    found = answer(Path("cur"))
    assert found.bills[0].sums.lines == len(LINES)
    assert any(
        "the version that its manifest names; 1 files of others left out" in note for note in found.notes
    )
    assert answer(period / "cur-Manifest.json").bills == found.bills


@pytest.mark.parametrize(
    "text, told",
    [
        ("{", "is no manifest"),
        ("[]", "names no reports"),
        ('{"reportKeys": ["/etc/passwd"]}', "no key of S3"),
        ('{"reportKeys": ["../../etc/passwd"]}', "no key of S3"),
        ('{"dataFiles": ["s3://bucket/a/b.parquet"]}', "which is not here"),
    ],
)
def test_manifests_that_are_none(text: str, told: str) -> None:
    Path("Manifest.json").write_text(text)

    with pytest.raises(Ec2kitError) as error:
        answer(Path("Manifest.json"))
    assert told in error.value.message


def test_a_month_in_two_reports_is_said() -> None:
    for number, name in enumerate(("shop-00001.csv", "shop-00002.csv", "shop-later.csv")):
        Path(name).write_text(made.cur_csv(LINES[number:]))

    parts = answer(Path("shop-00001.csv"), Path("shop-00002.csv"))
    assert parts.notes == ()
    versions = answer(Path("shop-00001.csv"), Path("shop-later.csv"))
    assert [
        note
        for note in versions.notes
        if note.startswith("2024-09 is in 'shop-00001.csv' and 'shop-later.csv'")
    ]


def test_the_columns_of_a_cur_differ_from_month_to_month() -> None:
    header, *rows = CUR.splitlines()
    Path("a.csv").write_text(CUR)
    shorter = [row.rsplit(",", 1)[0] for row in (header, *rows)]
    Path("b.csv").write_text("\n".join(shorter).replace("2024-09-0", "2024-10-0") + "\n")

    (bill,) = answer(Path("a.csv"), Path("b.csv")).bills
    assert bill.sums.lines == 2 * len(LINES)
    assert bill.sums.amortised is not None


def test_thousands_of_files_of_one_size_are_compared_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("many").mkdir()
    for number in range(200):
        Path(f"many/{number:03}.csv").write_text(CUR.replace("backups", f"back{number % 100:03}"))
    asked: list[str] = []
    digest = hashlib.file_digest

    def counted(file: IO[bytes], name: str) -> object:
        asked.append(file.name)
        return digest(file, name)  # type: ignore[arg-type]

    monkeypatch.setattr(hashlib, "file_digest", counted)

    found = find(["many"], Path.cwd())
    assert len(found.files) == 100
    assert len(asked) == len(set(asked)) == 200
    assert found.notes[-1] == "so are 95 more files"
    assert len(found.notes) == 6


def test_a_pipe_is_no_report() -> None:
    os.mkfifo("pipe")

    with pytest.raises(UsageError, match="'pipe' is no file"):
        find(["pipe"], Path.cwd())
