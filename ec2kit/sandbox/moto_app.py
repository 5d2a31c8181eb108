"""moto behind one function: a call in, an answer out, and an error of AWS's shape for whatever moto cannot do."""

import logging
import re
from functools import cache
from typing import Any

import botocore.session

from ec2kit.sandbox import moto_time
from ec2kit.sandbox.calls import Call
from ec2kit.sandbox.shapes import AwsError, error_answer, not_implemented
from ec2kit.sandbox.wire import Answer, Collected, Request, to_environ

log = logging.getLogger(__name__)

# The two ways in which moto says that it does not know a filter.
_FILTER = re.compile(
    r"The filter '(?P<name>[^']*)' for |Filter dicts have not been implemented in Moto for '(?P<also>[^']*)'"
)

_REQUEST_ID = re.compile(rb"<(?P<tag>[rR]equestI[dD])>[^<]*<")


class MotoApp:
    """moto's own dispatcher. Not safe for threads: the caller holds the lock."""

    def __init__(self) -> None:
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        def create(service: Any) -> Any:
            made = create_backend_app(service)
            moto_time.follow(service)
            return made

        self._dispatcher: Any = DomainDispatcherApplication(create)

    def answer(self, call: Call, request: Request, request_id: str) -> Answer:
        """Let moto do what `call` asks. Never raises for what moto lacks, and never answers with HTML."""
        if call.region and call.region not in _regions():
            code = "AuthFailure" if call.service == "ec2" else "SignatureDoesNotMatch"
            wrong = AwsError(code, "Credential should be scoped to a valid region.")
            return error_answer(call, wrong, request_id)
        if not _serves(call.signing or "s3", call.region or "us-east-1"):
            return error_answer(call, not_implemented(call, f"the service '{call.service}'"), request_id)
        try:
            answer = self._ask(request)
        except NotImplementedError as lacking:
            return error_answer(call, _lacking(call, str(lacking)), request_id)
        except Exception as failure:
            log.exception("moto failed at %s", call.name)
            text = f"the sandbox failed at {call.name}: {type(failure).__name__}: {failure}"
            return error_answer(call, AwsError("InternalError", text, 500), request_id)
        # An empty 404 is S3's answer to HEAD, and everybody else's for want of an action.
        lost = answer.status == 404 and not answer.body and call.protocol in ("ec2", "query", "json")
        if lost or _is_page_for_people(answer):
            return error_answer(call, not_implemented(call, call.name), request_id)
        return _numbered(answer, request_id)

    def _ask(self, request: Request) -> Answer:
        collected = Collected()
        environ = to_environ(request, request.header("host") or "127.0.0.1")
        chunks = self._dispatcher(environ, collected)
        try:
            return collected.answer(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()


@cache
def _regions() -> frozenset[str]:
    """Every region that botocore knows: AWS itself has no endpoint for another, and takes no signature for it."""
    session: Any = botocore.session.Session()
    partitions = session.get_available_partitions()
    return frozenset(
        region for partition in partitions for region in session.get_available_regions("ec2", partition)
    )


@cache
def _serves(service: str, region: str) -> bool:
    from moto.backend_index import backend_url_patterns
    from moto.moto_server.werkzeug_app import SIGNING_ALIASES

    # moto tells these apart by path, so only the general name is known.
    name = {"bedrock-agentcore": "bedrock"}.get(service, SIGNING_ALIASES.get(service, service))
    hosts = [f"http://{name}.{region}.amazonaws.com", f"http://{name}.amazonaws.com"]
    hosts += [
        f"http://{prefix}.{name}.{region}.amazonaws.com" for prefix in ("api", "ingest", "data", "runtime")
    ]
    hosts.append(f"http://{service}.{region}.api.aws")
    return any(pattern.match(host) for _, pattern in backend_url_patterns for host in hosts)


def _lacking(call: Call, text: str) -> AwsError:
    found = _FILTER.search(text)
    if found:
        message = f"the sandbox does not know the filter '{found['name'] or found['also']}' of {call.name}"
        return AwsError("InvalidParameterValue", message)
    return not_implemented(call, call.name)


def _numbered(answer: Answer, request_id: str) -> Answer:
    """The answer with one request id in its headers and its body: moto's EC2 says `request-id` to everybody."""
    start, rest = answer.body[:500], answer.body[500:]
    if start.startswith(b"<") and answer.status < 500:
        start = _REQUEST_ID.sub(rb"<\g<tag>>" + request_id.encode() + b"<", start, count=1)
        if len(rest) < 2_000:
            rest = _REQUEST_ID.sub(rb"<\g<tag>>" + request_id.encode() + b"<", rest, count=1)
    return Answer(answer.status, answer.headers, start + rest).with_headers({"x-amzn-RequestId": request_id})


def _is_page_for_people(answer: Answer) -> bool:
    if answer.status < 400:
        return False
    start = answer.body[:32].lstrip().lower()
    return start.startswith((b"<!doctype html", b"<html"))
