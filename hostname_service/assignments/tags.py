"""The name that a machine's own tag says. It is set at launch, in the call that makes the machine: there is no moment
in which the machine runs without it. Whoever may call CreateTags on the machine says its name."""

from __future__ import annotations

from collections.abc import Mapping

TAG = "ec2kit:hostname"


def tagged(tags: Mapping[str, str]) -> str:
    """Given the tags of a machine, return the name or pattern they ask for; empty: none."""
    return tags.get(TAG, "").strip(" ")
