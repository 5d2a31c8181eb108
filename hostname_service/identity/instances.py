"""Asking EC2 about a machine: its state, its addresses, its tags."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from hostname_service.errors import Unavailable
from hostname_service.model import Machine, MachineState

CONNECT_SECONDS = 2
READ_SECONDS = 5
"""A booting machine waits for the answer; DescribeInstances of one id takes 0.1 s."""
ATTEMPTS = 2

BATCH = 200
"""Ids in one question: the most values that a filter may have (EC2 API Reference, DescribeInstances)."""

_NOT_FOUND = ("InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed")


class Instances(Protocol):
    """What is known of machines. The contract is tests/hostname_service/identity/test_instances.py."""

    def look(self, account: str, region: str, instance_id: str) -> Machine | None:
        """The machine as it is now; its state is `GONE` when there is none of that id in that account and region.

        None: nobody was asked. Raises `Unavailable` (`aws`) when EC2 does not answer, or does not allow the question.
        """

    def look_at(
        self, account: str, region: str, instance_ids: Sequence[str]
    ) -> Mapping[str, Machine | Unavailable]:
        """Many machines of one account and region: each as it is now, or why that is not known. Raises nothing.

        `GONE` is said only when the question was asked with credentials of that very account: with those of another,
        EC2 shows none of its machines, and every name would seem to be free.
        """


class Nowhere:
    """For a service that cannot reach AWS: nobody is asked."""

    def look(self, account: str, region: str, instance_id: str) -> Machine | None:
        """None, whatever the machine."""
        del account, region, instance_id
        return None

    def look_at(
        self, account: str, region: str, instance_ids: Sequence[str]
    ) -> Mapping[str, Machine | Unavailable]:
        """Nothing is known of any."""
        del account, region
        off = Unavailable("aws", "whether machines are gone cannot be asked: `aws` is off")
        return dict.fromkeys(instance_ids, off)


class Ec2Instances:
    """EC2's DescribeInstances, through one client for each region."""

    def __init__(self, client_for: Callable[[str], Any], account_in: Callable[[str], str]) -> None:
        """`client_for` makes the boto3 client of a region, `account_in` asks there whose credentials ours are, and
        raises `Unavailable`; `boto3_clients` and `boto3_account` return such functions."""
        self._client_for = client_for
        self._account_in = account_in
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

    def look_at(
        self, account: str, region: str, instance_ids: Sequence[str]
    ) -> Mapping[str, Machine | Unavailable]:
        """The machines as EC2 describes them, asked for by a filter: an id that EC2 does not have spoils no other."""
        found: dict[str, Machine | Unavailable] = {}
        for begin in range(0, len(instance_ids), BATCH):
            found |= self._batch(account, region, instance_ids[begin : begin + BATCH])
        return found

    def _batch(
        self, account: str, region: str, instance_ids: Sequence[str]
    ) -> dict[str, Machine | Unavailable]:
        found: dict[str, Machine | Unavailable] = {}
        try:
            for instance in self._described(account, region, instance_ids):
                found[instance["InstanceId"]] = _machine_or_why(instance)
            missing = [id for id in instance_ids if id not in found]
            if missing and (ours := self._account_in(region)) != account:
                why = f"EC2 is asked with credentials of the account {ours}, which does not see those of {account}"
                raise Unavailable("aws", why)
        except Unavailable as error:
            return dict.fromkeys(instance_ids, error) | found
        return {id: found.get(id, Machine(id, MachineState.GONE)) for id in instance_ids}

    def _described(
        self, account: str, region: str, instance_ids: Sequence[str]
    ) -> Iterator[Mapping[str, Any]]:
        """Every page: a machine on the second one is not gone."""
        from botocore.exceptions import BotoCoreError, ClientError

        more: dict[str, str] = {}
        while True:
            try:
                answer = self._client(region).describe_instances(
                    Filters=[{"Name": "instance-id", "Values": list(instance_ids)}], **more
                )
            except (BotoCoreError, ClientError) as error:
                raise Unavailable("aws", f"EC2 in {region} does not describe machines: {error}") from error
            for reservation in answer.get("Reservations", ()):
                if reservation.get("OwnerId") == account:
                    yield from reservation.get("Instances", ())
            if not answer.get("NextToken"):
                return
            more = {"NextToken": answer["NextToken"]}

    def _client(self, region: str) -> Any:
        with self._making:
            if region not in self._clients:
                self._clients[region] = self._client_for(region)
            return self._clients[region]


def boto3_clients(endpoint_url: str = "") -> Callable[[str], Any]:
    """Return what makes EC2 clients with the environment's credentials; `endpoint_url` is another EC2 than AWS's."""
    return _clients_of("ec2", endpoint_url)


def boto3_account(endpoint_url: str = "") -> Callable[[str], str]:
    """Return what asks STS in a region, each time, for the account of the environment's credentials; that needs no
    permission ("GetCallerIdentity" of the STS API Reference). It raises `Unavailable`."""
    from botocore.exceptions import BotoCoreError, ClientError

    client_for = _clients_of("sts", endpoint_url)

    def account(region: str) -> str:
        try:
            return str(client_for(region).get_caller_identity()["Account"])
        except (BotoCoreError, ClientError) as error:
            raise Unavailable(
                "aws", f"STS in {region} does not say whose credentials ours are: {error}"
            ) from error

    return account


def _clients_of(service: str, endpoint_url: str) -> Callable[[str], Any]:
    import boto3
    from botocore.config import Config

    settings = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    )
    session = boto3.session.Session()
    return lambda region: session.client(
        service, region_name=region, endpoint_url=endpoint_url or None, config=settings
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


def _machine_or_why(instance: Mapping[str, Any]) -> Machine | Unavailable:
    try:
        return machine_of(instance)
    except Unavailable as error:
        return error


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
