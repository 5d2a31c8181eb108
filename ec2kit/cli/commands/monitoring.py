"""What check, recover, protect and recovery share: the monitor, and the machines that a person names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import click

from ec2kit.aws import Aws
from ec2kit.cli.context import Context
from ec2kit.cli.state import State
from ec2kit.errors import NotFound
from ec2kit.host.identity import self_instance
from ec2kit.inventory.select import select
from ec2kit.inventory.selectors import parse
from ec2kit.model.ids import InstanceId
from ec2kit.model.instances import Instance
from ec2kit.model.runs import EvidenceStore
from ec2kit.model.tags import REPLACES, STATE
from ec2kit.probes.application import ApplicationProbe
from ec2kit.recovery.enrolled import PREFIX, Vanished, is_enrolled
from ec2kit.recovery.failures import Course, failure_of
from ec2kit.recovery.watch import Monitor

SANDBOX_CONTROL = "http://control.ec2kit.internal/"
"""The practice AWS has a host that is always well: its endpoint is the very thing that is being practised on."""

EXCEPT = click.option("--except", "excluded", multiple=True, metavar="SELECTOR", help="but not these")


def monitor_of(context: Context, aws: Aws, state: State) -> Monitor:
    """The monitor of one region.

    Elsewhere than in EC2 machines are reached by their public address where they have one; from inside by the
    private one, which is what their security groups admit. The host that is known to be good is EC2's endpoint.
    """
    _ = aws.account
    ours = None if aws.sandbox else self_instance(context.surroundings.environ)
    return Monitor(
        aws,
        state.evidence,
        ApplicationProbe(context.dialer, public=ours is None),
        SANDBOX_CONTROL if aws.sandbox else f"{aws.endpoint}/",
        ours,
    )


@dataclass(frozen=True)
class Named:
    """What was asked for: `ids` is None for everything enrolled; `extra` are machines that are not enrolled."""

    ids: frozenset[str] | None = None
    extra: tuple[Instance, ...] = ()

    def has(self, id: str) -> bool:
        """Whether this machine is meant."""
        return self.ids is None or id in self.ids


def named(monitor: Monitor, words: Sequence[str], excluded: Sequence[str]) -> Named:
    """The machines that the words mean; no words and `all` alone are everything enrolled.

    Raises `NotFound`, which for a machine that was enrolled says that it vanished, and `UsageError`.
    """
    if not excluded and (not words or tuple(words) == ("all",)):
        return Named()
    try:
        found = select(
            monitor.aws, parse(words or ("all",), excluded), terminated=bool(words) and "all" not in words
        )
    except NotFound as error:
        gone = remembered(monitor.evidence, error.resource)
        if gone is None:
            raise
        raise NotFound(
            f"'{gone.name}' ({gone.id}) vanished: it was enrolled, and AWS no longer shows it",
            resource=gone.id,
            hint=f"ec2kit snapshot restore {gone.name}",
        ) from error
    if not words or "all" in words:
        found = tuple(each for each in found if is_enrolled(each))
    meant = tuple({each.id: each for each in _recovered(monitor.aws, found)}.values())
    return Named(frozenset(each.id for each in meant), tuple(each for each in meant if not is_enrolled(each)))


def job(words: Sequence[str], excluded: Sequence[str]) -> str:
    """What a cron job is told apart by from others with the same command: each remembers what it said."""
    return " ".join(sorted(words)) + "".join(f" except {word}" for word in sorted(excluded))


def set_aside(aws: Aws) -> tuple[Instance, ...]:
    """The quarantined halves of recoveries, and the replacements that are not verified."""
    return aws.instances.describe(filters={f"tag:{STATE}": ["quarantined", "twin"]})


def remembered(store: EvidenceStore, word: str) -> Vanished | None:
    """The machine of this name or id that was enrolled when last looked."""
    known = ((key.removeprefix(PREFIX), str(name)) for key, name in store.recall_all(PREFIX).items())
    return next((Vanished(InstanceId(id), name) for id, name in known if word in (id, name)), None)


def _recovered(aws: Aws, found: Iterable[Instance]) -> Iterable[Instance]:
    """While a machine is being replaced its name is the replacement's already; what is recovered is the old half."""
    for each in found:
        before = each.tags.get(REPLACES)
        olds = (
            aws.instances.describe([InstanceId(before)]) if before and each.tags.get(STATE) == "twin" else ()
        )
        failure = failure_of(olds[0].tags) if olds else None
        yield olds[0] if failure and failure.course is Course.RECOVERING else each
