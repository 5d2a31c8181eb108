"""Elastic IPs: had, given to an instance, taken from it, given back to AWS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from ec2kit.engine.steps.base import Attempt, CannotUndo, Result, Step
from ec2kit.engine.steps.described import GONE, Described
from ec2kit.engine.waiting import NOT_SHOWN
from ec2kit.errors import AlreadyTaken
from ec2kit.model import tags
from ec2kit.model.ids import AllocationId, InstanceId, InterfaceId
from ec2kit.model.instances import Address
from ec2kit.model.tags import Tags
from ec2kit.model.waiting import Wait

if TYPE_CHECKING:
    from ec2kit.aws import Aws

FREE, HELD = "free", "held"
PAUSE, BOUND = timedelta(seconds=2), timedelta(minutes=3)
"""An association shows within seconds."""


class _AddressLook(Described[Address]):
    @classmethod
    def fetch(cls, aws: Aws, ids: Iterable[str]) -> Mapping[str, Address]:
        """DescribeAddresses."""
        found = aws.addresses.describe({"allocation-id": tuple(ids)})
        return {address.allocation: address for address in found}


@dataclass(frozen=True)
class AllocateAddress(_AddressLook):
    """AllocateAddress. No client token: the mark is how a lost answer is found.

    Result: `allocation_id`, `public_ip`.
    """

    kind: ClassVar[str] = "allocate-address"
    actions: ClassVar[tuple[str, ...]] = ("ec2:AllocateAddress", "ec2:CreateTags", "ec2:DescribeAddresses")
    repeatable: ClassVar[bool] = False

    tags: Tags = field(default_factory=dict)

    def describe(self) -> str:
        """A sentence for plans."""
        name = self.target()
        return f"allocate an address for {name}" if name else "allocate an address"

    def target(self) -> str:
        """The Name that the address gets."""
        return str(tags.name_of(self.tags))

    def already(self, attempt: Attempt) -> Result | None:
        """The address that this try allocated."""
        found = attempt.aws.addresses.describe({f"tag:{tags.RUN}": (attempt.mark,)})
        return next(map(_allocated, found), None)

    def apply(self, attempt: Attempt) -> Result:
        """Send the call."""
        return _allocated(attempt.aws.addresses.allocate({**self.tags, tags.RUN: attempt.mark}))

    def wait(self) -> Wait:
        """Shown."""
        return Wait("the address to be shown", frozenset({FREE, HELD}), pause=PAUSE, bound=BOUND)

    def ids(self, result: Result) -> tuple[str, ...]:
        """The new address."""
        return (result["allocation_id"],)

    def word(self, things: Mapping[str, Address], result: Result) -> str:
        """Whether somebody has it."""
        address = things.get(result["allocation_id"])
        if address is None:
            return NOT_SHOWN
        return HELD if address.association else FREE

    def undo(self, result: Result) -> tuple[Step, ...]:
        """Release it."""
        return (ReleaseAddress(AllocationId(result["allocation_id"]), public_ip=result["public_ip"]),)


def _allocated(address: Address) -> Result:
    return {"allocation_id": address.allocation, "public_ip": address.public_ip}


@dataclass(frozen=True)
class _AddressStep(_AddressLook):
    """A step about one address that is allocated; `public_ip` is for people."""

    allocation: AllocationId
    public_ip: str = field(default="", kw_only=True)

    def target(self) -> str:
        """The address as people know it."""
        return str(self.public_ip or self.allocation)

    def ids(self, result: Result) -> tuple[str, ...]:
        """The address."""
        return (self.allocation,)

    def taken(self, action: str, address: Address, expected: str) -> AlreadyTaken:
        """The error for an address that somebody unexpected has."""
        holder = address.instance or address.interface or "somebody"
        return AlreadyTaken(
            f"address {address.public_ip} is held by {holder}, not {expected}",
            code="Resource.AlreadyAssociated",
            action=action,
            resource=address.public_ip,
            hint="ec2kit eip ls; `--from INSTANCE` takes it from that one",
        )


@dataclass(frozen=True)
class AssociateAddress(_AddressStep):
    """AssociateAddress, which has no compare-and-set, done so that it comes as near as AWS allows.

    `expected_holder` None means that the address must be free: AllowReassociation=False fails atomically when it
    is not. Otherwise it is described again just before, and only the expected holder loses it. It is ours when
    DescribeAddresses shows that three times in a row; a rival who takes it is named in the failure. The
    instance's own Elastic IP, if it has one, is displaced and stays allocated.

    Result: `association_id`, `public_ip`, `previous` (who had it).
    """

    kind: ClassVar[str] = "associate-address"
    actions: ClassVar[tuple[str, ...]] = ("ec2:AssociateAddress", "ec2:DescribeAddresses")

    instance: InstanceId
    expected_holder: InstanceId | None = None
    interface: InterfaceId | None = None

    def describe(self) -> str:
        """A sentence for plans."""
        taken = f", taking it from {self.expected_holder}" if self.expected_holder else ""
        return f"give address {self.target()} to {self.instance}{taken}"

    def already(self, attempt: Attempt) -> Result | None:
        """Whether the instance has it."""
        address = self.fetch(attempt.aws, (self.allocation,)).get(self.allocation)
        return self._result(address.association, address, "") if address and self._is_ours(address) else None

    def apply(self, attempt: Attempt) -> Result:
        """Look who has it, and send the call that suits."""
        address = attempt.aws.addresses.one(self.allocation)
        if self._is_ours(address):
            return self._result(address.association, address, "")
        if address.association and (address.instance is None or address.instance != self.expected_holder):
            raise self.taken("AssociateAddress", address, self.expected_holder or "free")
        association = attempt.aws.addresses.associate(
            self.allocation,
            self.instance,
            reassociate=bool(address.association),
            interface=self.interface,
        )
        return self._result(association, address, address.instance or "")

    def wait(self) -> Wait:
        """Ours."""
        what = f"{self.target()} to be shown at '{self.instance}'"
        return Wait(what, frozenset({HELD}), pause=PAUSE, bound=BOUND)

    def word(self, things: Mapping[str, Address], result: Result) -> str:
        """Whether we have it; raises when a rival does."""
        address = things.get(self.allocation)
        if address is None:
            return NOT_SHOWN
        if self._is_ours(address):
            return HELD
        if not address.association or address.instance == (result["previous"] or self.expected_holder):
            return f"still at {address.instance}" if address.instance else FREE
        raise self.taken("AssociateAddress", address, self.instance)

    def undo(self, result: Result) -> tuple[Step, ...]:
        """Give it back to who had it, else take it away."""
        if previous := result["previous"]:
            back = AssociateAddress(
                self.allocation, InstanceId(previous), self.instance, public_ip=self.public_ip
            )
            return (back,)
        return (DisassociateAddress(self.allocation, self.instance, public_ip=self.public_ip),)

    def _is_ours(self, address: Address) -> bool:
        return address.instance == self.instance and self.interface in (None, address.interface)

    def _result(self, association: str, address: Address, previous: str) -> Result:
        return {"association_id": association, "public_ip": address.public_ip, "previous": previous}


@dataclass(frozen=True)
class DisassociateAddress(_AddressStep):
    """DisassociateAddress from `holder`; refused when somebody else has it. Result: `previous`."""

    kind: ClassVar[str] = "disassociate-address"
    actions: ClassVar[tuple[str, ...]] = ("ec2:DisassociateAddress", "ec2:DescribeAddresses")

    holder: InstanceId

    def describe(self) -> str:
        """A sentence for plans."""
        return f"take address {self.target()} from {self.holder}"

    def already(self, attempt: Attempt) -> Result | None:
        """Whether nobody has it."""
        address = attempt.aws.addresses.one(self.allocation)
        return None if address.association else {"previous": ""}

    def apply(self, attempt: Attempt) -> Result:
        """Look who has it, and send the call if it is who we think."""
        address = attempt.aws.addresses.one(self.allocation)
        if address.association and address.instance != self.holder:
            raise self.taken("DisassociateAddress", address, self.holder)
        if address.association:
            attempt.aws.addresses.disassociate(address.association)
        return {"previous": self.holder}

    def wait(self) -> Wait:
        """Free."""
        return Wait(f"{self.target()} to be free", frozenset({FREE}), pause=PAUSE, bound=BOUND)

    def word(self, things: Mapping[str, Address], result: Result) -> str:
        """Who has it."""
        address = things.get(self.allocation)
        if address is None:
            return NOT_SHOWN
        return f"still at {address.instance}" if address.association else FREE

    def undo(self, result: Result) -> tuple[Step, ...]:
        """Give it back."""
        if not result["previous"]:
            return ()
        return (AssociateAddress(self.allocation, self.holder, public_ip=self.public_ip),)


@dataclass(frozen=True)
class ReleaseAddress(_AddressStep):
    """ReleaseAddress; refused while somebody has it."""

    kind: ClassVar[str] = "release-address"
    actions: ClassVar[tuple[str, ...]] = ("ec2:ReleaseAddress", "ec2:DescribeAddresses")

    def describe(self) -> str:
        """A sentence for plans."""
        return f"release address {self.target()}"

    def already(self, attempt: Attempt) -> Result | None:
        """Whether it is no longer shown; that it stays so is waited for."""
        return {} if self.seen(attempt, {}) == GONE else None

    def apply(self, attempt: Attempt) -> Result:
        """Send the call."""
        attempt.aws.addresses.release(self.allocation)
        return {}

    def wait(self) -> Wait:
        """Gone."""
        return Wait(f"{self.target()} to go", frozenset({GONE}), pause=PAUSE, bound=BOUND)

    def word(self, things: Mapping[str, Address], result: Result) -> str:
        """Whether it is still shown."""
        return HELD if self.allocation in things else GONE

    def undo(self, result: Result) -> CannotUndo:
        """There is no sure way back."""
        return CannotUndo("a released address may go to somebody else, and cannot be had back for certain")
