"""The server: real sockets, connections that are reset, and the sandbox's own doors."""

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from ec2kit.errors import Ec2kitError, NotFound, Unavailable, UsageError
from ec2kit.sandbox import ACCESS_KEY, REGION, SECRET_KEY, breaks
from ec2kit.sandbox.app import SandboxApp
from ec2kit.sandbox.calls import Call
from ec2kit.sandbox.control import Control
from ec2kit.sandbox.control_api import ControlApi, Lifetime
from ec2kit.sandbox.fault_words import parse_order
from ec2kit.sandbox.faults import Spell
from ec2kit.sandbox.server import SandboxServer

TOKEN = "the token"


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    app = SandboxApp.create(manual_clock=True)
    serving = SandboxServer(app)
    app.doors[""] = ControlApi(app, TOKEN, Lifetime(lambda: None, lambda: None))
    serving.start()
    yield serving
    serving.close()


@pytest.fixture(autouse=True)
def well(server: SandboxServer) -> Iterator[None]:
    yield
    server.app.hooks.first_byte.clear()
    with server.app.settled() as state:
        breaks.mend(state, "all")


def client(server: SandboxServer, service: str = "ec2", read_timeout: float = 30) -> Any:
    return boto3.client(
        service,
        endpoint_url=server.endpoint,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=Config(retries={"total_max_attempts": 1}, read_timeout=read_timeout, max_pool_connections=20),
    )


def order(server: SandboxServer, what: str, where: str = "", times: int = 1) -> None:
    with server.app.settled() as state:
        breaks.make(state, parse_order(what, where, Spell(times=times)))


def test_it_listens_on_the_loopback_address_only(server: SandboxServer) -> None:
    assert server.socket.getsockname() == ("127.0.0.1", server.port)


def test_a_connection_is_kept_for_the_next_request(server: SandboxServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    local = set()
    for _ in range(3):
        connection.request("GET", "/_ec2kit/status", headers={"X-Ec2kit-Token": TOKEN})
        response = connection.getresponse()
        assert response.status == 200
        response.read()
        local.add(connection.sock.getsockname())
    connection.close()
    assert len(local) == 1


def test_twenty_threads_at_once(server: SandboxServer) -> None:
    ec2 = client(server)

    def make(_: int) -> str:
        volume = str(ec2.create_volume(AvailabilityZone="eu-west-1a", Size=1)["VolumeId"])
        ec2.create_tags(Resources=[volume], Tags=[{"Key": "role", "Value": "test"}])
        return volume

    with ThreadPoolExecutor(20) as pool:
        made = set(pool.map(make, range(60)))
    assert len(made) == 60
    server.app.tick(timedelta(minutes=1))
    filters = [{"Name": "tag:role", "Values": ["test"]}]
    assert {each["VolumeId"] for each in ec2.describe_volumes(Filters=filters)["Volumes"]} == made


def test_a_reset_and_a_lost_answer_are_closed_connections(server: SandboxServer) -> None:
    ec2 = client(server)
    before = len(ec2.describe_addresses()["Addresses"])
    for what in ("reset", "lose-answer"):
        order(server, what, "AllocateAddress")
        with pytest.raises(ConnectionClosedError):
            ec2.allocate_address()
    server.app.tick(timedelta(minutes=1))
    assert len(ec2.describe_addresses()["Addresses"]) == before + 1


def test_a_timeout_ends_by_the_client_s_own(server: SandboxServer) -> None:
    order(server, "timeout", "DescribeVpcs")
    with pytest.raises(ReadTimeoutError):
        client(server, read_timeout=0.3).describe_vpcs()
    assert client(server).describe_vpcs()["Vpcs"]


def test_the_first_byte_is_out_before_the_hook(server: SandboxServer) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def cut(_call: Call) -> None:
        reached.set()
        go_on.wait(10)

    server.app.hooks.first_byte.append(cut)
    body = b"Action=DescribeRegions&Version=2016-11-15"
    scope = "Credential=AKIA/20260101/eu-west-1/ec2/aws4_request"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as plain:
        plain.sendall(
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            b"Authorization: AWS4-HMAC-SHA256 " + scope.encode() + b"\r\n"
            b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body
        )
        assert reached.wait(10)
        assert plain.recv(100) == b"H"
        go_on.set()
        assert plain.recv(100).startswith(b"TTP/1.1 200")


def test_a_body_in_chunks_is_put_together(server: SandboxServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    headers = {"X-Ec2kit-Token": TOKEN, "Transfer-Encoding": "chunked"}
    parts = iter([b'{"what": "thro', b'ttle", "where": "ec2:CopyImage"}'])
    connection.request("POST", "/_ec2kit/break", body=parts, headers=headers, encode_chunked=True)
    answer = json.loads(connection.getresponse().read())
    connection.close()
    assert answer["text"] == "throttle ec2:CopyImage"


def test_s3_heads_and_bodies(server: SandboxServer) -> None:
    s3 = client(server, "s3")
    s3.put_object(Bucket="backups", Key="odd/näme +%", Body=b"x" * 100_000)
    assert s3.head_object(Bucket="backups", Key="odd/näme +%")["ContentLength"] == 100_000
    assert len(s3.get_object(Bucket="backups", Key="odd/näme +%")["Body"].read()) == 100_000
    s3.delete_object(Bucket="backups", Key="odd/näme +%")
    assert "Contents" not in s3.list_objects_v2(Bucket="backups", Prefix="odd/")


def test_the_doors_want_the_token(server: SandboxServer) -> None:
    with pytest.raises(Ec2kitError, match="the token is missing or wrong"):
        Control(server.endpoint, "another").status()


def test_break_mend_and_status_through_the_door(server: SandboxServer) -> None:
    control = Control(server.endpoint, TOKEN)
    made = control.break_("impair:system", "web-1", Spell(lasts=timedelta(minutes=5)))
    throttle = control.break_("throttle", "DescribeVpcs", Spell(times=3))
    status = control.status()
    assert {row["id"]: row["what"] for row in status["broken"]} == {
        made: "impair:system web-1",
        throttle: "throttle ec2:DescribeVpcs",
    }
    with pytest.raises(client(server).exceptions.ClientError, match="RequestLimitExceeded"):
        client(server).describe_vpcs()
    assert control.status()["fired"][-1]["id"] == throttle
    assert control.mend(throttle) == [throttle]
    before = status["time"]
    assert control.tick(timedelta(minutes=5)).isoformat() > before
    assert control.status()["broken"] == []
    assert control.calls()[-1]["code"] == "RequestLimitExceeded"


def test_a_fault_file_through_the_door(server: SandboxServer) -> None:
    control = Control(server.endpoint, TOKEN)
    ids = control.load_faults(
        "- {do: throttle, on: CopyImage}\n- {resource: web-2, do: stuck-stop}", "f.yaml"
    )
    assert len(ids) == 2
    with pytest.raises(UsageError, match=r"f\.yaml line 1: unknown key 'dew'"):
        control.load_faults("- {dew: throttle}", "f.yaml")


def test_mistakes_through_the_door(server: SandboxServer) -> None:
    control = Control(server.endpoint, TOKEN)
    with pytest.raises(UsageError, match="nothing that can be broken") as caught:
        control.break_("explode")
    assert "throttle" in caught.value.hint
    with pytest.raises(NotFound, match="no instance 'nobody'"):
        control.break_("stuck-stop", "nobody")
    with pytest.raises(NotFound, match="nothing is broken"):
        control.mend("b999")
    with pytest.raises(UsageError, match="time goes forward"):
        control.tick(timedelta(seconds=-1))
    with pytest.raises(UsageError, match="a speed is more than 0"):
        control.set_speed(0)


def test_nobody_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Unavailable, match="does not answer") as caught:
        Control(f"http://127.0.0.1:{port}", TOKEN).status()
    assert "sandbox start" in caught.value.hint
