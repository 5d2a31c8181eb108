"""Faults of requests, met by boto3 in this process."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from ec2kit.sandbox import breaks
from ec2kit.sandbox.fault_file import read_faults
from ec2kit.sandbox.fault_words import parse_order
from ec2kit.sandbox.faults import Spell
from tests.support.inprocess import InProcess


@pytest.fixture
def sandbox() -> InProcess:
    return InProcess()


def order(sandbox: InProcess, what: str, where: str = "", **spell: Any) -> str:
    return breaks.make(sandbox.app.world, parse_order(what, where, Spell(**spell)))


def outcomes(sandbox: InProcess, count: int) -> list[str]:
    """What `count` calls of DescribeVpcs met, `ok` or a code."""
    met = []
    for _ in range(count):
        try:
            sandbox.client("ec2").describe_vpcs()
        except ClientError as refused:
            met.append(refused.response["Error"]["Code"])
        else:
            met.append("ok")
    return met


def test_so_many_times(sandbox: InProcess) -> None:
    order(sandbox, "throttle", "DescribeVpcs", times=2)
    assert outcomes(sandbox, 4) == ["RequestLimitExceeded", "RequestLimitExceeded", "ok", "ok"]


def test_after_so_many(sandbox: InProcess) -> None:
    order(sandbox, "error:InternalError", "ec2:Describe*", after=2, times=1)
    assert outcomes(sandbox, 4) == ["ok", "ok", "InternalError", "ok"]


def test_for_so_long(sandbox: InProcess) -> None:
    order(sandbox, "503", "", lasts=timedelta(seconds=30))
    assert outcomes(sandbox, 1) == ["Unavailable"]
    sandbox.tick(30)
    assert outcomes(sandbox, 1) == ["ok"]
    assert sandbox.app.world.faults.faults == {}


def test_from_a_later_moment_on(sandbox: InProcess) -> None:
    order(sandbox, "500", "", at=timedelta(seconds=30), lasts=timedelta(seconds=30))
    met = []
    for _ in range(4):
        met += outcomes(sandbox, 1)
        sandbox.tick(20)
    assert met == ["ok", "ok", "InternalError", "ok"]


def test_chance_is_repeatable() -> None:
    def once(seed: int) -> list[str]:
        sandbox = InProcess(seed=seed)
        order(sandbox, "throttle", "", probability=0.5)
        return outcomes(sandbox, 20)

    first = once(3)
    assert first == once(3)
    assert {"ok", "RequestLimitExceeded"} == set(first)
    assert first != once(4)


def test_other_actions_are_left_alone(sandbox: InProcess) -> None:
    order(sandbox, "throttle", "RunInstances")
    assert outcomes(sandbox, 2) == ["ok", "ok"]


def test_when_looks_at_parameters(sandbox: InProcess) -> None:
    text = (
        '- {on: "ec2:CreateVolume", when: {az: eu-west-1a, VolumeType: gp*}, do: "error:VolumeLimitExceeded"}'
    )
    (wanted,) = read_faults(text).orders
    breaks.make(sandbox.app.world, wanted)
    ec2 = sandbox.client("ec2")
    ec2.create_volume(AvailabilityZone="eu-west-1b", Size=1, VolumeType="gp3")
    ec2.create_volume(AvailabilityZone="eu-west-1a", Size=1, VolumeType="standard")
    with pytest.raises(ClientError, match="VolumeLimitExceeded"):
        ec2.create_volume(AvailabilityZone="eu-west-1a", Size=1, VolumeType="gp3")


def test_a_reset_does_no_work(sandbox: InProcess) -> None:
    order(sandbox, "reset", "AllocateAddress", times=1)
    with pytest.raises(ConnectionClosedError):
        sandbox.client("ec2").allocate_address()
    assert sandbox.client("ec2").describe_addresses()["Addresses"] == []


def test_a_timeout_does_no_work(sandbox: InProcess) -> None:
    order(sandbox, "timeout", "AllocateAddress", times=1)
    with pytest.raises(ReadTimeoutError):
        sandbox.client("ec2").allocate_address()
    assert sandbox.client("ec2").describe_addresses()["Addresses"] == []


def test_a_lost_answer_comes_after_the_work(sandbox: InProcess) -> None:
    order(sandbox, "lose-answer", "AllocateAddress", times=1)
    with pytest.raises(ConnectionClosedError):
        sandbox.client("ec2").allocate_address()
    call = list(sandbox.app.calls)[-1]
    assert (call.name, call.handled, call.answered, call.status) == ("ec2:AllocateAddress", True, False, 200)
    sandbox.tick(60)
    assert len(sandbox.client("ec2").describe_addresses()["Addresses"]) == 1


def test_a_delay_lets_the_sandbox_s_time_pass(sandbox: InProcess) -> None:
    order(sandbox, "delay:5s", "", times=1)
    before = sandbox.now
    assert outcomes(sandbox, 2) == ["ok", "ok"]
    assert sandbox.now - before == timedelta(seconds=5)


def test_a_delay_and_an_error_come_together(sandbox: InProcess) -> None:
    order(sandbox, "delay:5s")
    order(sandbox, "throttle")
    before = sandbox.now
    assert outcomes(sandbox, 1) == ["RequestLimitExceeded"]
    assert sandbox.now - before == timedelta(seconds=5)


def test_no_capacity_by_request(sandbox: InProcess) -> None:
    (wanted,) = read_faults('- {on: "ec2:RunInstances", when: {type: t3.micro}, do: no-capacity}').orders
    breaks.make(sandbox.app.world, wanted)
    with pytest.raises(ClientError) as caught:
        sandbox.client("ec2").run_instances(ImageId="ami-1", InstanceType="t3.micro", MinCount=1, MaxCount=1)
    assert caught.value.response["Error"]["Code"] == "InsufficientInstanceCapacity"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500


def test_each_firing_is_recorded(sandbox: InProcess) -> None:
    made = order(sandbox, "throttle", "DescribeVpcs", times=2)
    outcomes(sandbox, 3)
    fired = [(firing.fault, firing.effect, firing.call) for firing in sandbox.app.world.faults.firings]
    assert fired == [(made, "throttle", "ec2:DescribeVpcs")] * 2
    assert [call.faults for call in sandbox.app.calls] == [(made,), (made,), ()]


def test_hooks_see_each_call_and_may_end_the_client(sandbox: InProcess) -> None:
    class Killed(BaseException):
        pass

    def kill(_call: object) -> None:
        raise Killed

    heard: list[str] = []
    sandbox.before(lambda call: heard.append(f"before {call.action}"))
    sandbox.after(lambda call: heard.append(f"after {call.action}"))
    sandbox.first_byte(lambda call: heard.append(f"first byte {call.action}"))
    sandbox.client("ec2").allocate_address()
    assert heard == ["before AllocateAddress", "after AllocateAddress", "first byte AllocateAddress"]
    sandbox.after(kill)
    with pytest.raises(Killed):
        sandbox.client("ec2").allocate_address()
    sandbox.app.hooks.after.clear()
    assert [call.answered for call in sandbox.app.calls] == [True, False]
    sandbox.tick(60)
    assert len(sandbox.client("ec2").describe_addresses()["Addresses"]) == 2
