"""From the text of the file to `Assignments`; every fault is told, with its line.

- instance: i-0123456789abcdef0
  name: db.shop.example.com
- match: {tags: {role: web}, type: [t3.small, t3.medium]}
  name: web-{n}
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import yaml

from hostname_service.assignments.names import name_in, shown
from hostname_service.assignments.patterns import Pattern, is_pattern, pattern_in
from hostname_service.assignments.rules import FACTS, Assignments, Match, Rule
from hostname_service.errors import BadConfig

LARGEST = 4 * 1024 * 1024
"""Bytes: some forty thousand machines. What is longer is not a file of names."""

_INSTANCE = re.compile(r"i-([0-9a-f]{8}|[0-9a-f]{17})")
_ENTRY = "wants `instance` or `match`, and `name`"


def read_assignments(text: str, zones: Sequence[str]) -> Assignments:
    """Given the text of the file and the zones that names may be in, return what it says.

    Raises `BadConfig` with every fault, a line each.
    """
    if len(text) > LARGEST:
        raise BadConfig(f"the file is longer than {LARGEST} characters")
    try:
        # Composed, not constructed: nodes know their lines, scalars stay the text that was typed.
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise BadConfig(f"line {mark.line + 1 if mark else 1}: {error.problem or 'is not YAML'}") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise BadConfig(f"line {line}: has a character that YAML does not allow") from error
    except RecursionError as error:
        raise BadConfig("line 1: is nested too deeply") from error
    reader = _Reader(zones)
    if root is not None:
        reader.entries(root)
    if reader.faults:
        raise BadConfig("\n".join(f"line {line}: {what}" for line, what in sorted(reader.faults)))
    return Assignments(MappingProxyType(reader.instances), tuple(reader.rules))


class _Reader:
    """What was found so far, right and wrong."""

    def __init__(self, zones: Sequence[str]) -> None:
        self.zones = zones
        self.faults: list[tuple[int, str]] = []
        self.instances: dict[str, str | Pattern] = {}
        self.rules: list[Rule] = []

    def fault(self, node: yaml.Node, what: str) -> None:
        self.faults.append((node.start_mark.line + 1, what))

    def entries(self, root: yaml.Node) -> None:
        if not isinstance(root, yaml.SequenceNode):
            self.fault(root, "wants a list: lines that begin with `- `")
            return
        for node in root.value:
            self.entry(node)

    def entry(self, node: yaml.Node) -> None:
        fields = self.mapping(node, _ENTRY)
        for key in fields.keys() - {"instance", "match", "name"}:
            self.fault(fields[key], f"{shown(key)} is not known; {_ENTRY}")
        who = fields.keys() & {"instance", "match"}
        if len(who) != 1 or "name" not in fields:
            self.fault(node, f"{_ENTRY}: one of each")
        name = self.name(fields["name"]) if "name" in fields else None
        # Each is read whatever is wrong with the other, so that all faults are told at once.
        if "instance" in fields:
            self.instance(fields["instance"], name)
        if "match" in fields:
            match = self.match(fields["match"])
            if match and name:
                self.rules.append(Rule(match, name, node.start_mark.line + 1))

    def instance(self, node: yaml.Node, name: str | Pattern | None) -> None:
        told = self.text(node)
        if told is None:
            return
        if not _INSTANCE.fullmatch(told):
            self.fault(node, f"wants an instance id such as i-0123456789abcdef0, not {shown(told)}")
        elif told in self.instances:
            self.fault(node, f"{told} is there twice")
        elif isinstance(name, str) and name in self.instances.values():
            self.fault(node, f"the name {shown(name)} is there twice")
        elif name:
            self.instances[told] = name

    def name(self, node: yaml.Node) -> str | Pattern | None:
        told = self.text(node)
        if told is None:
            return None
        try:
            return pattern_in(told, self.zones) if is_pattern(told) else name_in(told, self.zones)
        except ValueError as error:
            self.fault(node, str(error))
            return None

    def match(self, node: yaml.Node) -> Match | None:
        before = len(self.faults)
        fields = self.mapping(node, f"wants conditions: tags, {', '.join(FACTS)}")
        for key in fields.keys() - {"tags", *FACTS}:
            self.fault(fields[key], f"{shown(key)} is not known; a match has tags, {', '.join(FACTS)}")
        facts = {key: self.texts(value) for key, value in fields.items() if key in FACTS}
        tags: dict[str, tuple[str, ...]] = {}
        if "tags" in fields:
            wanted = self.mapping(fields["tags"], "wants KEY: VALUE")
            tags = {key: self.texts(value) for key, value in wanted.items()}
        if not facts and not tags and len(self.faults) == before:
            self.fault(node, "wants at least one condition: an empty match would name every machine")
        if len(self.faults) > before:
            return None
        return Match(MappingProxyType(facts), MappingProxyType(tags))

    def mapping(self, node: yaml.Node, wanted: str) -> Mapping[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            self.fault(node, wanted)
            return {}
        fields: dict[str, yaml.Node] = {}
        for key_node, value in node.value:
            key = self.text(key_node)
            if key in fields:
                self.fault(key_node, f"{shown(key)} is there twice")
            elif key is not None:
                fields[key] = value
        return fields

    def texts(self, node: yaml.Node) -> tuple[str, ...]:
        if not isinstance(node, yaml.SequenceNode):
            told = self.text(node)
            return () if told is None else (told,)
        if not node.value:
            self.fault(node, "wants at least one value")
        return tuple(told for told in map(self.text, node.value) if told is not None)

    def text(self, node: yaml.Node) -> str | None:
        """What was typed: `yes` and `010` are texts here, as they are in a tag."""
        if isinstance(node, yaml.ScalarNode) and (node.value or node.style):
            return str(node.value)
        self.fault(node, "wants a text")
        return None
