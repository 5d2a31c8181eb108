"""From a selection to instances: asks AWS as little as possible and says exactly what is missing or ambiguous."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ec2kit.errors import Ec2kitError, NotFound, UsageError
from ec2kit.inventory.selectors import Narrowing, Selection, Term, TermKind, matches_any
from ec2kit.model.ids import InstanceId
from ec2kit.model.instances import Instance, State
from ec2kit.model.tags import NAME

if TYPE_CHECKING:
    from ec2kit.aws import Aws

LIVING = [state.value for state in State if state is not State.TERMINATED]
_SERVER_FILTERS = {"state": "instance-state-name", "az": "availability-zone", "type": "instance-type"}


def select(aws: Aws, selection: Selection, *, terminated: bool = False) -> tuple[Instance, ...]:
    """Given a selection, return its instances, in the order of the words typed, else by name.

    Terminated ones are there when named by id or by `state:terminated`, or when `terminated` is set.
    Raises `NotFound` naming every word that resolves to nothing, `UsageError` for an ambiguous name.
    """
    wants_terminated = terminated or selection.names_terminated
    if selection.terms and not selection.everything:
        chosen = _by_terms(aws, selection.terms, terminated=wants_terminated)
        chosen = [instance for instance in chosen if _passes(instance, selection.narrowings, aws)]
    else:
        chosen = _by_filters(aws, selection.narrowings, terminated=wants_terminated)
    if selection.without:
        excluded = {
            each.id for removed in selection.without for each in select(aws, removed, terminated=True)
        }
        chosen = [instance for instance in chosen if instance.id not in excluded]
    return tuple(chosen)


def select_one(aws: Aws, selection: Selection, *, terminated: bool = False) -> Instance:
    """The one instance that the selection means; raises `UsageError` when there are none or several."""
    found = select(aws, selection, terminated=terminated)
    if len(found) == 1:
        return found[0]
    if not found:
        raise NotFound("no instance matches", hint="ec2kit ls")
    raise UsageError(
        f"one instance is wanted here, and {len(found)} match: {_listed(found)}", hint="name one by its id"
    )


def _by_filters(aws: Aws, narrowings: Sequence[Narrowing], *, terminated: bool) -> list[Instance]:
    """All instances that pass, the filters that EC2 has being asked of EC2."""
    filters: dict[str, list[str]] = {}
    for narrowing in narrowings:
        name = (
            narrowing.subject
            if narrowing.subject.startswith("tag:")
            else _SERVER_FILTERS.get(narrowing.subject)
        )
        if name and name not in filters and not any("[" in value for value in narrowing.values):
            filters[name] = [_literal(value) for value in narrowing.values]
    if not terminated and "instance-state-name" not in filters:
        filters["instance-state-name"] = LIVING
    found = aws.instances.describe(filters=filters)
    return sorted((each for each in found if _passes(each, narrowings, aws)), key=by_name)


def _passes(instance: Instance, narrowings: Iterable[Narrowing], aws: Aws) -> bool:
    return all(passes(instance, narrowing, aws.now()) for narrowing in narrowings)


def passes(instance: Instance, narrowing: Narrowing, now: datetime) -> bool:
    """Whether the instance passes one filter; a missing tag passes none but the empty value's."""
    subject = narrowing.subject
    if narrowing.age is not None:
        is_older = now - instance.launched > narrowing.age
        return is_older if subject == "older" else not is_older
    values = {"state": instance.state.value, "az": instance.zone, "type": instance.type}
    value = instance.tags.get(subject.removeprefix("tag:")) if subject.startswith("tag:") else values[subject]
    return value is not None and matches_any(value, narrowing.values)


def _by_terms(aws: Aws, terms: Sequence[Term], *, terminated: bool) -> list[Instance]:
    """The instances that the words name, each once, in the order of the words."""
    found = _look_up(aws, terms)
    by_id = {each.id: each for each in found}
    chosen: dict[str, Instance] = {}
    missing: list[Term] = []
    for term in terms:
        if term.kind is TermKind.ID:
            # Thousands of ids may come from a pipe: not every one is held against every instance.
            hits = [by_id[InstanceId(term.word)]] if term.word in by_id else []
        else:
            hits = [each for each in found if _fits(each, term)]
            living = [each for each in hits if each.state is not State.TERMINATED]
            hits = living if living or not terminated else hits
        if term.kind is TermKind.NAME and len(hits) > 1:
            raise UsageError(
                f"'{term.word}' is ambiguous: {_listed(hits)}", hint="name it by its id, or use a filter"
            )
        if not hits and term.kind is not TermKind.GLOB:
            missing.append(term)
        chosen.update({hit.id: hit for hit in sorted(hits, key=by_name)})
    if missing:
        words = ", ".join(f"'{term.word}'" for term in missing)
        plural = "instances do" if len(missing) > 1 else "instance does"
        raise NotFound(f"{plural} not exist: {words}", resource=missing[0].word, hint=_hint(aws, missing[0]))
    return list(chosen.values())


def _hint(aws: Aws, term: Term) -> str:
    """What was probably meant by a name that no instance has; only who mistyped pays for the look at all of them."""
    from ec2kit.inventory.nearest import meant, near_names

    if term.kind is TermKind.NAME:
        try:
            living = _by_filters(aws, (), terminated=False)
        except Ec2kitError:
            # The answer is that it does not exist, whether or not a better hint can be had.
            return "ec2kit ls"
        if near := near_names(term.word, (each.name for each in living)):
            return meant(near)
    return "ec2kit ls"


def _look_up(aws: Aws, terms: Sequence[Term]) -> list[Instance]:
    """Everything that the words could name, asked by kind: one call for each kind in use."""
    words = {kind: [_literal(term.word) for term in terms if term.kind is kind] for kind in TermKind}
    found: dict[str, Instance] = {}

    def ask(**filters: list[str]) -> None:
        named = {name.replace("__", ".").replace("_", "-"): values for name, values in filters.items()}
        found.update({each.id: each for each in aws.instances.describe(filters=named)})

    if words[TermKind.ID]:
        found.update({each.id: each for each in aws.instances.describe(words[TermKind.ID])})
    if names := words[TermKind.NAME] + words[TermKind.GLOB]:
        simple = not any("[" in name for name in names)
        found.update(
            {
                each.id: each
                for each in aws.instances.describe(
                    filters={"tag:Name": names} if simple else {"tag-key": [NAME]}
                )
            }
        )
    if ips := words[TermKind.IP]:
        ask(ip_address=ips)
        ask(network_interface__addresses__private_ip_address=ips)
    if dns := words[TermKind.DNS]:
        ask(dns_name=dns)
        ask(private_dns_name=dns)
    return list(found.values())


def _literal(word: str) -> str:
    """For EC2's filters, in which a backslash takes the meaning of what follows it (EC2 user guide, "Wildcards")."""
    return word.replace("\\", "\\\\")


def _fits(instance: Instance, term: Term) -> bool:
    word = term.word
    match term.kind:
        case TermKind.ID:
            return instance.id == word
        case TermKind.IP:
            own = {
                ip
                for interface in instance.interfaces
                for ip in (*interface.private_ips, interface.public_ip)
            }
            return word in own | {instance.private_ip, instance.public_ip}
        case TermKind.DNS:
            return word in (instance.public_dns, instance.private_dns)
        case TermKind.NAME:
            return instance.tags.get(NAME) == word
        case TermKind.GLOB:
            return matches_any(instance.tags.get(NAME, ""), [word])


def by_name(instance: Instance) -> tuple[list[tuple[int, int | str]], str]:
    """The order of lists: by name with numbers as numbers (web-2 before web-10), then by id."""
    parts = re.split(r"(\d+)", instance.name)
    return [(0, int(part)) if part.isdigit() else (1, part) for part in parts if part], instance.id


def _listed(instances: Iterable[Instance]) -> str:
    return ", ".join(f"{each.id} ({each.name}, {each.state}, {each.zone})" for each in instances)
