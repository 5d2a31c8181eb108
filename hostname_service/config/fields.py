"""A mapping of the file: what is asked of it, and every fault that is found on the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from hostname_service.config.readers import registry, shown, text

T = TypeVar("T")


class Fields:
    """A mapping of the file, what was asked of it, and every fault that was found."""

    def __init__(self, told: Any, path: str, faults: list[str], directory: Path) -> None:
        self.path, self.faults, self.directory = path, faults, directory
        self.told: dict[str, Any] = {}
        if isinstance(told, dict):
            self.told = {str(key): value for key, value in told.items()}
        else:
            self.fault("", f"wants `key: value` lines, not {shown(told)}")
        self.left = set(self.told)

    def fault(self, key: str, what: str) -> None:
        """Write a fault down."""
        where = ".".join(part for part in (self.path, key) if part)
        self.faults.append(f"{where or 'the file'}: {what}")

    def get(self, key: str, read: Callable[[Any], T], default: T | None = None) -> T:
        """The value of a key, read; without a default it must be there. A fault gives the default."""
        self.left.discard(key)
        value = self.told.get(key)
        if value is None:
            if default is None:
                self.fault(key, "is missing")
            return cast("T", default)
        try:
            return read(value)
        except ValueError as error:
            self.fault(key, str(error))
            return cast("T", default)

    def maybe(self, key: str, read: Callable[[Any], T]) -> T | None:
        """The value of a key that may be absent."""
        self.left.discard(key)
        return self.get(key, read) if self.told.get(key) is not None else None

    def inner(self, key: str) -> Fields | None:
        """The mapping at a key, or None."""
        self.left.discard(key)
        if self.told.get(key) is None:
            return None
        path = f"{self.path}.{key}" if self.path else key
        return Fields(self.told[key], path, self.faults, self.directory)

    def file(self, value: Any) -> Path:
        """A path, from the directory of the configuration."""
        return self.directory / text(value)

    def registry(self, value: Any) -> str:
        """Where the registry is; a file's path is absolute afterwards."""
        kind, _, place = registry(value).partition(":")
        return f"{kind}:{self.directory / place}" if kind == "sqlite" else f"{kind}:{place}"

    def done(self) -> None:
        """Complain of what nobody asked for."""
        for key in sorted(self.left):
            self.fault(key, "is not known")
