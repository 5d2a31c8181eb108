"""Reports that are damaged, mixed, or no reports: a sentence with the file, and the line where there is one; nothing is
dropped and nothing becomes zero."""

from __future__ import annotations

import gzip
import zipfile
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from ec2kit.errors import NotFound, UsageError
from tests.costs.usage import made
from tests.costs.usage.asking import answer, breakdown
from tests.costs.usage.changing import cell, cost, line

LINES = made.bill(3)
CUR = made.cur_csv(LINES)
OLD = made.usage_csv(LINES)
HEAD = "Service, Operation, UsageType, Resource, StartTime, EndTime, UsageValue\n"
ROW = "AmazonEC2,RunInstances,BoxUsage:m1.small,,11/01/16 00:00:00,11/02/16 00:00:00,24\n"


def without(text: str, column: str) -> str:
    """A CSV whose header calls a column something else."""
    return text.replace(column, "somethingElse", 1)


TEXTS = {
    "empty": ("", "'r.csv' is empty"),
    "blank": ("\n\n", "'r.csv' has no header"),
    "another table": ("name,age\nann,3\n", "none of AWS's reports"),
    "a CUR without costs": (without(CUR, "lineItem/UnblendedCost"), "lacks line_item_unblended_cost"),
    "html": ("<html><body>Access denied</body></html>", "there is no OperationUsage"),
    "html, not closed": ("<html><p>\n<b>", "line 2: "),
    "too few columns": (line(CUR, 5, lambda row: row.rsplit(",", 2)[0]), "'r.csv', line 5: 25 columns where"),
    "too many columns": (line(CUR, 7, lambda row: row + ",x"), "'r.csv', line 7: 28 columns where"),
    "a word for a cost": (cost(CUR, 9, "free"), "'r.csv', line 9: 'free' is no amount"),
    "a comma that is no thousand": (cost(CUR, 9, '"1,5"'), "'r.csv', line 9: '1,5' is no amount"),
    "more than fits": (cost(CUR, 4, "9" * 30), "'r.csv', line 4: '" + "9" * 30 + "' is no amount"),
    "more than anybody pays": (cost(CUR, 4, "9" * 20), "is beyond belief"),
    "a time that is none": (line(CUR, 6, lambda row: row.replace("2024-09-01T00", "2024-13-01T00")), "is no time"),
    "a quote that never ends": (line(CUR, 4, lambda row: row.replace("AmazonEC2", '"AmazonEC2')), "'r.csv'"),
    "a column twice": (CUR.replace("pricing/unit", "lineItem/UsageType", 1), "'lineItem/UsageType' twice"),
    "old: too many columns": (HEAD + ROW + ROW[:-1] + ",7x\n", "'r.csv', line 3: 8 columns where the header has 7"),
    "old: too few columns": (HEAD + ROW + "AmazonEC2,a,b\n", "'r.csv', line 3: 3 columns where the header has 7"),
    "old: no number": (HEAD + ROW.replace(",24", ",many"), "'r.csv', line 2: 'many' is no amount"),
    "old: no time": (HEAD + ROW.replace("11/01/16", "31/31/16"), "'r.csv', line 2: '31/31/16 00:00:00' to"),
    "old: NaN": (HEAD + ROW.replace(",24", ",NaN"), "'NaN' is no amount"),
    "xml with a DOCTYPE": ('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "a report has no DOCTYPE"),
    "xml cut off": (made.usage_xml(LINES)[:-40], "(XML)"),
    "xml, a value without an end": (f"<a><OperationUsage><Service>{'x' * 99_999}", "a value without an end"),
    "xml without a value": ("<a><OperationUsage><UsageType>x</UsageType></OperationUsage></a>", "without service"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_told(name: str) -> None:
    text, told = TEXTS[name]
    path = Path("r.csv")
    path.write_text(text)

    with pytest.raises(UsageError) as error:
        answer(path)
    assert told in error.value.message


BYTES = {
    "no UTF-8": (CUR.replace("backups", "b\xe4ck", 1).encode("latin-1"), "it is not UTF-8"),
    "no UTF-8 in the header": (b"lineItem/\xe4,b\n", "line 1: it is not UTF-8"),
    "old, no UTF-8": (OLD.replace("backups", "b\xe4ck", 1).encode("latin-1"), "it is not UTF-8"),
    "binary": (bytes(range(256)) * 40, "binary data"),
    "half a gzip": (gzip.compress(CUR.encode())[:-20], "ends too early, or is damaged (gzip)"),
    "a quarter of an old gzip": (gzip.compress(OLD.encode())[:200], "ends too early, or is damaged (gzip)"),
    "no gzip": (b"\x1f\x8bnothing of the kind", "ends too early, or is damaged (gzip)"),
    "half a zip": (b"PK\x03\x04" + b"x" * 40, "ends too early, or is damaged (zip)"),
    "no Parquet": (b"PAR1" + b"x" * 400, "'r' is damaged (Parquet)"),
}


@pytest.mark.parametrize("name", BYTES)
def test_what_is_told_of_bytes(name: str) -> None:
    content, told = BYTES[name]
    path = Path("r")
    path.write_bytes(content)

    with pytest.raises(UsageError) as error:
        answer(path)
    assert told in error.value.message
    assert "'r'" in error.value.message


def test_a_directory_without_reports_and_a_file_that_is_not_there() -> None:
    Path("empty").mkdir()

    with pytest.raises(UsageError, match="a directory without reports"):
        answer(Path("empty"))
    with pytest.raises(NotFound, match=r"there is no file 'nothing.csv'"):
        answer(Path("nothing.csv"))


def test_a_zip_that_unpacks_without_end(tmp_path: Path) -> None:
    header = made.csv_text(made.CUR_COLUMNS, []).encode()
    with (
        zipfile.ZipFile("bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("cur.csv", "w") as member,
    ):
        member.write(header)
        for _ in range(80):
            member.write(b"," * (1 << 20))

    with pytest.raises(UsageError, match="unpacks to more than 64 MiB"):
        answer(Path("bomb.zip"))
    assert [path for path in Path("cache").iterdir() if path.suffix != ".lock"] == []


def test_a_zip_of_two_reports() -> None:
    made.zipped(Path("two.zip"), CUR, CUR)

    with pytest.raises(UsageError, match="has 2 files in it"):
        answer(Path("two.zip"))


def test_a_line_without_end() -> None:
    Path("long.csv").write_text(CUR + "x" * (3 << 20) + "\n")

    with pytest.raises(UsageError, match=r"'long.csv'"):
        answer(Path("long.csv"))


@pytest.mark.parametrize(
    "cast, told",
    [
        ("true", "'line_item_unblended_cost' holds something else, not an amount"),
        ("TIMESTAMP '2024-09-01'", "'line_item_unblended_cost' holds a time, not an amount"),
        ("[1.0, 2.0]", "'line_item_unblended_cost' holds something else"),
        ("MAP {'a': 'b'}", "'line_item_unblended_cost' holds a map"),
    ],
)
def test_a_parquet_whose_costs_are_none(cast: str, told: str) -> None:
    whole = made.cur_parquet(LINES, Path("whole.parquet"), second=True)
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT * REPLACE ({cast} AS line_item_unblended_cost) FROM '{whole}') TO 'odd.parquet'"
        )

    with pytest.raises(UsageError) as error:
        answer(Path("odd.parquet"))
    assert told in error.value.message


def test_a_parquet_whose_costs_are_texts_is_read() -> None:
    whole = made.cur_parquet(LINES, Path("whole.parquet"), second=True)
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT * REPLACE (CAST(line_item_unblended_cost AS VARCHAR) AS line_item_unblended_cost)"
            f" FROM '{whole}') TO 'odd.parquet'"
        )

    assert answer(Path("odd.parquet")).bills[0].sums == answer(whole).bills[0].sums


def test_thousands_separators_are_read() -> None:
    Path("r.csv").write_text(cost(CUR, 4, '"1,234,567.25"'))
    plain = Decimal(LINES[2].cost)
    whole = sum((Decimal(each.cost) for each in LINES), Decimal(0))

    (bill,) = answer(Path("r.csv")).bills
    assert bill.sums.cash is not None
    assert bill.sums.cash.amount == whole - plain + Decimal("1234567.25")


def test_a_number_of_an_old_report_that_commas_have_cut() -> None:
    Path("r.csv").write_text(HEAD + ROW.replace(",24", ",1,234,567"))

    (item,) = answer(Path("r.csv")).topics
    assert item.quantity == 1_234_567


def test_unknown_usage_types_are_kept_with_what_they_cost() -> None:
    odd = [made.Line("AmazonNew", "EU-Never:Heard-Of", "1", "Things", "7.77", region="eu-west-1")]
    odd += [made.Line("AmazonNew", "XX9-Nowhere", "1", "Things", "0.01")]
    Path("r.csv").write_text(made.cur_csv(odd))

    found = {
        (item.topic, item.what, item.detail): str(item.sums.cash) for item in answer(Path("r.csv")).topics
    }
    assert found == {
        ("other", "AmazonNew", "Never:Heard-Of"): "7.77 USD",
        ("other", "AmazonNew", "XX9-Nowhere"): "0.01 USD",
    }


def test_formulas_and_quotes_are_only_text() -> None:
    evil = '=HYPERLINK("http://x")\'; DROP TABLE bill; --'
    odd = [made.Line(evil, "BoxUsage:m5.large", "1", "Hrs", "1", resource="\x1b[31m", tags={"role": evil})]
    Path("r.csv").write_text(made.cur_csv(odd))

    assert set(breakdown(Path("r.csv"), by="service")) == {evil}
    assert set(breakdown(Path("r.csv"), by="tag:role", where=(f"service={evil}",))) == {evil}


@pytest.mark.parametrize(
    "name", ["it's *.csv", "a[1].csv", 'q"uote.csv', "line\nend.csv", "-dash.csv", "ümläut.csv"]
)
def test_odd_names_of_files(name: str) -> None:
    Path(name).write_text(CUR)
    Path("a1.csv").write_text(cost(CUR, 3, "1000000"))

    (bill,) = answer(Path(name)).bills
    assert bill.sums.cash is not None
    assert bill.sums.cash.amount == sum((Decimal(each.cost) for each in LINES), Decimal(0))


def test_several_currencies_are_never_added_up() -> None:
    other = [made.Line("AmazonEC2", "CNN1-BoxUsage:m5.large", "1", "Hrs", "10", currency="CNY")]
    Path("r.csv").write_text(made.cur_csv([*LINES, *other]))

    found = answer(Path("r.csv"))
    assert [(bill.currency, bill.sums.lines) for bill in found.bills] == [("CNY", 1), ("USD", len(LINES))]
    assert any("several currencies" in note for note in found.notes)


def test_an_amortised_sum_that_a_report_does_not_tell_is_none() -> None:
    bare = CUR.replace("reservation/EffectiveCost", "x/One").replace(
        "savingsPlan/SavingsPlanEffectiveCost", "x/Two"
    )
    Path("r.csv").write_text(bare)

    found = answer(Path("r.csv"))
    assert found.bills[0].sums.amortised is None
    assert found.bills[0].sums.cash is not None
    assert any("no amortised sum" in note for note in found.notes)


@pytest.mark.parametrize("day", ["9999-12-31", "infinity", "123456-01-01", "0044-03-15 (BC)", "0001-01-01"])
def test_a_day_that_no_bill_is_of(day: str) -> None:
    Path("r.csv").write_text(cell(CUR, 4, "lineItem/UsageStartDate", day))

    with pytest.raises(UsageError, match=r"'r.csv', line 4: '.*' is no time of a bill"):
        answer(Path("r.csv"))


@pytest.mark.parametrize("value", ["nan", "inf", "-Infinity", "1_000", "0x10", "12 USD", "$5"])
def test_an_amount_that_is_none_is_told_with_its_line(value: str) -> None:
    Path("r.csv").write_text(cost(CUR, 9, value))

    with pytest.raises(UsageError) as error:
        answer(Path("r.csv"))
    assert f"'r.csv', line 9: '{value}' is no amount" in error.value.message


LONG = made.Line("AmazonEC2", "EU-BoxUsage:m5.large", "1", "Hrs", "1", resource="x" * 10_000_000)
BROKEN = made.Line("AmazonEC2", "EU-BoxUsage:m5.large", "1", "Hrs", "1", resource="x\n" * 5_000_000)


@pytest.mark.parametrize("long", [LONG, BROKEN], ids=["one line", "many lines in quotes"])
@pytest.mark.parametrize("at", [0, 2, len(LINES)])
@pytest.mark.parametrize("packed", [False, True])
def test_a_line_longer_than_any_buffer_is_no_shorter_bill(long: made.Line, at: int, packed: bool) -> None:
    """DuckDB drops the last line of a file, without a word, when it is longer than its buffer."""
    text = made.cur_csv([*LINES[:at], long, *LINES[at:]])
    name = "r.csv.gz" if packed else "r.csv"
    Path(name).write_bytes(gzip.compress(text.encode(), 1) if packed else text.encode())

    with pytest.raises(UsageError) as error:
        answer(Path(name))
    assert f"'{name}'" in error.value.message
    assert "no end within 2 MB" in error.value.message or "quote is not closed" in error.value.message
