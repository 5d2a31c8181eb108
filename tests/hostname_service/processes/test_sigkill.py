"""The process is killed before and after each deed of a claim, and started again: the machine's next claim ends as if
nothing had been, and nothing was done twice."""

from __future__ import annotations

import http.client
import signal
from pathlib import Path

import pytest

from hostname_service.model import BindingState
from tests.hostname_service.dns.rigs.serving import NameServer
from tests.hostname_service.processes.cutting import DEEDS
from tests.hostname_service.processes.machines import machines, same_in_dns
from tests.hostname_service.processes.service import ZONE, Home

pytestmark = pytest.mark.slow
CUTS = [(at, moment) for at in range(1, len(DEEDS) + 1) for moment in ("before", "after")]
SAMPLE = {(2, "after"), (3, "after"), (6, "before"), (7, "after")}
"""Reserved; in DNS forward alone; in DNS and not bound; all done, and the answer lost."""


def cuts() -> list[object]:
    marks = {cut: () if cut in SAMPLE else pytest.mark.deep for cut in CUTS}
    return [
        pytest.param(*cut, id=f"{cut[1]}-{DEEDS[cut[0] - 1]}-{cut[0]}", marks=mark)
        for cut, mark in marks.items()
    ]


@pytest.mark.parametrize("at, moment", cuts())
def test_killed_and_started_again_a_claim_ends_the_same(
    at: int, moment: str, named: NameServer, tmp_path: Path
) -> None:
    [machine] = machines(range(2 * at + (moment == "after"), 2 * at + (moment == "after") + 1))
    fqdn = f"db-{machine.number}.{ZONE}"
    home = Home(tmp_path / "home", named, [{"instance": machine.id, "name": fqdn}])

    cutting = ("-m", "tests.hostname_service.processes.cutting", str(at), moment)
    with home.service(cutting) as service:
        with pytest.raises((http.client.HTTPException, OSError)):
            machine.ask(service.port)
        assert service.process.wait(timeout=60) == -signal.SIGKILL
    with home.service() as service:
        first = machine.boot([service.port])
        assert first.fqdn == fqdn
        assert machine.boot([service.port]) == first

    [row] = home.registry.names()
    assert (row.fqdn, row.machine.instance_id) == (fqdn, machine.id)
    assert (row.state, row.dns_done, row.previous) == (BindingState.BOUND, True, "")
    same_in_dns(named, machine, fqdn)
    # A line for each answer, and one for the answer that was lost after all was done.
    told = [(entry.reason, entry.fqdn) for entry in home.registry.audits()]
    assert told == [("bound", fqdn)] * (3 if (at, moment) == CUTS[-1] else 2)
