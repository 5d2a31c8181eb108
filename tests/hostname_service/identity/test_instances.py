"""Asking EC2 about machines: what its answers mean, and what its silence does."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from hostname_service.errors import Unavailable
from hostname_service.identity.instances import (
    Ec2Instances,
    Instances,
    Nowhere,
    boto3_account,
    boto3_clients,
    machine_of,
)
from hostname_service.model import Machine, MachineState
from tests.hostname_service.authority import ACCOUNT, INSTANCE, REGION
from tests.support.inprocess import InProcess

DESCRIBED = {
    "InstanceId": INSTANCE,
    "State": {"Code": 16, "Name": "running"},
    "PrivateIpAddress": "10.0.0.5",
    "PublicIpAddress": "192.0.2.7",
    "LaunchTime": datetime(2026, 3, 1, 8, tzinfo=UTC),
    "NetworkInterfaces": [
        {"Ipv6Addresses": [{"Ipv6Address": "2001:db8::5"}, {"Ipv6Address": "2001:db8::6"}]},
        {"Ipv6Addresses": []},
    ],
    "Tags": [{"Key": "ec2kit:hostname", "Value": "web-1.shop.example.com"}],
}

HOME = "eu-west-1"
"""Where the practice AWS has its images."""


@dataclass
class Client:
    """An EC2 client that answers what it was told to."""

    answer: dict[str, Any] | Exception
    asked: list[list[str]] = field(default_factory=list)

    def describe_instances(self, InstanceIds: list[str]) -> dict[str, Any]:  # noqa: N803 # boto3's word
        self.asked.append(InstanceIds)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def ours(region: str) -> str:
    del region
    return ACCOUNT


def looked(answer: dict[str, Any] | Exception, account: str = ACCOUNT) -> Machine | None:
    client = Client(answer)
    found = Ec2Instances(lambda region: client, ours).look(account, REGION, INSTANCE)
    assert client.asked == [[INSTANCE]]
    return found


def failed(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "of the test"}}, "DescribeInstances")


def reservations(*instances: dict[str, Any]) -> dict[str, Any]:
    return {"Reservations": [{"OwnerId": ACCOUNT, "Instances": list(instances)}]}


def test_a_machine_is_described() -> None:
    assert looked(reservations(DESCRIBED)) == Machine(
        INSTANCE,
        MachineState.RUNNING,
        private_ip="10.0.0.5",
        public_ip="192.0.2.7",
        ipv6=("2001:db8::5", "2001:db8::6"),
        launched=datetime(2026, 3, 1, 8, tzinfo=UTC),
        tags={"ec2kit:hostname": "web-1.shop.example.com"},
    )


def test_a_terminated_machine_has_no_addresses() -> None:
    found = machine_of({"InstanceId": INSTANCE, "State": {"Code": 48, "Name": "terminated"}})
    assert found == Machine(INSTANCE, MachineState.TERMINATED)
    assert found.has_let_go


def test_what_ec2_does_not_have_is_gone() -> None:
    gone = Machine(INSTANCE, MachineState.GONE)
    assert looked(failed("InvalidInstanceID.NotFound")) == gone
    assert looked(failed("InvalidInstanceID.Malformed")) == gone
    assert looked({"Reservations": []}) == gone
    assert looked(reservations(DESCRIBED | {"InstanceId": "i-0fedcba9876543210"})) == gone


def test_a_machine_of_another_account_is_none_of_this_one() -> None:
    """Attack: a document of an account that our credentials do not see must not be vouched for by one that they do."""
    assert looked(reservations(DESCRIBED), account="111122223333") == Machine(INSTANCE, MachineState.GONE)


@pytest.mark.parametrize(
    "answer",
    [
        failed("UnauthorizedOperation"),
        failed("RequestLimitExceeded"),
        failed("AuthFailure"),
        EndpointConnectionError(endpoint_url="https://ec2"),
        reservations({"InstanceId": INSTANCE, "State": {"Name": "dreaming"}}),
        reservations({"InstanceId": INSTANCE}),
    ],
    ids=repr,
)
def test_an_answer_that_says_nothing_is_not_taken_for_gone(answer: dict[str, Any] | Exception) -> None:
    with pytest.raises(
        Unavailable, match=INSTANCE if not isinstance(answer, EndpointConnectionError) else REGION
    ) as no:
        looked(answer)
    assert no.value.reason == "aws"


def test_each_region_has_one_client() -> None:
    made: list[str] = []

    def client_for(region: str) -> Client:
        made.append(region)
        return Client({})

    instances = Ec2Instances(client_for, ours)
    for region in (REGION, "us-east-1", REGION, "us-east-1"):
        instances.look(ACCOUNT, region, INSTANCE)
    assert made == [REGION, "us-east-1"]


def test_nowhere_asks_nobody() -> None:
    instances: Instances = Nowhere()
    assert instances.look(ACCOUNT, REGION, INSTANCE) is None


def test_what_boto3_answers_is_read() -> None:
    """As the practice AWS answers; `ACCOUNT` is its account too."""
    practice = InProcess(empty=False)
    ec2 = practice.client("ec2", HOME)
    image = ec2.describe_images()["Images"][0]["ImageId"]
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "ec2kit:hostname", "Value": "web-1"}]}]
    launched = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, TagSpecifications=tags)
    practice.tick(60)
    instance = launched["Instances"][0]
    instances: Instances = Ec2Instances(
        lambda region: practice.client("ec2", region),
        lambda region: str(practice.client("sts", region).get_caller_identity()["Account"]),
    )
    found = instances.look(ACCOUNT, HOME, instance["InstanceId"])
    assert found is not None
    assert (found.state, found.private_ip) == (MachineState.RUNNING, instance["PrivateIpAddress"])
    assert found.launched is not None
    assert found.launched.tzinfo is not None
    assert found.tags == {"ec2kit:hostname": "web-1"}
    ec2.terminate_instances(InstanceIds=[found.instance_id])
    practice.tick(60)
    assert instances.look_at(ACCOUNT, HOME, [found.instance_id, INSTANCE]) == {
        found.instance_id: instances.look(ACCOUNT, HOME, found.instance_id),
        INSTANCE: Machine(INSTANCE, MachineState.GONE),
    }
    assert isinstance(instances.look_at("111122223333", HOME, [INSTANCE])[INSTANCE], Unavailable)
    ended = instances.look(ACCOUNT, HOME, found.instance_id)
    assert ended is not None
    assert ended.has_let_go
    assert instances.look(ACCOUNT, HOME, INSTANCE) == Machine(INSTANCE, MachineState.GONE)
    assert instances.look(ACCOUNT, "us-east-1", found.instance_id) == Machine(
        found.instance_id, MachineState.GONE
    )


def test_an_ec2_that_is_not_there_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with socket.socket() as bound:  # bound and not listening: whoever connects is refused
        bound.bind(("127.0.0.1", 0))
        at = f"http://127.0.0.1:{bound.getsockname()[1]}"
        instances = Ec2Instances(boto3_clients(at), boto3_account(at))
        with pytest.raises(Unavailable, match="cannot be asked"):
            instances.look(ACCOUNT, REGION, INSTANCE)


@dataclass
class Paged:
    """An EC2 that has these machines, two to a page, and can refuse some questions."""

    there: list[str]
    refused: str = ""
    asked: list[int] = field(default_factory=list)

    def describe_instances(self, Filters: list[dict[str, Any]], NextToken: str = "0") -> dict[str, Any]:  # noqa: N803
        (wanted,) = Filters
        assert wanted["Name"] == "instance-id"
        if NextToken == "0":
            self.asked.append(len(wanted["Values"]))
        if self.refused in wanted["Values"]:
            raise failed("RequestLimitExceeded")
        found = [id for id in self.there if id in wanted["Values"]]
        begin = int(NextToken)
        page = reservations(*(DESCRIBED | {"InstanceId": id} for id in found[begin : begin + 2]))
        return page | ({"NextToken": str(begin + 2)} if len(found) > begin + 2 else {})


IDS = [f"i-{number:017x}" for number in range(450)]


def test_many_machines_take_few_questions() -> None:
    client = Paged(IDS[:5])
    found = Ec2Instances(lambda region: client, ours).look_at(ACCOUNT, REGION, IDS)
    assert client.asked == [200, 200, 50]
    assert list(found) == IDS
    states = [one.state for one in found.values() if isinstance(one, Machine)]
    assert states == [MachineState.RUNNING] * 5 + [MachineState.GONE] * 445


def test_a_question_that_fails_leaves_the_others_answered() -> None:
    client = Paged(IDS, refused=IDS[200])
    found = Ec2Instances(lambda region: client, ours).look_at(ACCOUNT, REGION, IDS)
    assert [id for id, one in found.items() if isinstance(one, Unavailable)] == IDS[200:400]


def test_with_credentials_of_another_account_nothing_is_gone() -> None:
    """Attack, or mistake: with them EC2 shows no machine of this account, and each name would be free."""
    instances = Ec2Instances(lambda region: Paged(IDS[:1]), lambda region: "111122223333")
    running, unknown = instances.look_at(ACCOUNT, REGION, IDS[:2]).values()
    assert isinstance(running, Machine)
    assert isinstance(unknown, Unavailable)
    assert "credentials of the account 111122223333" in unknown.message


def test_nowhere_knows_of_nothing() -> None:
    assert [type(one) for one in Nowhere().look_at(ACCOUNT, REGION, IDS[:2]).values()] == [Unavailable] * 2
