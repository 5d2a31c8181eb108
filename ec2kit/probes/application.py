"""Probes that want an application's reply: HTTP and a banner. A connection alone is no reply.

A wrong status is a bad sample whose reason begins with `replied`: the machine lives, and judging knows it.
What fails on our side (the proxy, a name that does not resolve, no route) tells nothing of the machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from ec2kit.errors import UsageError
from ec2kit.host.network import Dialer, NoReply
from ec2kit.model.evidence import Kind, Sample, Verdict
from ec2kit.model.instances import Instance, State
from ec2kit.model.tags import CHECK
from ec2kit.probes.words import ProbeWord, parse_check

AT_ONCE = 64
"""Probes in flight: mostly waiting, so many more than there are cores."""
WRONG_STATUS = 400
"""From here on an HTTP status is not what a healthy service answers (RFC 9110, client and server errors)."""


def probes_of(instance: Instance) -> tuple[ProbeWord, ...]:
    """Given an instance, return the probes that its tag names; a tag that cannot be read names none."""
    try:
        return parse_check(instance.tags.get(CHECK, ""))
    except UsageError:
        return ()


@dataclass(frozen=True)
class ApplicationProbe:
    """Probes machines of either kind, many at once.

    `public` says by which address: the public one where there is one, for a monitor outside, or the private one.
    """

    dialer: Dialer
    public: bool = True

    def sample(self, machines: Sequence[Instance], now: datetime) -> tuple[Sample, ...]:
        """Look at each probe of each running machine once; a machine that is off is not asked."""
        running = [machine for machine in machines if machine.state is State.RUNNING]
        wanted = [(machine, probe) for machine in running for probe in probes_of(machine)]
        return tuple(self.look_at_all(wanted, now))

    def look_at_all(self, wanted: Sequence[tuple[Instance, ProbeWord]], now: datetime) -> Iterable[Sample]:
        """One sample for each pair, in order."""
        if not wanted:
            return ()
        with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(wanted))) as pool:
            return list(pool.map(lambda pair: self.look(pair[0], pair[1], now), wanted))

    def look(self, machine: Instance, probe: ProbeWord, now: datetime) -> Sample:
        """One probe of one machine."""
        host = self.address_of(machine)
        if not host:
            return Sample(machine.id, probe.kind, now, Verdict.UNKNOWN, "it has no address")
        verdict, reason = self.ask(host, probe)
        return Sample(machine.id, probe.kind, now, verdict, reason, raw=f"{probe} at {host}")

    def ask(self, host: str, probe: ProbeWord) -> tuple[Verdict, str]:
        """Ask one address: what the answer is worth, and why."""
        if probe.kind is Kind.BANNER:
            said = self.dialer.banner(host, probe.port)
            if isinstance(said, NoReply):
                return _silence(said)
            return Verdict.GOOD, f"{said.decode(errors='replace').strip()[:60]}"
        name = f"[{host}]" if ":" in host else host
        reply = self.dialer.http_get(f"{probe.scheme}://{name}:{probe.port}{probe.path}")
        if isinstance(reply, NoReply):
            return _silence(reply)
        if reply.status >= WRONG_STATUS:
            return Verdict.BAD, f"replied {reply.status}, wanted less than {WRONG_STATUS}"
        return Verdict.GOOD, f"replied {reply.status}"

    def address_of(self, machine: Instance) -> str:
        """By which address this monitor reaches the machine."""
        return (machine.public_ip if self.public else "") or machine.private_ip


def _silence(reply: NoReply) -> tuple[Verdict, str]:
    return (Verdict.UNKNOWN if reply.ours else Verdict.BAD), reply.reason
