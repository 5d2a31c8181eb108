"""From a plan and how it went to one line for each machine or resource. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ec2kit.engine.plan import Plan, Planned
from ec2kit.engine.session import Outcome, StepFailure
from ec2kit.errors import Exit
from ec2kit.model.ids import kind_of
from ec2kit.screen.plans import target_text
from ec2kit.screen.reports import Happened, Item

MADE = ("instance_id", "set", "image_id", "volume_id", "allocation_id")
"""Result fields that are an item's id when its steps are about nothing that existed before."""


def items_of(plan: Plan, outcome: Outcome | None, action: str, made: str = "") -> tuple[Item, ...]:
    """Given a plan and its outcome (None: nothing was to be done), return the bulk report's items in plan order.

    Steps of one subject are one item. Its id is the result field `made`, else the id that a step is about.
    """
    items = list(_acted(plan, outcome, action, made)) if outcome else []
    items += [Item(*_named(name), action, Happened.UNCHANGED, why) for name, why in plan.unchanged]
    items += [
        Item(
            *_named(item.resource),
            action,
            Happened.SKIPPED,
            f"{item.reason} ({item.rule})",
            item.resource,
            Exit.REFUSED,
        )
        for item in plan.refused
    ]
    return tuple(items)


def _acted(plan: Plan, outcome: Outcome, action: str, made: str) -> Iterator[Item]:
    failures = {failure.key: failure for failure in outcome.failures}
    for subject, steps in _by_subject(plan).items():
        failed = [failures[planned.key] for planned in steps if planned.key in failures]
        skipped = [planned for planned in steps if planned.key in outcome.skipped]
        identity, name = _identity(subject, steps, outcome, made)
        if failed:
            yield _failed(identity, name, action, failed[0])
        elif skipped:
            yield Item(
                identity,
                name,
                action,
                Happened.SKIPPED,
                _because(skipped[0], outcome),
                "",
                _skipped_exit(outcome),
            )
        elif all(planned.key in outcome.unchanged for planned in steps):
            yield Item(identity, name, action, Happened.UNCHANGED, "it was so already")
        else:
            going = any(planned.key in outcome.waiting for planned in steps)
            yield Item(identity, name, action, Happened.DONE, "not waited for" if going else "")


def _by_subject(plan: Plan) -> dict[str, list[Planned]]:
    found: dict[str, list[Planned]] = {}
    for planned in plan.steps:
        found.setdefault(planned.subject or target_text(planned), []).append(planned)
    return found


def _identity(subject: str, steps: Sequence[Planned], outcome: Outcome, made: str) -> tuple[str, str]:
    results = [outcome.results[planned.key] for planned in steps if planned.key in outcome.results]
    ids = [str(result[made]) for result in results if made and result.get(made)]
    targets = [target_text(planned) for planned in steps]
    ids += [subject] if kind_of(subject) else []
    ids += [target for target in targets if kind_of(target)]
    ids += [str(result[field]) for result in results for field in MADE if result.get(field)]
    name = "" if kind_of(subject) else subject
    return (ids[0] if ids else name if not made else ""), name


def _named(word: str) -> tuple[str, str]:
    """The id and name of something that only one word is known of: `web-1`, `i-1`, or `web-1 (i-1)`."""
    name, _, rest = word.partition(" (")
    if rest:
        return rest.removesuffix(")"), name
    return word, "" if kind_of(word) else word


def _failed(identity: str, name: str, action: str, failure: StepFailure) -> Item:
    error = failure.error
    return Item(identity, name, action, Happened.FAILED, error.message, error.resource, error.exit_code)


def _because(planned: Planned, outcome: Outcome) -> str:
    broken = {failure.key for failure in outcome.failures} | set(outcome.skipped)
    needed = [key for key in planned.needs if key in broken]
    return f"it needs {needed[0]}, which did not succeed" if needed else "the run ended before it"


def _skipped_exit(outcome: Outcome) -> Exit:
    """A skipped item shares the code of what failed when that was all of one kind."""
    codes = {failure.error.exit_code for failure in outcome.failures}
    return codes.pop() if len(codes) == 1 else Exit.FAILED
