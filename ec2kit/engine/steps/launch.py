"""Launching one instance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from ec2kit.aws.requests import LaunchRequest, Place
from ec2kit.engine.steps.base import Attempt, Result, Step
from ec2kit.engine.steps.described import Described
from ec2kit.engine.steps.instance import TerminateInstance, ended_while_starting, state_word
from ec2kit.model import tags
from ec2kit.model.ids import InstanceId
from ec2kit.model.instances import Instance, State
from ec2kit.model.waiting import Wait

if TYPE_CHECKING:
    from ec2kit.aws import Aws

WILL = frozenset({"Client.UserInitiatedShutdown", "Client.InstanceInitiatedShutdown"})
"""State reasons that are somebody's will."""


@dataclass(frozen=True)
class RunInstance(Described[Instance]):
    """RunInstances for one instance, in the first of `places` that has capacity.

    One call for each instance, with a client token of its own: all instances of a call share their tags, and
    names differ. The token makes a second sending return the first one's instance; after that has ended, the
    token launches nothing any more, which is why each attempt has another one (EC2, "Ensuring idempotency").
    A launch may also fail after its answer: pending → terminated with Server.InsufficientInstanceCapacity is
    no capacity, pending → stopped or terminated with a Client reason is a failure (a KMS grant that is missing).

    Result: `instance_id`, `zone`, `type`, `private_ip`.
    """

    kind: ClassVar[str] = "run-instance"
    actions: ClassVar[tuple[str, ...]] = (
        "ec2:RunInstances",
        "ec2:CreateTags",
        "ec2:DescribeInstances",
        "iam:PassRole",
    )

    request: LaunchRequest
    places: tuple[Place, ...] = (Place(),)

    def __post_init__(self) -> None:
        if self.request.user_data:
            raise ValueError("user data goes into a launch template version: plans are journalled")
        if not self.places:
            raise ValueError("a launch wants at least one place")

    def describe(self) -> str:
        """A sentence for plans."""
        source = self.request.image or f"template {self.request.template}"
        words = [f"launch {self.target() or 'an instance'} from {source}"]
        words += [f"as {self.places[0].type}"] if self.places[0].type else []
        where = dict.fromkeys(place.zone or place.subnet for place in self.places)
        zones = [str(zone) for zone in where if zone]
        return " ".join(words + ([f"in {', else '.join(zones)}"] if zones else []))

    def target(self) -> str:
        """The Name that the instance gets."""
        return str(tags.name_of(self.request.tags))

    def attempts(self) -> int:
        """One for each place."""
        return len(self.places)

    def place(self, attempt: Attempt) -> Place:
        """Where this attempt goes; after the last place comes the first again."""
        return self.places[attempt.index % len(self.places)]

    def already(self, attempt: Attempt) -> Result | None:
        """The living instance that any attempt of this step made, the oldest if there are several."""
        found = attempt.aws.instances.describe(filters={f"tag:{tags.RUN}": attempt.marks})
        living = [instance for instance in found if _is_alive(instance)]
        return _result(min(living, key=lambda each: (each.launched, each.id))) if living else None

    def apply(self, attempt: Attempt) -> Result:
        """Send the call with the mark in the tags of the instance and of its volumes."""
        mark = {tags.RUN: attempt.mark}
        request = replace(
            self.request,
            tags={**self.request.tags, **mark},
            volume_tags={**self.request.volume_tags, **mark},
        )
        return _result(attempt.aws.instances.run(request, self.place(attempt), attempt.token))

    def wait(self) -> Wait:
        """Running."""
        return Wait(f"'{self.target() or 'the instance'}' to run", frozenset({State.RUNNING}))

    def ids(self, result: Result) -> tuple[str, ...]:
        """The new instance."""
        return (result["instance_id"],)

    @classmethod
    def fetch(cls, aws: Aws, ids: Iterable[str]) -> Mapping[str, Instance]:
        """DescribeInstances."""
        return {instance.id: instance for instance in aws.instances.describe(ids)}

    def word(self, things: Mapping[str, Instance], result: Result) -> str:
        """The instance's state; raises `NoCapacity` or the failure when it ended while starting."""
        instance = things.get(result["instance_id"])
        if instance is not None and instance.state not in (State.PENDING, State.RUNNING):
            raise ended_while_starting(instance)
        return state_word(instance)

    def undo(self, result: Result) -> tuple[Step, ...]:
        """Terminate it."""
        return (TerminateInstance(InstanceId(result["instance_id"])),)


def _is_alive(instance: Instance) -> bool:
    """Pending or running, or stopped because somebody wanted it: not one that failed to start."""
    if instance.state in (State.PENDING, State.RUNNING):
        return True
    return not instance.state.is_gone and instance.state_reason in WILL


def _result(instance: Instance) -> Result:
    return {
        "instance_id": instance.id,
        "zone": instance.zone,
        "type": instance.type,
        "private_ip": instance.private_ip,
    }
