"""What somebody wants broken, understood but not yet done: about requests, or about a resource."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from ec2kit.sandbox.conditions import Place
from ec2kit.sandbox.faults import Effect, Spell

Trouble = Literal[
    "impair", "stuck-stop", "dead-port", "fail-snapshot", "zone-down", "no-capacity", "rival", "probe-path"
]

TROUBLES: tuple[Trouble, ...] = get_args(Trouble)

# Those that are used up by happening; the others last until they are mended or their time is over.
COUNTED: frozenset[Trouble] = frozenset({"fail-snapshot", "no-capacity"})


@dataclass(frozen=True)
class RequestOrder:
    """Let requests that match `on` (`ec2:Run*`) and `when` meet `effect`."""

    on: str
    effect: Effect
    when: Mapping[str, str] = field(default_factory=dict)
    spell: Spell = field(default_factory=Spell)

    def __str__(self) -> str:
        only = ", ".join(f"{key}={value}" for key, value in self.when.items())
        return f"{self.effect} {self.on}" + (f" when {only}" if only else "")


@dataclass(frozen=True)
class ResourceOrder:
    """Let something be wrong with a resource.

    `detail` is the status check, the port, the rival's instance, or `later`; `where` an instance by id or Name, a
    zone, an address, `zone/type`, or empty for any.
    """

    trouble: Trouble
    detail: str = ""
    where: str = ""
    spell: Spell = field(default_factory=Spell)

    def __str__(self) -> str:
        what = f"{self.trouble}:{self.detail}" if self.detail else self.trouble
        return f"{what} {self.where}".rstrip()


Order = RequestOrder | ResourceOrder


def is_zone(word: str) -> bool:
    """Whether a word has the form of a zone's name: a region and a letter."""
    region = word[:-1]
    return word[-1:].isalpha() and region.count("-") >= 2 and region[-1:].isdigit()


def place_of(where: str) -> Place:
    """Given `eu-west-1a/t3.micro` or a part of it, return the zone and the type; None stands for any."""
    parts = where.split("/") if where else []
    zone = next((part for part in parts if is_zone(part)), None)
    kind = next((part for part in parts if not is_zone(part)), None)
    return zone, kind
