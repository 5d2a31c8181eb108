"""What a name may be: RFC 1123 labels in lower case, in a zone that we are told is ours."""

from __future__ import annotations

import re
from collections.abc import Sequence

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")

ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")

LONGEST_LABEL = 63
LONGEST = 253 - len("_ec2kit.")
"""RFC 1035 allows 253 characters; the owner TXT is at `_ec2kit.` and the name, which has to be a name too."""


def shown(text: str) -> str:
    """Given any text, return what a message or a log line may hold of it: printable ASCII, quoted, cut short."""
    return ascii(text if len(text) <= 80 else f"{text[:80]}…")


def name_in(text: str, zones: Sequence[str]) -> str:
    """Given a name without a dot, which goes to the first zone, or one in any of the zones, return it in full.

    Raises `ValueError` with the reason. Nothing is mended: what is put right silently is a name that nobody chose.
    """
    fqdn = text if "." in text else f"{text}.{zones[0]}"
    if not any(fqdn.endswith(f".{zone}") for zone in zones):
        raise ValueError(f"{shown(text)} is not in {' or '.join(zones)}")
    if len(fqdn) > LONGEST:
        raise ValueError(f"{shown(text)} is longer than {LONGEST} characters")
    for label in fqdn.split("."):
        fault = _fault(label)
        if fault:
            raise ValueError(f"{shown(text)} {fault}")
    return fqdn


def _fault(label: str) -> str:
    """What is wrong with a label; empty: nothing."""
    if not label:
        return "has an empty label"
    if len(label) > LONGEST_LABEL:
        return f"has a label of more than {LONGEST_LABEL} characters"
    if LABEL.fullmatch(label):
        return ""
    if label.isascii() and LABEL.fullmatch(label.lower()):
        return "has upper case"
    if not set(label) <= ALLOWED:
        return "has a character that is not a-z, 0-9 or '-'"
    return "has a label that begins or ends with '-'"
