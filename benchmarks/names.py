"""Claims of the hostname service: against its bare server without the application, and against what the name server
itself takes, which is the limit. In the same run and on the same machine; memory and start-up are told.

Needs BIND and the tests' rigs; without BIND it is left out.
"""

from __future__ import annotations

import http.client
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

import dns.query
import dns.rcode
import dns.update

from benchmarks.result import Result
from ec2kit.host.clock import SystemClock
from hostname_service.dns.exchange import tsig_key
from tests.hostname_service.dns.rigs.bind import bind
from tests.hostname_service.dns.rigs.serving import ADDRESS, NameServer, program
from tests.hostname_service.processes.machines import Machine, machines
from tests.hostname_service.processes.service import ZONE, Home

CLAIMS = 1000
THREADS = 8
OVER_DNS = 4.0
"""Times that a claim may take what its updates of DNS take alone."""


def run() -> list[Result]:
    """Return the rows; none where BIND is not installed."""
    if program("named") is None:
        return []
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "bind").mkdir()
        with bind(Path(directory) / "bind") as server:
            return _measured(Path(directory), server)


def _measured(directory: Path, server: NameServer) -> list[Result]:
    clock = SystemClock()
    fleet = machines(range(1, CLAIMS + 1))
    blobs = {machine.id: machine.blob() for machine in fleet}
    told = [{"instance": machine.id, "name": f"web-{machine.number}"} for machine in fleet]
    home = Home(directory / "home", server, told)
    began = clock.monotonic()
    with home.service() as service:
        start = clock.monotonic() - began
        claims = _timed(lambda machine: _claim(service.port, machine, blobs[machine.id]), fleet)
        resident = _resident_mib(service.process.pid)
    with home.service(("-m", "benchmarks.bare_names")) as service:
        bare = _timed(lambda machine: _claim(service.port, machine, blobs[machine.id]), fleet)
    updates = _timed(lambda machine: _update(server, machine), fleet)
    half, most = quantiles(claims.each, n=100)[49], quantiles(claims.each, n=100)[98]
    return [
        Result(
            "a claim, of 8 at once: CPU and DNS",
            claims.all / CLAIMS * 1000,
            "ms",
            f"{claims.rate:.0f} a second",
        ),
        Result(
            "the same against the bare server", claims.all / bare.all, "times", f"{bare.rate:.0f} a second"
        ),
        Result(
            "the same against its two updates of DNS",
            claims.all / updates.all,
            "times",
            f"{updates.rate:.0f} pairs a second by dnspython alone",
            OVER_DNS,
        ),
        Result("half of the claims take", half * 1000, "ms", "p50"),
        Result("one claim in a hundred takes longer than", most * 1000, "ms", "p99"),
        Result("memory of the service after 1,000 claims", resident, "MiB"),
        Result("from start to healthy", start, "s"),
    ]


@dataclass(frozen=True)
class _Took:
    """Seconds: each, and all together."""

    each: Sequence[float]
    all: float

    @property
    def rate(self) -> float:
        return len(self.each) / self.all


def _timed(do: Callable[[Machine], None], fleet: Sequence[Machine]) -> _Took:
    clock = SystemClock()

    def one(machine: Machine) -> float:
        began = clock.monotonic()
        do(machine)
        return clock.monotonic() - began

    began = clock.monotonic()
    with ThreadPoolExecutor(THREADS) as pool:
        each = list(pool.map(one, fleet))
    return _Took(each, clock.monotonic() - began)


def _claim(port: int, machine: Machine, blob: str) -> None:
    connection = http.client.HTTPConnection(ADDRESS, port, timeout=60)
    headers = {"Content-Type": "text/plain", "X-Forwarded-For": machine.address}
    try:
        connection.request("POST", "/v1/claim", blob, headers)
        answer = connection.getresponse()
        body = answer.read().decode()
    finally:
        connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{machine.id} was answered {answer.status}: {body}")


def _update(server: NameServer, machine: Machine) -> None:
    """What a claim has to tell DNS: a name with its owner, and the address."""
    key = tsig_key(server.key_name, server.secret)
    forward = dns.update.UpdateMessage(ZONE)
    forward.absent(f"bare-{machine.number}")
    forward.add(f"bare-{machine.number}", 60, "A", machine.address)
    forward.add(f"_ec2kit.bare-{machine.number}", 60, "TXT", machine.owner)
    reverse = dns.update.UpdateMessage("0.10.in-addr.arpa")
    back = ".".join(reversed(machine.address.split(".")))
    reverse.replace(f"{back}.in-addr.arpa.", 60, "PTR", f"bare-{machine.number}.{ZONE}.")
    for update in (forward, reverse):
        update.use_tsig(key)
        answer = dns.query.tcp(update, server.host, port=server.port, timeout=30)
        if answer.rcode() != dns.rcode.NOERROR:
            raise RuntimeError(f"the name server answered {dns.rcode.to_text(answer.rcode())}")


def _resident_mib(pid: int) -> float:
    with suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        told = next(line for line in lines if line.startswith("VmRSS:"))
        return int(told.split()[1]) / 1024
    return 0.0
