"""What the child processes of the race and kill tests do: `python -m …racing VERB FILE …`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from hostname_service.errors import Held, Unavailable
from hostname_service.model import BindingState
from hostname_service.registry.port import Order
from hostname_service.registry.sqlite import SqliteRegistry
from tests.hostname_service.registry.ground import BEGAN, attested, line, wanted


def tell(*words: object) -> None:
    """A line to whoever started us, at once."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def race(path: Path, me: int, names: int) -> None:
    """Claim every name for a machine of one's own; tell which were given."""
    registry = SqliteRegistry(path)
    tell("ready")
    sys.stdin.readline()
    won = []
    for number in range(names):
        try:
            registry.reserve(wanted(f"web-{number}", me * names + number))
            won.append(number)
        except Held:
            continue
    tell(*won)


def churn(path: Path) -> None:
    """Take names, bind them and let them go, for ever; tell of each transaction once it is answered."""
    registry = SqliteRegistry(path)
    turn = 0
    while True:
        turn += 1
        row = registry.reserve(wanted(f"web-{turn}", turn))
        tell("reserved", turn)
        row = registry.change(row, replace(row, state=BindingState.BOUND))
        registry.audit(line(f"turn-{turn}", turn))
        tell("bound", turn)
        if turn % 3 == 0:
            registry.remove(row)
            tell("removed", turn)


def fill(path: Path, most: int) -> None:
    """Write until the file may not grow any more, as on a full disk; tell how that was told."""
    import resource

    registry = SqliteRegistry(path)
    registry.reserve(wanted("db", 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    for number in range(1000):
        try:
            registry.audit(line("fill", number, message="x" * 4000))
        except Unavailable as error:
            tell(error.reason, number, registry.binding(wanted("db", 1).fqdn) is not None)
            return


def steps(registry: SqliteRegistry) -> list[Callable[[], object]]:
    """Transactions of every kind that writes several things, each to be done wholly or not at all."""
    first = wanted("web-1", 1)
    second = replace(wanted("web-1", 2), previous=str(first.machine))
    word = Order("web-3", first.machine.instance_id, "uid 0", BEGAN)
    return [
        lambda: registry.attest(attested(1)),
        lambda: registry.reserve(first),
        lambda: registry.change(first, replace(first, state=BindingState.BOUND)),
        lambda: registry.order(word),
        lambda: registry.reserve(wanted("web-1", 2), over=first.machine),
        lambda: registry.order(replace(word, instance_id=second.machine.instance_id)),
        lambda: registry.heartbeat(BEGAN),
        lambda: registry.remove(second),
    ]


if __name__ == "__main__":
    verb, where, *numbers = sys.argv[1:]
    verbs: dict[str, Callable[..., None]] = {"race": race, "churn": churn, "fill": fill}
    verbs[verb](Path(where), *map(int, numbers))
