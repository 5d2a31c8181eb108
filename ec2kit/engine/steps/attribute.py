"""One attribute of an instance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from ec2kit.engine.steps.base import Attempt, CannotUndo, Result, Step
from ec2kit.model.ids import InstanceId
from ec2kit.model.waiting import Wait

if TYPE_CHECKING:
    from ec2kit.aws import Aws

Value = bool | str | tuple[str, ...]
"""Of an attribute: a flag, a word, or security group ids."""


@dataclass(frozen=True)
class Attribute:
    """How an attribute is set, in ModifyInstanceAttribute's spelling, and how it is read back."""

    wire: str
    read: Callable[[Aws, str], Value]


ATTRIBUTES: dict[str, Attribute] = {
    "instance_type": Attribute("InstanceType", lambda aws, id: str(aws.instances.one(id).type)),
    "source_dest_check": Attribute(
        "SourceDestCheck", lambda aws, id: aws.instances.one(id).source_dest_check
    ),
    "ebs_optimized": Attribute("EbsOptimized", lambda aws, id: aws.instances.one(id).ebs_optimized),
    "groups": Attribute("Groups", lambda aws, id: tuple(sorted(aws.instances.one(id).groups))),
    "disable_api_termination": Attribute(
        "DisableApiTermination", lambda aws, id: aws.instances.attributes(id).disable_api_termination
    ),
    "disable_api_stop": Attribute(
        "DisableApiStop", lambda aws, id: aws.instances.attributes(id).disable_api_stop
    ),
    "shutdown_behavior": Attribute(
        "InstanceInitiatedShutdownBehavior", lambda aws, id: aws.instances.attributes(id).shutdown_behavior
    ),
}
"""The attributes that can be set, by the names that our values have."""

SET, OTHER = "set", "not set yet"


@dataclass(frozen=True)
class ModifyInstance(Step):
    """ModifyInstanceAttribute with one attribute. The type and EBS optimization want a stopped instance.

    `before` is the earlier value, for the way back; security groups are compared as a set.
    """

    kind: ClassVar[str] = "modify-instance"
    actions: ClassVar[tuple[str, ...]] = (
        "ec2:ModifyInstanceAttribute",
        "ec2:DescribeInstances",
        "ec2:DescribeInstanceAttribute",
        "ec2:DescribeInstanceCreditSpecifications",
    )

    instance: InstanceId
    attribute: str
    value: Value
    before: Value | None = None

    def __post_init__(self) -> None:
        if self.attribute not in ATTRIBUTES:
            raise ValueError(f"'{self.attribute}' is not one of {sorted(ATTRIBUTES)}")

    def describe(self) -> str:
        """A sentence for plans."""
        value = ", ".join(self.value) if isinstance(self.value, tuple) else str(self.value).lower()
        return f"set {self.attribute} of instance {self.instance} to {value}"

    def target(self) -> str:
        """The instance's id."""
        return str(self.instance)

    def already(self, attempt: Attempt) -> Result | None:
        """Whether the attribute has the value."""
        return {} if self._is_set(attempt) else None

    def apply(self, attempt: Attempt) -> Result:
        """Send the call."""
        wanted: Any = list(self.value) if isinstance(self.value, tuple) else {"Value": self.value}
        attempt.aws.instances.modify(self.instance, **{ATTRIBUTES[self.attribute].wire: wanted})
        return {}

    def wait(self) -> Wait:
        """The value read back."""
        what = f"{self.attribute} of '{self.instance}' to be set"
        return Wait(what, frozenset({SET}), pause=timedelta(seconds=2), bound=timedelta(minutes=2))

    def seen(self, attempt: Attempt, result: Result) -> str:
        """Whether it shows."""
        return SET if self._is_set(attempt) else OTHER

    def undo(self, result: Result) -> tuple[Step, ...] | CannotUndo:
        """Put the earlier value back, where it is known."""
        if self.before is None:
            return CannotUndo(f"the earlier value of {self.attribute} was not recorded")
        return (ModifyInstance(self.instance, self.attribute, self.before, self.value),)

    def _is_set(self, attempt: Attempt) -> bool:
        shown = ATTRIBUTES[self.attribute].read(attempt.aws, self.instance)
        return shown == (tuple(sorted(self.value)) if isinstance(self.value, tuple) else self.value)
