"""How a claim ends when it does not end with a name: each error knows its HTTP status and the word it is audited by."""

from __future__ import annotations


class ServiceError(Exception):
    """What the service tells its caller: `reason` is one stable word, the message a sentence."""

    status = 500

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class BadRequest(ServiceError):
    """The request itself is not understood: nothing was looked at."""

    status = 400


class Refused(ServiceError):
    """The machine is not who it must be, or has no name: typing again will not help. Fail closed."""

    status = 403


class Unknown(ServiceError):
    """An operator named something that the service does not have."""

    status = 404


class Held(ServiceError):
    """The name belongs to another machine that is not gone."""

    status = 409


class Later(ServiceError):
    """Not yet: ask again after `retry_after` seconds. AWS does not show the machine yet, DNS or the CA is away."""

    status = 202

    def __init__(self, reason: str, message: str, *, retry_after: int = 2) -> None:
        super().__init__(reason, message)
        self.retry_after = retry_after


class Unavailable(ServiceError):
    """Something that the service stands on does not answer, or what it answered is not known: DNS, the CA, the
    registry, AWS. Whoever waits for a claim is told `Later`; an operator is told this."""

    status = 503


class BadConfig(Exception):
    """The configuration cannot be served: every fault of it, a line each."""
