"""What the file of assignments says: names of machines by id, and rules for those that are not named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from hostname_service.assignments.patterns import Pattern
from hostname_service.model import Document


@dataclass(frozen=True)
class Match:
    """Conditions that must all hold; of several values any one does. Facts are those of the signed document."""

    facts: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """By key of `facts_of`."""
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """By key of the tag."""

    def holds(self, document: Document, tags: Mapping[str, str]) -> bool:
        """Whether a machine is meant."""
        facts = facts_of(document)
        return all(facts[key] in values for key, values in self.facts.items()) and all(
            tags.get(key) in values for key, values in self.tags.items()
        )


@dataclass(frozen=True)
class Rule:
    """Who gets a name, and which."""

    match: Match
    name: str | Pattern
    line: int
    """In the file, from 1."""


@dataclass(frozen=True)
class Assignments:
    """All that the file says."""

    instances: Mapping[str, str | Pattern] = field(default_factory=lambda: MappingProxyType({}))
    rules: Sequence[Rule] = ()

    def name_for(self, document: Document, tags: Mapping[str, str]) -> str | Pattern | None:
        """The name of the machine's own line, else of the first rule that holds, else None."""
        if document.instance_id in self.instances:
            return self.instances[document.instance_id]
        return next((rule.name for rule in self.rules if rule.match.holds(document, tags)), None)

    @property
    def read_tags(self) -> bool:
        """Whether any rule asks for tags: then EC2 has to be asked about every machine that has no line of its own."""
        return any(rule.match.tags for rule in self.rules)


def facts_of(document: Document) -> dict[str, str]:
    """What the signed document says, by the words of the file."""
    return {
        "account": document.account,
        "region": document.region,
        "zone": document.zone,
        "image": document.image_id,
        "type": document.instance_type,
        "architecture": document.architecture,
    }


FACTS = ("account", "region", "zone", "image", "type", "architecture")
