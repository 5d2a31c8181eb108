"""The commands that the product promises, typed as they are promised, in a real shell on the seeded practice AWS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ec2kit.model.instances import State
from ec2kit.model.tags import CHECK, HOSTNAME, PROTECT
from ec2kit.snapshots.observe import sets_of
from tests.examples.practice import Practice

ADDRESS = "203.0.113.9"


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    opened = Practice(tmp_path_factory.mktemp("practice"))
    try:
        yield opened
    finally:
        opened.end()


@pytest.mark.slow
def test_the_examples_one_after_another_on_one_account(practice: Practice) -> None:
    """One test, because the account goes on from each example to the next, as a reader's does."""
    _launch(practice)
    _snapshot(practice)
    _protect_check_recover(practice)
    _pipe(practice)
    _assign_in_either_order(practice)
    _stop(practice)


def _launch(practice: Practice) -> None:
    ended = practice.ok("ec2kit launch web -n 4 --hostname 'web-{n}.shop.example.com'")

    new = ["web-5", "web-6", "web-7", "web-8"]
    assert [(row[1], row[3]) for row in ended.rows] == [(name, "done") for name in new]
    assert "using the sandbox's own defaults: image debian-12-amd64, type t3.micro" in ended.stderr
    machines = [practice.machines()[name] for name in new]
    assert [machine.id for machine in machines] == [row[0] for row in ended.rows]
    assert {machine.state for machine in machines} == {State.RUNNING}
    assert len({machine.zone for machine in machines}) == 3
    assert [machine.tags[HOSTNAME] for machine in machines] == [f"{name}.shop.example.com" for name in new]


def _snapshot(practice: Practice) -> None:
    ended = practice.ok("ec2kit snapshot create web-1")

    [taken] = sets_of(practice.aws, [practice.machines()["web-1"].id])
    assert [row[0] for row in ended.rows] == [taken.name]
    assert (taken.complete, len(taken.snapshots)) == (True, 2)


def _protect_check_recover(practice: Practice) -> None:
    enrolled = practice.ok("ec2kit protect web-1")

    assert "losing at most what was written in 4h" in enrolled.stderr
    assert "* * * * * " in enrolled.stderr
    before = practice.machines()
    assert (before["web-1"].tags[PROTECT], before["web-1"].tags[CHECK]) == ("replace", "http:80/ banner:22")
    assert practice.ok("ec2kit check").stdout == ""
    assert practice.ok("ec2kit recover all").stdout == ""
    assert practice.machines() == before


def _pipe(practice: Practice) -> None:
    ended = practice.ok("ec2kit ls role=web | grep eu-west-1a | ec2kit snapshot create -")

    assert sorted(row[1] for row in ended.rows) == ["web-1", "web-4"]
    machines = practice.machines()
    counts = [len(sets_of(practice.aws, [machines[name].id])) for name in ("web-1", "web-2", "web-4")]
    assert counts == [2, 0, 1]


def _assign_in_either_order(practice: Practice) -> None:
    practice.ok(f"ec2kit eip assign {ADDRESS} web-1")
    assert _holder(practice) == "web-1"

    assert practice.ok(f"ec2kit eip assign web-1 {ADDRESS}").rows[0][3] == "unchanged"


def _holder(practice: Practice) -> str:
    [address] = [each for each in practice.aws.addresses.describe() if each.public_ip == ADDRESS]
    [name] = [name for name, machine in practice.machines().items() if machine.id == address.instance]
    return name


def _stop(practice: Practice) -> None:
    line = "ec2kit stop role=web state:running --except web-1"
    before = _states(practice)

    refused = practice.type(line)

    assert refused.code == 5
    assert "--yes" in refused.stderr
    assert practice.answered(line, "n").code == 5
    assert _states(practice) == before
    agreed = practice.answered(line, "y")
    assert agreed.code == 0, agreed.stdout
    others = dict.fromkeys(("web-2", "web-3", "web-4"), State.STOPPED)
    assert _states(practice) == {**before, **others}
    assert practice.ok(f"{line} -y").rows == []


def _states(practice: Practice) -> dict[str, State]:
    return {name: machine.state for name, machine in practice.machines().items()}
