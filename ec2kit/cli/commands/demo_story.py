"""What the demo does, as data: words, the command that is run, and the exit codes with which it goes on."""

from __future__ import annotations

from typing import NamedTuple


class Scene(NamedTuple):
    """A few plain words, then a command as it would be typed (without `ec2kit`), and how it may end."""

    words: str
    typed: str
    ends: tuple[int, ...] = (0,)
    by_cron: bool = False
    """Shown as cron would mail it, not as a table."""


ADDRESS = "203.0.113.9"

STORY: tuple[Scene, ...] = (
    Scene(
        "A practice AWS on this machine. Nothing leaves it, and a minute passes in a second.",
        "sandbox start --speed 60",
    ),
    Scene(
        "A small fleet, spread over the zones.",
        "launch shop -n 3 --image debian-12-amd64 --type t3.micro --key ops --group web --tag role=shop",
    ),
    Scene("The customers know one address. shop-1 gets it.", f"eip assign {ADDRESS} shop-1"),
    Scene(
        "shop-1 is protected: enrolled, a first bootable set of its disk is taken, two probes watch it.",
        "protect shop-1 --check 'http:80/ banner:22'",
    ),
    Scene("What cron asks every minute. All is well, so without -v it would say nothing.", "check -v"),
    Scene(
        "Now shop-1 breaks: it still accepts connections, and nothing in it answers any more.",
        "sandbox break impair:instance shop-1",
    ),
    Scene("Four minutes pass.", "sandbox tick 4m"),
    Scene("Cron notices, and says it once. Exit code 2 is `critical`.", "check", (2,), by_cron=True),
    Scene("What recover would do, and why.", "recover all --dry-run"),
    Scene(
        "Cron recovers it: stop, confirm, start; and because that does not help, a new machine from the set.",
        "recover all",
        by_cron=True,
    ),
    Scene("The address is at the new machine.", "eip ls"),
    Scene(
        "The old one was stopped, not deleted: it waits in quarantine until somebody retires it.",
        "recovery status",
    ),
    Scene("The next cron runs find a healthy fleet.", "check -v"),
    Scene("And all of it is written down.", "history"),
)

NEXT: tuple[str, ...] = (
    "ls",
    "show shop-1",
    "snapshot ls",
    "history show RUN",
    "launch web -n 2 --like web-1",
    "sandbox break stuck-stop shop-2",
    "sandbox stop",
)
"""What to try on a sandbox that was kept."""
