"""What a request asks of AWS, and the log of what was asked and how it ended."""

import json
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal
from urllib.parse import parse_qsl

from ec2kit.sandbox.wire import Request

Protocol = Literal["ec2", "query", "json", "rest-json", "rest-xml", "cbor"]

# The prefix of IAM actions where it differs from the name in the signature.
PREFIXES = {"monitoring": "cloudwatch", "email": "ses"}

REST_XML = frozenset({"s3", "route53", "cloudfront", "s3control"})

# Ten thousand calls are a long afternoon by hand and about 10 MB.
LOG_LENGTH = 10_000

# User data is 21,336 characters; the log keeps enough to tell one value from another.
LONGEST_VALUE = 512


@dataclass(frozen=True)
class Call:
    """One call of an AWS action.

    `service` is the IAM prefix (`ec2`, `elasticloadbalancing`, `cloudwatch`), `signing` the name in the signature.
    `params` are flat, with names as sent: `InstanceId.1`, `TagSpecification.1.Tag.2.Value`.
    """

    number: int
    service: str
    action: str
    region: str
    signing: str
    protocol: Protocol
    params: Mapping[str, str] = field(default_factory=dict)
    at: datetime | None = None
    # How it ended: `answered` says that an answer went out, `handled` that AWS did the work.
    status: int = 0
    code: str = ""
    request_id: str = ""
    handled: bool = False
    answered: bool = False
    faults: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """As IAM and faults write it: `ec2:RunInstances`."""
        return f"{self.service}:{self.action}"

    @property
    def reads_only(self) -> bool:
        """Whether the action, by its name, changes nothing."""
        return self.action.startswith(("Describe", "List", "Get", "Head", "Lookup", "Query", "Scan", "Batch"))


def identify(request: Request, number: int, at: datetime) -> Call:
    """Given a request, return the call that it makes; what cannot be told is an empty string."""
    signing, region = _signature(request)
    protocol = _protocol(request, signing)
    action, params = _READERS.get(protocol, _read_rest)(request, signing)
    service = PREFIXES.get(signing, signing)
    return Call(number, service, action, region, signing, protocol, params, at)


def _signature(request: Request) -> tuple[str, str]:
    scope = ""
    authorization = request.header("authorization")
    if "Credential=" in authorization:
        scope = authorization.partition("Credential=")[2].split(",", 1)[0]
    elif "X-Amz-Credential" in request.query:
        scope = dict(parse_qsl(request.query)).get("X-Amz-Credential", "")
    parts = scope.split("/")
    # access key / day / region / service / aws4_request
    return (parts[3].lower(), parts[2]) if len(parts) == 5 else ("", "")


def _protocol(request: Request, signing: str) -> Protocol:
    if request.header("smithy-protocol") == "rpc-v2-cbor":
        return "cbor"
    if request.header("x-amz-target"):
        return "json"
    if _is_form(request) or "Action=" in request.query:
        return "ec2" if signing == "ec2" else "query"
    return "rest-xml" if signing in REST_XML or not signing else "rest-json"


def _is_form(request: Request) -> bool:
    return request.header("content-type").startswith("application/x-www-form-urlencoded")


def _read_form(request: Request, _signing: str) -> tuple[str, dict[str, str]]:
    text = request.body.decode("utf-8", "replace") if _is_form(request) else request.query
    params = dict(parse_qsl(text, keep_blank_values=True))
    params.pop("Version", None)
    return params.pop("Action", ""), params


def _read_json(request: Request, _signing: str) -> tuple[str, dict[str, str]]:
    action = request.header("x-amz-target").rpartition(".")[2]
    return action, _flat_json(request.body)


def _read_cbor(request: Request, _signing: str) -> tuple[str, dict[str, str]]:
    return request.path.rpartition("/")[2], {}


def _read_rest(request: Request, signing: str) -> tuple[str, dict[str, str]]:
    params = {"path": request.path, **dict(parse_qsl(request.query, keep_blank_values=True))}
    if request.header("content-type").startswith("application/json"):
        params.update(_flat_json(request.body))
    return _rest_action(request, signing) or f"{request.method} {request.path}", params


_READERS = {
    "ec2": _read_form,
    "query": _read_form,
    "json": _read_json,
    "cbor": _read_cbor,
    "rest-json": _read_rest,
    "rest-xml": _read_rest,
}


def _rest_action(request: Request, signing: str) -> str:
    # Late: the router reads botocore's model, which a sandbox without S3 never needs.
    from moto.core.request import Request as MotoRequest
    from moto.core.routing import NotFound, get_service_router

    from ec2kit.sandbox.wire import to_environ

    try:
        router = get_service_router(signing or "s3")
        operation, _ = router.match(MotoRequest(to_environ(_with_bucket(request), "127.0.0.1")))
    except (NotFound, NotImplementedError, LookupError, ValueError):
        return ""
    return str(operation.name)


def _with_bucket(request: Request) -> Request:
    """A request to S3 with its bucket in the path, where the model has it: `BUCKET.s3.REGION.amazonaws.com/KEY` says it
    in the host (S3 User Guide, "Virtual hosting of general purpose buckets")."""
    bucket, in_host, _ = request.header("host").partition(".s3.")
    return replace(request, target=f"/{bucket}{request.target}") if in_host else request


def _flat_json(body: bytes) -> dict[str, str]:
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        return {}
    return dict(_flatten("", value))


def _flatten(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        items: list[tuple[str, Any]] = [(str(key), item) for key, item in value.items()]
    elif isinstance(value, list):
        items = [(str(place), item) for place, item in enumerate(value, 1)]
    else:
        text = {None: "", True: "true", False: "false"}.get(value) if value in (None, True, False) else None
        yield prefix, str(value) if text is None else text
        return
    for key, item in items:
        yield from _flatten(f"{prefix}.{key}" if prefix else key, item)


class CallLog:
    """The newest calls, oldest first; older ones are forgotten, so that a long life needs no more memory."""

    def __init__(self, length: int = LOG_LENGTH) -> None:
        self._calls: deque[Call] = deque(maxlen=length)
        self.total = 0

    def add(self, call: Call) -> None:
        """Remember a call that has ended."""
        short = {key: value[:LONGEST_VALUE] for key, value in call.params.items()}
        self._calls.append(replace(call, params=short))
        self.total += 1

    def clear(self) -> None:
        """Forget every call."""
        self._calls.clear()
        self.total = 0

    def __iter__(self) -> Iterator[Call]:
        return iter(tuple(self._calls))

    def __len__(self) -> int:
        return len(self._calls)

    def names(self) -> list[str]:
        """`ec2:RunInstances` and so on, oldest first."""
        return [call.name for call in self]

    def changes(self) -> list[Call]:
        """The calls that may have changed something: all but Describe, List, Get and their like."""
        return [call for call in self if not call.reads_only]
