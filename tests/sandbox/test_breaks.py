"""Breaking resources, by the names people use, and mending them."""

from datetime import timedelta
from typing import Any

import pytest

from ec2kit.errors import NotFound, UsageError
from ec2kit.sandbox import breaks
from ec2kit.sandbox.conditions import Conditions
from ec2kit.sandbox.fault_words import parse_order
from ec2kit.sandbox.faults import Spell
from tests.support.inprocess import InProcess


@pytest.fixture(scope="module")
def seeded() -> InProcess:
    return InProcess(empty=False)


@pytest.fixture
def sandbox(seeded: InProcess) -> InProcess:
    with seeded.app.settled() as state:
        breaks.mend(state, "all")
        state.conditions = Conditions()
    return seeded


def order(sandbox: InProcess, what: str, where: str = "", **spell: Any) -> str:
    with sandbox.app.settled() as state:
        return breaks.make(state, parse_order(what, where, Spell(**spell)))


def mend(sandbox: InProcess, what: str) -> list[str]:
    with sandbox.app.settled() as state:
        return breaks.mend(state, what)


def instance_id(sandbox: InProcess, name: str) -> str:
    filters = [{"Name": "tag:Name", "Values": [name]}]
    found = sandbox.client("ec2").describe_instances(Filters=filters)
    return str(found["Reservations"][0]["Instances"][0]["InstanceId"])


@pytest.mark.parametrize(
    "where, hint",
    [
        ("ec2:RunInstence", "did you mean ec2:RunInstances?"),
        ("DescribeInstance?", None),
        ("ssm:Nonsense*", "ssm:* is every one"),
        ("sts", None),
        ("s3:PutObject", None),
    ],
)
def test_requests_that_nobody_makes_are_refused(sandbox: InProcess, where: str, hint: str | None) -> None:
    if hint is None:
        assert mend(sandbox, order(sandbox, "throttle", where))
        return
    with pytest.raises(UsageError, match="has no action") as refused:
        order(sandbox, "throttle", where)
    assert hint in refused.value.hint


def test_a_status_check_is_impaired_by_name_and_mended_by_id(sandbox: InProcess) -> None:
    web = instance_id(sandbox, "web-1")
    at = sandbox.now
    made = order(sandbox, "impair:system", "web-1")
    conditions = sandbox.app.world.conditions
    assert conditions.impaired_since(web, "system") == at
    assert conditions.impaired_since(web, "instance") is None
    assert mend(sandbox, made) == [made]
    assert conditions.impaired_since(web, "system") is None


def test_each_word_changes_its_condition_and_mending_takes_it_back(sandbox: InProcess) -> None:
    web = instance_id(sandbox, "web-2")
    well = Conditions()
    cases: list[tuple[str, str, dict[str, Any]]] = [
        ("stuck-stop", "web-2", {"stuck_stop": {web}}),
        ("dead-port:80", web, {"dead_ports": {web: {80}}}),
        ("fail-snapshot", "web-2", {"failing_snapshots": {web}}),
        ("fail-snapshot", "", {"next_snapshots_fail": 1}),
        ("zone-down", "eu-west-1a", {"zones_down": {"eu-west-1a"}}),
        ("no-capacity", "eu-west-1a/t3.micro", {"no_capacity": {("eu-west-1a", "t3.micro"): None}}),
        ("no-capacity", "t3.micro", {"no_capacity": {(None, "t3.micro"): None}}),
        ("rival:web-2", "203.0.113.9", {"rivals": {"203.0.113.9": web}}),
        ("probe-path", "", {"probe_path_down": True}),
    ]
    for what, where, changed in cases:
        made = order(sandbox, what, where)
        assert sandbox.app.world.conditions == Conditions(**changed), what
        assert mend(sandbox, made) == [made]
        assert sandbox.app.world.conditions == well, what


def test_it_ends_by_itself(sandbox: InProcess) -> None:
    order(sandbox, "zone-down", "eu-west-1b", lasts=timedelta(minutes=10))
    sandbox.tick(599)
    assert sandbox.app.world.conditions.zones_down == {"eu-west-1b"}
    sandbox.tick(1)
    assert sandbox.app.world.conditions.zones_down == set()
    assert breaks.book(sandbox.app.world).breaks == {}


def test_it_begins_later_and_its_time_is_exact(sandbox: InProcess) -> None:
    begins = sandbox.now + timedelta(seconds=60)
    order(sandbox, "impair:instance", "web-3", at=timedelta(seconds=60))
    web = instance_id(sandbox, "web-3")
    assert sandbox.app.world.conditions.impaired_since(web, "instance") is None
    sandbox.tick(100)
    assert sandbox.app.world.conditions.impaired_since(web, "instance") == begins


def test_a_count_is_used_up_and_each_time_is_recorded(sandbox: InProcess) -> None:
    order(sandbox, "no-capacity", "eu-west-1a", times=2)
    conditions = sandbox.app.world.conditions
    assert [conditions.lacks_capacity("eu-west-1a", "t3.micro") for _ in range(3)] == [True, True, False]
    assert not conditions.lacks_capacity("eu-west-1b", "t3.micro")
    sandbox.tick(1)
    assert breaks.book(sandbox.app.world).breaks == {}
    newest = [firing.effect for firing in sandbox.app.world.faults.firings][-2:]
    assert newest == ["no-capacity eu-west-1a/t3.micro"] * 2


def test_an_unknown_name_is_not_found(sandbox: InProcess) -> None:
    with pytest.raises(NotFound, match="there is no instance 'nobody'"):
        order(sandbox, "stuck-stop", "nobody")
    with pytest.raises(NotFound, match="nothing is broken by the name 'b99'"):
        mend(sandbox, "b99")


def test_a_name_that_comes_later_is_met_later(sandbox: InProcess) -> None:
    order(sandbox, "stuck-stop", "late-1", at=timedelta(seconds=10))
    sandbox.tick(20)
    assert sandbox.app.world.conditions.stuck_stop == set()
    web = instance_id(sandbox, "web-4")
    sandbox.client("ec2").create_tags(Resources=[web], Tags=[{"Key": "Name", "Value": "late-1"}])
    sandbox.tick(1)
    assert sandbox.app.world.conditions.stuck_stop == {web}
    sandbox.client("ec2").create_tags(Resources=[web], Tags=[{"Key": "Name", "Value": "web-4"}])


def test_mending_by_resource_and_all(sandbox: InProcess) -> None:
    made = [order(sandbox, "stuck-stop", "web-1"), order(sandbox, "dead-port:80", "web-1")]
    other = order(sandbox, "throttle")
    assert mend(sandbox, "web-1") == made
    assert mend(sandbox, "all") == [other]
    assert mend(sandbox, "all") == []
