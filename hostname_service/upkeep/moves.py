"""With `addresses: public`, machines whose public address is another than the one that they got their name with.

A machine that is stopped and started has another one, and so has one that an Elastic IP is given to or taken from. It
knows its name, so that it does not ask at such a start, and nobody tells the service: EC2 has to be asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from hostname_service.claims.attesting import addresses_by
from hostname_service.claims.binding import publish_again
from hostname_service.claims.ground import Ground
from hostname_service.config.settings import AskAws
from hostname_service.errors import ServiceError
from hostname_service.model import Binding, BindingState, Deed, Machine, MachineState
from hostname_service.upkeep.rows import every

STEADY = (MachineState.RUNNING, MachineState.STOPPED)
"""In between, EC2 may have taken an address and not given the next one."""


def follow(ground: Ground) -> Iterator[str]:
    """Write new addresses down and tell DNS; yields a line for each name, and for each place that cannot be asked.

    One question for 200 machines, each time that DNS is looked at. Machines of which nothing is known keep theirs.
    """
    if not ground.settings.public or ground.settings.aws is AskAws.OFF:
        return
    places: dict[tuple[str, str], list[Binding]] = defaultdict(list)
    for row in every(ground):
        if row.state is BindingState.BOUND:
            places[row.machine.account, row.region].append(row)
    for (account, region), rows in places.items():
        answers = ground.instances.look_at(account, region, [row.machine.instance_id for row in rows])
        why = {answer.message for answer in answers.values() if isinstance(answer, ServiceError)}
        yield from (f"addresses in {region}: {message}" for message in sorted(why))
        for row in rows:
            answer = answers[row.machine.instance_id]
            if isinstance(answer, Machine) and answer.state in STEADY and answer.private_ip:
                yield from _followed(ground, row, answer)


def _followed(ground: Ground, row: Binding, machine: Machine) -> Iterator[str]:
    there = addresses_by(machine, machine.private_ip, public=True)
    if set(there) == set(row.addresses):
        return
    told = f"{row.fqdn}: it is at {', '.join(there)}, and no longer at {', '.join(row.addresses)}"
    try:
        # Written down first: cut here, the next repairs tell DNS.
        moved = ground.registry.change(row, replace(row, addresses=there, dns_done=False))
        ground.tell(Deed.REPAIR, "address", moved, told)
        publish_again(ground, moved)
    except ServiceError as error:
        yield f"{told}: {error.reason}: {error.message}"
    else:
        yield told
