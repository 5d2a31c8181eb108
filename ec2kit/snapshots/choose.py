"""From the words that a person types to snapshot sets; a machine that is gone is still known by its sets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ec2kit.errors import NotFound, UsageError
from ec2kit.inventory.select import select
from ec2kit.inventory.selectors import TermKind, matches_any, parse
from ec2kit.model.tags import SET
from ec2kit.snapshots.observe import all_sets, sets_of
from ec2kit.snapshots.sets import SnapshotSet, loose

if TYPE_CHECKING:
    from ec2kit.aws import Aws

BY_NAME = frozenset({TermKind.ID, TermKind.NAME, TermKind.GLOB})
"""Words that a set can answer by itself; the others need the instances."""


def sets_chosen(aws: Aws, words: Sequence[str]) -> tuple[SnapshotSet, ...]:
    """The sets that selectors mean, newest first: by the set's name, by its machine's name or id, by any selector of
    instances; all sets when there are none. Raises `NotFound` for a name that neither has a set nor is an instance.
    """
    selection = parse(words)
    if not selection.narrowings and (selection.everything or not words):
        return all_sets(aws)
    if selection.narrowings or any(term.kind not in BY_NAME for term in selection.terms):
        return sets_of(aws, [instance.id for instance in select(aws, selection, terminated=True)])
    everything = all_sets(aws)
    chosen: dict[tuple[str, str], SnapshotSet] = {}
    for term in selection.terms:
        hits = [each for each in everything if _means(term.word, each, glob=term.kind is TermKind.GLOB)]
        if not hits and term.kind is not TermKind.GLOB:
            _must_be_instance(aws, term.word)
        chosen.update({(each.name, each.of): each for each in hits})
    return tuple(each for each in everything if (each.name, each.of) in chosen)


def _means(word: str, each: SnapshotSet, *, glob: bool) -> bool:
    names = (each.name, each.machine, each.of)
    return any(matches_any(name, [word]) for name in names) if glob else word in names


def _must_be_instance(aws: Aws, word: str) -> None:
    """An instance without sets is an empty list; anything else is a mistake."""
    try:
        select(aws, parse([word]), terminated=True)
    except NotFound as error:
        raise NotFound(
            f"no snapshot set and no instance '{word}'", resource=word, hint="ec2kit snapshot ls"
        ) from error


def sets_to_delete(aws: Aws, words: Sequence[str]) -> tuple[SnapshotSet, ...]:
    """The sets that words name exactly: a set's name, a pattern of such names, the id of a snapshot of no set.

    Raises `NotFound`, and `UsageError` for a word that means more or less than a set: a machine, one snapshot of
    a set.
    """
    everything = all_sets(aws) if any(not word.startswith("snap-") for word in words) else ()
    chosen: dict[tuple[str, str], SnapshotSet] = {}
    for word in words:
        found = [_loose(aws, word)] if word.startswith("snap-") else _named(word, everything)
        chosen.update({(each.name, each.of): each for each in found})
    return tuple(chosen.values())


def _loose(aws: Aws, word: str) -> SnapshotSet:
    snapshot = aws.snapshots.one(word)
    if SET in snapshot.tags:
        raise UsageError(
            f"'{word}' belongs to the set '{snapshot.tags[SET]}', which is only whole with it",
            hint=f"ec2kit snapshot delete {snapshot.tags[SET]}",
        )
    return loose([snapshot])[0]


def _named(word: str, everything: Sequence[SnapshotSet]) -> list[SnapshotSet]:
    pattern = any(character in word for character in "*?[")
    fits: Callable[[str], bool] = (lambda name: matches_any(name, [word])) if pattern else word.__eq__
    found = [each for each in everything if fits(each.name)]
    if found or pattern:
        return found
    of_machine = [each for each in everything if word in (each.machine, each.of)]
    if of_machine:
        raise UsageError(
            f"'{word}' is a machine, and a set is wanted here",
            hint=f"`ec2kit snapshot ls {word}` lists them; all of them: '{of_machine[0].machine}@*'",
        )
    raise NotFound(f"no snapshot set '{word}'", resource=word, hint="ec2kit snapshot ls")
