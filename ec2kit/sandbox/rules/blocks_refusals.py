"""Errors of the EBS direct APIs: a code of its model, and the reason that goes with it."""

STATUSES = {
    "ConflictException": 409,
    "InternalServerException": 500,
    "ResourceNotFoundException": 404,
    "ValidationException": 400,
}
"""EBS direct APIs Reference, "Errors" of each action."""


class BlocksRefused(Exception):
    """An error to answer with; `reason` is empty for the codes that have none."""

    def __init__(self, code: str, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.reason = reason
        self.status = STATUSES[code]


def invalid(message: str, reason: str = "INVALID_PARAMETER_VALUE") -> BlocksRefused:
    """Given what is wrong with a request, return the ValidationException to raise."""
    return BlocksRefused("ValidationException", message, reason)


def no_snapshot(snapshot_id: str) -> BlocksRefused:
    """Given an id that is no snapshot's, return the error to raise."""
    return BlocksRefused(
        "ResourceNotFoundException", f"The snapshot '{snapshot_id}' does not exist.", "SNAPSHOT_NOT_FOUND"
    )


def number(value: object, name: str, least: int = 0, most: int | None = None) -> int:
    """Given a parameter as it arrived, return the whole number. Raises ValidationException."""
    try:
        found = int(str(value))
    except ValueError:
        raise invalid(f"The parameter {name} must be a whole number, not '{value}'") from None
    if found < least or (most is not None and found > most):
        wanted = f"at least {least}" if most is None else f"between {least} and {most}"
        raise invalid(f"The parameter {name} must be {wanted}, not {found}")
    return found
