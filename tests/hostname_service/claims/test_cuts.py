"""The service is killed before and after each thing that a claim, a takeover or a release does; asked again, everything
ends as if it had never been killed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from hostname_service.claims.letting_go import let_go
from hostname_service.errors import Unknown
from hostname_service.model import Binding, MachineState
from hostname_service.upkeep.desk import NamesDesk
from tests.hostname_service.claims.town import ZONE, Town

FQDN = f"db.{ZONE}"
WRITES = frozenset(
    {
        "attest",
        "reserve",
        "change",
        "remove",
        "withdraw",
        "audit",
        "claim",
        "claim_reverse",
        "release",
        "clean",
    }
)


class Killed(BaseException):
    """The process is no more: nothing may catch this."""


@dataclass
class Executioner:
    """Counts what is done, and kills at one of it."""

    at: int = 0
    after: bool = False
    done: int = 0

    def wrap(self, name: str, part: object) -> object:
        """A part of the service, each of whose deeds is counted."""
        del name
        return _Watched(part, self)

    def deed(self, deed: Callable[..., Any], *args: Any, **named: Any) -> Any:
        self.done += 1
        if self.done == self.at and not self.after:
            raise Killed
        found = deed(*args, **named)
        if self.done == self.at:
            raise Killed
        return found


class _Watched:
    def __init__(self, part: object, executioner: Executioner) -> None:
        self._part, self._executioner = part, executioner

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        if name not in WRITES:
            return found
        return lambda *args, **named: self._executioner.deed(found, *args, **named)


def world(town: Town) -> dict[str, object]:
    """All that is left: rows, records and certificates; not when, and not how often it was told of."""
    rows = [replace(row, since=town.clock.time) for row in town.registry.names()]
    return {"rows": rows, "dns": town.dns.forward, "ptr": town.dns.reverse, "signed": town.ca.signed}


def first_claim(town: Town, executioner: Executioner) -> None:
    id = "i-00000000000000001" if town.ec2.machines else town.launch(1, "db")
    town.ask(id, claims=town.claims(executioner.wrap))


def takeover(town: Town, executioner: Executioner) -> None:
    if not town.ec2.machines:
        old = town.launch(1, "db")
        town.ask(old)
        town.ca.signed[FQDN] = "the old key"
        town.now_is(old, MachineState.TERMINATED)
        town.launch(2, "db")
    town.ask("i-00000000000000002", claims=town.claims(executioner.wrap))


def renaming(town: Town, executioner: Executioner) -> None:
    if not town.ec2.machines:
        id = town.launch(1, "other")
        town.ask(id)
        town.desk.assign(FQDN, id, "uid:0")
    town.ask("i-00000000000000001", claims=town.claims(executioner.wrap))


def release(town: Town, executioner: Executioner) -> None:
    if not town.ec2.machines:
        town.ask(town.launch(1, "db"))
        town.ca.signed[FQDN] = "its key"
    try:
        NamesDesk(town.ground(executioner.wrap)).release(FQDN, "uid:0")
    except Unknown:
        # All of it was done but the word of it.
        return


STORIES = {"claim": first_claim, "takeover": takeover, "renaming": renaming, "release": release}


def deeds(story: Callable[[Town, Executioner], None], town: Town) -> int:
    counting = Executioner()
    story(town, counting)
    return counting.done


@pytest.mark.parametrize("name", STORIES)
def test_killed_anywhere_and_asked_again_it_ends_the_same(name: str, tmp_path: Path) -> None:
    story, whole = STORIES[name], Town(tmp_path / "whole")
    number = deeds(story, whole)
    assert number >= 4

    for at in range(1, number + 1):
        for after in (False, True):
            town = Town(tmp_path / f"{at}-{after}")
            with pytest.raises(Killed):
                story(town, Executioner(at, after))
            story(town, Executioner())
            assert world(town) == world(whole), (at, after)


def test_nobody_gets_a_name_whose_release_was_cut(tmp_path: Path) -> None:
    town = Town(tmp_path / "service")
    town.ask(town.launch(1, "db"))
    town.ca.signed[FQDN] = "its key"
    row = town.registry.binding(FQDN)
    assert isinstance(row, Binding)
    with pytest.raises(Killed):
        let_go(town.ground(Executioner(at=2).wrap), row, "asked")

    told = town.ask(town.launch(2, "db"))

    assert told.fqdn == FQDN
    assert town.ca.signed == {}
    assert town.dns.reverse == {"10.0.0.2": FQDN}
