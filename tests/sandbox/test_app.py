"""The application: time, the lock, its headers, its log, and requests as WSGI."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.utils import parsedate_to_datetime
from io import BytesIO
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ec2kit.sandbox.app import SandboxApp
from ec2kit.sandbox.calls import Call, CallLog
from ec2kit.sandbox.direct import direct_client
from ec2kit.sandbox.wire import Collected
from tests.support.inprocess import InProcess


def test_every_answer_tells_name_speed_and_the_sandbox_s_time() -> None:
    sandbox = InProcess()
    sandbox.tick(86_400)
    headers = sandbox.client("ec2").describe_instances()["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-ec2kit-sandbox"] == "default"
    assert headers["x-ec2kit-speed"] == "1"
    assert parsedate_to_datetime(headers["date"]) == sandbox.now.replace(microsecond=0)


def test_timestamps_of_every_service_come_from_the_sandbox_s_clock() -> None:
    sandbox = InProcess()
    sandbox.tick(timedelta(days=400).total_seconds())
    sandbox.client("ssm").put_parameter(Name="/a", Value="b", Type="String")
    sandbox.client("s3").create_bucket(
        Bucket="backups", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    volume = sandbox.client("ec2").create_volume(AvailabilityZone="eu-west-1a", Size=1)
    modified = sandbox.client("ssm").get_parameter(Name="/a")["Parameter"]["LastModifiedDate"]
    (bucket,) = sandbox.client("s3").list_buckets()["Buckets"]
    for at in (modified, bucket["CreationDate"], volume["CreateTime"]):
        assert abs(at - sandbox.now) < timedelta(seconds=2)


def test_the_same_seed_makes_the_same_ids() -> None:
    def first_volume(seed: int) -> str:
        made = InProcess(seed=seed).client("ec2").create_volume(AvailabilityZone="eu-west-1a", Size=1)
        return str(made["VolumeId"])

    assert first_volume(5) == first_volume(5)
    assert first_volume(5) != first_volume(6)


def test_a_new_sandbox_knows_nothing_of_the_one_before() -> None:
    InProcess().client("ec2").create_volume(AvailabilityZone="eu-west-1a", Size=1)
    assert InProcess().client("ec2").describe_volumes()["Volumes"] == []


def test_the_log_has_parameters_as_sent_and_is_bounded() -> None:
    sandbox = InProcess()
    with pytest.raises(ClientError):
        sandbox.client("ec2").stop_instances(InstanceIds=["i-0123456789abcdef0"])
    (call,) = sandbox.app.calls
    assert call.name == "ec2:StopInstances"
    assert call.params == {"InstanceId.1": "i-0123456789abcdef0"}
    assert (call.region, call.status, call.reads_only) == ("eu-west-1", 400, False)

    log = CallLog(length=3)
    for number in range(10):
        log.add(Call(number, "ec2", "RunInstances", "eu-west-1", "ec2", "ec2", {"UserData": "x" * 20_000}))
    assert [each.number for each in log] == [7, 8, 9]
    assert log.total == 10
    assert all(len(each.params["UserData"]) < 1_000 for each in log)


def test_conditional_writes_have_one_winner_in_twenty_threads() -> None:
    sandbox = InProcess()
    dynamodb = sandbox.client("dynamodb")
    dynamodb.create_table(
        TableName="leases",
        KeySchema=[{"AttributeName": "name", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "name", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )

    def take(holder: int) -> bool:
        try:
            dynamodb.put_item(
                TableName="leases",
                Item={"name": {"S": "recover"}, "holder": {"S": str(holder)}},
                ConditionExpression="attribute_not_exists(#n)",
                ExpressionAttributeNames={"#n": "name"},
            )
        except ClientError:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(take, range(20))) == 1


def test_it_is_a_wsgi_application() -> None:
    app = SandboxApp.create(manual_clock=True, empty=True)
    body = b"Action=DescribeRegions&Version=2016-11-15"
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_AUTHORIZATION": "AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-1/ec2/aws4_request, Signature=0",
        "wsgi.input": BytesIO(body),
    }
    collected = Collected()
    answer = collected.answer(app(environ, collected))
    assert answer.status == 200
    assert b"<regionName>eu-west-1</regionName>" in answer.body


def test_a_request_of_nobody_is_answered_in_xml() -> None:
    app = SandboxApp.create(manual_clock=True, empty=True)
    collected = Collected()
    environ: dict[str, Any] = {"REQUEST_METHOD": "GET", "PATH_INFO": "/nothing", "wsgi.input": BytesIO()}
    answer = collected.answer(app(environ, collected))
    assert answer.status >= 400
    assert b"<html" not in answer.body.lower()


def test_regions_are_apart() -> None:
    app = SandboxApp.create(manual_clock=True, empty=True)
    direct_client(app, "ec2", region="us-east-1").create_volume(AvailabilityZone="us-east-1a", Size=1)
    assert direct_client(app, "ec2").describe_volumes()["Volumes"] == []
