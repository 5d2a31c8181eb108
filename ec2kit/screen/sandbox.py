"""The sandbox's own state, and the variables that lead to it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from ec2kit.screen.paper import Paper
from ec2kit.screen.rows import json_text

UNSET = ("AWS_PROFILE", "AWS_SESSION_TOKEN")
"""What would win over the exports, or would send a real token along with the dummy keys."""


def status_pairs(status: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Given what the sandbox tells of itself, return labels and texts for a person."""
    pairs = [
        ("sandbox", f"{status['name']} (version {status['version']})"),
        ("endpoint", f"{status['endpoint']} (process {status['pid']})"),
        ("time", f"{status['time']}, at speed {status['speed']:g}"),
        ("calls", str(status["calls"])),
    ]
    pairs += [("broken", _broken_text(each)) for each in status["broken"]]
    pairs += [
        ("fired", f"{each['at']} {each['id']}: {each['what']} {each['call']}") for each in status["fired"]
    ]
    return pairs


def _broken_text(broken: Mapping[str, Any]) -> str:
    facts = [", ".join(broken["targets"])] if broken["targets"] else []
    facts += [f"fired {broken['fired']} times"] if broken["fired"] else []
    facts += [f"{broken['left']} left"] if broken["left"] is not None else []
    facts += [f"until {broken['ends']}"] if broken["ends"] else []
    return f"{broken['id']}: {broken['what']}" + (f" ({'; '.join(facts)})" if facts else "")


def environment_text(values: Mapping[str, str], paper: Paper) -> str:
    """Given variables, return the lines that a shell evaluates, or JSON."""
    if paper.format.is_json:
        return json_text(values)
    lines = [f"unset {' '.join(UNSET)}"]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in values.items()]
    return "\n".join(lines) + "\n"
