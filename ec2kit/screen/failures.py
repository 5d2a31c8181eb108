"""An error as a person reads it (`error:` and `hint:`), or as one line of JSON for a program."""

from __future__ import annotations

from ec2kit.errors import Ec2kitError
from ec2kit.host.terminal import printable
from ec2kit.screen.values import json_dump


def failure_text(error: Ec2kitError, *, as_json: bool) -> str:
    """Given an error, return what goes to stderr, ending in a newline."""
    if as_json:
        body = {
            "error": error.message,
            "resource": error.resource or None,
            "hint": error.hint or None,
            "exit": int(error.exit_code),
        }
        return json_dump(body) + "\n"
    lines = [f"error: {printable(error.message)}"]
    if error.hint:
        lines.append(f"hint: {printable(error.hint)}")
    return "\n".join(lines) + "\n"
