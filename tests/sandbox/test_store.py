"""The state on disk."""

import stat
from pathlib import Path
from typing import Any

import pytest

from ec2kit.errors import Ec2kitError
from ec2kit.sandbox import breaks, store
from ec2kit.sandbox.app import SandboxApp
from ec2kit.sandbox.direct import direct_client
from ec2kit.sandbox.fault_words import parse_order
from tests.support.inprocess import InProcess


def seen(app: SandboxApp) -> dict[str, Any]:
    """Everything that the seeded account shows, and what the test puts into it."""

    def client(service: str) -> Any:
        return direct_client(app, service)

    ec2 = client("ec2")
    return {
        "instances": ec2.describe_instances()["Reservations"],
        "volumes": ec2.describe_volumes()["Volumes"],
        "snapshots": ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"],
        "images": ec2.describe_images(Owners=["self"])["Images"],
        "addresses": ec2.describe_addresses()["Addresses"],
        "balancers": client("elbv2").describe_load_balancers()["LoadBalancers"],
        "databases": client("rds").describe_db_instances()["DBInstances"],
        "topics": client("sns").list_topics()["Topics"],
        "roles": client("iam").list_roles()["Roles"],
        "pause": client("ssm").get_parameter(Name="/ec2kit/pause")["Parameter"],
        "object": client("s3").get_object(Bucket="backups", Key="a/b c")["Body"].read(),
    }


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], str]:
    path = tmp_path_factory.mktemp("state") / "sandbox-default.state"
    sandbox = InProcess(empty=False)
    sandbox.client("ssm").put_parameter(Name="/ec2kit/pause", Value="by me", Type="String")
    sandbox.client("s3").put_object(Bucket="backups", Key="a/b c", Body=b"kept")
    queue = sandbox.client("sqs").create_queue(QueueName="events")["QueueUrl"]
    sandbox.client("sqs").send_message(QueueUrl=queue, MessageBody="hello")
    sandbox.client("dynamodb").create_table(
        TableName="leases",
        KeySchema=[{"AttributeName": "name", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "name", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    breaks.make(sandbox.app.world, parse_order("stuck-stop", "web-1"))
    before = seen(sandbox.app)
    store.save(sandbox.app, path)
    return path, before, queue


def test_all_of_it_comes_back(saved: tuple[Path, dict[str, Any], str]) -> None:
    path, before, queue = saved
    app = store.load(path)
    assert seen(app) == before
    received = direct_client(app, "sqs").receive_message(QueueUrl=queue)["Messages"]
    assert [message["Body"] for message in received] == ["hello"]
    assert direct_client(app, "dynamodb").list_tables()["TableNames"] == ["leases"]
    assert len(app.world.conditions.stuck_stop) == 1
    assert breaks.mend(app.world, "all") == ["b1"]


def test_it_goes_on_working_and_invents_new_ids(saved: tuple[Path, dict[str, Any], str]) -> None:
    app = store.load(saved[0])
    ssm = direct_client(app, "ssm")
    ssm.put_parameter(Name="/other", Value="1", Type="String", Tags=[{"Key": "a", "Value": "b"}])
    assert ssm.get_parameter(Name="/other")["Parameter"]["Value"] == "1"
    ec2 = direct_client(app, "ec2")
    known = {volume["VolumeId"] for volume in ec2.describe_volumes()["Volumes"]}
    made = {ec2.create_volume(AvailabilityZone="eu-west-1a", Size=1)["VolumeId"] for _ in range(10)}
    assert len(made) == 10
    assert not made & known


def test_only_the_owner_may_read_it(saved: tuple[Path, dict[str, Any], str]) -> None:
    assert stat.S_IMODE(saved[0].stat().st_mode) == 0o600
    assert [path.name for path in saved[0].parent.iterdir()] == [saved[0].name]


@pytest.mark.parametrize("cut", [0, 1, 50, 300, -1])
def test_a_file_that_was_cut_is_an_error_with_a_hint(
    saved: tuple[Path, dict[str, Any], str], tmp_path: Path, cut: int
) -> None:
    damaged = tmp_path / "sandbox-x.state"
    damaged.write_bytes(saved[0].read_bytes()[:cut])
    with pytest.raises(Ec2kitError) as caught:
        store.load(damaged)
    assert str(damaged) in caught.value.message
    assert f"rm {damaged}" in caught.value.hint


def test_another_moto_is_named(saved: tuple[Path, dict[str, Any], str], tmp_path: Path) -> None:
    other = tmp_path / "sandbox-x.state"
    other.write_bytes(saved[0].read_bytes().replace(b'"moto": "5.', b'"moto": "4.', 1))
    with pytest.raises(Ec2kitError, match=r"was written with moto 4\."):
        store.load(other)


def test_a_disk_that_refuses_is_an_error(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a directory")
    with pytest.raises(Ec2kitError, match="cannot save the sandbox"):
        store.save(InProcess().app, in_the_way / "sandbox-x.state")
