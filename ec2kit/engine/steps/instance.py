"""Power of one instance: start, stop, reboot, terminate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from ec2kit.engine.steps.base import Attempt, CannotUndo, Result, Step
from ec2kit.engine.steps.described import Described
from ec2kit.engine.waiting import NOT_SHOWN
from ec2kit.errors import Ec2kitError, NoCapacity, WrongState
from ec2kit.model.ids import InstanceId
from ec2kit.model.instances import Instance, State
from ec2kit.model.waiting import Wait

if TYPE_CHECKING:
    from ec2kit.aws import Aws

OUT_OF_CAPACITY = "Server.InsufficientInstanceCapacity"
"""The state reason of a launch for which EC2 had accepted the call and then found no room."""
SOMEBODY = "Client.UserInitiatedShutdown"
"""The state reason of a stop by API: another person or monitor wants the machine off, no fault of the start."""
STOP_BOUND = timedelta(minutes=10)
"""How long a stop is waited for unless the plan says otherwise; one can hang in `stopping` for good."""


def state_word(instance: Instance | None) -> str:
    """The state as a word; an instance that is not shown (yet) has one of its own."""
    return instance.state.value if instance is not None else NOT_SHOWN


def ended_while_starting(instance: Instance) -> Ec2kitError:
    """Given an instance that stopped or ended on its way to running, return why."""
    why = f"{instance.state_message or instance.transition_reason or 'no reason given'}"
    message = f"instance '{instance.id}' went to '{instance.state}' while starting: {why.rstrip('.')}"
    if instance.state_reason == OUT_OF_CAPACITY:
        return NoCapacity(
            message, resource=instance.id, hint="name more zones or types, in the order to try them"
        )
    hint = f"ec2kit show {instance.id}"
    if instance.state_reason == "Client.InternalError":
        hint = "a volume is encrypted with a key that may not be used: check the key's policy and grants"
    reason = f" ({instance.state_reason})" if instance.state_reason else ""
    if instance.state_reason == SOMEBODY:
        return WrongState(
            message + reason,
            code=instance.state_reason,
            action="StartInstances",
            hint=hint,
            resource=instance.id,
        )
    return Ec2kitError(message + reason, resource=instance.id, hint=hint)


@dataclass(frozen=True)
class InstanceStep(Described[Instance]):
    """A step about one instance that exists."""

    instance: InstanceId

    def target(self) -> str:
        """The instance's id."""
        return str(self.instance)

    def ids(self, result: Result) -> tuple[str, ...]:
        """The instance."""
        return (self.instance,)

    @classmethod
    def fetch(cls, aws: Aws, ids: Iterable[str]) -> Mapping[str, Instance]:
        """DescribeInstances."""
        return {instance.id: instance for instance in aws.instances.describe(ids)}

    def word(self, things: Mapping[str, Instance], result: Result) -> str:
        """The instance's state."""
        return state_word(things.get(self.instance))


@dataclass(frozen=True)
class StartInstance(InstanceStep):
    """StartInstances. Without capacity the call is refused; with a KMS grant missing the instance goes back to
    `stopped`, which differs from a look that is late by the launch time: a start sets it anew.

    Result: `launched`, the launch time before the start, when this step started it.
    """

    kind: ClassVar[str] = "start-instance"
    actions: ClassVar[tuple[str, ...]] = ("ec2:StartInstances", "ec2:DescribeInstances")

    def describe(self) -> str:
        """A sentence for plans."""
        return f"start instance {self.instance}"

    def already(self, attempt: Attempt) -> Result | None:
        """Whether it runs or is about to."""
        state = attempt.aws.instances.one(self.instance).state
        return {} if state in (State.PENDING, State.RUNNING) else None

    def apply(self, attempt: Attempt) -> Result:
        """Send the call."""
        before = attempt.aws.instances.one(self.instance)
        attempt.aws.instances.start(self.instance)
        return {"launched": before.launched.isoformat()}

    def wait(self) -> Wait:
        """Running."""
        gone = frozenset({State.SHUTTING_DOWN, State.TERMINATED})
        return Wait(f"'{self.instance}' to run", frozenset({State.RUNNING}), gone)

    def word(self, things: Mapping[str, Instance], result: Result) -> str:
        """The state; raises why a start that had begun went back to stopped."""
        instance = things.get(self.instance)
        before = result.get("launched")
        stopped = instance is not None and instance.state is State.STOPPED
        if instance is not None and stopped and before and instance.launched > datetime.fromisoformat(before):
            raise ended_while_starting(instance)
        return state_word(instance)

    def undo(self, result: Result) -> tuple[Step, ...]:
        """Stop it."""
        return (StopInstance(self.instance),)


@dataclass(frozen=True)
class StopInstance(InstanceStep):
    """StopInstances. Force still tries a graceful stop first; SkipOsShutdown cuts at once (EC2, "Force stop").

    Done only when `stopped` was seen three times in a row, because on that a takeover stands; `terminated` is as
    good for that, and nothing else is.
    """

    kind: ClassVar[str] = "stop-instance"
    actions: ClassVar[tuple[str, ...]] = ("ec2:StopInstances", "ec2:DescribeInstances")

    force: bool = False
    skip_os_shutdown: bool = False
    within: timedelta = STOP_BOUND

    def describe(self) -> str:
        """A sentence for plans."""
        how = (
            " without shutting the system down"
            if self.skip_os_shutdown
            else " by force"
            if self.force
            else ""
        )
        return f"stop instance {self.instance}{how}"

    def already(self, attempt: Attempt) -> Result | None:
        """Whether it is stopped or gone, or stopping and nobody wants to press it."""
        state = attempt.aws.instances.one(self.instance).state
        pressing = self.force or self.skip_os_shutdown
        there = state is State.STOPPED or state.is_gone or (state is State.STOPPING and not pressing)
        return {} if there else None

    def apply(self, attempt: Attempt) -> Result:
        """Send the call."""
        attempt.aws.instances.stop(self.instance, force=self.force, skip_os_shutdown=self.skip_os_shutdown)
        return {}

    def wait(self) -> Wait:
        """Stopped, or terminated."""
        return Wait(
            f"'{self.instance}' to stop",
            frozenset({State.STOPPED, State.TERMINATED}),
            bound=self.within,
        )

    def undo(self, result: Result) -> tuple[Step, ...]:
        """Start it."""
        return (StartInstance(self.instance),)


@dataclass(frozen=True)
class RebootInstance(InstanceStep):
    """RebootInstances. AWS shows nothing of a reboot, so a lost answer means that it is sent again."""

    kind: ClassVar[str] = "reboot-instance"
    actions: ClassVar[tuple[str, ...]] = ("ec2:RebootInstances", "ec2:DescribeInstances")

    def describe(self) -> str:
        """A sentence for plans."""
        return f"reboot instance {self.instance}"

    def already(self, attempt: Attempt) -> Result | None:
        """Never known."""
        return None

    def apply(self, attempt: Attempt) -> Result:
        """Send the call."""
        attempt.aws.instances.reboot(self.instance)
        return {}

    def wait(self) -> Wait:
        """Still running afterwards."""
        ended = frozenset({State.STOPPED, State.SHUTTING_DOWN, State.TERMINATED})
        return Wait(f"'{self.instance}' to run", frozenset({State.RUNNING}), ended)

    def undo(self, result: Result) -> CannotUndo:
        """There is no way back from a reboot."""
        return CannotUndo("a reboot cannot be taken back")


@dataclass(frozen=True)
class TerminateInstance(InstanceStep):
    """TerminateInstances. A terminated instance stays visible for about an hour; one that is not shown at all is
    not taken for terminated, because a new one may not be shown yet."""

    kind: ClassVar[str] = "terminate-instance"
    actions: ClassVar[tuple[str, ...]] = ("ec2:TerminateInstances", "ec2:DescribeInstances")

    def describe(self) -> str:
        """A sentence for plans."""
        return f"terminate instance {self.instance}"

    def already(self, attempt: Attempt) -> Result | None:
        """Whether it is ending or has ended."""
        return {} if attempt.aws.instances.one(self.instance).state.is_gone else None

    def apply(self, attempt: Attempt) -> Result:
        """Send the call; refused while DisableApiTermination is set."""
        attempt.aws.instances.terminate(self.instance)
        return {}

    def wait(self) -> Wait:
        """Terminated."""
        return Wait(f"'{self.instance}' to end", frozenset({State.TERMINATED}))

    def undo(self, result: Result) -> CannotUndo:
        """There is no way back."""
        return CannotUndo(
            "a terminated instance is gone: `ec2kit snapshot restore` makes a new one from its last set"
        )
