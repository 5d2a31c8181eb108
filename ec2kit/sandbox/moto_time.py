"""moto's timestamps come from the sandbox's clock.

Nearly every service of moto asks `moto.core.utils.utcnow`, and most have imported it by name; so what is changed is
the one thing that this function looks up when it is called, its module's `datetime`.
"""

import datetime as dt
from importlib import import_module
from typing import Any

from ec2kit.sandbox import world
from ec2kit.sandbox.rules import patching

# The modules that ask `datetime.datetime.now` themselves.
_OWN_CLOCKS = {"s3": "moto.s3.models", "elb": "moto.elb.models"}


class _ClockedDatetime:
    """The class `datetime.datetime`, except for what time it is now."""

    @staticmethod
    def now(tz: dt.tzinfo | None = None) -> dt.datetime:
        now = world.current().clock.now()
        return now.astimezone(tz) if tz else now.replace(tzinfo=None)

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


def follow(service: str) -> None:
    """Let the rest of one service of moto, which has just been loaded, follow the clock too."""
    name = _OWN_CLOCKS.get(service)
    if name is not None:
        patching.replace(import_module(name), "datetime", _clocked)
