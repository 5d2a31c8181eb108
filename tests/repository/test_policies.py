"""The IAM policies of `examples/`: what the code declares, and enough for what the commands call."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.loaders import Loader

from docs.policies import EXAMPLES, Document, policies, text_of
from ec2kit.aws.actions import BILLING, LOOKING
from ec2kit.sandbox.calls import Call
from tests.cli.watched import ADDRESS, Fleet
from tests.repository.files import ROOT

CALLED = re.compile(
    r"clients\.(ce|ec2|ec2_acting|iam|pricing|savingsplans|ssm|sts)\.((?:describe|get|list)_[a-z_]+)"
)
POLICIES = policies()


@pytest.mark.parametrize("name", POLICIES)
def test_the_file_is_what_the_code_declares(name: str) -> None:
    assert (EXAMPLES / name).read_text() == text_of(POLICIES[name]), "run `make docs`"


def test_looking_is_declared_as_the_code_looks() -> None:
    sources = "\n".join(path.read_text() for path in (ROOT / "ec2kit" / "aws").glob("*.py"))
    called = {(found[1].removesuffix("_acting"), found[2]) for found in CALLED.finditer(sources)}

    assert {f"{service}:{_names(service)[method]}" for service, method in called} == {*LOOKING, *BILLING}
    assert sorted(LOOKING) == list(LOOKING)


def test_a_monitor_asks_for_no_bill() -> None:
    assert _actions(POLICIES["iam-recovering.json"]) & set(BILLING) == set()
    assert set(BILLING) <= _actions(POLICIES["iam-reading.json"])


def test_reading_changes_nothing() -> None:
    assert all(re.search(":(Describe|Get|List)", action) for action in _actions(POLICIES["iam-reading.json"]))


def test_a_monitor_cannot_destroy() -> None:
    actions = _actions(POLICIES["iam-recovering.json"])

    assert not [
        action for action in actions if re.search("Terminate|Release|DeleteVolume|Deregister", action)
    ]
    [bound] = [one for one in POLICIES["iam-recovering.json"]["Statement"] if one["Sid"] == "ChangeOurs"]
    assert bound["Action"] == ["ec2:DeleteSnapshot"]
    assert bound["Condition"] == {"StringLike": {"aws:ResourceTag/ec2kit:set": "*"}}


@pytest.mark.slow
def test_what_commands_call_is_allowed_by_their_policies(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path)
    calls: list[Call] = []
    fleet.sandbox.before(calls.append)

    reading = ["ls", "show web-1", "check", "eip ls", "snapshot ls", "tag ls web-1", "recovery status"]
    assert _called(fleet, calls, reading) <= _actions(POLICIES["iam-reading.json"])
    operating = [
        "launch web -n 2 --image debian-12-amd64 --type t3.micro --eip --hostname 'web-{n}.example.com'",
        f"eip assign {ADDRESS} web-1",
        "protect web-1",
        "snapshot restore web-1",
        "stop web-2 -y",
        "start web-2",
        "reboot web-3 -y",
        "terminate web-5 --snapshot -y",
        "recovery pause --all --for 1h --reason work",
        "recovery resume --all",
    ]
    assert _called(fleet, calls, operating) <= _actions(POLICIES["iam-operating.json"])
    fleet.impair(fleet.sandbox.id("web-1"))
    monitoring = _called(fleet, calls, ["recover all", "snapshot create web-1"])
    assert monitoring <= _actions(POLICIES["iam-recovering.json"])
    assert {"ec2:StopInstances", "ec2:RunInstances", "ec2:AssociateAddress"} <= monitoring


def _called(fleet: Fleet, calls: list[Call], lines: Sequence[str]) -> set[str]:
    """The actions that these commands call, each of which must end well."""
    calls.clear()
    for line in lines:
        screen = fleet.cron.run(line)
        assert screen.exit == 0, f"{line}\n{screen.stdout}{screen.stderr}"
    return {f"{call.service}:{call.action}" for call in calls}


def _actions(document: Document) -> set[str]:
    return set(_all_actions(document["Statement"]))


def _all_actions(statements: Sequence[dict[str, Any]]) -> Iterator[str]:
    for statement in statements:
        yield from statement["Action"]


@cache
def _names(service: str) -> dict[str, str]:
    """boto3's methods of a service, and the actions that they call."""
    model = Loader().load_service_model(service, "service-2")
    return {xform_name(operation): operation for operation in model["operations"]}
