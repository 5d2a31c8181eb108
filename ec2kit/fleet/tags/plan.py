"""The plans of `tag set` and `tag delete`: as few calls as AWS's limits allow. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ec2kit.engine.plan import Plan, Planned, Refusal
from ec2kit.engine.steps.base import Step
from ec2kit.engine.steps.tag import MOST_RESOURCES, DeleteTags, SetTags
from ec2kit.fleet.tags.words import counted, notes_for
from ec2kit.model.tags import MAX_TAGS, Tags


@dataclass(frozen=True)
class Resource:
    """Something with tags. `listed` says that it was seen; others may not exist, and each gets a call of its own,
    since one unknown id makes the whole call fail."""

    id: str
    name: str = ""
    tags: Tags = field(default_factory=dict)
    listed: bool = False

    @property
    def called(self) -> str:
        """How reports call it."""
        return f"{self.name} ({self.id})" if self.name and self.name != self.id else self.id


def set_plan(resources: Sequence[Resource], tags: Tags) -> Plan:
    """Given resources and the tags that they should have, return the plan."""
    same, lacking = _parted(resources, lambda each: tags.items() <= each.tags.items())
    full, changing = _parted(lacking, lambda each: counted({**each.tags, **tags}) > MAX_TAGS)
    refused = tuple(
        Refusal(
            "tag limit",
            each.called,
            f"it would have {counted({**each.tags, **tags})} tags, and AWS allows {MAX_TAGS}",
        )
        for each in full
    )

    def step(portion: Sequence[Resource]) -> Step:
        return SetTags(_ids(portion), dict(tags), _before(portion, tags))

    return _plan("set", step, changing, _Rest(same, "it has these tags already", refused, notes_for(tags)))


def delete_plan(resources: Sequence[Resource], keys: Sequence[str]) -> Plan:
    """Given resources and keys, return the plan that removes the keys where they are."""
    changing, same = _parted(resources, lambda each: not each.listed or any(key in each.tags for key in keys))

    def step(portion: Sequence[Resource]) -> Step:
        return DeleteTags(_ids(portion), tuple(keys), _before(portion, keys))

    return _plan("delete", step, changing, _Rest(same, "it has none of these tags", (), notes_for(keys)))


@dataclass(frozen=True)
class _Rest:
    """What a plan has beside its steps."""

    same: Sequence[Resource]
    why_same: str
    refused: tuple[Refusal, ...]
    notes: tuple[str, ...]


def _plan(
    verb: str, step: Callable[[Sequence[Resource]], Step], changing: Sequence[Resource], rest: _Rest
) -> Plan:
    planned = tuple(
        Planned(f"{verb}/{portion[0].id}", step(portion), subject=_subject(portion))
        for portion in _portions(changing)
    )
    unchanged = tuple((each.called, rest.why_same) for each in rest.same)
    return Plan(planned, rest.refused, unchanged, "" if planned else "no resource would change", rest.notes)


def _parted(
    resources: Iterable[Resource], test: Callable[[Resource], bool]
) -> tuple[list[Resource], list[Resource]]:
    """Those that pass the test, and those that do not."""
    parts: tuple[list[Resource], list[Resource]] = ([], [])
    for each in resources:
        parts[0 if test(each) else 1].append(each)
    return parts


def _portions(resources: Iterable[Resource]) -> Iterator[Sequence[Resource]]:
    listed = []
    for each in resources:
        if each.listed:
            listed.append(each)
        else:
            yield [each]
    for start in range(0, len(listed), MOST_RESOURCES):
        yield listed[start : start + MOST_RESOURCES]


def _subject(portion: Sequence[Resource]) -> str:
    return portion[0].id if len(portion) == 1 else f"{len(portion)} resources from {portion[0].id}"


def _ids(portion: Sequence[Resource]) -> tuple[str, ...]:
    return tuple(each.id for each in portion)


def _before(portion: Sequence[Resource], keys: Iterable[str]) -> dict[str, dict[str, str]]:
    """The earlier values, for undo."""
    wanted = set(keys)
    return {each.id: {key: value for key, value in each.tags.items() if key in wanted} for each in portion}
