"""A dialer that asks the in-process sandbox what a machine would answer, without any socket."""

from __future__ import annotations

from urllib.parse import urlsplit

from ec2kit.host.network import Dialer, NoReply, Reply
from ec2kit.sandbox import machines
from tests.support.inprocess import InProcess

CONTROL = f"http://{machines.CONTROL_HOST}:80/"


class SandboxDialer(Dialer):
    """Answers as the machine's state in the sandbox says."""

    sandbox: InProcess

    @classmethod
    def of(cls, sandbox: InProcess) -> SandboxDialer:
        """The dialer of this sandbox."""
        dialer = cls()
        object.__setattr__(dialer, "sandbox", sandbox)
        return dialer

    def http_get(self, url: str, *, timeout: float | None = None, max_bytes: int = 65_536) -> Reply | NoReply:
        """What the machine's web server says: 200, 404 for /missing."""
        parts = urlsplit(url)
        found = self._answer(parts.hostname or "", parts.port or 80)
        if isinstance(found, NoReply):
            return found
        return Reply(404 if parts.path == "/missing" else 200, b"ok\n", 0.01)

    def banner(
        self, host: str, port: int, *, timeout: float | None = None, max_bytes: int = 1_024
    ) -> bytes | NoReply:
        """What the machine says first."""
        found = self._answer(host, port)
        return found if isinstance(found, NoReply) else b"SSH-2.0-OpenSSH_9.2p1 Debian-2"

    def _answer(self, host: str, port: int) -> machines.Reply | NoReply:
        with self.sandbox.app.settled() as world:
            found = machines.answer(world, host, port)
        if isinstance(found, machines.Reply):
            return found
        words = {
            machines.Silence: "connected, and no reply in 5 s",
            machines.Refused: "connection refused",
            machines.Unreachable: "no connection in 5 s",
        }
        return NoReply(words[type(found)])
