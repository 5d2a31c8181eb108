"""The architectures of images: EC2's names for them, Debian's, and the ones people type."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from enum import StrEnum

from ec2kit.errors import UsageError


class Architecture(StrEnum):
    """As EC2 writes it (RegisterImage, Architecture)."""

    X86_64 = "x86_64"
    I386 = "i386"
    ARM64 = "arm64"

    @property
    def debian(self) -> str:
        """As Debian and its kin name it."""
        return "amd64" if self is Architecture.X86_64 else self.value


TYPED: Mapping[str, Architecture] = {
    "amd64": Architecture.X86_64,
    "x86_64": Architecture.X86_64,
    "i386": Architecture.I386,
    "arm64": Architecture.ARM64,
    "aarch64": Architecture.ARM64,
}
"""What `--arch` and a recipe take."""


def parse_architecture(text: str) -> Architecture:
    """Given what somebody typed, return the architecture; raises `UsageError`."""
    found = TYPED.get(text.lower())
    if found is None:
        near = get_close_matches(text.lower(), TYPED, 1)
        hint = f"did you mean `{near[0]}`?" if near else f"it is one of {', '.join(TYPED)}"
        raise UsageError(f"there is no architecture '{text}'", hint=hint)
    return found
