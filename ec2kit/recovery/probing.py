"""Finding out what a machine answers on, so that nobody has to know the syntax of probes to enrol one."""

from __future__ import annotations

from collections.abc import Sequence

from ec2kit.model.evidence import Verdict
from ec2kit.model.instances import Instance, State
from ec2kit.probes.application import ApplicationProbe
from ec2kit.probes.words import ProbeWord, parse_check

USUAL = parse_check("http:80/ https:443/ banner:22")
"""What most machines have one of: a web server, and SSH, whose banner comes before any login."""


def answering(
    probe: ApplicationProbe, machine: Instance, words: Sequence[ProbeWord] = USUAL
) -> tuple[ProbeWord, ...]:
    """Ask a machine on each of these; return those that got a good reply. One that is off is not asked."""
    host = probe.address_of(machine)
    if machine.state is not State.RUNNING or not host:
        return ()
    return tuple(word for word in words if probe.ask(host, word)[0] is Verdict.GOOD)


def silent(probe: ApplicationProbe, machine: Instance, words: Sequence[ProbeWord]) -> tuple[str, ...]:
    """Ask a machine on each of these; return why not, for those without a good reply."""
    host = probe.address_of(machine)
    if not host:
        return ("it has no address that could be probed",)
    asked = ((word, *probe.ask(host, word)) for word in words)
    return tuple(
        f"{word} does not reply now: {reason}"
        for word, verdict, reason in asked
        if verdict is not Verdict.GOOD
    )
