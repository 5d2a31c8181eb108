"""What is said when: a change at once, the same again after an hour, the end once, and never more than ten lines."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.model.evidence import Kind
from ec2kit.model.ids import InstanceId
from ec2kit.model.tags import HOLD_FAILED, NAME, REPLACES, STATE
from ec2kit.probes.control import Control
from ec2kit.recovery.announce import Ended, Said, announce, ended_of, keep, recall, shorten
from ec2kit.recovery.enrolled import Vanished
from ec2kit.recovery.judge import Condition, Judgement
from ec2kit.recovery.storm import Watched
from ec2kit.recovery.troubles import MONITOR, STORM, Level, Trouble, level_of, troubles_of
from ec2kit.recovery.watch import Watch
from tests.recovery.making import MINUTE, NOW, bad, instance, status
from tests.support.evidence import MemoryEvidence

FAILED = Trouble("i-1", "web-1 (i-1)", "failed", Level.CRITICAL, ("impaired for 4m",), "ec2kit recover web-1")


def look(
    *conditions: Condition, well: bool = True, storm: str = "", gone: tuple[Vanished, ...] = ()
) -> Watch:
    machines = tuple(
        Watched(instance(f"i-{number}", tags={NAME: f"web-{number}"}), Judgement(condition, ("because",)))
        for number, condition in enumerate(conditions, 1)
    )
    statuses = {each.instance.id: status(each.instance) for each in machines}
    return Watch(NOW, machines, statuses, {}, Control(well, "" if well else "no route"), storm, None, gone)


def test_a_change_is_said_at_once_and_the_same_again_after_an_hour() -> None:
    first = announce([FAILED], {}, {}, NOW)
    assert first.lines == ("web-1 (i-1) failed: impaired for 4m", "hint: ec2kit recover web-1")

    longer = replace(FAILED, reasons=("impaired for 63m",))
    assert announce([longer], {}, first.memory, NOW + 59 * MINUTE).lines == ()
    again = announce([longer], {}, first.memory, NOW + 60 * MINUTE)
    assert again.lines[0] == "still, for 1h: web-1 (i-1) failed: impaired for 63m"
    assert announce([longer], {}, again.memory, NOW + 61 * MINUTE).lines == ()


def test_another_kind_of_trouble_is_a_change_and_keeps_its_beginning() -> None:
    first = announce([FAILED], {}, {}, NOW)
    worse = announce([replace(FAILED, what="was not recovered")], {}, first.memory, NOW + MINUTE)
    assert worse.lines[0].startswith("web-1 (i-1) was not recovered")
    assert worse.memory["i-1"].since == NOW


def test_the_end_is_said_once() -> None:
    first = announce([FAILED], {}, {}, NOW)
    over = announce([], {"i-1": Ended("is well again", "http: ok")}, first.memory, NOW + 9 * MINUTE)
    assert over.lines == ("web-1 (i-1) is well again after 9m: http: ok",)
    assert over.memory == {}
    assert announce([], {}, over.memory, NOW + 10 * MINUTE).lines == ()


def test_suspects_are_not_said_and_do_not_end_a_failure() -> None:
    suspect = replace(FAILED, what="is suspect", quiet=True)
    first = announce([FAILED], {}, {}, NOW)
    after = announce([suspect], {"i-1": Ended("is well again")}, first.memory, NOW + MINUTE)
    assert after.lines == ()
    assert after.memory == first.memory


def test_what_is_told_once_is_not_remembered() -> None:
    gone = troubles_of(look(gone=(Vanished(InstanceId("i-9"), "web-9"),)))
    said = announce(gone, {}, {}, NOW)
    assert "web-9 (i-9) vanished" in said.lines[0]
    assert said.memory == {}


@given(st.integers(0, 60), st.integers(0, 5))
def test_never_more_than_ten_lines(lines: int, hints: int) -> None:
    short = shorten([f"line {n}" for n in range(lines)], [f"hint {n}" for n in range(hints)])
    assert len(short) <= 10
    shown = [line for line in short if line.startswith("line")]
    left = next((int(line.split()[1]) for line in short if line.startswith("and ")), 0)
    assert len(shown) + left == lines


@pytest.mark.parametrize(
    "condition, level, spoken",
    [
        (Condition.HEALTHY, Level.OK, False),
        (Condition.STARTING, Level.OK, False),
        (Condition.WILLED, Level.OK, False),
        (Condition.SUSPECT, Level.WARNING, False),
        (Condition.UNJUDGEABLE, Level.WARNING, True),
        (Condition.FAILED, Level.CRITICAL, True),
    ],
)
def test_each_condition_has_its_level(condition: Condition, level: Level, spoken: bool) -> None:
    troubles = troubles_of(look(condition, Condition.HEALTHY))
    assert level_of(troubles) is level
    assert bool(announce(troubles, {}, {}, NOW).lines) is spoken


def test_a_sick_monitor_says_so_and_nothing_of_its_machines() -> None:
    troubles = troubles_of(look(Condition.UNKNOWN, Condition.UNKNOWN, well=False))
    assert [str(each) for each in troubles] == ["the monitor is sick: no route"]
    assert level_of(troubles) is Level.UNKNOWN


def test_a_failure_is_worse_than_what_cannot_be_told() -> None:
    assert level_of([FAILED, Trouble("m", "m", "is sick", Level.UNKNOWN)]) is Level.CRITICAL


def test_unreachable_from_here_is_told_apart_from_failed() -> None:
    (trouble,) = troubles_of(look(Condition.FAILED))
    assert "it may only be unreachable from here" in str(trouble)
    impaired = look(Condition.FAILED)
    impaired.statuses.clear()
    assert "unreachable from here" not in str(troubles_of(impaired)[0])


def test_halves_that_nobody_watches_are_told() -> None:
    runs = instance("i-7", tags={NAME: "web-1.failed-1", STATE: "quarantined"})
    (again,) = troubles_of(look(), [runs])
    assert "runs although it is quarantined" in str(again)
    hold = {HOLD_FAILED: "until=-; by=ec2kit; why=recovery 1 failed: no reply"}
    given_up = instance("i-8", state=runs.state.STOPPED, tags={STATE: "quarantined", **hold})
    (dead,) = troubles_of(look(), [given_up])
    assert dead.level is Level.CRITICAL
    assert dead.hint == "ec2kit recovery ack i-8"


def test_what_has_ended_by_what_is_seen_now() -> None:
    said = Said("x", "CRITICAL failed", NOW, NOW)
    before = dict.fromkeys(("i-1", "i-2", "i-9", "i-old", MONITOR, STORM), said)
    now = look(Condition.HEALTHY, Condition.SUSPECT, Condition.HEALTHY)
    heir = instance("i-3", tags={REPLACES: "i-old"})
    now = replace(now, machines=(*now.machines[:2], Watched(heir, Judgement(Condition.HEALTHY))))
    ended = ended_of(now, before)
    assert ended["i-1"].how == "is well again"
    assert "i-2" not in ended
    assert ended["i-9"].how == "is not watched any more"
    assert ended["i-old"].words.startswith("replaced by i-3")
    assert {MONITOR, STORM} <= ended.keys()
    assert STORM not in ended_of(replace(now, storm="2 of 4"), before)
    assert ended_of(look(Condition.UNKNOWN, well=False), before) == {}


def test_memory_is_kept_in_the_evidence_store() -> None:
    store = MemoryEvidence()
    said = announce([FAILED], {}, {}, NOW)
    keep(store, "said/", {}, said.memory)
    before = recall(store, "said/")
    assert before == said.memory
    over = announce([], {"i-1": Ended("is well again")}, before, NOW + timedelta(hours=2))
    keep(store, "said/", before, over.memory)
    assert recall(store, "said/") == {}


def test_samples_have_no_say_here() -> None:
    """Only verdicts are announced: bad samples of a machine that is judged healthy are silence."""
    watched = look(Condition.HEALTHY)
    watched.samples[InstanceId("i-1")] = bad(Kind.HTTP, 0)
    assert troubles_of(watched) == ()
