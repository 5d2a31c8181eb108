"""The one place where a class of moto is changed.

Patches bind to moto's private classes, so a new moto may lack what a rule wants to change. `replace` and `add`
notice that at install time and name it, which is better than a rule that silently no longer holds.
"""

from collections.abc import Callable
from typing import Any

_done: dict[tuple[str, str, str], object] = {}


class MotoChanged(RuntimeError):
    """A rule wants to change something that this moto does not have (or already has)."""


def replace(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    """Given a class or module of moto, put `make(original)` in the place of its attribute `name`.

    Doing the same twice is harmless; several rules may each wrap the same attribute, in the order of installation.
    Raises MotoChanged if the attribute does not exist.
    """
    key = _key(owner, name, make)
    if key in _done:
        return
    if not hasattr(owner, name):
        raise MotoChanged(f"moto has no {_label(owner)}.{name}, which a rule of the sandbox changes")
    original = owner.__dict__.get(name, getattr(owner, name))
    _install(owner, name, make(original), key)


def add(owner: Any, name: str, value: Any) -> None:
    """Given a class or module of moto, give it an attribute `name` that moto lacks (a missing action, mostly).

    Raises MotoChanged if moto has one: then the rule should be looked at again.
    """
    key = _key(owner, name, value)
    if key in _done:
        return
    if hasattr(owner, name):
        raise MotoChanged(f"moto has its own {_label(owner)}.{name} now, which a rule of the sandbox adds")
    _install(owner, name, value, key)


def _install(owner: Any, name: str, value: Any, key: tuple[str, str, str]) -> None:
    setattr(owner, name, value)
    _done[key] = value


def _label(owner: Any) -> str:
    return str(getattr(owner, "__qualname__", getattr(owner, "__name__", owner)))


def _key(owner: Any, name: str, by: Any) -> tuple[str, str, str]:
    module = getattr(owner, "__module__", "")
    source = by.fget if isinstance(by, property) else by
    rule = f"{getattr(source, '__module__', '')}.{getattr(source, '__qualname__', source)}"
    return (f"{module}.{_label(owner)}", name, rule)
