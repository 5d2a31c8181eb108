"""Instances: describing, status checks, launching, power, attributes."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ec2kit.aws import wire
from ec2kit.aws.around import Reachable, in_parts
from ec2kit.aws.door import Door
from ec2kit.aws.reading import attributes_in, instance_in, status_in
from ec2kit.aws.requests import Filters, LaunchRequest, Place
from ec2kit.errors import AwsRefused, NotFound, NotTold, Unavailable
from ec2kit.model.instances import Instance, InstanceAttributes, InstanceStatus

PAGE = 1000
"""DescribeInstances gives at most 1,000 a page."""
STATUS_IDS = 100
"""DescribeInstanceStatus takes at most 100 ids."""


@dataclass(frozen=True)
class Instances:
    """EC2's instance calls, in our values."""

    door: Door

    def describe(self, ids: Iterable[str] = (), filters: Filters | None = None) -> tuple[Instance, ...]:
        """The instances with these ids (all when none are given) that pass the filters, terminated ones too.

        Ids go as a filter, 200 a call, because one unknown id makes a plain call fail whole: an id that does
        not exist is simply missing from the answer. While a zone is disturbed, what can be told is told another
        way (`ec2kit.aws.around`). Raises `Unavailable` when AWS does not tell of all that is asked.
        """
        wanted = list(dict.fromkeys(ids))
        try:
            return self._filtered(wanted, filters, self.door.clients.ec2_acting)
        except Unavailable as error:
            if isinstance(error, NotTold) and (found := self._around(wanted, filters or {})) is not None:
                return found
        return self._filtered(wanted, filters, self.door.clients.ec2)

    def told(self, ids: Sequence[str]) -> Reachable:
        """The instances with these ids; while a zone is disturbed, those apart of which AWS does not tell."""
        try:
            return Reachable(self._filtered(list(ids), None, self.door.clients.ec2_acting))
        except NotTold:
            return self._parts(list(ids))
        except Unavailable:
            return Reachable(self._filtered(list(ids), None, self.door.clients.ec2))

    def reachable(self, key: str) -> Reachable:
        """The instances that bear a tag key; while a zone is disturbed, those apart of which AWS does not tell.

        Raises `Unavailable` when AWS tells of none.
        """
        filters = {"tag-key": [key]}
        try:
            return Reachable(self._filtered([], filters, self.door.clients.ec2_acting))
        except Unavailable as error:
            if not isinstance(error, NotTold):
                return Reachable(self._filtered([], filters, self.door.clients.ec2))
            found = self._bearers(filters)
            if found is None or not found.instances:
                raise
            return found

    def _filtered(self, ids: list[str], filters: Filters | None, client: Any) -> tuple[Instance, ...]:
        portions: list[Filters] = (
            [{"instance-id": portion} for portion in wire.portions(ids)] if ids else [{}]
        )
        return tuple(
            instance
            for portion in portions
            for instance in self._pages({**(filters or {}), **portion}, client)
        )

    def _pages(self, filters: Filters, client: Any) -> Iterable[Instance]:
        pages = self.door.pages(
            client.describe_instances, "Reservations", Filters=wire.filter_list(filters), MaxResults=PAGE
        )
        for reservation in pages:
            for item in reservation["Instances"]:
                yield instance_in(item)

    def _around(self, ids: list[str], filters: Filters) -> tuple[Instance, ...] | None:
        """The answer by names instead of filters; None when that is no way, or AWS does not tell of one of them."""
        found = self._parts(ids) if ids and not filters else None if ids else self._bearers(filters)
        return None if found is None or found.dark else found.instances

    def _bearers(self, filters: Filters) -> Reachable | None:
        """The instances that pass one filter by tag, as DescribeTags knows them; None for other filters."""
        name, values = next(iter(filters.items()), ("", ()))
        key = values[0] if name == "tag-key" and len(values) == 1 else name.removeprefix("tag:")
        if len(filters) != 1 or not name.startswith("tag"):
            return None
        wanted = {"resource-type": ["instance"], "key": [key]} | (
            {} if name == "tag-key" else {"value": list(values)}
        )
        try:
            pages = self.door.pages(
                self.door.clients.ec2_acting.describe_tags,
                "Tags",
                Filters=wire.filter_list(wanted),
                MaxResults=1000,
            )
            return self._parts([item["ResourceId"] for item in pages])
        except NotTold:
            return None

    def _parts(self, ids: list[str]) -> Reachable:
        shown, dark = in_parts(ids, self._named)
        return Reachable(shown, dark)

    def _named(self, ids: Sequence[str]) -> tuple[Instance, ...]:
        """Exactly these, named in one call that is tried once. Raises `NotFound`, `Unavailable`."""
        answer = self.door.read(self.door.clients.ec2_acting.describe_instances, InstanceIds=list(ids))
        return tuple(instance_in(item) for each in answer["Reservations"] for item in each["Instances"])

    def one(self, id: str) -> Instance:
        """The instance with this id; raises `NotFound`."""
        for instance in self.describe([id]):
            return instance
        raise NotFound(f"instance '{id}' does not exist", resource=id, hint="ec2kit ls")

    def statuses(self, ids: Sequence[str] = ()) -> tuple[InstanceStatus, ...]:
        """EC2's own checks of these instances (of all when none are given), stopped ones included."""
        method = self.door.clients.ec2.describe_instance_status
        if not ids:
            pages = self.door.pages(method, "InstanceStatuses", IncludeAllInstances=True, MaxResults=PAGE)
            return tuple(status_in(item) for item in pages)
        found: list[InstanceStatus] = []
        for portion in wire.portions(list(dict.fromkeys(ids)), STATUS_IDS):
            answer = self.door.read(method, InstanceIds=portion, IncludeAllInstances=True)
            found.extend(status_in(item) for item in answer["InstanceStatuses"])
        return tuple(found)

    def all_statuses(self) -> tuple[InstanceStatus, ...]:
        """EC2's own checks of every instance of the region, in as few calls as there are thousands."""
        return self.statuses()

    def attributes(self, id: str) -> InstanceAttributes:
        """What only DescribeInstanceAttribute tells: user data, protection, shutdown behaviour, credits."""
        ask = self.door.clients.ec2.describe_instance_attribute
        names = ("userData", "disableApiTermination", "disableApiStop", "instanceInitiatedShutdownBehavior")
        answers = {name: self.door.read(ask, InstanceId=id, Attribute=name) for name in names}
        return attributes_in(answers, self._credits(id))

    def protected(self, id: str, against: str) -> bool:
        """Whether `disableApiTermination` or `disableApiStop` is set: in no list, one call for each instance."""
        answer = self.door.read(
            self.door.clients.ec2.describe_instance_attribute, InstanceId=id, Attribute=against
        )
        found: bool = answer.get(against[:1].upper() + against[1:], {}).get("Value", False)
        return found

    def _credits(self, id: str) -> str:
        """`standard` or `unlimited` for burstable types, empty for the others (for which AWS answers an error)."""
        try:
            answer = self.door.read(
                self.door.clients.ec2.describe_instance_credit_specifications, InstanceIds=[id]
            )
        except (AwsRefused, NotFound):
            return ""
        found: str = next((item["CpuCredits"] for item in answer["InstanceCreditSpecifications"]), "")
        return found

    def by_token(self, token: str) -> tuple[Instance, ...]:
        """What a launch with this client token made."""
        return self.describe(filters={"client-token": [token]})

    def run(self, request: LaunchRequest, place: Place, token: str) -> Instance:
        """Launch one instance at `place`; the same token again returns the same instance (RunInstances).

        Raises `NoCapacity` when the place has none.
        """
        answer = self.door.change(
            self.door.clients.ec2_acting.run_instances,
            **_launch_parameters(request, place),
            ClientToken=token,
        )
        return instance_in(answer["Instances"][0])

    def start(self, id: str) -> None:
        """StartInstances; harmless for a running instance."""
        self.door.change(self.door.clients.ec2_acting.start_instances, InstanceIds=[id])

    def stop(self, id: str, *, force: bool = False, skip_os_shutdown: bool = False) -> None:
        """StopInstances; `force` still tries a graceful stop first, `skip_os_shutdown` cuts at once."""
        extra = {"SkipOsShutdown": True} if skip_os_shutdown else {}
        self.door.change(self.door.clients.ec2_acting.stop_instances, InstanceIds=[id], Force=force, **extra)

    def reboot(self, id: str) -> None:
        """RebootInstances."""
        self.door.change(self.door.clients.ec2_acting.reboot_instances, InstanceIds=[id])

    def terminate(self, id: str) -> None:
        """TerminateInstances; harmless for a terminated instance that is still visible."""
        self.door.change(self.door.clients.ec2_acting.terminate_instances, InstanceIds=[id])

    def modify(self, id: str, **attribute: Any) -> None:
        """ModifyInstanceAttribute with one attribute in boto3's spelling: `SourceDestCheck={"Value": False}`."""
        self.door.change(self.door.clients.ec2_acting.modify_instance_attribute, InstanceId=id, **attribute)

    def console(self, id: str) -> str:
        """The serial console's last output, or empty."""
        answer = self.door.read(self.door.clients.ec2.get_console_output, InstanceId=id)
        return base64.b64decode(answer["Output"]).decode(errors="replace") if answer.get("Output") else ""


def _launch_parameters(request: LaunchRequest, place: Place) -> dict[str, Any]:
    """RunInstances' parameters for one instance."""
    options = request.metadata
    template = request.template
    return wire.present(
        MinCount=1,
        MaxCount=1,
        ImageId=request.image,
        InstanceType=place.type,
        LaunchTemplate={"LaunchTemplateId": template.id, "Version": str(template.version)}
        if template
        else None,
        SubnetId=place.subnet,
        Placement=wire.present(
            AvailabilityZone="" if place.subnet else place.zone,
            Tenancy=request.tenancy,
            GroupName=request.placement_group,
        ),
        KeyName=request.key,
        SecurityGroupIds=list(request.groups),
        IamInstanceProfile=_profile(request.instance_profile),
        UserData=request.user_data,
        BlockDeviceMappings=wire.mappings_out(request.mappings),
        TagSpecifications=wire.tag_specification("instance", request.tags)
        + wire.tag_specification("volume", request.volume_tags),
        MetadataOptions=None
        if options is None
        else {
            "HttpTokens": options.http_tokens,
            "HttpEndpoint": options.http_endpoint,
            "HttpPutResponseHopLimit": options.hop_limit,
            "InstanceMetadataTags": options.instance_tags,
        },
        Monitoring=None if request.monitoring is None else {"Enabled": request.monitoring},
        EbsOptimized=request.ebs_optimized,
        PrivateIpAddress=request.private_ip,
        InstanceInitiatedShutdownBehavior=request.shutdown_behavior,
        DisableApiTermination=request.disable_api_termination,
        DisableApiStop=request.disable_api_stop,
        CreditSpecification={"CpuCredits": request.credits} if request.credits else None,
    )


def _profile(name: str) -> dict[str, str]:
    """An instance profile by ARN or by name."""
    if not name:
        return {}
    return {"Arn": name} if name.startswith("arn:") else {"Name": name}
