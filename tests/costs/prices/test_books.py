"""The price book: what is written is read again exactly, what is wrong is told, and nothing is ever zero."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.costs.offers import Term
from ec2kit.costs.prices.book import PriceBook, Prices
from ec2kit.costs.prices.book_files import book_text, parse_book
from ec2kit.costs.prices.embedded import embedded
from ec2kit.costs.prices.local import keep_book, kept_books, local_book
from ec2kit.costs.prices.price import Commitment, Machine, OfferingClass, Payment, Price, PriceList, System
from ec2kit.costs.prices.products import MalformedFile, MalformedPrices
from ec2kit.costs.prices.units import Kind, Thing, UnitPrice
from ec2kit.errors import NotFound

MONDAY = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
MICRO = Machine("eu-west-1", "t3.micro")
GP3 = Thing("eu-west-1", Kind.VOLUME, "gp3")
AMOUNTS = st.decimals(min_value="0.000001", max_value="99999", places=6)


def listed(hourly: str = "0.0114", machine: Machine = MICRO, at: datetime | None = MONDAY) -> PriceList:
    return PriceList(machine, Price(Decimal(0), Decimal(hourly), since=at), (), "a list", at)


def unit(amount: str = "0.088", thing: Thing = GP3, at: datetime | None = MONDAY) -> UnitPrice:
    return UnitPrice(thing, Decimal(amount), source="a list", published=at)


@given(
    st.dictionaries(st.sampled_from(["t3.micro", "m5.large", "c7g.xlarge"]), AMOUNTS),
    st.lists(
        st.tuples(st.sampled_from(list(OfferingClass)), st.sampled_from(list(Payment)), AMOUNTS, AMOUNTS)
    ),
    st.dictionaries(st.sampled_from(list(Kind)), AMOUNTS),
    st.sampled_from(list(System)),
)
def test_what_is_written_is_read_again(
    machines: dict[str, Decimal],
    offers: list[tuple[OfferingClass, Payment, Decimal, Decimal]],
    units: dict[Kind, Decimal],
    system: System,
) -> None:
    reserved = tuple(
        Price(upfront, hourly, Commitment(Term.ONE_YEAR, offering_class, payment), since=MONDAY)
        for offering_class, payment, upfront, hourly in offers
    )
    lists = tuple(
        PriceList(
            Machine("eu-west-1", type_, system),
            Price(Decimal(0), hourly, since=MONDAY),
            reserved,
            "a list",
            MONDAY,
        )
        for type_, hourly in sorted(machines.items())
    )
    things = tuple(
        unit(f"{amount:f}", Thing("eu-west-1", kind, "x")) for kind, amount in sorted(units.items())
    )
    text = book_text(lists, things)

    book = parse_book(text, "book.json")
    book.check()
    assert tuple(book.machine(machine) for machine in book.machines()) == lists
    assert tuple(book.unit(thing) for thing in book.things()) == things
    assert book_text(reversed(lists), reversed(things)) == text


def test_the_first_shelf_goes_before() -> None:
    old, new = Prices((listed("0.02"),), (unit("0.1"),)), Prices((listed("0.01"),))
    book = PriceBook((new, old))
    assert book.machine(MICRO).on_demand.hourly == Decimal("0.01")
    assert book.unit(GP3).amount == Decimal("0.1")
    assert book.monthly(MICRO).amount == Decimal("7.30")


def test_in_one_shelf_the_newest_goes_before() -> None:
    shelf = Prices((listed("0.03", at=None), listed("0.02"), listed("0.01", at=MONDAY.replace(year=2025))))
    found = shelf.machine(MICRO)
    assert found
    assert found.on_demand.hourly == Decimal("0.02")


def test_what_is_not_there_is_no_zero() -> None:
    with pytest.raises(NotFound, match=r"no price for t3.micro \(linux\) in eu-west-1") as missing:
        PriceBook(()).machine(MICRO)
    assert missing.value.hint == "ec2kit cost prices --update t3.micro --region eu-west-1"
    with pytest.raises(NotFound, match="no price for volume gp3 in eu-west-1"):
        PriceBook((Prices(),)).unit(GP3)


@pytest.mark.parametrize(
    "kind, type_, quantity, month",
    [
        (Kind.VOLUME, "gp3", 100, "10"),
        (Kind.IOPS, "gp3", 3000, "0"),
        (Kind.IOPS, "gp3", 4000, "100"),
        (Kind.IOPS, "io1", 4000, "400"),
        (Kind.THROUGHPUT, "gp3", 100, "0"),
        (Kind.THROUGHPUT, "gp3", 225, "10"),
        (Kind.ADDRESS, "in-use", 2, "146"),
    ],
)
def test_a_month_of_what_a_machine_hangs_on(kind: Kind, type_: str, quantity: int, month: str) -> None:
    price = unit("0.1", Thing("eu-west-1", kind, type_))
    assert price.monthly(quantity).amount == Decimal(month)


def document(**changed: Any) -> str:
    made = json.loads(book_text((listed(),), (unit(),)))
    return json.dumps({**made, **changed})


ROW = {"region": "eu-west-1", "type": "t3.micro", "system": "linux", "on_demand": "0.01", "source": 0}


@pytest.mark.parametrize(
    "text, said",
    [
        ("{", "is no JSON"),
        ("[]", "is no price book"),
        ('{"format": "other"}', "is no price book"),
        (document(version=2), "is of version 2"),
        (document(prices=[]), "it has 'prices', which means nothing"),
        (document(machines={}), "'machines' is no list"),
        (document(machines=[1]), "machines 1 is no object"),
        (document(machines=[ROW, ROW]), "machines 2 is there twice"),
        (document(machines=[{**ROW, "on_demand": "0.000"}]), "is zero"),
        (document(machines=[{**ROW, "on_demand": 0.01}]), "an amount is text"),
        (document(machines=[{**ROW, "on_demand": "-1"}]), "is no amount"),
        (document(machines=[{**ROW, "on_demand": "NaN"}]), "is no amount"),
        (document(machines=[{**ROW, "source": 7}]), "has no source"),
        (document(machines=[{**ROW, "system": "beos"}]), "no operating system 'beos'"),
        (document(machines=[{**ROW, "price": "1"}]), "'price', which means nothing"),
        (document(machines=[{**ROW, "type": ""}]), "lacks region, type, system"),
        (document(machines=[{**ROW, "offers": [{"term": "2y"}]}]), "'2y' is not a valid Term"),
        (document(sources=[{"name": "x", "published": "Monday"}]), "source 0"),
        (
            document(units=[{"kind": "tape", "region": "x", "type": "y", "amount": "1", "source": 0}]),
            "'tape'",
        ),
        ("[" * 100_000, "is no JSON"),
    ],
)
def test_a_wrong_book_is_told(text: str, said: str) -> None:
    with pytest.raises(MalformedPrices) as wrong:
        parse_book(text, "book.json").check()
    assert said in wrong.value.message
    assert "book.json" in wrong.value.message


def test_the_table_that_comes_with_it_is_whole_dated_and_has_no_zero() -> None:
    table = embedded()
    table.check()
    micro = table.machine(MICRO)
    assert micro
    assert (micro.on_demand.hourly, micro.source) == (
        Decimal("0.0114"),
        "AWS's price list as apache-libcloud 3.9.1 has it",
    )
    assert all("." in machine.type for machine in table.machines()), "a family is a host, and no instance"
    assert {machine.system for machine in table.machines()} == {System.LINUX}
    address = table.unit(Thing("eu-west-1", Kind.ADDRESS, "in-use"))
    assert address
    assert address.monthly(1).amount == Decimal("3.65")


def test_books_are_kept_by_their_day(tmp_path: Path) -> None:
    assert kept_books(tmp_path / "none") == ()
    first = keep_book(tmp_path, book_text((listed("0.02"),), ()), MONDAY.replace(day=20))
    assert first == keep_book(tmp_path, book_text((listed("0.02"),), ()), MONDAY.replace(day=20))
    keep_book(tmp_path, book_text((listed("0.01"),), ()), MONDAY)
    (tmp_path / "notes.txt").write_text("somebody's")
    assert len(kept_books(tmp_path)) == 2
    assert local_book(tmp_path).machine(MICRO).on_demand.hourly == Decimal("0.01")
    before = local_book(tmp_path, MONDAY.replace(day=22)).machine(MICRO)
    assert before == embedded().machine(MICRO), "what was published later was not known then"


def test_at_a_time_only_what_was_known_then_counts(tmp_path: Path) -> None:
    keep_book(tmp_path, book_text((listed("0.02", at=MONDAY.replace(day=19)),), ()), MONDAY.replace(day=20))
    assert local_book(tmp_path, MONDAY.replace(day=21)).machine(MICRO).on_demand.hourly == Decimal("0.02")
    with pytest.raises(NotFound, match="in the price book of 2016-01-01 or before"):
        local_book(tmp_path, datetime(2016, 1, 1, tzinfo=UTC)).machine(MICRO)


def test_a_damaged_book_is_told_with_its_place(tmp_path: Path) -> None:
    kept = keep_book(tmp_path, book_text((listed(),), ()), MONDAY)
    kept.write_text(kept.read_text()[:100])
    with pytest.raises(MalformedFile, match=str(kept)) as told:
        local_book(tmp_path).machine(MICRO)
    assert told.value.exit_code == 2
    with pytest.raises(MalformedFile, match=str(kept)):
        list(local_book(tmp_path).shelves[0].machines())
    newer = keep_book(tmp_path, book_text((listed("0.01"),), ()), MONDAY.replace(year=2027))
    assert local_book(tmp_path).machine(MICRO).on_demand.hourly == Decimal("0.01"), (
        "a newer one has the answer"
    )
    put_away = told.value.hint.partition(": ")[2]
    assert subprocess.run(["sh", "-c", put_away], check=False).returncode == 0
    assert kept_books(tmp_path) == (newer,)
