"""A region that does not exist: named, with the nearest ones; AWS tells it in two ways."""

from botocore.exceptions import ClientError, EndpointConnectionError

from ec2kit.aws.faults import HINT_ENDPOINT, translate
from ec2kit.aws.regions import region_hint
from ec2kit.errors import AccessDenied, Unavailable, UsageError

NO_REGION = "Credential should be scoped to a valid region. "


def refused(code: str, text: str) -> ClientError:
    """EC2's answer to a signature for another region."""
    return ClientError({"Error": {"Code": code, "Message": text}}, "DescribeInstances")


def test_a_region_that_aws_refuses_is_named() -> None:
    error = translate(
        refused("AuthFailure", NO_REGION), "DescribeInstances", changing=False, region="eu-wset-1"
    )
    assert isinstance(error, UsageError)
    assert "'eu-wset-1'" in error.message
    assert "--region eu-west-1" in error.hint


def test_a_refusal_for_another_reason_stays_one() -> None:
    text = "AWS was not able to validate the provided access credentials"
    error = translate(refused("AuthFailure", text), "DescribeInstances", changing=False, region="eu-west-1")
    assert isinstance(error, AccessDenied)


def test_a_name_that_does_not_resolve_may_be_no_region() -> None:
    away = EndpointConnectionError(endpoint_url="https://ec2.eu-west-11.amazonaws.com/")
    error = translate(away, "DescribeInstances", changing=False, region="eu-west-11")
    assert isinstance(error, Unavailable)
    assert error.hint.startswith("is 'eu-west-11' a region? did you mean --region eu-west-1")


def test_a_network_that_is_away_says_nothing_of_the_region() -> None:
    away = EndpointConnectionError(endpoint_url="https://ec2.eu-west-1.amazonaws.com/")
    assert translate(away, "DescribeInstances", changing=False, region="eu-west-1").hint == HINT_ENDPOINT
    sandbox = EndpointConnectionError(endpoint_url="http://127.0.0.1:4566/")
    assert translate(sandbox, "DescribeInstances", changing=False, region="nowhere").hint == HINT_ENDPOINT


def test_other_partitions_have_regions_too() -> None:
    assert "cn-north-1" in region_hint("cn-nort-1")
    assert "us-gov-west-1" in region_hint("us-gov-wst-1")
    assert region_hint("mars") == "give one such as --region eu-west-1"
