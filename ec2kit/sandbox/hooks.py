"""Where tests cut: functions that are called around each request.

A hook may raise. In a client of the same process the exception ends the client where it stands; behind a server a
hook kills the client's process instead.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from ec2kit.sandbox.calls import Call

Hook = Callable[[Call], None]


@dataclass
class Hooks:
    """`before`: nothing has been done. `after`: all has, and no answer is out. `first_byte`: one byte of it is."""

    before: list[Hook] = field(default_factory=list)
    after: list[Hook] = field(default_factory=list)
    first_byte: list[Hook] = field(default_factory=list)


def run(hooks: list[Hook], call: Call) -> None:
    """Call each hook in order."""
    for hook in list(hooks):
        hook(call)
