"""From words to a selection."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.errors import UsageError
from ec2kit.inventory.selectors import Narrowing, Term, TermKind, matches_any, parse, split_values


@pytest.mark.parametrize(
    "word,kind",
    [
        ("i-0123456789abcdef0", TermKind.ID),
        ("203.0.113.9", TermKind.IP),
        ("fd00::1", TermKind.IP),
        ("ip-10-0-0-4.eu-west-1.compute.internal", TermKind.DNS),
        ("web-1", TermKind.NAME),
        ("web-1.example.com", TermKind.NAME),
        ("i-am-a-name", TermKind.NAME),
        ("web-*", TermKind.GLOB),
        ("web-[12]", TermKind.GLOB),
    ],
)
def test_words_that_add(word: str, kind: TermKind) -> None:
    assert parse([word]).terms == (Term(kind, word),)


@pytest.mark.parametrize(
    "word,narrowing",
    [
        ("role=web", Narrowing("tag:role", ("web",))),
        ("role=web,mail", Narrowing("tag:role", ("web", "mail"))),
        (r"who=a\,b", Narrowing("tag:who", ("a,b",))),
        ("ec2kit:protect=replace", Narrowing("tag:ec2kit:protect", ("replace",))),
        ("role=", Narrowing("tag:role", ("",))),
        ("state:running", Narrowing("state", ("running",))),
        ("az:eu-west-1a", Narrowing("az", ("eu-west-1a",))),
        ("type:t3.*", Narrowing("type", ("t3.*",))),
        ("older:7d", Narrowing("older", age=timedelta(days=7))),
        ("newer:1h30m", Narrowing("newer", age=timedelta(minutes=90))),
    ],
)
def test_words_that_narrow(word: str, narrowing: Narrowing) -> None:
    assert parse([word]).narrowings == (narrowing,)


def test_all_is_everything_and_except_is_apart() -> None:
    selection = parse(["all", "role=web"], ["web-1"])

    assert selection.everything
    assert selection.terms == ()
    assert [each.terms for each in selection.without] == [(Term(TermKind.NAME, "web-1"),)]


def test_a_word_twice_is_one() -> None:
    assert len(parse(["web-1", "web-2", "web-1"]).terms) == 2


@pytest.mark.parametrize(
    "word,said",
    [
        ("", "empty word"),
        ("vol-0123456789abcdef0", "id of a volume"),
        ("state:", "no value"),
        ("state:dead", "not a state"),
        ("older:soon", "not a duration"),
        ("zone:a", "not a filter"),
    ],
)
def test_words_that_mean_nothing(word: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse([word])


def test_terminated_only_when_asked_for() -> None:
    assert parse(["state:stopped,terminated"]).names_terminated
    assert not parse(["state:running"]).names_terminated


@pytest.mark.parametrize(
    "words,is_list", [(["web-*"], True), (["role=web"], True), ([], True), (["web-1"], False)]
)
def test_an_empty_answer_is_an_answer_to_lists_only(words: list[str], is_list: bool) -> None:
    assert parse(words).is_list == is_list


@given(st.lists(st.text(st.characters(blacklist_characters="\\"), min_size=1), min_size=1))
def test_commas_in_values_survive(values: list[str]) -> None:
    assert split_values(",".join(value.replace(",", "\\,") for value in values)) == tuple(values)


def test_patterns_are_of_the_whole_value() -> None:
    assert matches_any("t3.micro", ["t3.*"])
    assert not matches_any("t3a.micro", ["t3.*"])
    assert not matches_any("WEB-1", ["web-*"])


def test_a_tag_as_the_aws_cli_writes_it_is_told_how_to_write() -> None:
    with pytest.raises(UsageError) as caught:
        parse(["tag:role=web"])

    assert caught.value.hint == "write role=web"
