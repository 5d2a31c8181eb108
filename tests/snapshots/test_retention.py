"""What a policy keeps: a table of what each rule says, and what must hold of any policy and any candidates."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.errors import UsageError
from ec2kit.snapshots.retention import Candidate, Decision, Policy, decide

NOW = datetime(2026, 3, 15, 12, 0, tzinfo=UTC)


def taken(*moments: str) -> list[Candidate]:
    """Candidates of these moments (`03-14 22:10` of this year, or whole), called as they are written."""
    return [
        Candidate(
            each, datetime.fromisoformat(each if each[0:2] == "20" else f"2026-{each}").replace(tzinfo=UTC)
        )
        for each in moments
    ]


def kept(candidates: list[Candidate], **rules: Any) -> dict[str, str]:
    """What is kept, and why."""
    return {each.candidate.id: each.why for each in decide(candidates, Policy(**rules), NOW) if each.keep}


def gone(candidates: list[Candidate], **rules: Any) -> dict[str, str]:
    """What is deleted, and why."""
    return {each.candidate.id: each.why for each in decide(candidates, Policy(**rules), NOW) if not each.keep}


WEEK = taken(
    "03-15 10:00", "03-15 09:30", "03-15 09:00", "03-14 23:59", "03-14 00:00", "03-12 05:00", "01-02 03:04"
)


@pytest.mark.parametrize(
    "rules,wanted",
    [
        ({"last": 2}, {"03-15 10:00": "newest; last 1", "03-15 09:30": "last 2"}),
        (
            {"hourly": 2},
            {"03-15 10:00": "newest; hourly 2026-03-15T10:00Z", "03-15 09:30": "hourly 2026-03-15T09:00Z"},
        ),
        # A day without any is no day: three days are the 15th, the 14th and the 12th.
        (
            {"daily": 3},
            {
                "03-15 10:00": "newest; daily 2026-03-15",
                "03-14 23:59": "daily 2026-03-14",
                "03-12 05:00": "daily 2026-03-12",
            },
        ),
        # 15 March 2026 is the Sunday of week 11.
        ({"weekly": 2}, {"03-15 10:00": "newest; weekly 2026-W11", "01-02 03:04": "weekly 2026-W01"}),
        ({"monthly": 1}, {"03-15 10:00": "newest; monthly 2026-03"}),
        ({"yearly": 9}, {"03-15 10:00": "newest; yearly 2026"}),
        (
            {"within": timedelta(hours=1)},
            {"03-15 10:00": "newest; within 1h", "03-15 09:30": "within 1h"},
        ),
        (
            {"last": 1, "monthly": 2},
            {"03-15 10:00": "newest; last 1; monthly 2026-03", "01-02 03:04": "monthly 2026-01"},
        ),
    ],
)
def test_each_rule_keeps_and_says_why(rules: dict[str, Any], wanted: dict[str, str]) -> None:
    assert kept(WEEK, **rules) == wanted
    assert gone(WEEK, **rules).keys() == {each.id for each in WEEK} - wanted.keys()


def test_what_goes_says_which_rules_did_not_want_it() -> None:
    assert gone(WEEK, daily=2, within=timedelta(hours=1)) == {
        "03-15 09:00": "older than 1h before the newest; daily 2026-03-15 is 03-15 10:00",
        "03-14 00:00": "older than 1h before the newest; daily 2026-03-14 is 03-14 23:59",
        "03-12 05:00": "older than 1h before the newest; beyond 2 daily",
        "01-02 03:04": "older than 1h before the newest; beyond 2 daily",
    }


def test_a_week_goes_over_the_end_of_a_year() -> None:
    # 31 December 2024 and 1 January 2025 are of one ISO week, and 2025 has it.
    found = taken("2025-01-01 08:00", "2024-12-31 08:00", "2024-12-27 08:00")

    assert kept(found, weekly=9) == {
        "2025-01-01 08:00": "newest; weekly 2025-W01",
        "2024-12-27 08:00": "weekly 2024-W52",
    }


def test_the_zone_in_which_a_time_is_written_changes_nothing() -> None:
    east = [
        replace(each, taken=each.taken.astimezone(tz=datetime.fromisoformat("2026-01-01T00:00+09:00").tzinfo))
        for each in WEEK
    ]

    assert kept(east, daily=3) == kept(WEEK, daily=3)


def test_what_is_held_drilled_or_dated_in_the_future_stays() -> None:
    newest, drilled, held = taken("03-15 10:00", "03-01 10:00", "02-01 10:00")
    older_drill, future = taken("02-02 10:00", "03-16 00:00")
    found = [
        newest,
        replace(drilled, drilled=True),
        replace(held, holds=("used by i-1", "ec2kit:keep")),
        replace(older_drill, drilled=True),
        future,
    ]

    assert kept(found, last=1) == {
        "03-15 10:00": "newest; last 1",
        "03-01 10:00": "newest drilled",
        "02-01 10:00": "used by i-1; ec2kit:keep",
        "03-16 00:00": "dated 2026-03-16T00:00:00Z, in the future",
    }


def test_what_is_broken_counts_for_nothing_and_goes_unless_it_is_held() -> None:
    broken, pending, good = taken("03-15 10:00", "03-15 09:00", "03-14 10:00")
    found = [
        replace(broken, broken="it lacks a snapshot"),
        replace(pending, broken="AWS still copies it", holds=("AWS still copies it",)),
        good,
    ]

    assert kept(found, last=1) == {"03-15 09:00": "AWS still copies it", "03-14 10:00": "newest; last 1"}
    assert gone(found, last=1) == {"03-15 10:00": "it lacks a snapshot"}


def test_each_group_is_judged_by_itself() -> None:
    found = [replace(each, group=group, id=f"{group}{each.id}") for group in "ab" for each in WEEK]

    assert list(kept(found, last=1)) == ["a03-15 10:00", "b03-15 10:00"]


def test_a_policy_that_keeps_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="keeps nothing"):
        Policy()
    with pytest.raises(UsageError, match="keeps nothing"):
        Policy(within=timedelta(0))
    with pytest.raises(UsageError, match="0 or more"):
        Policy(daily=7, weekly=-1)


SPANS = st.integers(0, 4 * 366 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))


@st.composite
def any_candidates(draw: st.DrawFn) -> list[Candidate]:
    # Few moments and few groups, so that some are the same.
    ages = draw(
        st.lists(st.one_of(SPANS, st.just(timedelta(hours=5)), st.just(timedelta(days=-1))), max_size=30)
    )
    return [
        Candidate(
            f"snap-{number}",
            NOW - age,
            draw(st.sampled_from("ab")),
            draw(st.sampled_from([(), (), ("held",)])),
            draw(st.sampled_from(["", "", "broken"])),
            draw(st.booleans()),
        )
        for number, age in enumerate(ages)
    ]


COUNTS = st.integers(0, 6)
POLICIES = st.builds(
    Policy,
    last=st.integers(1, 6),
    hourly=COUNTS,
    daily=COUNTS,
    weekly=COUNTS,
    monthly=COUNTS,
    yearly=COUNTS,
    within=st.none() | SPANS,
)


def ids(decisions: tuple[Decision, ...]) -> set[str]:
    return {each.candidate.id for each in decisions if each.keep}


@given(any_candidates(), POLICIES)
def test_every_candidate_is_decided_once_with_a_reason(candidates: list[Candidate], policy: Policy) -> None:
    decisions = decide(candidates, policy, NOW)

    assert sorted(each.candidate.id for each in decisions) == sorted(each.id for each in candidates)
    assert all(each.why for each in decisions)


@given(any_candidates(), POLICIES)
def test_the_newest_good_one_of_each_group_is_kept(candidates: list[Candidate], policy: Policy) -> None:
    decisions = ids(decide(candidates, policy, NOW))

    for group in {each.group for each in candidates}:
        good = [each for each in candidates if each.group == group and not each.broken and each.taken <= NOW]
        for some in (good, [each for each in good if each.drilled]):
            if some:
                assert max(some, key=lambda each: (each.taken, each.id)).id in decisions


@given(any_candidates(), POLICIES, st.data())
def test_a_larger_policy_keeps_a_superset(
    candidates: list[Candidate], policy: Policy, data: st.DataObject
) -> None:
    more: dict[str, Any] = {
        rule.name: getattr(policy, rule.name) + data.draw(COUNTS)
        for rule in fields(Policy)
        if rule.name != "within"
    }
    longer = (policy.within or timedelta(0)) + data.draw(SPANS)

    assert ids(decide(candidates, policy, NOW)) <= ids(decide(candidates, Policy(**more, within=longer), NOW))


@given(any_candidates(), POLICIES)
def test_pruning_again_deletes_nothing_more(candidates: list[Candidate], policy: Policy) -> None:
    left = [each.candidate for each in decide(candidates, policy, NOW) if each.keep]

    assert all(each.keep for each in decide(left, policy, NOW))


@given(any_candidates(), POLICIES, st.randoms())
def test_the_order_does_not_matter(candidates: list[Candidate], policy: Policy, chance: Any) -> None:
    shuffled = list(candidates)
    chance.shuffle(shuffled)

    assert decide(shuffled, policy, NOW) == decide(candidates, policy, NOW)
