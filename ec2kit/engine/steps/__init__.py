"""Every change that ec2kit can make to AWS, as one frozen class each; `STEPS` is the closed list of them."""

from __future__ import annotations

from ec2kit.engine.steps.address import (
    AllocateAddress,
    AssociateAddress,
    DisassociateAddress,
    ReleaseAddress,
)
from ec2kit.engine.steps.attribute import ModifyInstance
from ec2kit.engine.steps.base import Step
from ec2kit.engine.steps.blocks import UploadSnapshot, VerifySnapshot
from ec2kit.engine.steps.disk_tags import TagDisks
from ec2kit.engine.steps.image import CreateImage, DeregisterImage, RegisterImage
from ec2kit.engine.steps.image_copy import CopyImage, DeregisterCopy
from ec2kit.engine.steps.image_deprecation import DeprecateImage, UndeprecateImage
from ec2kit.engine.steps.image_sharing import ShareImage, ShareSnapshot, UnshareImage, UnshareSnapshot
from ec2kit.engine.steps.instance import RebootInstance, StartInstance, StopInstance, TerminateInstance
from ec2kit.engine.steps.keep import KeepVolume
from ec2kit.engine.steps.launch import RunInstance
from ec2kit.engine.steps.objects import (
    AbortUpload,
    DeleteObjects,
    StoreDirectories,
    StoreManifest,
    StoreSnapshot,
    StoreText,
)
from ec2kit.engine.steps.parameter import DeleteParameter, PutParameter
from ec2kit.engine.steps.snapshot import CreateSnapshotSet, DeleteSnapshot
from ec2kit.engine.steps.tag import DeleteTags, SetTags
from ec2kit.engine.steps.template import AddTemplateVersion, CreateTemplate
from ec2kit.engine.steps.volume import AttachVolume, CreateVolume, DeleteVolume, DetachVolume

__all__ = [
    "KINDS",
    "STEPS",
    "AbortUpload",
    "AddTemplateVersion",
    "AllocateAddress",
    "AssociateAddress",
    "AttachVolume",
    "CopyImage",
    "CreateImage",
    "CreateSnapshotSet",
    "CreateTemplate",
    "CreateVolume",
    "DeleteObjects",
    "DeleteParameter",
    "DeleteSnapshot",
    "DeleteTags",
    "DeleteVolume",
    "DeprecateImage",
    "DeregisterCopy",
    "DeregisterImage",
    "DetachVolume",
    "DisassociateAddress",
    "KeepVolume",
    "ModifyInstance",
    "PutParameter",
    "RebootInstance",
    "RegisterImage",
    "ReleaseAddress",
    "RunInstance",
    "SetTags",
    "ShareImage",
    "ShareSnapshot",
    "StartInstance",
    "Step",
    "StopInstance",
    "StoreDirectories",
    "StoreManifest",
    "StoreSnapshot",
    "StoreText",
    "TagDisks",
    "TerminateInstance",
    "UndeprecateImage",
    "UnshareImage",
    "UnshareSnapshot",
    "UploadSnapshot",
    "VerifySnapshot",
]

STEPS: tuple[type[Step], ...] = (
    RunInstance,
    StartInstance,
    StopInstance,
    RebootInstance,
    TerminateInstance,
    ModifyInstance,
    CreateSnapshotSet,
    DeleteSnapshot,
    CreateVolume,
    AttachVolume,
    DetachVolume,
    DeleteVolume,
    KeepVolume,
    UploadSnapshot,
    VerifySnapshot,
    RegisterImage,
    CreateImage,
    DeregisterImage,
    CopyImage,
    DeregisterCopy,
    ShareImage,
    UnshareImage,
    ShareSnapshot,
    UnshareSnapshot,
    DeprecateImage,
    UndeprecateImage,
    AllocateAddress,
    AssociateAddress,
    DisassociateAddress,
    ReleaseAddress,
    SetTags,
    DeleteTags,
    TagDisks,
    CreateTemplate,
    AddTemplateVersion,
    PutParameter,
    DeleteParameter,
    StoreSnapshot,
    StoreDirectories,
    StoreManifest,
    StoreText,
    DeleteObjects,
    AbortUpload,
)
"""From which the journal decodes; a class that is not here cannot be resumed."""

KINDS: dict[str, type[Step]] = {step.kind: step for step in STEPS}
"""The steps by the name that the journal and plans give them."""
