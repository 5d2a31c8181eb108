"""What goes on beside the claims, in a thread of its own: the heartbeat, and now and then the repairs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from hostname_service.claims.ground import Ground
from hostname_service.errors import ServiceError
from hostname_service.upkeep.repairs import repair_all

BEAT = 30.0
"""Seconds between heartbeats: by so much the next start may think that the service was down longer than it was."""


@dataclass(frozen=True)
class Upkeep:
    """The thread's work; `told` is called with an event and a line about it, and `stop` ends it."""

    ground: Ground
    told: Callable[[str, str], None]
    stop: threading.Event

    def start(self) -> threading.Thread:
        """Begin."""
        thread = threading.Thread(target=self.run, name="upkeep", daemon=True)
        thread.start()
        return thread

    def run(self) -> None:
        """Until `stop` is set. What fails is told and tried again with the next beat."""
        due = self.ground.clock.now()
        while not self.stop.is_set():
            due = self.beat(due)
            self.ground.clock.sleep(BEAT)

    def beat(self, due: datetime) -> datetime:
        """One beat: given when repairs are due, return when they are due next."""
        now = self.ground.clock.now()
        try:
            self.ground.registry.heartbeat(now)
            if self.ground.settings.dns is None or now < due:
                return due
            for line in repair_all(self.ground):
                self.told("repair", line)
        except ServiceError as error:
            self.told("upkeep-failed", f"{error.reason}: {error.message}")
            return now + timedelta(seconds=BEAT)
        return now + self.ground.settings.upkeep
