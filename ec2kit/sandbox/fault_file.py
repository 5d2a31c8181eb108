"""The fault file: a list of what goes wrong and when, and a seed that makes its chances repeatable.

```yaml
seed: 7
faults:
  - {at: 30s, on: "ec2:RunInstances", when: {az: eu-west-1a}, do: no-capacity, times: 3}
  - {at: 60s, resource: web-1, do: impair:system}
  - {resource: snapshot, do: fail}
  - {zone: eu-west-1a, do: down, for: 10m}
  - {address: 203.0.113.9, do: rival:web-2}
```

A file without a seed may be the list alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import yaml

from ec2kit.errors import UsageError
from ec2kit.model.periods import parse_duration
from ec2kit.sandbox.fault_words import KNOWN, checked, parse_action, parse_effect, parse_order
from ec2kit.sandbox.faults import Effect, Spell
from ec2kit.sandbox.orders import Order, RequestOrder

PLACES = ("on", "resource", "zone", "address")
KEYS = ("at", *PLACES, "when", "do", "times", "for", "probability", "after")


@dataclass(frozen=True)
class FaultFile:
    """What a file asks for; `seed` is None where it names none."""

    orders: tuple[Order, ...]
    seed: int | None = None


@dataclass(frozen=True)
class _Place:
    """Where in the file we are, for messages."""

    file: str
    line: int

    def error(self, text: str, hint: str = "") -> UsageError:
        return UsageError(f"{self.file} line {self.line}: {text}", hint=hint)


@dataclass(frozen=True)
class _Entry:
    place: _Place
    values: Mapping[str, str]
    lines: Mapping[str, int]
    when: Mapping[str, str] = field(default_factory=dict)

    def at(self, key: str) -> _Place:
        return _Place(self.place.file, self.lines.get(key, self.place.line))


def read_faults(text: str, file: str = "faults") -> FaultFile:
    """Given the text of a fault file, return what it asks for.

    Raises UsageError with the file's name, the line and the key for anything that is not understood.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as wrong:
        line = wrong.problem_mark.line + 1 if wrong.problem_mark else 1
        raise _Place(file, line).error(f"not YAML, {wrong.problem}") from wrong
    if root is None:
        return FaultFile(())
    seed, entries = _top(root, file)
    return FaultFile(tuple(_order(_entry(node, file)) for node in entries), seed)


def _top(root: yaml.Node, file: str) -> tuple[int | None, list[yaml.Node]]:
    if isinstance(root, yaml.SequenceNode):
        return None, root.value
    if not isinstance(root, yaml.MappingNode):
        raise _place(root, file).error("a fault file is a list, or `seed` and `faults`")
    seed: int | None = None
    entries: list[yaml.Node] = []
    for key, value in root.value:
        if key.value == "seed":
            seed = _number(_place(value, file), "seed", _text(value, file, "seed"))
        elif key.value == "faults" and isinstance(value, yaml.SequenceNode):
            entries = value.value
        elif key.value == "faults":
            raise _place(value, file).error("'faults' is a list")
        else:
            raise _place(key, file).error(f"unknown key '{key.value}'", hint="known: seed, faults")
    return seed, entries


def _entry(node: yaml.Node, file: str) -> _Entry:
    place = _place(node, file)
    if not isinstance(node, yaml.MappingNode):
        raise place.error("each fault is a set of keys and values", hint=f"known keys: {', '.join(KEYS)}")
    values: dict[str, str] = {}
    lines: dict[str, int] = {}
    when: dict[str, str] = {}
    for key, value in node.value:
        name = str(key.value)
        here = _place(key, file)
        if name not in KEYS:
            raise here.error(f"unknown key '{name}'", hint=f"known keys: {', '.join(KEYS)}")
        if name in lines:
            raise here.error(f"'{name}' is there twice")
        lines[name] = here.line
        if name == "when":
            when = _when(value, file)
        else:
            values[name] = _text(value, file, name)
    return _Entry(place, values, lines, when)


def _when(node: yaml.Node, file: str) -> dict[str, str]:
    if not isinstance(node, yaml.MappingNode):
        raise _place(node, file).error("'when' is a set of keys and values, as in {az: eu-west-1a}")
    return {str(key.value): _text(value, file, f"when {key.value}") for key, value in node.value}


def _text(node: yaml.Node, file: str, name: str) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise _place(node, file).error(f"'{name}' is one value")
    return str(node.value)


def _place(node: yaml.Node, file: str) -> _Place:
    return _Place(file, node.start_mark.line + 1)


def _order(entry: _Entry) -> Order:
    places = [key for key in PLACES if key in entry.values]
    if "do" not in entry.values:
        raise entry.place.error("'do' is missing", hint=f"known: {', '.join(KNOWN)}")
    if len(places) > 1:
        raise entry.at(places[1]).error(f"'{places[0]}' and '{places[1]}' do not go together")
    if entry.when and places != ["on"]:
        raise entry.at("when").error("'when' goes with 'on' only")
    spell = _spell(entry)
    key = places[0] if places else "on"
    try:
        order = _READERS[key](entry, entry.values["do"], entry.values.get(key, ""))
        return checked(replace(order, spell=spell))
    except UsageError as wrong:
        raise entry.at("do").error(wrong.message, hint=wrong.hint) from wrong


def _on(entry: _Entry, do: str, where: str) -> Order:
    if do == "no-capacity":
        return RequestOrder(parse_action(where or "ec2:RunInstances"), Effect("no-capacity"), entry.when)
    effect = parse_effect(do)
    if effect is not None:
        return RequestOrder(parse_action(where), effect, entry.when)
    if where or entry.when:
        raise UsageError(f"'{do}' is not a fault of requests", hint="name the resource instead of the action")
    return parse_order(do)


def _resource(_entry: _Entry, do: str, where: str) -> Order:
    if do == "fail":
        return parse_order("fail-snapshot", "" if where == "snapshot" else where)
    if parse_effect(do) is not None:
        raise UsageError(f"'{do}' is a fault of requests", hint="name the action: on: ec2:RunInstances")
    return parse_order(do, where)


def _zone(_entry: _Entry, do: str, where: str) -> Order:
    return parse_order("zone-down" if do == "down" else do, where)


def _address(_entry: _Entry, do: str, where: str) -> Order:
    return parse_order(do, where)


_READERS: dict[str, Callable[[_Entry, str, str], Order]] = {
    "on": _on,
    "resource": _resource,
    "zone": _zone,
    "address": _address,
}


def _spell(entry: _Entry) -> Spell:
    values = entry.values
    times = _number(entry.at("times"), "times", values["times"]) if "times" in values else None
    after = _number(entry.at("after"), "after", values.get("after", "0"))
    lasts = _duration(entry, "for") if "for" in values else None
    begins = _duration(entry, "at") if "at" in values else timedelta(0)
    try:
        probability = float(values.get("probability", "1"))
    except ValueError:
        raise entry.at("probability").error(
            f"'probability' is a number, not '{values['probability']}'"
        ) from None
    return Spell(times=times, after=after, probability=probability, at=begins, lasts=lasts)


def _number(place: _Place, name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise place.error(f"'{name}' is a whole number, not '{text}'") from None


def _duration(entry: _Entry, name: str) -> timedelta:
    try:
        return parse_duration(entry.values[name])
    except UsageError as wrong:
        raise entry.at(name).error(f"'{name}': {wrong.message}", hint=wrong.hint) from wrong
