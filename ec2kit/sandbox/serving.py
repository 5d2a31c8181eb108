"""One sandbox process from its start to its end: load or make the world, serve, save, leave."""

import json
import logging
import os
import secrets
import signal
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ec2kit import __version__
from ec2kit.errors import Ec2kitError
from ec2kit.sandbox.process import Address, address_path, start_time, state_path, write_address

if TYPE_CHECKING:
    from ec2kit.sandbox.app import SandboxApp
    from ec2kit.sandbox.server import SandboxServer

log = logging.getLogger(__name__)

# A change is on disk within two seconds; a burst of changes is written once.
SETTLE_SECONDS = 1.0


@dataclass(frozen=True)
class Settings:
    """What `process.start` was told."""

    name: str
    state_dir: Path
    runtime_dir: Path
    speed: float | None = None
    seed: int = 0
    empty: bool = False
    faults: Path | None = None
    port: int = 0


class Keeper:
    """Saves the application's state a moment after each change, in a thread of its own."""

    def __init__(self, app: "SandboxApp", path: Path, closing: threading.Event) -> None:
        self._app = app
        self._path = path
        self._closing = closing
        self._saving = threading.Lock()

    def save(self) -> None:
        """Save now. Raises Ec2kitError if the disk refuses."""
        from ec2kit.sandbox import store

        with self._saving:
            self._app.changed.clear()
            store.save(self._app, self._path)

    def keep(self) -> None:
        """Save after changes until the server ends."""
        while not self._closing.is_set():
            # Looked at now and then, so that the end is noticed without a change.
            if self._app.changed.wait(0.5) and not self._closing.wait(SETTLE_SECONDS):
                try:
                    self.save()
                except Ec2kitError as wrong:
                    # The sandbox is of use without its file; the next change tries again.
                    log.error("%s", wrong.message)


def run(settings: Settings, ready_fd: int | None = None) -> None:
    """Serve one sandbox until it is told to stop, by its door or by SIGTERM or SIGINT.

    `ready_fd` is told once it answers. Raises Ec2kitError if it cannot start.
    """
    from ec2kit.sandbox import shared_lookups

    shared_lookups.before_moto()
    from ec2kit.sandbox.server import SandboxServer

    app = _made(settings)
    app.name = settings.name
    server = SandboxServer(app, settings.port)
    keeper = Keeper(app, state_path(settings.name, settings.state_dir), server.closing)
    address = _address(settings, server)
    _open_doors(server, keeper, address.token)
    _stop_on_signals(server)
    keeper.save()
    write_address(address, settings.runtime_dir)
    keeping = threading.Thread(target=keeper.keep, name="keeper", daemon=True)
    keeping.start()
    if ready_fd is not None:
        tell(ready_fd, {"endpoint": address.endpoint})
    log.info("sandbox '%s' answers at %s", settings.name, address.endpoint)
    try:
        server.serve_forever(0.1)
    finally:
        server.closing.set()
        server.server_close()
        keeping.join()
        try:
            keeper.save()
        finally:
            address_path(settings.name, settings.runtime_dir).unlink(missing_ok=True)


def tell(ready_fd: int, said: dict[str, str]) -> None:
    """Tell whoever started this process how it went, once."""
    with suppress(OSError):
        os.write(ready_fd, json.dumps(said).encode())
    with suppress(OSError):
        os.close(ready_fd)


def _made(settings: Settings) -> "SandboxApp":
    from ec2kit.sandbox import store
    from ec2kit.sandbox.app import SandboxApp

    path = state_path(settings.name, settings.state_dir)
    if path.exists():
        app = store.load(path)
    else:
        app = SandboxApp.create(seed=settings.seed, empty=settings.empty)
    if settings.speed is not None:
        app.world.clock.speed = settings.speed
    if settings.faults is not None:
        _break_by_file(app, settings.faults)
    return app


def _break_by_file(app: "SandboxApp", path: Path) -> None:
    from ec2kit.sandbox import breaks
    from ec2kit.sandbox.fault_file import read_faults

    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as wrong:
        raise Ec2kitError(f"cannot read the fault file {path}: {wrong}") from wrong
    found = read_faults(text, path.name)
    with app.settled() as state:
        if found.seed is not None:
            state.rng.seed(found.seed)
        for order in found.orders:
            breaks.make(state, order)


def _address(settings: Settings, server: "SandboxServer") -> Address:
    return Address(
        name=settings.name,
        pid=os.getpid(),
        start_time=start_time(os.getpid()),
        port=server.port,
        endpoint=server.endpoint,
        token=secrets.token_urlsafe(24),
        version=__version__,
    )


def _open_doors(server: "SandboxServer", keeper: Keeper, token: str) -> None:
    from ec2kit.sandbox import disk_door, live_door
    from ec2kit.sandbox.control_api import ControlApi, Lifetime

    server.app.doors[disk_door.DOOR] = disk_door.DiskDoor(server.app, token)
    server.app.doors[live_door.DOOR] = live_door.LiveDoor(server.app, token)
    server.app.doors[""] = ControlApi(server.app, token, Lifetime(keeper.save, lambda: _end(server)))


def _stop_on_signals(server: "SandboxServer") -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: _end(server))


def _end(server: "SandboxServer") -> None:
    # `shutdown` waits for `serve_forever` to notice, and the caller may be the thread that runs it.
    threading.Thread(target=server.shutdown, name="shutdown", daemon=True).start()
