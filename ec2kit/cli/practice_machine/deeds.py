"""What a runner does next, given how its machine is and what the sandbox wants. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

PATIENCE = 60.0
"""Real seconds that a system has for shutting down, before its power is cut."""

Deed = Literal["nothing", "flush", "button", "cut"]


@dataclass(frozen=True)
class Wish:
    """What the sandbox wants: `want` is run, off, cut or end; the numbers only grow; `ports` are yet to be led in."""

    want: str = "run"
    reboots: int = 0
    flushes: int = 0
    ports: tuple[int, ...] = ()

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Wish:
        """Given what the door answers, return it as a value."""
        return cls(
            str(told["want"]),
            int(told["reboots"]),
            int(told["flushes"]),
            tuple(int(each) for each in told["ports"]),
        )


@dataclass(frozen=True)
class Standing:
    """How a machine that has power is: the numbers are of what was done, `pressed` is how many real seconds ago its
    button was pressed (None: it was not)."""

    rebooted: int = 0
    flushed: int = 0
    pressed: float | None = None


def next_deed(standing: Standing, wish: Wish) -> Deed:
    """Given a machine that has power, return what is to be done with it now."""
    if wish.want in ("cut", "end"):
        return "cut"
    if standing.pressed is not None and standing.pressed > PATIENCE:
        return "cut"
    if wish.flushes > standing.flushed:
        return "flush"
    leaving = wish.want == "off" or wish.reboots > standing.rebooted
    return "button" if leaving and standing.pressed is None else "nothing"
