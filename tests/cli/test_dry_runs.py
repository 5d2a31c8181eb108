"""`--dry-run` of every changing command: no call that changes anything, the real run's end, the real run's steps."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ec2kit.cli.registry import COMMANDS
from ec2kit.cli.running import load
from ec2kit.engine.codec import decode_plan
from ec2kit.host.journal import SqliteJournal
from ec2kit.model.runs import Run
from ec2kit.screen.plans import Place, plan_json
from tests.cli.watched import ADDRESS, Fleet

pytestmark = pytest.mark.slow

CHANGING = sorted(
    " ".join(entry.words)
    for entry in COMMANDS
    # What the hostname service is told is no plan of ours: tests/cli/test_hostname.py.
    if any(param.name == "dry_run" for param in load(entry).params) and entry.section != "names"
)


def typed(*lines: str) -> Callable[[Fleet], None]:
    """These commands were typed before."""

    def run(fleet: Fleet) -> None:
        for line in lines:
            screen = fleet.cron.run(line)
            assert screen.exit == 0, screen

    return run


def enrolled(fleet: Fleet) -> None:
    fleet.enrol("web-1")


def failed(fleet: Fleet) -> None:
    id = fleet.enrol("web-1", rung="restart")
    fleet.impair(id)
    fleet.mend_when_started(id)


def recovered(fleet: Fleet) -> None:
    typed("protect web-1")(fleet)
    fleet.impair(fleet.sandbox.id("web-1"))
    typed("recover all")(fleet)
    fleet.sandbox.tick(900)


def given_up(fleet: Fleet) -> None:
    id = fleet.enrol("web-1")
    fleet.tag(
        id, {"ec2kit:hold.failed": "until=-; by=ec2kit; why=recovery 1 failed", "ec2kit:failure": "1:failed"}
    )
    fleet.sandbox.tick(60)


def unfinished(fleet: Fleet) -> None:
    fleet.sandbox.app.world.conditions.no_capacity["eu-west-1b", None] = 1
    assert fleet.cron.run("launch 'db-{n}' -n 2 --like web-2 --zone eu-west-1b").exit == 3


def paused(fleet: Fleet) -> None:
    fleet.enrol("web-1")
    typed("recovery pause web-1 --reason work")(fleet)


def with_disk(fleet: Fleet) -> None:
    sector = bytearray(512)
    sector[0], sector[510:512] = 0xEB, b"\x55\xaa"
    (fleet.home / "disk.raw").write_bytes(bytes(sector))


def bundled(fleet: Fleet) -> None:
    typed("bundle create web-1 s3://backups/m --volume /dev/xvda")(fleet)


@dataclass(frozen=True)
class Row:
    """A command as it is typed, one that ends before its first change, and what there is before."""

    line: str
    bad: str = ""
    before: Callable[[Fleet], None] = enrolled
    first_only: bool = False


ROWS = {
    "launch": Row("launch web -n 2 --like web-1 --eip", "launch web-1 --like web-2"),
    "start": Row("start web-1", "start nobody", typed("stop web-1 -y")),
    "stop": Row("stop web-1 web-2", "stop nobody"),
    "reboot": Row("reboot web-1", "reboot nobody"),
    "terminate": Row("terminate web-1 --snapshot", "terminate nobody"),
    "tag set": Row("tag set web-1 a=b", "tag set web-1 aws:a=b"),
    "tag delete": Row("tag delete web-1 role", "tag delete nobody role"),
    "snapshot create": Row("snapshot create web-1", "snapshot create nobody"),
    "snapshot restore": Row(
        "snapshot restore web-1", "snapshot restore nobody", typed("snapshot create web-1")
    ),
    "snapshot delete": Row(
        "snapshot delete 'web-1@*'", "snapshot delete web-1@nothing", typed("snapshot create web-1")
    ),
    "snapshot prune": Row(
        "snapshot prune web-1 --keep-last 1", "snapshot prune web-1", typed(*["snapshot create web-1"] * 2)
    ),
    "image create": Row(
        "image create web-1 --name golden --unscrubbed", "image create nobody --name golden --unscrubbed"
    ),
    "image build": Row("image build debian-12-minimal --name golden", "image build nothing --name golden"),
    "image import": Row(
        "image import disk.raw --name golden --no-boot-test",
        "image import nothing.raw --name golden --no-boot-test",
        with_disk,
    ),
    "image copy": Row(
        "image copy debian-12-amd64 --to eu-west-2 --to eu-west-3", "image copy nothing --to eu-west-2"
    ),
    "image share": Row("image share debian-12-amd64 --with 444455556666", "image share nothing --off"),
    "image deprecate": Row(
        "image deprecate debian-12-amd64 --at 2030-01-01", "image deprecate debian-12-amd64 --in 0s"
    ),
    "image delete": Row("image delete debian-12-i386", "image delete debian-12-amd64"),
    "image prune": Row(
        "image prune 'web-*' --keep-last 1",
        "image prune",
        typed(*(f"image copy debian-12-i386 --to eu-west-1 --name web-2026010{day}" for day in (1, 2))),
    ),
    "bundle create": Row("bundle create web-1 s3://backups/m", "bundle create web-1 s3://none/m"),
    "bundle verify": Row("bundle verify s3://backups/m/web-1", "bundle verify s3://backups/m/web-2", bundled),
    "bundle restore": Row(
        "bundle restore s3://backups/m/web-1 --to volume",
        "bundle restore s3://backups/m/web-2 --to volume",
        bundled,
    ),
    "bundle prune": Row(
        "bundle prune s3://backups/m --keep-last 1",
        "bundle prune s3://backups/m",
        typed(*["bundle create web-1 s3://backups/m --volume /dev/xvda"] * 2),
    ),
    "eip allocate": Row("eip allocate -n 2", "eip allocate -n 0"),
    "eip assign": Row(f"eip assign {ADDRESS} web-1", "eip assign 203.0.113.99 web-1"),
    "eip unassign": Row(
        f"eip unassign {ADDRESS}", "eip unassign 203.0.113.99", typed(f"eip assign {ADDRESS} web-1")
    ),
    "eip release": Row(f"eip release {ADDRESS}", "eip release 203.0.113.99"),
    "protect": Row("protect web-1", "protect web-1 --check nonsense"),
    "recover": Row("recover web-1", "recover nobody", failed, first_only=True),
    "recovery pause": Row(
        "recovery pause web-1 --reason work",
        "recovery pause web-2 --reason work",
        enrolled,
    ),
    "recovery resume": Row("recovery resume web-1", "recovery resume nobody", paused),
    "recovery ack": Row("recovery ack web-1", "recovery ack nobody", given_up),
    "recovery retire": Row("recovery retire web-1.failed-1", "recovery retire web-1", recovered),
    "resume": Row("resume", "resume nothing", unfinished),
    "undo": Row("undo last", "undo nothing", typed("stop web-1 -y")),
    "gc": Row("gc", before=typed("tag set web-4 ec2kit:expires=2020-01-01T00:00:00Z")),
}


def runs(fleet: Fleet) -> dict[str, Run]:
    """What the journals hold, by id."""
    found: dict[str, Run] = {}
    for path in (fleet.home / "state").rglob("journal.sqlite"):
        found |= {str(run.id): run for run in SqliteJournal(path, path.parent / "locks").runs()}
    return found


def shown(steps: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(step["key"], step["kind"], step["target"]) for step in steps]


def test_every_changing_command_has_a_row() -> None:
    assert sorted(ROWS) == CHANGING


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_dry_run_changes_nothing_and_shows_what_the_real_one_does(row: Row, tmp_path: Path) -> None:
    fleet = Fleet(tmp_path)
    row.before(fleet)
    before = runs(fleet)
    calls = fleet.sandbox.app.calls
    calls.clear()

    dry = fleet.cron.run(f"{row.line} --dry-run -o json")

    assert dry.exit == 0, dry
    assert calls.changes() == []
    assert runs(fleet) == before
    real = fleet.cron.run(f"{row.line} -y")
    assert real.exit == 0, real
    assert calls.changes() != []
    # `resume` goes on with a run that was there.
    after = runs(fleet)
    new = set(after) - set(before) or set(after)
    plans = [plan_json(decode_plan(after[id].plan), Place("", ""), "") for id in new]
    steps = shown(json.loads(dry.stdout)["steps"])
    # A recovery decides anew after each move: its first one is what can be shown.
    most = len(steps) if row.first_only else None
    assert steps in [shown(plan["steps"])[:most] for plan in plans if plan["steps"]]


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """One for all that change nothing."""
    return Fleet(tmp_path_factory.mktemp("untouched"))


@pytest.mark.parametrize("line", [row.bad for row in ROWS.values() if row.bad])
def test_a_dry_run_ends_as_the_real_one_would_before_its_first_change(untouched: Fleet, line: str) -> None:
    calls = untouched.sandbox.app.calls
    calls.clear()

    dry, real = untouched.cron.run(f"{line} --dry-run"), untouched.cron.run(f"{line} -y")

    assert dry.exit == real.exit, (dry, real)
    assert dry.exit in (2, 4, 5)
    assert calls.changes() == []
