"""What a machine's console has said since it was switched on: login, cloud-init's end, or that nothing will come."""

from __future__ import annotations

from ec2kit.host.clock import Deadline
from ec2kit.images.boot.console import look

GLANCE_SECONDS = 1.0
"""How often it is judged while it speaks: the whole of it is read each time."""
MOST = 1 << 18
"""Characters that are judged: a boot says less, and a machine may run for days."""
PANIC = "the kernel panicked"


class Watched:
    """The console of one boot; what was seen stays seen."""

    def __init__(self) -> None:
        self.login = False
        self.final = False
        self.dead_end = ""
        self._text = ""
        self._new = False
        self._judged = Deadline(GLANCE_SECONDS)
        self._since = Deadline(GLANCE_SECONDS)

    @property
    def seconds(self) -> float:
        """Real seconds since this boot began."""
        return self._since.passed

    def take(self, piece: str) -> bool:
        """Take what came, which may be nothing, and return whether something was seen that was not before."""
        self._text = (self._text + piece)[-MOST:]
        self._new = self._new or bool(piece)
        if not self._new or (piece and self._judged.passed < GLANCE_SECONDS):
            return False
        self._new, self._judged = False, Deadline(GLANCE_SECONDS)
        before = (self.login, self.final, self.dead_end)
        seen = look(self._text)
        self.login, self.final = self.login or seen.login, self.final or seen.final
        # Once it is up, anybody may write on its console what looks like a boot that failed.
        if not self.login or seen.dead_end.startswith(PANIC):
            self.dead_end = seen.dead_end
        return (self.login, self.final, self.dead_end) != before
