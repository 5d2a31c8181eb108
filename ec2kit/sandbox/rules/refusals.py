"""Errors as EC2 sends them: a code, a message, and for faults of the service itself HTTP 500."""

from collections.abc import Callable
from typing import Any

from moto.core.serialize import EC2Serializer
from moto.ec2.exceptions import EC2ClientError

from ec2kit.sandbox.rules import patching


def refusal(code: str, message: str) -> EC2ClientError:
    """Given an EC2 error code and its text, return the error to raise (HTTP 400: the caller's fault)."""
    return EC2ClientError(code, message)


class ServerFault(EC2ClientError):
    """An error which EC2 answers with HTTP 500: internal errors and missing capacity."""

    http_status = 500

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)


def invalid_value(value: object, parameter: str, why: str = "") -> EC2ClientError:
    """Given a value that a parameter cannot take, return EC2's usual error for it."""
    text = f"Value ({value}) for parameter {parameter} is invalid."
    return refusal("InvalidParameterValue", f"{text} {why}".rstrip())


def missing(parameter: str) -> EC2ClientError:
    """Given the name of a parameter that a request lacks, return EC2's error for it."""
    return refusal("MissingParameter", f"The request must contain the parameter {parameter}")


def _with_status(original: Callable[..., Any]) -> Callable[..., Any]:
    def serialized_error_to_response(self: Any, resp: Any, error: Exception, *rest: Any) -> Any:
        answer = original(self, resp, error, *rest)
        answer["status_code"] = getattr(error, "http_status", answer["status_code"])
        return answer

    return serialized_error_to_response


def install() -> None:
    """moto answers every EC2 error with 400; EC2 answers InternalError and missing capacity with 500, and SDKs
    decide by it whether to try again (API Reference, "Error codes for the Amazon EC2 API")."""
    patching.replace(EC2Serializer, "_serialized_error_to_response", _with_status)
