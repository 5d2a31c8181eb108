"""Errors as AWS writes them, one shape for each protocol: a client that gets another sees no error code at all.

The shapes are those that botocore's parsers read for `ec2`, `query`, `json`, `rest-json`, `rest-xml` and `rpc-v2-cbor`.
"""

import json
from dataclasses import dataclass
from xml.sax.saxutils import escape

from ec2kit.sandbox.calls import Call
from ec2kit.sandbox.wire import Answer

# HTTP statuses of AWS's common error codes; everything else is the caller's fault, 400.
STATUSES = {
    "AuthFailure": 401,
    "AccessDenied": 403,
    "AccessDeniedException": 403,
    "UnauthorizedOperation": 403,
    "DryRunOperation": 412,
    "RequestLimitExceeded": 503,
    "SlowDown": 503,
    "Unavailable": 503,
    "ServiceUnavailable": 503,
    "ServiceUnavailableException": 503,
    "InternalError": 500,
    "InternalFailure": 500,
    "InternalServerError": 500,
    "InternalServerException": 500,
    "InsufficientInstanceCapacity": 500,
    "InsufficientAddressCapacity": 500,
    "InsufficientCapacity": 500,
    "InsufficientHostCapacity": 500,
    "InsufficientVolumeCapacity": 500,
    "NotImplemented": 501,
    "NoSuchBucket": 404,
    "NoSuchKey": 404,
}

MESSAGES = {
    "RequestLimitExceeded": "Request limit exceeded.",
    "InternalError": "An internal error has occurred",
    "Unavailable": "The server is overloaded and can't handle the request",
    "UnauthorizedOperation": "You are not authorized to perform this operation.",
    "AccessDenied": "Access Denied",
    "AccessDeniedException": "You are not authorized to perform this operation.",
    "AuthFailure": "AWS was not able to validate the provided access credentials",
    "ExpiredToken": "The security token included in the request is expired",
    "RequestExpired": "Request has expired.",
}


@dataclass(frozen=True)
class AwsError:
    """A code, a message and, where it is not the usual one, an HTTP status."""

    code: str
    message: str = ""
    status: int = 0

    @property
    def http_status(self) -> int:
        """The status that AWS sends with this code."""
        return self.status or STATUSES.get(self.code, 400)


def throttled(call: Call) -> AwsError:
    """How the service of `call` says that it is asked too often."""
    if call.service == "ec2":
        return AwsError("RequestLimitExceeded")
    if call.service == "s3":
        return AwsError("SlowDown", "Please reduce your request rate.", 503)
    if call.service == "ebs":
        return AwsError("RequestThrottledException", "The maximum request rate permitted has been exceeded.")
    if call.protocol in ("ec2", "query", "rest-xml"):
        return AwsError("Throttling", "Rate exceeded", 400)
    return AwsError("ThrottlingException", "Rate exceeded", 400)


def broken(call: Call, status: int) -> AwsError:
    """How the service of `call` says 500 or 503."""
    if call.service == "ec2":
        return AwsError("InternalError" if status == 500 else "Unavailable", status=status)
    if call.service == "ebs" and status == 500:
        return AwsError("InternalServerException", "An internal error has occurred")
    code = "InternalFailure" if status == 500 else "ServiceUnavailable"
    if call.service == "s3" and status == 500:
        code = "InternalError"
    return AwsError(code, "the service could not handle the request", status)


def not_implemented(call: Call, what: str) -> AwsError:
    """What the sandbox does not do, in the code that AWS uses for an action that it does not know."""
    message = f"the sandbox does not do {what}"
    if call.protocol in ("ec2", "query"):
        return AwsError("InvalidAction", message)
    if call.protocol == "rest-xml":
        return AwsError("NotImplemented", message)
    return AwsError("UnknownOperationException", message)


def error_answer(call: Call, error: AwsError, request_id: str) -> Answer:
    """Given a call and an error, return the answer in the call's protocol."""
    message = error.message or MESSAGES.get(error.code, error.code)
    kind, body = _BODIES[call.protocol](call, error.code, message, request_id)
    headers = [("Content-Type", kind), ("x-amzn-RequestId", request_id)]
    if call.protocol in ("rest-json", "json"):
        headers.append(("x-amzn-ErrorType", error.code))
    if call.protocol == "cbor":
        headers.append(("smithy-protocol", "rpc-v2-cbor"))
    return Answer(error.http_status, tuple(headers), body)


def _ec2(_call: Call, code: str, message: str, request_id: str) -> tuple[str, bytes]:
    return "text/xml;charset=UTF-8", (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error>'
        f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error></Errors>"
        f"<RequestID>{request_id}</RequestID></Response>"
    ).encode()


def _query(_call: Call, code: str, message: str, request_id: str) -> tuple[str, bytes]:
    return "text/xml", (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{escape(code)}</Code>"
        f"<Message>{escape(message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    ).encode()


def _rest_xml(call: Call, code: str, message: str, request_id: str) -> tuple[str, bytes]:
    # S3's error is the root element; the other services wrap it as the query protocol does.
    if call.service not in ("s3", ""):
        return _query(call, code, message, request_id)
    return "application/xml", (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{escape(code)}</Code>'
        f"<Message>{escape(message)}</Message><RequestId>{request_id}</RequestId></Error>"
    ).encode()


def _json(_call: Call, code: str, message: str, _request_id: str) -> tuple[str, bytes]:
    return "application/x-amz-json-1.0", json.dumps({"__type": code, "message": message}).encode()


def _rest_json(_call: Call, code: str, message: str, _request_id: str) -> tuple[str, bytes]:
    return "application/json", json.dumps({"code": code, "message": message}).encode()


def _cbor(_call: Call, code: str, message: str, _request_id: str) -> tuple[str, bytes]:
    # RFC 8949: 0xA2 is a map of two pairs.
    texts = ("__type", code, "message", message)
    return "application/cbor", b"\xa2" + b"".join(_cbor_text(text) for text in texts)


def _cbor_text(text: str) -> bytes:
    data = text.encode()
    return b"\x79" + len(data).to_bytes(2, "big") + data


_BODIES = {
    "ec2": _ec2,
    "query": _query,
    "json": _json,
    "rest-json": _rest_json,
    "rest-xml": _rest_xml,
    "cbor": _cbor,
}
