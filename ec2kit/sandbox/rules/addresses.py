"""Who holds an Elastic IP: it moves from machine to machine, and displaces the one that was there."""

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.models.elastic_ip_addresses import ElasticAddress
from moto.ec2.responses.elastic_ip_addresses import ElasticIPAddresses
from moto.ec2.utils import random_eip_association_id

from ec2kit.sandbox.rules import lookup, patching
from ec2kit.sandbox.rules.address_pool import of_allocation, of_public_ip
from ec2kit.sandbox.rules.public_addresses import elastic_address
from ec2kit.sandbox.rules.refusals import missing, refusal
from ec2kit.sandbox.world import current


def hold(address: Any, nic: Any) -> None:
    """Given an Elastic IP and an interface, let the interface hold it.

    The old holder loses it, and the address that the interface held stays allocated, held by nobody.
    """
    displaced = elastic_address(nic)
    if displaced is not None and displaced is not address:
        let_go(displaced, renew=False)
    if address.eni is not nic:
        let_go(address)
    address.eni, address.instance = nic, nic.instance
    address.association_id = random_eip_association_id()
    nic.public_ip = address.public_ip


def let_go(address: Any, *, renew: bool = True) -> None:
    """Given an Elastic IP, take it from whoever holds it; `renew` is false when another one takes its place.

    A running machine with one interface that was launched with an automatic public address gets a new automatic
    one at once; a stopped one when it starts (EC2 User Guide, "Public IPv4 addresses").
    """
    nic = address.eni
    address.eni = address.instance = address.association_id = None
    if nic is None:
        return
    nic.public_ip = None
    machine = nic.instance
    if renew and machine is not None and machine.state == "running" and len(machine.nics) == 1:
        nic.check_auto_public_ip()


def _target(response: Any) -> Any:
    """Return the interface that a request names, or that of the instance it names."""
    backend = response.ec2_backend
    if response._get_param("NetworkInterfaceId"):
        nic = backend.get_network_interface(response._get_param("NetworkInterfaceId"))
        _check_machine(nic.instance)
        return nic
    if not response._get_param("InstanceId"):
        raise missing("instanceId or networkInterfaceId")
    (instance,) = lookup.named(backend, [response._get_param("InstanceId")])
    _check_machine(instance)
    if len(instance.nics) > 1:
        raise refusal(
            "InvalidInstanceID",
            f"There are multiple interfaces attached to instance '{instance.id}'."
            " Please specify an interface ID for the operation instead.",
        )
    return instance.nics[0]


def _check_machine(instance: Any) -> None:
    if instance is not None and instance.state in ("pending", "shutting-down", "terminated"):
        raise refusal(
            "InvalidInstanceID",
            f"The {instance.state} instance '{instance.id}' is not in a valid state for this operation.",
        )


def _address(response: Any) -> Any:
    if response._get_param("AllocationId"):
        return of_allocation(response.ec2_backend, response._get_param("AllocationId"))
    if response._get_param("PublicIp"):
        return of_public_ip(response.ec2_backend, response._get_param("PublicIp"))
    raise missing("allocationId")


def _associate_address(_original: Callable[..., Any]) -> Callable[..., Any]:
    def associate_address(self: Any) -> Any:
        address, nic = _address(self), _target(self)
        if (
            address.eni is not None
            and address.eni is not nic
            and self._get_bool_param("AllowReassociation") is False
        ):
            raise refusal(
                "Resource.AlreadyAssociated",
                f"resource {address.allocation_id} is already associated with associate-id {address.association_id}",
            )
        self.error_on_dryrun()
        if address.eni is not nic:
            hold(address, nic)
        association_id = address.association_id
        _let_rival_take(self.ec2_backend, address)
        return ActionResult({"AssociationId": association_id})

    return associate_address


def _let_rival_take(backend: Any, address: Any) -> None:
    conditions = current().conditions
    rival = lookup.find(backend, conditions.rival_for(address.public_ip) or "")
    _take(address, rival)


def rival_takes(public_ip: str, instance_id: str) -> bool:
    """Let an instance take an address now, as somebody else's AssociateAddress would; false if one is not there."""
    for backend in lookup.backends():
        address = next((one for one in backend.addresses if one.public_ip == public_ip), None)
        if address is not None and _take(address, lookup.find(backend, instance_id)):
            return True
    return False


def _take(address: Any, rival: Any | None) -> bool:
    if rival is None or rival.state in ("shutting-down", "terminated"):
        return False
    if address.eni is not rival.nics[0]:
        hold(address, rival.nics[0])
    return True


def _disassociate_address(_original: Callable[..., Any]) -> Callable[..., Any]:
    def disassociate_address(self: Any) -> Any:
        association_id = self._get_param("AssociationId")
        if not association_id:
            if self._get_param("PublicIp"):
                of_public_ip(self.ec2_backend, self._get_param("PublicIp"))
                raise refusal(
                    "InvalidParameterValue",
                    "You must specify an association id when unmapping an address from a VPC instance",
                )
            raise missing("associationId")
        address = next(
            (one for one in self.ec2_backend.addresses if one.association_id == association_id), None
        )
        if address is None:
            raise refusal(
                "InvalidAssociationID.NotFound", f"The association ID '{association_id}' does not exist"
            )
        self.error_on_dryrun()
        let_go(address)
        return EmptyResult()

    return disassociate_address


def _nothing_if_free(original: Any) -> property:
    return property(lambda address: original.fget(address) or None)


def install() -> None:
    """moto leaves an address visible on the machine it was taken from, refuses to move it unless told, gives it to
    terminated machines and leaves it with them. In a VPC a move is automatic unless AllowReassociation is false; it
    displaces the target's own address, which stays allocated; a pending machine cannot have one yet; and one with
    several interfaces must be named by interface (API Reference, AssociateAddress)."""
    patching.replace(ElasticIPAddresses, "associate_address", _associate_address)
    patching.replace(ElasticIPAddresses, "disassociate_address", _disassociate_address)
    patching.replace(ElasticAddress, "instance_id", _nothing_if_free)
    patching.replace(ElasticAddress, "network_interface_id", _nothing_if_free)
