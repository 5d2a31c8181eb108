"""From botocore's exceptions and AWS's error codes to our few errors, each with what to type next.

The distinction that everything above stands on: did the call certainly not happen (`Unavailable`), or may it
have happened (`OutcomeUnknown`)? Only a mutating call can be the second.
"""

from __future__ import annotations

import re

from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

from ec2kit.aws.actions import BILLING, LOOKING
from ec2kit.aws.regions import region_hint, regions_known
from ec2kit.errors import (
    AccessDenied,
    AlreadyTaken,
    AwsRefused,
    Ec2kitError,
    NoCapacity,
    NotFound,
    NotTold,
    OutcomeUnknown,
    Unavailable,
    UsageError,
    WrongState,
)

THROTTLED = frozenset(
    {
        "RequestLimitExceeded",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "EC2ThrottledException",
        "SlowDown",
        "PriorRequestNotComplete",
        "SnapshotCreationPerVolumeRateExceeded",
        "ProvisionedThroughputExceededException",
        "ConcurrentLimitExceededException",
    }
)
"""Codes that mean "later": the call was not carried out (botocore's retry list, and EC2's error code page)."""

TOO_MANY = "LimitExceededException"
"""Cost Explorer's "too many calls in a short time" (AWS Cost Management API Reference); elsewhere a quota."""

NO_CAPACITY = frozenset(
    {
        "InsufficientInstanceCapacity",
        "InsufficientHostCapacity",
        "InsufficientReservedInstanceCapacity",
        "InsufficientCapacity",
        "SpotMaxPriceTooLow",
        "Unsupported",
        "UnsupportedOperation.InstanceTypeNotSupportedInZone",
    }
)
"""Codes after which another zone or type may do (`Unsupported`: RunInstances in a zone without the type)."""

CREDENTIALS = frozenset(
    {
        "AuthFailure",
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "SignatureDoesNotMatch",
        "MissingAuthenticationToken",
        "IncompleteSignature",
        "OptInRequired",
        "PendingVerification",
    }
)
WRONG_CLOCK = frozenset({"RequestExpired", "RequestTimeTooSkewed"})
"""The date of the request is a quarter of an hour from AWS's, either way (EC2's error code page)."""
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"})
NOT_THERE_CODES = {
    "InvalidAMIID.Unavailable": "",
    "InvalidInstanceType": "`aws ec2 describe-instance-types` lists them",
    "ParameterNotFound": "",
    "NoSuchBucket": "`aws s3 ls` lists the buckets; `aws s3 mb` makes one",
    "NoSuchKey": "",
    "NoSuchUpload": "",
    "404": "",
}
"""Codes that do not say NotFound for what does not exist, each with a hint."""
DENIED = frozenset(
    {"UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "Client.UnauthorizedOperation", "403"}
)
"""403 and 404 are what is known of an answer without a body: S3's to HeadObject."""
WRONG_STATE = frozenset(
    {
        "IncorrectState",
        "IncorrectInstanceState",
        "OperationNotPermitted",
        "InvalidSnapshot.Pending",
        "VolumeInUse",
    }
)
TAKEN = frozenset(
    {
        "Resource.AlreadyAssociated",
        "InvalidAMIName.Duplicate",
        "InvalidLaunchTemplateName.AlreadyExistsException",
        "InvalidIPAddress.InUse",
        "InvalidSnapshot.InUse",
        "InvalidKeyPair.Duplicate",
        "InvalidGroup.Duplicate",
        "DependencyViolation",
    }
)
EBS_DIRECT = frozenset(
    {
        "StartSnapshot",
        "PutSnapshotBlock",
        "CompleteSnapshot",
        "ListSnapshotBlocks",
        "ListChangedBlocks",
        "GetSnapshotBlock",
    }
)
"""The actions whose IAM prefix is `ebs`."""
ASKED = (*LOOKING, *BILLING)
"""What looking asks, as IAM names it: `pricing:GetProducts`, `ce:GetCostAndUsage`, …"""
_ID = re.compile(r"\b(?:i|vol|snap|ami|eipalloc|eni|subnet|sg|lt|vpc)-[0-9a-f]{8,17}\b")

_ENCODED = re.compile(r"\.?\s*Encoded authorization failure message:.*", re.DOTALL)
"""What EC2 adds for those who may call sts:DecodeAuthorizationMessage: a kilobyte that nobody can read."""

HINT_CREDENTIALS = (
    "set up credentials (`aws configure`, AWS_PROFILE), or try without an account: `ec2kit demo`"
)

HINT_ENDPOINT = "check the region, the network and AWS_ENDPOINT_URL; `ec2kit sandbox start` starts a sandbox"
HINT_TAGS = "a resource has at most 50 tags: `ec2kit tag ls` shows them, `ec2kit tag delete` makes room"
HINT_QUOTA = (
    "ask for more with `aws service-quotas request-service-quota-increase`, or give back what is not used"
)
"""InstanceLimitExceeded, VcpuLimitExceeded, AddressLimitExceeded and their like (EC2's error code page)."""


def translate(error: Exception, action: str, *, changing: bool, region: str = "") -> Ec2kitError:
    """Given what botocore raised for `action`, return our error; `changing`: it was a mutating call.

    `region` is where it was made: a region that nobody knows is named, with the nearest one.
    """
    if isinstance(error, boto.ClientError):
        return _no_such_region(error, action, region) or _from_answer(error, action, changing)
    if isinstance(error, boto.NoRegionError):
        return UsageError(
            "no region is set",
            hint="give --region eu-west-1, or set AWS_REGION; without an AWS account: `ec2kit demo`",
        )
    if isinstance(error, boto.ProfileNotFound):
        return UsageError(
            str(error).replace("The config profile", "the profile"), hint="see `aws configure list-profiles`"
        )
    if isinstance(error, _EXPIRED_SSO):
        return AccessDenied(
            "the single sign-on session has expired or was never opened", hint="aws sso login"
        )
    if isinstance(
        error, (boto.NoCredentialsError, boto.PartialCredentialsError, boto.CredentialRetrievalError)
    ):
        return AccessDenied(f"no credentials to call AWS with: {_plain(error)}", hint=HINT_CREDENTIALS)
    if isinstance(error, NOT_THERE):
        mistyped = ".amazonaws.com" in str(error) and region and region not in regions_known()
        return Unavailable(
            f"{action}: the endpoint does not answer: {_plain(error)}",
            hint=f"is '{region}' a region? {region_hint(region)}" if mistyped else HINT_ENDPOINT,
        )
    if isinstance(error, (boto.HTTPClientError, ResponseParserError, boto.ConnectionClosedError)):
        kind = OutcomeUnknown if changing else Unavailable
        return kind(
            f"{action}: the answer was lost: {_plain(error)}",
            hint="run the same command again: it finds what was done",
        )
    if isinstance(error, (boto.ParamValidationError, boto.InvalidRegionError)):
        return UsageError(f"{action}: {_plain(error)}")
    return Ec2kitError(f"{action}: {_plain(error)}")


NOT_THERE = (boto.EndpointConnectionError, boto.ConnectTimeoutError, boto.ProxyConnectionError)
"""No connection came about: the call certainly did not happen."""

_EXPIRED_SSO = (
    boto.UnauthorizedSSOTokenError,
    boto.SSOTokenLoadError,
    boto.TokenRetrievalError,
    boto.SSOError,
)


def _no_such_region(error: boto.ClientError, action: str, region: str) -> UsageError | None:
    answer = error.response.get("Error", {})
    if answer.get("Code") not in CREDENTIALS or "valid region" not in str(answer.get("Message", "")).lower():
        return None
    return UsageError(f"{action}: AWS knows no region '{region}'", hint=region_hint(region), resource=region)


def _from_answer(error: boto.ClientError, action: str, changing: bool) -> Ec2kitError:
    code = str(error.response.get("Error", {}).get("Code", "")).removeprefix("Client.")
    text = str(error.response.get("Error", {}).get("Message", "")).strip().rstrip(".")
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    resource = next(iter(_ID.findall(text)), "")
    message = f"{action}: {text or code} ({code})"
    if code in THROTTLED or (code == TOO_MANY and f"ce:{action}" in BILLING):
        return Unavailable(
            f"{message}: AWS is throttling", hint="run the same command again in a minute", resource=resource
        )
    if code in NO_CAPACITY:
        return NoCapacity(
            message, hint="name more zones or types, in the order to try them", resource=resource
        )
    if code in EXPIRED | CREDENTIALS | DENIED | WRONG_CLOCK:
        return _unauthorized(code, text, action)
    if "NotFound" in code or code in NOT_THERE_CODES:
        return NotFound(message, hint=NOT_THERE_CODES.get(code, ""), resource=resource)
    if code.endswith(".Malformed"):
        return UsageError(message, resource=resource)
    if status >= 500 or code in ("InternalError", "InternalFailure", "Unavailable", "ServiceUnavailable"):
        kind = OutcomeUnknown if changing else NotTold
        return kind(message, hint="run the same command again: it finds what was done", resource=resource)
    chosen = WrongState if code in WRONG_STATE else AlreadyTaken if code in TAKEN else AwsRefused
    return chosen(message, code=code, action=action, hint=_quota_hint(code), resource=resource)


def _unauthorized(code: str, text: str, action: str) -> Ec2kitError:
    if code in WRONG_CLOCK or "not yet current" in text or "Signature expired" in text:
        return AccessDenied(
            f"{action}: this machine's clock is not AWS's ({code})", hint="set it: `timedatectl set-ntp true`"
        )
    if code in EXPIRED:
        return AccessDenied(
            f"the credentials have expired ({code})", hint="aws sso login, or renew them as you got them"
        )
    if code in DENIED:
        return AccessDenied(
            f"{action}: not permitted: {_ENCODED.sub('', text)}",
            hint=f"allow `{_iam_action(action)}` in the policy of the user or role",
            resource=next(iter(_ID.findall(text)), ""),
        )
    return AccessDenied(f"{action}: AWS does not accept the credentials ({code})", hint=HINT_CREDENTIALS)


def _quota_hint(code: str) -> str:
    if not code.endswith("LimitExceeded"):
        return ""
    return HINT_TAGS if code == "TagLimitExceeded" else HINT_QUOTA


OBJECTS = {
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "PutObject": "PutObject",
    "AbortMultipartUpload": "AbortMultipartUpload",
    "ListParts": "ListMultipartUploadParts",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectsV2": "ListBucket",
    "GetObject": "GetObject",
    "HeadObject": "GetObject",
    "DeleteObjects": "DeleteObject",
}
"""S3's actions, which IAM names otherwise ("Actions, resources, and condition keys for Amazon S3")."""


def _iam_action(action: str) -> str:
    """Given an API action that we call, return what IAM names it (service authorization reference)."""
    if action in OBJECTS:
        return f"s3:{OBJECTS[action]}"
    if action in EBS_DIRECT:
        return f"ebs:{action}"
    service = "ssm" if "Parameter" in action else "ec2"
    return next((each for each in ASKED if each.endswith(f":{action}")), f"{service}:{action}")


def _plain(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")
