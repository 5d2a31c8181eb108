"""Names for what AWS names by chance: each id becomes what the thing is, each time a word.

Given what an account shows, two worlds that came about in different ways, at different times, get the same names
for the same things. An instance is known by its Name, a volume by its instance and device, else by its own Name,
a snapshot by its volume and by which of that volume's snapshots it is, an address by its Name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Thing = Mapping[str, Any]
"""A resource as boto3 gives it."""

_ID = re.compile(r"\b(?:i|vol|snap|ami|eipalloc|eipassoc|eni|lt|sir|r)-[0-9a-f]{8,17}\b")
_TIMES = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)|\b\d{8}T\d{6}Z")
_RUN = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{26}\b")
_CLOCK = re.compile(r"\bin \d+[smhd]\b|\b\d+ ?[smhd] ago\b")


def tags_of(thing: Thing) -> dict[str, str]:
    """The tags of a resource."""
    return {tag["Key"]: tag["Value"] for tag in thing.get("Tags") or ()}


@dataclass
class Names:
    """What each id is called here. An id that nothing explains is called by its kind and a question mark."""

    known: dict[str, str] = field(default_factory=dict)

    def give(self, id: str, name: str) -> None:
        """Call something `name`; the second, third … of one name are numbered in the order in which they come."""
        taken = set(self.known.values())
        numbers = (name, *(f"{name} #{number}" for number in range(2, len(taken) + 3)))
        self.known[id] = next(each for each in numbers if each not in taken)

    def give_all(self, things: Iterable[Thing], id: str, name: Callable[[Thing], str], order: str) -> None:
        """Call each thing by its name, the oldest first; `id` and `order` are members of it."""
        for thing in sorted(things, key=lambda each: (name(each), str(each.get(order, "")))):
            self.give(thing[id], name(thing))

    def of(self, id: str) -> str:
        """What an id is called."""
        return self.known.get(id) or f"{id.partition('-')[0]}-?"

    def text(self, text: str) -> str:
        """A text with every id in it renamed, every time TIME, every run RUN."""
        for id in sorted((known for known in self.known if not _ID.fullmatch(known)), key=len, reverse=True):
            text = re.sub(rf"(?<![\w.]){re.escape(id)}(?![\w.])", self.known[id], text)
        text = _ID.sub(lambda match: self.of(match.group()), text)
        return _CLOCK.sub("AGE", _RUN.sub("RUN", _TIMES.sub("TIME", text)))

    def tags(self, thing: Thing) -> dict[str, str]:
        """The tags of a resource, renamed; what a run's mark says is kept but for the run's id."""
        return {key: self.text(value) for key, value in sorted(tags_of(thing).items())}

    def value(self, value: Any) -> Any:
        """Any value of JSON, with every text in it renamed."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {key: self.value(item) for key, item in sorted(value.items())}
        if isinstance(value, (list, tuple)):
            return [self.value(item) for item in value]
        return value
