"""A boto3 client that reaches the application without a socket: for the seed, and for tests in one process."""

from collections.abc import Callable
from functools import cache
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from ec2kit.sandbox import ACCESS_KEY, REGION, SECRET_KEY
from ec2kit.sandbox.app import NoAnswer, SandboxApp
from ec2kit.sandbox.calls import Call
from ec2kit.sandbox.hooks import run
from ec2kit.sandbox.wire import Answer, Request

ENDPOINT = "http://127.0.0.1"

# A repeated request would hide what the first one met.
_ONE_TRY = Config(retries={"mode": "standard", "total_max_attempts": 1}, s3={"addressing_style": "path"})


def direct_client(app: SandboxApp, service: str, *, region: str = REGION, config: Config = _ONE_TRY) -> Any:
    """A client of `service` whose requests `app` answers in the caller's thread."""
    client = _session().client(service, region_name=region, endpoint_url=ENDPOINT, config=config)
    client.meta.events.register_first("before-send.*", transport(app))
    return client


@cache
def _session() -> Any:
    """One for the process: it keeps the models of the services, and EC2's takes half a second to read."""
    return boto3.Session(aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY)


def transport(app: SandboxApp) -> Callable[..., AWSResponse]:
    """A handler of botocore's `before-send` event that lets `app` answer.

    A lost or missing answer is raised as botocore itself would raise it from a socket.
    """

    def send(request: AWSPreparedRequest, **_event: Any) -> AWSResponse:
        heard: list[Call] = []
        try:
            answer = app.answer(as_request(request), heard.append)
        except NoAnswer as missing:
            if missing.silent:
                raise ReadTimeoutError(endpoint_url=request.url) from missing
            raise ConnectionClosedError(endpoint_url=request.url) from missing
        if heard:
            run(app.hooks.first_byte, heard[0])
        return as_response(request.url, answer)

    return send


def as_request(request: AWSPreparedRequest) -> Request:
    """Given botocore's prepared request, return ours."""
    url = urlsplit(request.url)
    headers = {name: _text(value) for name, value in request.headers.items()}
    headers.setdefault("Host", url.netloc)
    body = request.body or b""
    if hasattr(body, "read"):
        body = body.read()
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    return Request(request.method, target, headers, body.encode() if isinstance(body, str) else bytes(body))


def as_response(url: str, answer: Answer) -> AWSResponse:
    """Given our answer, return the response that botocore parses."""
    return AWSResponse(url, answer.status, dict(answer.headers), _Body(answer.body))


class _Body(BytesIO):
    """The part of urllib3's response that botocore reads."""

    def stream(self, **_options: Any) -> Any:
        yield self.read()


def _text(value: str | bytes) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)
