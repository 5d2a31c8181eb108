"""From a plan and how it went to one line for each machine or resource. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ec2kit.engine.plan import Plan, Planned, Refusal
from ec2kit.engine.session import Outcome
from ec2kit.errors import Exit
from ec2kit.model.ids import kind_of
from ec2kit.screen.reports import Happened, Item

MADE = ("instance_id", "set", "image_id", "volume_id", "allocation_id")
"""Result fields that are an item's id when its steps are about nothing that existed before."""


def items_of(plan: Plan, outcome: Outcome | None, action: str, made: str = "") -> tuple[Item, ...]:
    """Given a plan and its outcome (None: nothing was to be done), return the bulk report's items in plan order.

    Steps of one subject are one item; a step about several resources is one for each. An item's id is the
    result field `made`, else the id that a step is about.
    """
    items = list(_acted(plan, outcome, action, made)) if outcome else []
    items += [Item(*_named(name), action, Happened.UNCHANGED, why) for name, why in plan.unchanged]
    items += [_refused(refusal, action) for refusal in plan.refused]
    return tuple(items)


@dataclass(frozen=True)
class _End:
    """How the steps of one subject ended."""

    result: Happened
    reason: str = ""
    resource: str = ""
    exit: Exit = Exit.DONE


def _acted(plan: Plan, outcome: Outcome, action: str, made: str) -> Iterator[Item]:
    for steps in _by_subject(plan):
        end = _end(steps, outcome)
        for id, name in _identities(steps, outcome, made):
            yield Item(id, name, action, end.result, end.reason, end.resource, end.exit)


def _by_subject(plan: Plan) -> list[list[Planned]]:
    found: dict[str, list[Planned]] = {}
    for planned in plan.steps:
        found.setdefault(planned.subject or planned.key, []).append(planned)
    return list(found.values())


def _end(steps: Sequence[Planned], outcome: Outcome) -> _End:
    keys = [planned.key for planned in steps]
    for failure in outcome.failures:
        if failure.key in keys:
            error = failure.error
            return _End(Happened.FAILED, error.message, error.resource, error.exit_code)
    for planned in steps:
        if planned.key in outcome.skipped:
            return _End(Happened.SKIPPED, _because(planned, outcome), exit=_skipped_exit(outcome))
    if all(key in outcome.unchanged for key in keys):
        return _End(Happened.UNCHANGED, "it was so already")
    return _End(Happened.DONE, "not waited for" if any(key in outcome.waiting for key in keys) else "")


def _because(planned: Planned, outcome: Outcome) -> str:
    broken = {failure.key for failure in outcome.failures} | set(outcome.skipped)
    needed = [key for key in planned.needs if key in broken]
    return f"it needs {needed[0]}, which did not succeed" if needed else "the run ended before it"


def _skipped_exit(outcome: Outcome) -> Exit:
    """A skipped item shares the code of what failed when that was all of one kind."""
    codes = {failure.error.exit_code for failure in outcome.failures}
    return codes.pop() if len(codes) == 1 else Exit.FAILED


def _identities(steps: Sequence[Planned], outcome: Outcome, made: str) -> list[tuple[str, str]]:
    """Id and name of each item that the steps of one subject are."""
    resources = vars(steps[0].step).get("resources", ())
    if len(steps) == 1 and len(resources) > 1:
        return [_named(str(each)) for each in resources]
    subject = steps[0].subject
    results = [outcome.results[planned.key] for planned in steps if planned.key in outcome.results]
    ids = [str(result[made]) for result in results if made and result.get(made)]
    if not made:
        words = [*(str(planned.step.target()) for planned in steps), subject]
        ids += [word for word in words if kind_of(word)]
        ids += [str(result[field]) for result in results for field in MADE if result.get(field)]
        ids += [subject]
    return [(ids[0] if ids else "", "" if kind_of(subject) else _stored(subject) or subject)]


def _refused(refusal: Refusal, action: str) -> Item:
    id, name = _named(refusal.resource)
    why = f"{refusal.reason} ({refusal.rule})"
    return Item(id, name, action, Happened.SKIPPED, why, id, Exit.REFUSED)


def _named(word: str) -> tuple[str, str]:
    """The id and name of something that only one word is known of: `web-1`, `i-1`, `web-1 (i-1)`, `s3://b/web-1`."""
    name, _, rest = word.partition(" (")
    if rest and not _stored(word):
        return rest.removesuffix(")"), name
    return word, "" if kind_of(word) else _stored(word) or word


def _stored(word: str) -> str:
    """The name of what is at a place in S3, which is its own id; empty for any other word."""
    return word.rpartition("/")[2] if word.startswith("s3://") else ""
