"""Images: describing, registering with every attribute explicit, creating from an instance, copying, deprecating."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ec2kit.aws import wire
from ec2kit.aws.door import Door
from ec2kit.aws.requests import CopyRequest, Filters, ImageRequest
from ec2kit.errors import NotFound
from ec2kit.model.disks import Image
from ec2kit.model.ids import ImageId
from ec2kit.model.tags import Tags


@dataclass(frozen=True)
class Images:
    """EC2's image calls, in our values."""

    door: Door

    def describe(
        self, ids: Iterable[str] = (), filters: Filters | None = None, owners: Iterable[str] = ()
    ) -> tuple[Image, ...]:
        """The images with these ids that pass the filters; our own when neither ids nor owners are given.

        Ids go as a filter, so that an unknown one is simply missing. Disabled images are there too, which EC2 tells
        their owner only when asked: they keep their names, their snapshots and their cost (EC2 User Guide, "Disable
        an AMI").
        """
        wanted = list(dict.fromkeys(ids))
        from_whom = list(owners) or ([] if wanted else ["self"])
        found: list[Image] = []
        for portion in wire.portions(wanted) if wanted else [None]:
            chosen = {**(filters or {}), **({"image-id": portion} if portion else {})}
            answer = self.door.read(
                self.door.clients.ec2.describe_images,
                Filters=wire.filter_list(chosen),
                IncludeDisabled=True,
                **wire.present(Owners=from_whom),
            )
            found.extend(map(image_in, answer["Images"]))
        return tuple(found)

    def one(self, id: str) -> Image:
        """The image with this id; raises `NotFound`."""
        for image in self.describe([id]):
            return image
        raise NotFound(f"image '{id}' does not exist", resource=id)

    def register(self, request: ImageRequest) -> ImageId:
        """RegisterImage; a name that is taken raises `AlreadyTaken`. Encryption comes with the snapshots."""
        plain = [replace(mapping, encrypted=None, kms_key="") for mapping in request.mappings]
        answer = self.door.change(
            self.door.clients.ec2_acting.register_image,
            **wire.present(
                Name=request.name,
                Description=request.description,
                Architecture=request.architecture,
                RootDeviceName=request.root_device,
                BlockDeviceMappings=wire.mappings_out(plain),
                VirtualizationType=request.virtualization,
                EnaSupport=request.ena,
                SriovNetSupport=request.sriov,
                BootMode=request.boot_mode,
                TpmSupport=request.tpm,
                ImdsSupport=request.imds,
                TagSpecifications=wire.tag_specification("image", request.tags),
            ),
        )
        return ImageId(answer["ImageId"])

    def create(
        self, instance: str, name: str, tags: Tags, *, reboot: bool = False, without: Iterable[str] = ()
    ) -> ImageId:
        """CreateImage: the way that keeps billing codes; without `reboot` the disks are crash-consistent.

        The disks at the devices `without` are left out.
        """
        answer = self.door.change(
            self.door.clients.ec2_acting.create_image,
            InstanceId=instance,
            Name=name,
            NoReboot=not reboot,
            TagSpecifications=wire.tag_specification("image", tags)
            + wire.tag_specification("snapshot", tags),
            **wire.present(
                BlockDeviceMappings=[{"DeviceName": device, "NoDevice": ""} for device in without]
            ),
        )
        return ImageId(answer["ImageId"])

    def copy(self, request: CopyRequest, token: str) -> ImageId:
        """CopyImage into this region; the same token again returns the same copy, a name that is taken raises
        `AlreadyTaken`. The tags go on the image and on its snapshots: a copy has none by itself."""
        answer = self.door.change(
            self.door.clients.ec2_acting.copy_image,
            SourceImageId=request.image,
            SourceRegion=request.region,
            Name=request.name,
            ClientToken=token,
            TagSpecifications=wire.tag_specification("image", request.tags)
            + wire.tag_specification("snapshot", request.tags),
            **wire.present(Description=request.description),
        )
        return ImageId(answer["ImageId"])

    def deregister(self, id: str, *, snapshots: bool = False) -> None:
        """DeregisterImage; its snapshots stay, or with `snapshots` go too unless another image uses them."""
        self.door.change(
            self.door.clients.ec2_acting.deregister_image,
            ImageId=id,
            **wire.present(DeleteAssociatedSnapshots=snapshots or None),
        )

    def deprecate(self, id: str, at: datetime | None) -> None:
        """EnableImageDeprecation from a minute in the future on, or DisableImageDeprecation for None."""
        clients = self.door.clients
        if at is None:
            self.door.change(clients.ec2_acting.disable_image_deprecation, ImageId=id)
        else:
            self.door.change(clients.ec2_acting.enable_image_deprecation, ImageId=id, DeprecateAt=at)


def image_in(item: Mapping[str, Any]) -> Image:
    """One image of DescribeImages."""
    return Image(
        id=ImageId(item["ImageId"]),
        name=item.get("Name", ""),
        state=item.get("State", ""),
        architecture=item.get("Architecture", ""),
        root_device=item.get("RootDeviceName", ""),
        mappings=tuple(map(wire.mapping_in, item.get("BlockDeviceMappings", ()))),
        boot_mode=item.get("BootMode", ""),
        ena=item.get("EnaSupport", False),
        sriov=item.get("SriovNetSupport", ""),
        imds=item.get("ImdsSupport", ""),
        tpm=item.get("TpmSupport", ""),
        virtualization=item.get("VirtualizationType", "hvm"),
        platform_details=item.get("PlatformDetails", "Linux/UNIX"),
        usage_operation=item.get("UsageOperation", "RunInstances"),
        product_codes=tuple(code["ProductCodeId"] for code in item.get("ProductCodes", ())),
        owner=item.get("OwnerId", ""),
        created=_time(item.get("CreationDate")),
        description=item.get("Description") or "",
        deprecates=_time(item.get("DeprecationTime")),
        public=bool(item.get("Public")),
        source_image=item.get("SourceImageId") or "",
        source_region=item.get("SourceImageRegion") or "",
        tags=wire.tags_in(item),
    )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
