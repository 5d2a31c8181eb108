"""Errors in every protocol, as boto3 reads them; and nothing that moto lacks comes as a page for people."""

import pytest
from botocore.exceptions import ClientError

from ec2kit.sandbox import breaks
from ec2kit.sandbox.fault_words import parse_order
from tests.support.inprocess import InProcess

# One service for each protocol: ec2, query, json, rest-xml, and rest-json.
CALLS = [
    ("ec2", "describe_instances", {}, "RequestLimitExceeded", 503),
    ("elbv2", "describe_load_balancers", {}, "Throttling", 400),
    ("ssm", "get_parameter", {"Name": "/a"}, "ThrottlingException", 400),
    ("cloudwatch", "list_metrics", {}, "ThrottlingException", 400),
    ("s3", "list_buckets", {}, "SlowDown", 503),
    ("route53", "list_hosted_zones", {}, "Throttling", 400),
    ("ebs", "list_snapshot_blocks", {"SnapshotId": "snap-1"}, "RequestThrottledException", 400),
]


@pytest.mark.parametrize("service, method, params, code, status", CALLS)
def test_throttling_has_the_shape_of_its_service(
    service: str, method: str, params: dict[str, str], code: str, status: int
) -> None:
    sandbox = InProcess()
    breaks.make(sandbox.app.world, parse_order("throttle"))
    with pytest.raises(ClientError) as caught:
        getattr(sandbox.client(service), method)(**params)
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    (call,) = sandbox.app.calls
    assert (call.code, call.handled, call.answered) == (code, False, True)


@pytest.mark.parametrize(
    "service, method, params, code",
    [
        ("ec2", "describe_fast_snapshot_restores", {}, "InvalidAction"),
        ("elbv2", "describe_trust_stores", {}, "InvalidAction"),
        ("cloudtrail", "lookup_events", {}, "UnknownOperationException"),
        (
            "pricing",
            "get_price_list_file_url",
            {"PriceListArn": "arn:aws:pricing:::price-list/aws/x/USD/x", "FileFormat": "csv"},
            "UnknownOperationException",
        ),
        ("savingsplans", "return_savings_plan", {"savingsPlanId": "x"}, "UnknownOperationException"),
        ("dlm", "get_lifecycle_policies", {}, "UnknownOperationException"),
    ],
)
def test_what_is_missing_is_said_in_the_words_of_aws(
    service: str, method: str, params: dict[str, str], code: str
) -> None:
    sandbox = InProcess()
    with pytest.raises(ClientError) as caught:
        getattr(sandbox.client(service), method)(**params)
    assert caught.value.response["Error"]["Code"] == code
    assert "the sandbox does not do" in caught.value.response["Error"]["Message"]


def test_an_unknown_filter_is_named() -> None:
    filters = [{"Name": "colour", "Values": ["red"]}]
    with pytest.raises(ClientError) as caught:
        InProcess().client("ec2").describe_vpcs(Filters=filters)
    assert caught.value.response["Error"]["Code"] == "InvalidParameterValue"
    assert "'colour'" in caught.value.response["Error"]["Message"]


def test_a_failure_of_moto_is_an_internal_error_that_names_it(caplog: pytest.LogCaptureFixture) -> None:
    sandbox = InProcess()
    with pytest.raises(ClientError) as caught:
        sandbox.client("synthetics").get_canary(Name="shop")
    assert caught.value.response["Error"]["Code"] == "InternalError"
    assert "KeyError" in caught.value.response["Error"]["Message"]
    assert "synthetics:GetCanary" in caplog.text


def test_the_request_id_of_the_answer_is_that_of_the_log() -> None:
    sandbox = InProcess()
    answer = sandbox.client("ec2").describe_instances()
    (call,) = sandbox.app.calls
    assert answer["ResponseMetadata"]["RequestId"] == call.request_id
