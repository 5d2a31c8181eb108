"""The sandbox in the test's own process: no socket, no thread, and time that moves only when told."""

from __future__ import annotations

import atexit
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ec2kit.sandbox import store
from ec2kit.sandbox.app import SandboxApp
from ec2kit.sandbox.block_files import BlockFiles
from ec2kit.sandbox.delays import Delays
from ec2kit.sandbox.direct import direct_client
from ec2kit.sandbox.hooks import Hook


def _empty(seed: int, delays: Delays | None) -> SandboxApp:
    return SandboxApp.create(seed=seed, manual_clock=True, delays=delays, empty=True)


def _seeded(seed: int, delays: Delays | None) -> SandboxApp:
    """The seeded account. It is founded once in a process and loaded for each test, in an eighth of the time."""
    saved = _directory() / f"seed {seed}, {delays}"
    if not saved.is_file():
        store.save(SandboxApp.create(seed=seed, manual_clock=True, delays=delays), saved)
    app = store.load(saved)
    # Nothing is on the seeded disks; what a test writes to its own is nobody else's.
    app.world.disks = BlockFiles()
    return app


@cache
def _directory() -> Path:
    """Of this process, and gone with it."""
    directory = TemporaryDirectory(prefix="ec2kit-seeded-")
    atexit.register(directory.cleanup)
    return Path(directory.name)


class InProcess:
    """A fresh sandbox with a manual clock, empty unless told. One at a time: a new one ends the one before."""

    def __init__(self, *, seed: int = 0, delays: Delays | None = None, empty: bool = True) -> None:
        self.app = _empty(seed, delays) if empty else _seeded(seed, delays)
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, service: str, region: str = "eu-west-1") -> Any:
        """A boto3 client of the sandbox, without retries."""
        key = (service, region)
        if key not in self._clients:
            self._clients[key] = direct_client(self.app, service, region=region)
        return self._clients[key]

    def tick(self, seconds: float) -> None:
        """Let this many seconds pass."""
        self.app.tick(timedelta(seconds=seconds))

    @property
    def now(self) -> datetime:
        """The sandbox's time."""
        return self.app.world.clock.now()

    def before(self, hook: Hook) -> None:
        """Call `hook` with each call before it is handled; what it raises ends the client there."""
        self.app.hooks.before.append(hook)

    def after(self, hook: Hook) -> None:
        """Call `hook` with each call after it was handled and before the answer is seen."""
        self.app.hooks.after.append(hook)

    def first_byte(self, hook: Hook) -> None:
        """Call `hook` with each call when the first byte of the answer is out."""
        self.app.hooks.first_byte.append(hook)
