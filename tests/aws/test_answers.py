"""EC2's answers read quickly: the same values as botocore's own parser makes of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import botocore.session
import pytest
from botocore.model import ServiceModel
from botocore.parsers import EC2QueryParser

from ec2kit.aws.answers import QuickParser, timestamp
from ec2kit.sandbox.direct import direct_client
from tests.support.inprocess import InProcess

ASKED = (
    "describe_instances",
    "describe_instance_status",
    "describe_instance_types",
    "describe_volumes",
    "describe_snapshots",
    "describe_images",
    "describe_addresses",
    "describe_tags",
    "describe_security_groups",
    "describe_subnets",
    "describe_availability_zones",
    "describe_network_interfaces",
    "describe_launch_templates",
)
HEAD = '<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
ODD = f"""{HEAD}
  <requestId>r-1</requestId><somethingNew>yes</somethingNew><reservationSet/><nextToken/>
</DescribeInstancesResponse>""".encode()
NESTED = f"""{HEAD}<reservationSet><item><ownerId/><groupSet/><instancesSet><item>
  <launchTime>2026-01-02T03:04:05.000Z</launchTime><ebsOptimized>TRUE</ebsOptimized><amiLaunchIndex>7</amiLaunchIndex>
  <reason>ü &amp; &lt;</reason><tagSet><item><key>Name</key><value/></item></tagSet><placement/>
</item></instancesSet></item></reservationSet></DescribeInstancesResponse>""".encode()
REFUSED = b"""<Response><Errors><Error><Code>InvalidInstanceID.NotFound</Code><Message>no</Message></Error></Errors>
  <RequestID>r-2</RequestID></Response>"""


@pytest.fixture(scope="module")
def ec2() -> ServiceModel:
    return botocore.session.Session().get_service_model("ec2")


def both(ec2: ServiceModel, operation: str, body: bytes, status: int = 200) -> tuple[Any, Any]:
    """What our parser and botocore's make of an answer."""
    answer = {"headers": {}, "body": body, "status_code": status}
    shape = ec2.operation_model(operation).output_shape
    return QuickParser().parse(answer, shape), EC2QueryParser().parse(answer, shape)


@pytest.mark.slow
def test_every_answer_of_a_small_account_has_the_same_values(ec2: ServiceModel) -> None:
    sandbox = InProcess(empty=False)
    client = direct_client(sandbox.app, "ec2")
    bodies: list[bytes] = []
    client.meta.events.register(
        "response-received.ec2", lambda response_dict, **_: bodies.append(response_dict["body"])
    )

    for name in ASKED:
        getattr(client, name)()

    for name, body in zip(ASKED, bodies, strict=True):
        ours, theirs = both(ec2, client.meta.method_to_api_mapping[name], body)
        assert ours == theirs, name
        assert any(values for key, values in ours.items() if key != "ResponseMetadata") or "template" in name


@pytest.mark.parametrize("body", [ODD, NESTED], ids=["odd", "nested"])
def test_what_is_empty_unknown_or_nested_has_the_same_values(ec2: ServiceModel, body: bytes) -> None:
    ours, theirs = both(ec2, "DescribeInstances", body)

    assert ours == theirs
    assert ours["Reservations"] == [] or ours["Reservations"][0]["Instances"][0]["Tags"][0]["Value"] == ""


def test_a_refusal_has_its_code(ec2: ServiceModel) -> None:
    ours, theirs = both(ec2, "DescribeInstances", REFUSED, status=400)

    assert ours == theirs
    assert ours["Error"]["Code"] == "InvalidInstanceID.NotFound"


def test_times_are_aware_whatever_their_form() -> None:
    expected = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    assert timestamp("2026-01-02T03:04:05.000Z") == expected
    assert timestamp("Fri, 02 Jan 2026 03:04:05 GMT") == expected
    assert timestamp(expected.timestamp()) == expected
