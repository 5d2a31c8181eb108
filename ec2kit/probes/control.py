"""The control probe: is the monitor itself well? Without a yes, no silence of a machine means anything.

Two things must answer: the AWS API (whoever asks has just described the fleet, or was told an error), and a host
that is known to be good, by the way that the probes take. Unless a person names one, that host is EC2's own
endpoint.
"""

from __future__ import annotations

from dataclasses import dataclass

from ec2kit.host.network import Dialer, NoReply


@dataclass(frozen=True)
class Control:
    """What the control probe found; `reason` says why when not well."""

    well: bool
    reason: str = ""


def control(dialer: Dialer, url: str) -> Control:
    """Given the URL of a host that is known to be good, ask it: any HTTP status is a reply."""
    reply = dialer.http_get(url)
    if isinstance(reply, NoReply):
        return Control(False, f"the control host {url} does not reply: {reply.reason}")
    return Control(True)
