"""What a person types. `main` finds the command in the registry, imports its module, and runs it.

A command module holds click functions only: parse, observe through the capability, plan, `Context.carry_out`
or `Context.show`. To add one: write it with `@reads` or `@changes` of `ec2kit.cli.options`, and name it in
`ec2kit.cli.registry`. Everything that is imported before a command is known must be quick.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ec2kit.cli.surroundings import Surroundings

SELDOM = (100_000, 50, 50)
"""When the garbage collector looks around. A page of a thousand instances is half a million objects, all in use:
by Python's own numbers (700, 10, 10) looking through them takes half as long as everything else."""


def main(argv: Sequence[str] | None = None, surroundings: Surroundings | None = None) -> int:
    """Run `ec2kit` with these arguments (default: the process's) and return its exit code; never raises."""
    from ec2kit.cli.boundary import guarded
    from ec2kit.cli.running import run
    from ec2kit.cli.surroundings import Surroundings

    args = list(sys.argv[1:] if argv is None else argv)
    if surroundings is None:
        gc.set_threshold(*SELDOM)
    around = surroundings or Surroundings.of_this_process()
    return guarded(args, around, run)
