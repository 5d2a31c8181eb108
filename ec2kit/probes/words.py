"""The `ec2kit:check` tag: which probes a machine has, as words. Pure.

`http:80/health` wants an HTTP reply, `https:443/` one over TLS, `banner:22` a first line; several are separated
by spaces or commas. What is wanted of an HTTP reply is a status below 400.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ec2kit.errors import UsageError
from ec2kit.model.evidence import Kind

_HTTP = re.compile(r"(https?):(\d{1,5})(/[^\s,]*)?")
_BANNER = re.compile(r"banner:(\d{1,5})")
HINT = "write it as http:80/health, https:443/, or banner:22; several are separated by a space"


@dataclass(frozen=True)
class ProbeWord:
    """One probe of a machine: what kind, which port, and for HTTP which scheme and path."""

    kind: Kind
    port: int
    scheme: str = ""
    path: str = ""

    def __str__(self) -> str:
        if self.kind is Kind.HTTP:
            return f"{self.scheme}:{self.port}{self.path}"
        return f"banner:{self.port}"


def parse_check(text: str) -> tuple[ProbeWord, ...]:
    """Given the tag's value, return its probes; raises `UsageError` for a word that is none."""
    return tuple(_word(word) for word in text.replace(",", " ").split())


def format_check(probes: tuple[ProbeWord, ...]) -> str:
    """Given probes, return the tag's value; reads back."""
    return " ".join(map(str, probes))


def _word(text: str) -> ProbeWord:
    if found := _HTTP.fullmatch(text):
        return ProbeWord(Kind.HTTP, _port(found[2], text), found[1], found[3] or "/")
    if found := _BANNER.fullmatch(text):
        return ProbeWord(Kind.BANNER, _port(found[1], text))
    raise UsageError(f"'{text}' is not a probe", hint=HINT)


def _port(digits: str, text: str) -> int:
    port = int(digits)
    if not 0 < port < 65_536:
        raise UsageError(f"'{text}' names a port that does not exist", hint=HINT)
    return port
