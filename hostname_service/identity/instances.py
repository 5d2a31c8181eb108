"""Asking EC2 about a machine: its state, its addresses, its tags."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from hostname_service.errors import Unavailable
from hostname_service.model import Machine, MachineState

CONNECT_SECONDS = 2
READ_SECONDS = 5
"""A booting machine waits for the answer; DescribeInstances of one id takes 0.1 s."""
ATTEMPTS = 2

_NOT_FOUND = ("InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed")


class Instances(Protocol):
    """What is known of machines. The contract is tests/hostname_service/identity/test_instances.py."""

    def look(self, account: str, region: str, instance_id: str) -> Machine | None:
        """The machine as it is now; its state is `GONE` when there is none of that id in that account and region.

        None: nobody was asked. Raises `Unavailable` (`aws`) when EC2 does not answer, or does not allow the question.
        """


class Nowhere:
    """For a service that cannot reach AWS: nobody is asked."""

    def look(self, account: str, region: str, instance_id: str) -> Machine | None:
        """None, whatever the machine."""
        del account, region, instance_id
        return None


class Ec2Instances:
    """EC2's DescribeInstances, through one client for each region."""

    def __init__(self, client_for: Callable[[str], Any]) -> None:
        """`client_for` makes the boto3 client of a region; `boto3_clients` returns such a function."""
        self._client_for = client_for
        self._clients: dict[str, Any] = {}
        # Making a client is not safe among threads; using one is (boto3 guide, "Clients").
        self._making = threading.Lock()

    def look(self, account: str, region: str, instance_id: str) -> Machine | None:
        """The machine as EC2 describes it."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = self._client(region).describe_instances(InstanceIds=[instance_id])
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _NOT_FOUND:
                return Machine(instance_id, MachineState.GONE)
            raise Unavailable("aws", f"EC2 in {region} does not describe {instance_id}: {error}") from error
        except BotoCoreError as error:
            raise Unavailable("aws", f"EC2 in {region} cannot be asked: {error}") from error
        return _found(answer, account, instance_id)

    def _client(self, region: str) -> Any:
        with self._making:
            if region not in self._clients:
                self._clients[region] = self._client_for(region)
            return self._clients[region]


def boto3_clients(endpoint_url: str = "") -> Callable[[str], Any]:
    """Return what makes EC2 clients with the environment's credentials; `endpoint_url` is another EC2 than AWS's."""
    import boto3
    from botocore.config import Config

    settings = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    )
    session = boto3.session.Session()
    return lambda region: session.client(
        "ec2", region_name=region, endpoint_url=endpoint_url or None, config=settings
    )


def _found(answer: Mapping[str, Any], account: str, instance_id: str) -> Machine:
    """Given DescribeInstances' answer, return the machine; one of another account is none of that account."""
    for reservation in answer.get("Reservations", ()):
        if reservation.get("OwnerId") != account:
            continue
        for instance in reservation.get("Instances", ()):
            if instance.get("InstanceId") == instance_id:
                return machine_of(instance)
    return Machine(instance_id, MachineState.GONE)


def machine_of(instance: Mapping[str, Any]) -> Machine:
    """Given an instance as DescribeInstances has it, return the machine; raises `Unavailable` for an unknown state."""
    try:
        state = MachineState(instance["State"]["Name"])
    except (KeyError, ValueError) as error:
        raise Unavailable(
            "aws", f"EC2 says nothing known of the state of {instance['InstanceId']}"
        ) from error
    interfaces = instance.get("NetworkInterfaces", ())
    ipv6 = (one["Ipv6Address"] for interface in interfaces for one in interface.get("Ipv6Addresses", ()))
    return Machine(
        instance_id=instance["InstanceId"],
        state=state,
        private_ip=instance.get("PrivateIpAddress") or "",
        public_ip=instance.get("PublicIpAddress") or "",
        ipv6=tuple(ipv6),
        launched=instance.get("LaunchTime"),
        tags={tag["Key"]: tag["Value"] for tag in instance.get("Tags", ())},
    )
