"""Puts into a step what it could not hold when it was planned: results of earlier steps, and secrets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import partial
from typing import Any

from ec2kit.engine.steps.base import Ref, Result, Step
from ec2kit.engine.steps.secret import Secret


def resolve(step: Step, results: Mapping[str, Result]) -> Step:
    """Given a step and the results by step key, return the step with every `Ref` in it replaced by its value.

    Raises `LookupError` for a result or field that is not there: a mistake in the plan.
    """
    if not any(True for _ in refs_in(step)):
        return step
    resolved: Step = _changed(step, partial(_referred, results))
    return resolved


def reveal(step: Step, secrets: Mapping[str, str]) -> Step:
    """Given a step from the journal and texts by their sha256, return the step with its secrets known again."""
    known: Step = _changed(step, partial(_known, secrets))
    return known


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


def _changed(value: Any, change: Callable[[Any], Any]) -> Any:
    """The value with `change` made to every leaf in it."""
    if is_dataclass(value) and not isinstance(value, (type, Ref, Secret)):
        inside = {
            field.name: _changed(getattr(value, field.name), change) for field in fields(value) if field.init
        }
        return replace(value, **inside)
    if isinstance(value, Mapping):
        return {key: _changed(item, change) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(_changed(item, change) for item in value)
    return change(value)


def _referred(results: Mapping[str, Result], leaf: Any) -> Any:
    return _value_of(leaf, results) if isinstance(leaf, Ref) else leaf


def _known(secrets: Mapping[str, str], leaf: Any) -> Any:
    if isinstance(leaf, Secret) and leaf.text is None and leaf.sha256 in secrets:
        return Secret(leaf.sha256, secrets[leaf.sha256])
    return leaf


def _value_of(ref: Ref, results: Mapping[str, Result]) -> Any:
    if ref.step not in results:
        raise LookupError(f"no result of step '{ref.step}' yet")
    found: Any = results[ref.step]
    for part in ref.field.split(".", 1):
        if not isinstance(found, Mapping) or part not in found:
            raise LookupError(f"the result of step '{ref.step}' has no '{ref.field}'")
        found = found[part]
    return found
