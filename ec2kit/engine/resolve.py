"""Puts the results of earlier steps where a step refers to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from ec2kit.engine.steps.base import Ref, Result, Step


def resolve(step: Step, results: Mapping[str, Result]) -> Step:
    """Given a step and the results by step key, return the step with every `Ref` in it replaced by its value.

    Raises `LookupError` for a result or field that is not there: a mistake in the plan.
    """
    resolved: Step = _put(step, results)
    return resolved


def refs_in(value: object) -> Iterator[Ref]:
    """Every `Ref` in a step or in a value inside one."""
    if isinstance(value, Ref):
        yield value
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from refs_in(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from refs_in(item)
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from refs_in(item)


def _put(value: Any, results: Mapping[str, Result]) -> Any:
    if isinstance(value, Ref):
        return _value_of(value, results)
    if is_dataclass(value) and not isinstance(value, type):
        if not any(True for _ in refs_in(value)):
            return value
        changed = {
            field.name: _put(getattr(value, field.name), results) for field in fields(value) if field.init
        }
        return replace(value, **changed)
    if isinstance(value, Mapping):
        return {key: _put(item, results) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(_put(item, results) for item in value)
    return value


def _value_of(ref: Ref, results: Mapping[str, Result]) -> Any:
    if ref.step not in results:
        raise LookupError(f"no result of step '{ref.step}' yet")
    found: Any = results[ref.step]
    for part in ref.field.split(".", 1):
        if not isinstance(found, Mapping) or part not in found:
            raise LookupError(f"the result of step '{ref.step}' has no '{ref.field}'")
        found = found[part]
    return found
