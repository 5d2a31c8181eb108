"""What can go wrong, said once: a message, a hint, the resource, and the exit code that scripts rely on.

Every error that ec2kit raises on purpose is an `Ec2kitError`; one boundary in `ec2kit.cli` prints it.
A subclass exists only where somebody catches it or where its exit code differs.
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of every command but `check` (which has `CheckExit`), in one table."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    PARTIAL = 3
    NOT_FOUND = 4
    REFUSED = 5
    BUSY = 6
    CREDENTIALS = 7
    STILL_IN_PROGRESS = 8
    NO_CAPACITY = 9
    INTERRUPTED = 130
    TERMINATED = 143


EXIT_MEANINGS: dict[Exit, str] = {
    Exit.DONE: "done",
    Exit.FAILED: "failed",
    Exit.USAGE: "wrong usage",
    Exit.PARTIAL: "some of the items failed",
    Exit.NOT_FOUND: "something named does not exist",
    Exit.REFUSED: "refused by a safety rule",
    Exit.BUSY: "busy, somebody else holds the lease",
    Exit.CREDENTIALS: "credentials or permission",
    Exit.STILL_IN_PROGRESS: "gave up waiting, still in progress",
    Exit.NO_CAPACITY: "no capacity",
    Exit.INTERRUPTED: "interrupted",
    Exit.TERMINATED: "ended by SIGTERM",
}


class CheckExit(IntEnum):
    """The exit codes of `check`, which are those of the monitoring plugins."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


CHECK_EXIT_MEANINGS: dict[CheckExit, str] = {
    CheckExit.OK: "every enrolled machine is well",
    CheckExit.WARNING: "a machine is suspect",
    CheckExit.CRITICAL: "a machine has failed",
    CheckExit.UNKNOWN: "the monitor itself cannot tell",
}


class Ec2kitError(Exception):
    """Something failed; `message` says what and on which resource, `hint` what to type next."""

    exit_code: Exit = Exit.FAILED

    def __init__(self, message: str, *, hint: str = "", resource: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.resource = resource


class UsageError(Ec2kitError):
    """The words typed, a file or a setting cannot be understood, or are missing or ambiguous."""

    exit_code = Exit.USAGE


class PartialFailure(Ec2kitError):
    """Some of the items failed; each was reported when it did."""

    exit_code = Exit.PARTIAL


class NotFound(Ec2kitError):
    """A thing named by id, name or address does not exist (or is not visible yet)."""

    exit_code = Exit.NOT_FOUND


class Refused(Ec2kitError):
    """A safety rule says no: protection, a brake, a missing confirmation, a hold."""

    exit_code = Exit.REFUSED


class Busy(Ec2kitError):
    """Somebody else holds the lease, or a run of the same words is still alive."""

    exit_code = Exit.BUSY


class AccessDenied(Ec2kitError):
    """No credentials, expired ones, or a permission that is missing."""

    exit_code = Exit.CREDENTIALS


class StillInProgress(Ec2kitError):
    """The wait's bound was reached while AWS was still at work."""

    exit_code = Exit.STILL_IN_PROGRESS


class NoCapacity(Ec2kitError):
    """AWS has no capacity for this type in this zone: the next place may have."""

    exit_code = Exit.NO_CAPACITY


class Interrupted(Ec2kitError):
    """Ctrl-C or SIGTERM: what AWS was doing goes on, and `resume` picks it up."""

    exit_code = Exit.INTERRUPTED


class Terminated(Interrupted):
    """SIGTERM, which shells report as 143."""

    exit_code = Exit.TERMINATED


class AwsRefused(Ec2kitError):
    """AWS answered with an error that no retry mends; `code` is AWS's own."""

    def __init__(self, message: str, *, code: str, action: str, hint: str = "", resource: str = "") -> None:
        super().__init__(message, hint=hint, resource=resource)
        self.code = code
        self.action = action


class WrongState(AwsRefused):
    """The resource is in a state in which AWS does not do this (IncorrectInstanceState and its like)."""


class AlreadyTaken(AwsRefused):
    """A name, address or device is in use by somebody else."""


class Unavailable(Ec2kitError):
    """The endpoint did not answer, or answered with throttling or a 5xx until the tries ran out."""


class NotTold(Unavailable):
    """AWS answered a question with a failure of its own: nothing follows about what was asked."""


class OutcomeUnknown(Unavailable):
    """A mutating call was sent and its answer lost: it may have happened. Describe before trying again."""
