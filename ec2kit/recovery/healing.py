"""Several machines' recoveries side by side, each under its own lease; what went wrong with one stays with it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from ec2kit.errors import Busy, Ec2kitError, Interrupted, Refused
from ec2kit.recovery.heal import Healed, Healer, heal
from ec2kit.recovery.observe import Context


def heal_all(healer: Healer, contexts: Sequence[Context], at_once: int) -> tuple[Healed, ...]:
    """Take each machine as far as it goes now, at most `at_once` at a time; returns them in the order given.

    Raises `Interrupted` once everybody has stopped.
    """
    if len(contexts) <= 1:
        return tuple(heal_one(healer, context) for context in contexts)
    with ThreadPoolExecutor(min(at_once, len(contexts)), thread_name_prefix="heal") as pool:
        going = [pool.submit(heal_one, healer, context) for context in contexts]
        try:
            return tuple(future.result() for future in going)
        except BaseException:
            # Ctrl-C: whoever sleeps wakes up, whoever has not begun does not.
            healer.clock.stop.set()
            for future in going:
                future.cancel()
            raise


def heal_one(healer: Healer, context: Context) -> Healed:
    """One machine's recovery; an error of it is its result. Raises `Interrupted`."""
    try:
        return heal(healer, context)
    except Interrupted:
        raise
    except Ec2kitError as error:
        result = {Busy: "busy", Refused: "blocked"}.get(type(error), "failed")
        return Healed(
            context.id,
            context.name,
            result,
            error.message,
            error.hint,
            error=None if result == "blocked" else error,
        )
