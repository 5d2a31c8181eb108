"""Plans and steps as JSON and back: what the journal keeps, so that a killed run goes on from what was decided.

Generic over frozen dataclasses: the type hints say how to read a value back. A `Ref` is
`{"ref": "launch/web-2", "field": "instance_id"}` wherever it stands. Steps are found by `kind` in a closed table.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from ec2kit.engine.plan import Plan, Planned, Refusal
from ec2kit.engine.steps import KINDS
from ec2kit.engine.steps.base import Ref, Step
from ec2kit.engine.steps.secret import Secret
from ec2kit.errors import Ec2kitError
from ec2kit.model.runs import Json

VERSION = 1
HINT = "upgrade ec2kit, or abandon the run: `ec2kit resume RUN --abandon`"

Kinds = Mapping[str, type[Step]]


def encode_plan(plan: Plan) -> Json:
    """Given a plan, return it as JSON values."""
    return {
        "version": VERSION,
        "steps": [
            {
                "key": planned.key,
                "step": encode_step(planned.step),
                "needs": list(planned.needs),
                "reason": planned.reason,
                "subject": planned.subject,
            }
            for planned in plan.steps
        ],
        "refused": [encode(refusal) for refusal in plan.refused],
        "unchanged": [list(item) for item in plan.unchanged],
        "why_empty": plan.why_empty,
        "notes": list(plan.notes),
    }


def decode_plan(stored: Json, kinds: Kinds = KINDS) -> Plan:
    """Given what `encode_plan` returned, return the plan; raises `Ec2kitError` when a newer ec2kit wrote it."""
    if stored.get("version") != VERSION:
        raise Ec2kitError(
            f"the plan has version {stored.get('version')}, this ec2kit knows {VERSION}", hint=HINT
        )
    return Plan(
        steps=tuple(
            Planned(
                item["key"],
                decode_step(item["step"], kinds),
                tuple(item["needs"]),
                item["reason"],
                item["subject"],
            )
            for item in stored["steps"]
        ),
        refused=tuple(decode(Refusal, item) for item in stored["refused"]),
        unchanged=tuple((name, why) for name, why in stored["unchanged"]),
        why_empty=stored["why_empty"],
        notes=tuple(stored["notes"]),
    )


def encode_step(step: Step) -> Json:
    """Given a step, return its kind and its fields as JSON values; a secret becomes its sha256."""
    return {"kind": step.kind, **encode(step)}


def decode_step(stored: Json, kinds: Kinds = KINDS) -> Step:
    """Given what `encode_step` returned, return the step; raises `Ec2kitError` for a kind or field it does not know."""
    kind = stored.get("kind")
    if kind not in kinds:
        raise Ec2kitError(
            f"the journal has a step of kind '{kind}', which this ec2kit does not know", hint=HINT
        )
    step: Step = decode(kinds[kind], {name: value for name, value in stored.items() if name != "kind"})
    return step


def encode(value: object) -> Json:
    """Given a value made of frozen dataclasses, containers and plain values, return it as JSON values."""
    if isinstance(value, Ref):
        return {"ref": value.step, "field": value.field}
    if isinstance(value, Secret):
        return {"sha256": value.sha256}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in fields(value) if field.init}
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [encode(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(encode(item) for item in value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value.value if isinstance(value, Enum) else value


def decode(hint: Any, stored: Json) -> Any:
    """Given a type hint and JSON values, return the value; raises `Ec2kitError` when they do not fit."""
    hint = _plain(hint)
    origin = get_origin(hint) or hint
    # A whole mapping is never a reference, so that tags called `ref` and `field` stay tags.
    if _is_mapping(origin):
        return _mapping(hint, stored)
    if isinstance(stored, dict) and stored.keys() == {"ref", "field"}:
        return Ref(stored["ref"], stored["field"])
    if hint is Any or hint is object:
        return _anything(stored)
    if origin in (Union, types.UnionType):
        return _one_of(get_args(hint), stored)
    if origin in (tuple, list, frozenset):
        return origin(_items(hint, stored))
    if isinstance(origin, type):
        return _instance(origin, stored)
    return stored


def _anything(stored: Json) -> Any:
    """JSON values as they are, but for the references in them."""
    if isinstance(stored, dict):
        return {name: decode(Any, value) for name, value in stored.items()}
    return [decode(Any, value) for value in stored] if isinstance(stored, list) else stored


def _plain(hint: Any) -> Any:
    """A NewType's own type, a Literal's values' type."""
    while hasattr(hint, "__supertype__"):
        hint = hint.__supertype__
    return type(get_args(hint)[0]) if get_origin(hint) is Literal else hint


def _is_mapping(origin: Any) -> bool:
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _mapping(hint: Any, stored: Json) -> dict[Any, Any]:
    if not isinstance(stored, dict):
        raise _misfit(hint, stored)
    key, item = get_args(hint) or (Any, Any)
    return {decode(key, name): decode(item, value) for name, value in stored.items()}


def _items(hint: Any, stored: Json) -> list[Any]:
    if not isinstance(stored, list):
        raise _misfit(hint, stored)
    kinds = get_args(hint)
    if not kinds:
        return stored
    if len(kinds) == 1 or kinds[1] is Ellipsis:
        return [decode(kinds[0], item) for item in stored]
    return [decode(kind, item) for kind, item in zip(kinds, stored, strict=True)]


def _one_of(kinds: tuple[Any, ...], stored: Json) -> Any:
    for kind in kinds:
        try:
            return decode(kind, stored)
        except Ec2kitError:
            continue
    raise _misfit(kinds, stored)


def _instance(kind: type, stored: Json) -> Any:
    if is_dataclass(kind) and kind is not Secret:
        return _dataclass(kind, stored)
    if kind is float and type(stored) is int:
        return float(stored)
    try:
        if kind in _READERS:
            return _READERS[kind](stored)
        if issubclass(kind, Enum):
            return kind(stored)
    except (TypeError, ValueError, KeyError) as error:
        raise _misfit(kind, stored) from error
    # `type is`, because a bool is an int and must not be taken for one in a union.
    if type(stored) is not kind:
        raise _misfit(kind, stored)
    return stored


_READERS: dict[type, Callable[[Json], object]] = {
    Secret: lambda stored: Secret(stored["sha256"]),
    datetime: datetime.fromisoformat,
    timedelta: lambda stored: timedelta(seconds=stored),
}


def _dataclass(kind: type, stored: Json) -> Any:
    if not isinstance(stored, dict):
        raise _misfit(kind, stored)
    known = _fields(kind)
    if unknown := stored.keys() - known.keys():
        raise Ec2kitError(
            f"the journal has {sorted(unknown)} in a {kind.__name__}, which this ec2kit does not know",
            hint=HINT,
        )
    missing = [name for name, (_, field) in known.items() if name not in stored and _needs_value(field)]
    if missing:
        raise Ec2kitError(f"the journal's {kind.__name__} lacks {missing}", hint=HINT)
    return kind(**{name: decode(known[name][0], value) for name, value in stored.items()})


def _needs_value(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


@cache
def _fields(kind: type) -> dict[str, tuple[Any, Field[Any]]]:
    hints = get_type_hints(kind)
    return {field.name: (hints[field.name], field) for field in fields(cast("Any", kind)) if field.init}


def _misfit(hint: Any, stored: Json) -> Ec2kitError:
    return Ec2kitError(
        f"the journal has {stored!r} where {getattr(hint, '__name__', hint)} is wanted", hint=HINT
    )
