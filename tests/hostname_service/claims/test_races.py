"""Many machines at once: one name has one holder, and numbers are given without a gap."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from hostname_service.errors import Held
from tests.hostname_service.claims.town import ZONE, Town


def told(town: Town, ids: list[str]) -> list[str]:
    """What each was told, all asking at the same moment: a name, or the reason why not."""
    claims = town.claims()

    def ask(id: str) -> str:
        try:
            return town.ask(id, claims=claims).name
        except Held as error:
            return error.reason

    with ThreadPoolExecutor(len(ids)) as pool:
        return list(pool.map(ask, ids))


def test_of_64_machines_that_want_one_name_one_gets_it(town: Town) -> None:
    ids = [town.launch(number, "db") for number in range(1, 65)]

    answers = told(town, ids)

    assert sorted(answers) == ["db", *["held"] * 63]
    (row,) = town.registry.names()
    assert row.machine.instance_id == ids[answers.index("db")]
    assert town.dns.forward[f"db.{ZONE}"].addresses == row.addresses


@pytest.mark.slow
def test_64_machines_of_one_pattern_get_64_names(town: Town) -> None:
    ids = [town.launch(number, f"web-{{n}}.{ZONE}") for number in range(1, 65)]

    answers = told(town, ids)

    assert sorted(answers, key=lambda name: int(name[4:])) == [f"web-{number}" for number in range(1, 65)]
    assert told(town, ids) == answers
