"""One example or more of every step, for tests that hold for all of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ec2kit.aws.requests import ImageRequest, LaunchRequest, Place, TemplateRef, VolumeRequest
from ec2kit.engine.steps import (
    AbortUpload,
    AddTemplateVersion,
    AllocateAddress,
    AssociateAddress,
    AttachVolume,
    CopyImage,
    CreateImage,
    CreateSnapshotSet,
    CreateTemplate,
    CreateVolume,
    DeleteObjects,
    DeleteParameter,
    DeleteSnapshot,
    DeleteTags,
    DeleteVolume,
    DeprecateImage,
    DeregisterCopy,
    DeregisterImage,
    DetachVolume,
    DisassociateAddress,
    KeepVolume,
    ModifyInstance,
    PutParameter,
    RebootInstance,
    RegisterImage,
    ReleaseAddress,
    RunInstance,
    SetTags,
    ShareImage,
    ShareSnapshot,
    StartInstance,
    Step,
    StopInstance,
    StoreDirectories,
    StoreManifest,
    StoreSnapshot,
    StoreText,
    TagDisks,
    TerminateInstance,
    UndeprecateImage,
    UnshareImage,
    UnshareSnapshot,
    UploadSnapshot,
    VerifySnapshot,
)
from ec2kit.engine.steps.base import later
from ec2kit.engine.steps.objects import DiskOf
from ec2kit.engine.steps.secret import Secret
from ec2kit.model.disks import Mapping
from ec2kit.model.ids import (
    AllocationId,
    GroupId,
    ImageId,
    InstanceId,
    InstanceType,
    InterfaceId,
    Region,
    SnapshotId,
    SubnetId,
    TemplateId,
    VolumeId,
    Zone,
)
from ec2kit.model.instances import MetadataOptions

INSTANCE = InstanceId("i-0123456789abcdef0")
OTHER = InstanceId("i-0123456789abcdef1")
VOLUME = VolumeId("vol-0123456789abcdef0")
SNAPSHOT = SnapshotId("snap-0123456789abcdef0")
IMAGE = ImageId("ami-0123456789abcdef0")
FROM, TO = Region("eu-west-1"), Region("eu-west-2")
ALLOCATION = AllocationId("eipalloc-0123456789abcdef0")
SECRET = Secret.of("#!/bin/sh\npassword=hunter2\n")

REQUEST = LaunchRequest(
    image=IMAGE,
    template=TemplateRef(TemplateId("lt-0123456789abcdef0"), 7),
    key="ops",
    groups=(GroupId("sg-1"), GroupId("sg-2")),
    mappings=(Mapping("/dev/sdf", SNAPSHOT, 20, "gp3", 3000, 125, encrypted=True, kms_key="alias/disks"),),
    tags={"Name": "web-1", "ref": "step", "field": "a tag may be called so"},
    volume_tags={"ref": "x", "field": "y"},
    metadata=MetadataOptions(http_tokens="required", hop_limit=2),
    monitoring=True,
    ebs_optimized=False,
)
PLACES = (
    Place(InstanceType("t3.micro"), SubnetId("subnet-1"), Zone("eu-west-1a")),
    Place(InstanceType("t3a.micro"), zone=Zone("eu-west-1b")),
)

EXAMPLES: tuple[Step, ...] = (
    RunInstance(REQUEST, PLACES),
    RunInstance(
        LaunchRequest(
            image=later("image", "image_id"),
            template=TemplateRef(later("description", "template_id"), later("description", "version")),
            tags={"ec2kit:launch": later("description", "reference")},
        )
    ),
    StartInstance(INSTANCE),
    StartInstance(later("launch/web-1", "instance_id")),
    StopInstance(INSTANCE, force=True, within=timedelta(minutes=3)),
    RebootInstance(INSTANCE),
    TerminateInstance(INSTANCE),
    ModifyInstance(INSTANCE, "source_dest_check", False, before=True),
    ModifyInstance(INSTANCE, "instance_type", "t3.small"),
    ModifyInstance(INSTANCE, "groups", ("sg-2", "sg-1"), before=("sg-3",)),
    CreateSnapshotSet(INSTANCE, "web-1@20260102T030405Z", 2, tags={"ec2kit:of": INSTANCE}, exclude=(VOLUME,)),
    DeleteSnapshot(SNAPSHOT),
    CreateVolume(VolumeRequest(Zone("eu-west-1a"), 8, SNAPSHOT, tags={"Name": "web-1"})),
    AttachVolume(VOLUME, INSTANCE, "/dev/sdf"),
    DetachVolume(VOLUME, INSTANCE, "/dev/sdf"),
    DeleteVolume(VOLUME),
    KeepVolume(INSTANCE, "/dev/xvda"),
    UploadSnapshot("/srv/debian.raw", 2, "debian", {"Name": "debian"}, SNAPSHOT),
    VerifySnapshot(SNAPSHOT, "/srv/debian.raw", "sample"),
    VerifySnapshot(later("upload", "snapshot_id"), "/srv/debian.raw"),
    RegisterImage(
        ImageRequest("web-1", "x86_64", "/dev/xvda", (Mapping("/dev/xvda", later("set", "by_volume.vol-1")),))
    ),
    CreateImage(INSTANCE, "web-1", {"Name": "web-1"}),
    DeregisterImage(IMAGE),
    CopyImage(IMAGE, FROM, TO, "debian", tags={"ref": "x", "field": "y"}, facts={"ENA": "yes"}, size_gib=8),
    CopyImage(later("image", "image_id"), FROM, TO, "debian"),
    DeregisterCopy(IMAGE, TO),
    ShareImage(IMAGE, ("123456789012", "all")),
    UnshareImage(IMAGE, ("123456789012",)),
    ShareSnapshot(SNAPSHOT, ("123456789012",)),
    UnshareSnapshot(SNAPSHOT, ("123456789012",)),
    DeprecateImage(IMAGE, datetime(2027, 1, 2, 3, 4, tzinfo=UTC)),
    DeprecateImage(IMAGE, datetime(2027, 1, 2, 3, 4, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)),
    UndeprecateImage(IMAGE, datetime(2027, 1, 2, 3, 4, tzinfo=UTC)),
    AllocateAddress({"Name": "web-1"}),
    AssociateAddress(ALLOCATION, INSTANCE, OTHER, InterfaceId("eni-1"), public_ip="203.0.113.9"),
    AssociateAddress(later("address", "allocation_id"), INSTANCE),
    DisassociateAddress(ALLOCATION, INSTANCE, public_ip="203.0.113.9"),
    ReleaseAddress(ALLOCATION),
    TagDisks(later("launch/web-2", "instance_id"), {"/dev/sdf": {"Name": "data"}}),
    SetTags((INSTANCE, later("launch/web-2", "instance_id")), {"role": "web"}, {INSTANCE: {"role": "db"}}),
    DeleteTags((INSTANCE,), ("role", "team")),
    CreateTemplate(
        {"InstanceType": "t3.micro", "Monitoring": {"Enabled": True}}, "sha", "ec2kit-web-1", user_data=SECRET
    ),
    AddTemplateVersion(
        {"InstanceType": "t3.micro"},
        "sha",
        TemplateId("lt-0123456789abcdef0"),
        user_data=SECRET,
        user_data_from=INSTANCE,
    ),
    PutParameter("/ec2kit/pause", "until later", before="until now"),
    DeleteParameter("/ec2kit/pause"),
    StoreSnapshot("backups", "m/web-1.bundle/xvda.raw.zst", SNAPSHOT, 0, 8),
    StoreSnapshot("backups", "m/web-1.bundle/xvda.raw.zst.0001", later("set", "by_volume.vol-1"), 64, 36),
    StoreDirectories(
        "backups", "m/web-1.bundle/paths.tar.zst", (DiskOf("xvda", SNAPSHOT),), ("/etc", "/srv"), 8
    ),
    StoreManifest(
        "backups",
        "m/web-1.bundle",
        {"set": later("set", "set"), "objects": [{"name": "x", "stored": later("x", "object")}]},
    ),
    StoreText("backups", "m/web-1.bundle/verified.json", "{}"),
    DeleteObjects("backups", ("m/web-1.bundle/manifest.json", "m/web-1.bundle/xvda.raw.zst")),
    AbortUpload("backups", "m/web-1.bundle/xvda.raw.zst", "2~upload"),
)
