"""A machine that has power: QEMU, its console, its button, and the ports that lead into it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ec2kit.errors import Ec2kitError
from ec2kit.host.clock import Deadline
from ec2kit.host.following import Running, start
from ec2kit.host.processes import ProcessFailed
from ec2kit.host.qmp import Monitor, MonitorGone
from ec2kit.images.boot.machine import Machine, qemu_argv

_FORWARD = re.compile(r"TCP\[HOST_FORWARD\]\s+\d+\s+\S+\s+(?P<host>\d+)\s+\S+\s+(?P<guest>\d+)\s")


def led_in(usernet: str) -> dict[int, int]:
    """Given what QEMU tells of its network, return the guest's ports and those of this host that lead to them."""
    return {int(found["guest"]): int(found["host"]) for found in _FORWARD.finditer(usernet)}


class Power:
    """A machine between power on and power off. Raises MonitorGone, for what is asked of it after its end."""

    def __init__(self, running: Running, monitor: Monitor) -> None:
        self._running = running
        self._monitor = monitor
        self._since: Deadline | None = None
        self.ended = False

    @property
    def pressed(self) -> float | None:
        """Real seconds since its button was pressed; None: it was not."""
        return None if self._since is None else self._since.passed

    def read(self, seconds: float) -> bytes:
        """What its console says within this time; sets `ended` once there will be nothing more."""
        piece = self._running.read(seconds)
        self.ended = piece == b""
        return piece or b""

    def restarted(self) -> bool:
        """Whether the system has restarted itself since the last look."""
        events = self._monitor.events()
        return any(one["event"] == "RESET" and one.get("data", {}).get("guest") for one in events)

    def press(self) -> None:
        """Press its button: a system that is well shuts down."""
        self._since = Deadline(0)
        self._monitor.ask("system_powerdown")

    @contextmanager
    def held(self) -> Iterator[None]:
        """The machine stands still while its disk is read: QEMU has given all it had to write to the file."""
        self._monitor.ask("stop")
        try:
            yield
        finally:
            self._monitor.ask("cont")

    def lead_in(self, ports: tuple[int, ...] = ()) -> dict[int, int]:
        """Lead these ports into the guest too, and return all that lead into it."""
        for port in ports:
            self._monitor.human(f"hostfwd_add n0 tcp:127.0.0.1:0-:{port}")
        return led_in(self._monitor.human("info usernet"))

    def lives(self) -> bool:
        """Whether QEMU still runs; one that is about to end is given a moment."""
        return self._running.ended(2) is None

    def check_end(self) -> None:
        """Raise `ProcessFailed` if it was QEMU that failed, and not the machine that was switched off."""
        code = self._running.ended(10)
        if code:
            raise ProcessFailed(
                f"QEMU ended with {code}: {self._running.complaint() or 'it said nothing'}", code=code
            )


@contextmanager
def switched_on(machine: Machine) -> Iterator[Power]:
    """A machine with power for the block; at its end the power is cut, if it still has any. Raises Ec2kitError."""
    if machine.lasting is None:
        raise Ec2kitError("a machine without a monitor cannot be told anything")
    with start(qemu_argv(machine)) as running:
        try:
            monitor = Monitor(Path(machine.lasting.monitor), lambda: running.code is not None)
        except MonitorGone as gone:
            if running.code is None:
                raise
            raise ProcessFailed(f"QEMU could not start: {running.complaint() or gone.message}") from gone
        with monitor:
            yield Power(running, monitor)
