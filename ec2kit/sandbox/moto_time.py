"""moto's timestamps come from the sandbox's clock.

Nearly every service of moto asks `moto.core.utils.utcnow`, and most have imported it by name; so what is changed is
the one thing that this function looks up when it is called, its module's `datetime`.
"""

import datetime as dt
from typing import Any

from ec2kit.sandbox import world
from ec2kit.sandbox.rules import patching


class _ClockedDatetime:
    """The class `datetime.datetime`, except for what time it is now."""

    @staticmethod
    def now(zone: dt.tzinfo | None = None) -> dt.datetime:
        now = world.current().clock.now()
        return now.astimezone(zone) if zone else now.replace(tzinfo=None)

    def __getattr__(self, name: str) -> Any:
        return getattr(dt.datetime, name)


class _ClockedModule:
    """The module `datetime` with that class in it."""

    datetime = _ClockedDatetime()

    def __getattr__(self, name: str) -> Any:
        return getattr(dt, name)


def _clocked(_original: Any) -> _ClockedModule:
    return _ClockedModule()


def install() -> None:
    """Let moto's `utcnow` and everything built on it follow the world's clock; doing it again is harmless."""
    import moto.core.utils

    patching.replace(moto.core.utils, "datetime", _clocked)
