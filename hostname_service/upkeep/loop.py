"""What goes on beside the claims, in threads of their own: the heartbeat, and now and then the repairs.

Apart, because repairs may wait for DNS for an hour: a heartbeat that waits with them would tell the next start that the
service was down all that time, and old documents would be believed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hostname_service.claims.ground import Ground
from hostname_service.errors import ServiceError
from hostname_service.identity.checks import Outage
from hostname_service.upkeep.repairs import repair_all

BEAT = timedelta(seconds=30)
"""Between heartbeats: by so much the next start may think that the service was down longer than it was."""
MOST = 100
"""Outages that are remembered."""


@dataclass(frozen=True)
class Upkeep:
    """The threads' work; `told` is called with an event and a line about it, and `stop` ends it.

    To `outages` is added each time in which the registry could not be written: nobody could claim in it.
    """

    ground: Ground
    told: Callable[[str, str], None]
    stop: threading.Event
    outages: list[Outage] = field(default_factory=list)

    def start(self) -> None:
        """Begin."""
        for name, work in (("heartbeat", self.live), ("repairs", self.mend)):
            threading.Thread(target=work, name=name, daemon=True).start()

    def live(self) -> None:
        """A heartbeat now and then, until `stop` is set."""
        last = self.ground.clock.now()
        while not self.stop.is_set():
            last = self.beat(last)
            self.ground.clock.sleep(BEAT.total_seconds())

    def mend(self) -> None:
        """Repairs now and then, until `stop` is set. What fails is told and tried again with the next beat."""
        due = self.ground.clock.now()
        while not self.stop.is_set():
            due = self.repair(due)
            self.ground.clock.sleep(BEAT.total_seconds())

    def beat(self, last: datetime) -> datetime:
        """One heartbeat: given when the last one was written, return when that was now."""
        now = self.ground.clock.now()
        try:
            self.ground.registry.heartbeat(now)
        except Exception as error:  # noqa: BLE001  without it the next start believes what is old
            self._failed("heartbeat", error)
            return last
        if now - last > 3 * BEAT:
            self.outages.append(Outage(last, now))
            del self.outages[:-MOST]
        return now

    def repair(self, due: datetime) -> datetime:
        """Repairs, when they are due; returns when they are due next."""
        now = self.ground.clock.now()
        if now < due:
            return due
        try:
            for line in repair_all(self.ground):
                self.told("repair", line)
        except Exception as error:  # noqa: BLE001  whatever it is, the next repairs are tried
            self._failed("repairs", error)
            return now + BEAT
        return now + self.ground.settings.upkeep

    def _failed(self, what: str, error: Exception) -> None:
        why = f"{error.reason}: {error.message}" if isinstance(error, ServiceError) else repr(error)
        self.told("upkeep-failed", f"{what}: {why}")
