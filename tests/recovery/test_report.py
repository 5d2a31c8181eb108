"""Plugin line, exit codes of recover, the ladder, the message of a recovery."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ec2kit.aws.requests import TemplateRef
from ec2kit.errors import AccessDenied, Busy, Exit
from ec2kit.fleet.restore import Source
from ec2kit.inventory.description import Spec
from ec2kit.model.ids import InstanceId, TemplateId
from ec2kit.recovery.heal import Healed
from ec2kit.recovery.judge import Condition, Judgement
from ec2kit.recovery.policy import Policy, Rung
from ec2kit.recovery.report import healed_lines, ladder, plugin_line, recover_exit, summary, trouble_of
from ec2kit.recovery.seen import Health, Seen
from ec2kit.recovery.storm import Watched
from ec2kit.recovery.troubles import Level, Trouble
from tests.recovery.making import NOW, instance, snapshot_set

FAILED = Judgement(Condition.FAILED, ("EC2 instance check impaired for 4m",))


def watched(*conditions: Condition) -> list[Watched]:
    return [Watched(instance(f"i-{n}"), Judgement(condition)) for n, condition in enumerate(conditions)]


def test_the_plugin_line_when_all_is_well() -> None:
    line = plugin_line(watched(*[Condition.HEALTHY] * 40), ())
    assert line == "EC2KIT OK - 40 of 40 | failed=0;;0;0;40 suspect=0;0;;0;40 unknown=0;;;0;40"


def test_the_plugin_line_names_the_worst_and_keeps_its_one_bar() -> None:
    trouble = Trouble("i-1", "web-1", "failed", Level.CRITICAL, ("said a|b\nc",))
    line = plugin_line(watched(Condition.FAILED, Condition.HEALTHY), (trouble,))
    assert line.startswith("EC2KIT CRITICAL - 1 of 2: web-1 failed: said a/b c | failed=1;")
    assert line.count("|") == 1
    assert "\n" not in line


def test_the_summary() -> None:
    assert summary(()) == "nothing is enrolled"
    both = watched(Condition.HEALTHY, Condition.SUSPECT, Condition.HEALTHY)
    assert summary(both) == "3 watched: 2 healthy, 1 suspect"


def healed(result: str, error: Exception | None = None) -> Healed:
    return Healed(InstanceId("i-1"), "web-1", result, error=error)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "results, sick, code",
    [
        ((), False, Exit.DONE),
        (("nothing",), False, Exit.DONE),
        (("healed", "healed", "nothing"), False, Exit.DONE),
        (("failed", "nothing"), False, Exit.FAILED),
        (("blocked",), False, Exit.REFUSED),
        (("blocked", "healed"), False, Exit.PARTIAL),
        (("blocked", "failed"), False, Exit.PARTIAL),
        ((), True, Exit.REFUSED),
    ],
)
def test_exit_codes_of_recover(results: tuple[str, ...], sick: bool, code: Exit) -> None:
    assert recover_exit([healed(result) for result in results], sick=sick) is code


def test_errors_keep_their_codes() -> None:
    assert recover_exit([healed("busy", Busy("x"))], sick=False) is Exit.BUSY
    assert recover_exit([healed("failed", AccessDenied("x"))], sick=False) is Exit.CREDENTIALS


def test_giving_up_and_being_held_after_it_is_the_same_trouble() -> None:
    first, later = healed("failed"), healed("blocked")
    first.why, later.why = "no reply", "held: recovery 1 failed: no reply (ec2kit, until lifted)"
    first.hint = later.hint = "ec2kit recovery ack web-1"
    told, held = trouble_of(first), trouble_of(later)
    assert told is not None
    assert held is not None
    assert told.what == held.what == "was not recovered"


def test_what_is_busy_is_not_said() -> None:
    trouble = trouble_of(healed("busy"))
    assert trouble is not None
    assert trouble.quiet
    assert trouble_of(healed("nothing")) is None


def test_the_message_of_a_recovery_has_what_was_done_and_what_was_lost() -> None:
    done = Healed(
        InstanceId("i-1"),
        "web-1",
        "healed",
        "replaced by i-2",
        successor=InstanceId("i-2"),
        lost="what was written after web-1@x",
        left=("203.0.113.10",),
        moves=["begin", "fence", "replace", "finish"],
        began=NOW,
        ended=NOW + timedelta(minutes=7),
    )
    lines = list(healed_lines(done, FAILED, "203.0.113.9 at i-2"))
    assert len(lines) <= 10
    assert "  done in 7m: begin, fence, replace, finish" in lines
    assert "  lost: what was written after web-1@x" in lines
    assert "  address: 203.0.113.9 at i-2" in lines
    assert "  not moved: 203.0.113.10, a second address: it stays with i-1" in lines
    assert lines[-2].startswith("  kept: i-1 with its disks, in quarantine")
    assert lines[-1].startswith("  next: `ec2kit snapshot create web-1`")


def seen(**changes: object) -> Seen:
    chosen = snapshot_set(2, "completed")
    source = Source(
        chosen, Spec("i-00000001", "web-1", "/dev/xvda", "x86_64", ()), TemplateRef(TemplateId("lt-1"), 1)
    )
    return Seen(NOW, instance(), FAILED, Health(None, False), source=changes.get("source", source))  # type: ignore[arg-type]


def test_the_ladder_says_what_may_follow_and_what_it_would_lose() -> None:
    steps = ladder(seen(), Policy())
    assert "what was written in the 2h since" in " ".join(steps)
    assert steps[-1].startswith("move its Elastic IP")


def test_the_ladder_ends_where_the_policy_ends() -> None:
    assert ladder(seen(), Policy(last=Rung.RESTART))[-1] == "then give up: it is protected up to 'restart'"
    assert ladder(seen(), Policy(last=Rung.WATCH)) == ()
