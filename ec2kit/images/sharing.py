"""The plan that lets other accounts use an image, or no longer. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ec2kit.aws.requests import EVERYBODY
from ec2kit.engine.plan import Plan, Planned, Refusal
from ec2kit.engine.steps.base import Step
from ec2kit.engine.steps.image_sharing import (
    ShareImage,
    ShareSnapshot,
    UnshareImage,
    UnshareSnapshot,
    people,
)
from ec2kit.errors import UsageError
from ec2kit.model.disks import Image, Snapshot

_ACCOUNT = re.compile(r"\d{12}", re.ASCII)


@dataclass(frozen=True)
class Shared:
    """An image with its snapshots, and who may use each now (account numbers, `all`)."""

    image: Image
    holders: frozenset[str] = frozenset()
    snapshots: tuple[Snapshot, ...] = ()
    snapshot_holders: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Wish:
    """With whom the image shall be shared (or, with `off`, no longer; nobody named is everybody who has it)."""

    accounts: tuple[str, ...] = ()
    public: bool = False
    off: bool = False


def parse_accounts(words: Iterable[str]) -> tuple[str, ...]:
    """Given account numbers as typed, also `1234-5678-9012`, return them; raises `UsageError`."""
    numbers = []
    for word in words:
        number = word.replace("-", "")
        if not _ACCOUNT.fullmatch(number):
            hint = "account numbers have 12 digits; everybody is `--public`"
            raise UsageError(f"'{word}' is not an account", hint=hint)
        numbers.append(number)
    return tuple(dict.fromkeys(numbers))


def share_plan(shared: Shared, wish: Wish) -> Plan:
    """Given an image and with whom it shall be shared, return the plan.

    Accounts may also copy the image, which needs its snapshots: these are shared with them too. The public may
    launch it, and gets no snapshots. What AWS never allows (a public image of encrypted snapshots) is refused.
    """
    image = shared.image
    encrypted = [each for each in shared.snapshots if each.encrypted]
    if wish.public and encrypted and not wish.off:
        why = f"snapshot {encrypted[0].id} is encrypted, and AWS lets no encrypted image be public"
        return Plan(refused=(Refusal("encryption", _name(image), why),), why_empty="it cannot be public")
    steps = _taken(shared, wish) if wish.off else _given(shared, wish)
    if not steps:
        return Plan(
            unchanged=((_name(image), "it is so already"),), why_empty="it is shared like that already"
        )
    notes = _notes(steps, encrypted) if not wish.off else ("what others launched from it lives on",)
    return Plan(
        tuple(
            Planned(f"{step.target()}/{step.kind}", step, reason=why, subject=image.name)
            for step, why in steps
        ),
        notes=tuple(notes),
    )


def _given(shared: Shared, wish: Wish) -> list[tuple[Step, str]]:
    wanted = (*wish.accounts, *((EVERYBODY,) if wish.public else ()))
    missing = tuple(who for who in wanted if who not in shared.holders)
    steps: list[tuple[Step, str]] = []
    if missing:
        steps.append((ShareImage(shared.image.id, missing), ""))
    for snapshot in shared.snapshots:
        has = shared.snapshot_holders.get(snapshot.id, frozenset())
        lacking = tuple(who for who in wish.accounts if who not in has)
        if lacking:
            steps.append((ShareSnapshot(snapshot.id, lacking), "without it they cannot copy the image"))
    return steps


def _taken(shared: Shared, wish: Wish) -> list[tuple[Step, str]]:
    named = {*wish.accounts, *((EVERYBODY,) if wish.public else ())}
    steps: list[tuple[Step, str]] = []
    losing = tuple(sorted(shared.holders & named if named else shared.holders))
    if losing:
        steps.append((UnshareImage(shared.image.id, losing), ""))
    for snapshot in shared.snapshots:
        has = shared.snapshot_holders.get(snapshot.id, frozenset())
        going = tuple(sorted(has & named if named else has))
        if going:
            steps.append((UnshareSnapshot(snapshot.id, going), "of the image"))
    return steps


def _notes(steps: Sequence[tuple[Step, str]], encrypted: Sequence[Snapshot]) -> Iterable[str]:
    for step, _ in steps:
        if isinstance(step, ShareImage) and EVERYBODY in step.accounts:
            yield "everybody with an AWS account can launch it and read all that is on its disks"
    if encrypted:
        keys = ", ".join(sorted({each.kms_key or "the default key" for each in encrypted}))
        yield (
            f"its disks are encrypted with {keys}: the others need that key too (its policy), and AWS refuses to "
            "share what its own default key encrypts: copy the image with a key of yours first"
        )


def _name(image: Image) -> str:
    return f"{image.name} ({image.id})"


def holders_text(holders: Iterable[str]) -> str:
    """Given who may use an image, return it as words: `account 123456789012, everybody`; empty for nobody."""
    return people(tuple(sorted(holders)))
