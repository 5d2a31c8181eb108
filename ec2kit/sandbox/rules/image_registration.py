"""RegisterImage: an image of snapshots that exist, with exactly the attributes that were given."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.amis import AmisResponse

from ec2kit.sandbox.rules import image_names, patching
from ec2kit.sandbox.rules.image_record import Contents, Image, Mapping, Origin, Traits
from ec2kit.sandbox.rules.launch_parameters import tags_by_kind
from ec2kit.sandbox.rules.present import now
from ec2kit.sandbox.rules.refusals import invalid_value, missing, refusal
from ec2kit.sandbox.rules.resources import require

ARCHITECTURES = ("i386", "x86_64", "arm64", "x86_64_mac", "arm64_mac")
BOOT_MODES = ("legacy-bios", "uefi", "uefi-preferred")
SINGLE = {
    "ImdsSupport": "v2.0",
    "SriovNetSupport": "simple",
    "TpmSupport": "v2.0",
}
"""API Reference, RegisterImage: parameters of which there is only one value."""

UNBOOTABLE = {("i386", "uefi"), ("i386", "uefi-preferred"), ("arm64", "legacy-bios")}
"""EC2 User Guide, "Instance launch behavior with EC2 boot modes": there is no 32-bit UEFI and no ARM BIOS."""


def completed(backend: Any, mapping: Mapping) -> Mapping:
    """Given a mapping of a RegisterImage request, return it with the size and type that EC2 fills in.

    Raises InvalidSnapshot.NotFound, InvalidSnapshot.Pending or IncorrectState for a snapshot that cannot be used
    yet or ever, InvalidBlockDeviceMapping for a disk smaller than its snapshot, without any size, or with an
    encryption of its own.
    """
    if "Ebs" not in mapping:
        return dict(mapping)
    ebs = dict(mapping["Ebs"])
    if ebs.get("SnapshotId"):
        snapshot = require(backend, ebs["SnapshotId"])
        if "Encrypted" in ebs:
            raise refusal(
                "InvalidBlockDeviceMapping",
                "the encrypted flag cannot be specified if device mapping has a snapshot specified",
            )
        if snapshot.status == "pending":
            raise refusal("InvalidSnapshot.Pending", f"Snapshot {snapshot.id} is not completed")
        if snapshot.status != "completed":
            raise refusal("IncorrectState", f"Snapshot is in invalid state - {snapshot.status}")
        size = int(ebs.get("VolumeSize") or snapshot.volume_size)
        if size < snapshot.volume_size:
            raise refusal(
                "InvalidBlockDeviceMapping",
                f"Volume of size {size}GB is smaller than snapshot '{snapshot.id}',"
                f" expect size >= {snapshot.volume_size}GB",
            )
        ebs["VolumeSize"] = size
    elif not ebs.get("VolumeSize"):
        raise refusal("InvalidBlockDeviceMapping", "A block device needs a snapshot or a size")
    ebs.setdefault("VolumeType", "gp2")
    ebs.setdefault("DeleteOnTermination", True)
    return {"DeviceName": mapping.get("DeviceName"), "Ebs": ebs}


def _traits(parameters: dict[str, Any]) -> Traits:
    # The defaults are EC2's, however surprising: an image of nothing said is i386 and paravirtual.
    traits = Traits(
        architecture=parameters.get("Architecture") or "i386",
        root_device_name=parameters.get("RootDeviceName") or "/dev/sda1",
        virtualization_type=parameters.get("VirtualizationType") or "paravirtual",
        ena_support=bool(parameters.get("EnaSupport")),
        sriov_net_support=parameters.get("SriovNetSupport"),
        boot_mode=parameters.get("BootMode"),
        tpm_support=parameters.get("TpmSupport"),
        imds_support=parameters.get("ImdsSupport"),
        kernel_id=parameters.get("KernelId"),
        ramdisk_id=parameters.get("RamdiskId"),
    )
    if traits.architecture not in ARCHITECTURES:
        raise invalid_value(traits.architecture, "architecture")
    if traits.boot_mode not in (None, *BOOT_MODES):
        raise invalid_value(traits.boot_mode, "BootMode")
    if traits.virtualization_type not in ("hvm", "paravirtual"):
        raise invalid_value(traits.virtualization_type, "virtualizationType")
    for name, only in SINGLE.items():
        if parameters.get(name) not in (None, only):
            raise invalid_value(parameters[name], name)
    _check_boot(traits)
    return traits


def _check_boot(traits: Traits) -> None:
    if (traits.architecture, traits.boot_mode) in UNBOOTABLE:
        raise refusal(
            "InvalidParameterCombination",
            f"Boot mode {traits.boot_mode} is not supported for architecture {traits.architecture}",
        )
    # NitroTPM lives in the UEFI firmware.
    if traits.tpm_support and traits.boot_mode != "uefi":
        raise refusal("InvalidParameterCombination", "TPM support needs boot mode uefi")
    if traits.boot_mode == "uefi" and traits.virtualization_type == "paravirtual":
        raise refusal("InvalidParameterCombination", "Boot mode uefi is not supported for paravirtual images")


def _check_devices(disks: Sequence[Mapping], root: str) -> None:
    names = [disk["DeviceName"] for disk in disks]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise refusal(
            "InvalidBlockDeviceMapping", f"The device '{twice}' is used in more than one block-device mapping"
        )
    if not any(disk["DeviceName"] == root and disk.get("Ebs", {}).get("SnapshotId") for disk in disks):
        raise refusal("InvalidBlockDeviceMapping", f"No root snapshot specified in device mapping for {root}")


def _register_image(_original: Callable[..., Any]) -> Callable[..., Any]:
    def register_image(self: Any) -> Any:
        parameters, backend = self.params, self.ec2_backend
        name = image_names.check(backend, parameters.get("Name"))
        location, mappings = parameters.get("ImageLocation"), parameters.get("BlockDeviceMappings", [])
        if not location and not mappings:
            raise missing("imageLocation or blockDeviceMapping")
        traits = _traits(parameters)
        disks = [completed(backend, mapping) for mapping in mappings]
        if not location:
            _check_devices(disks, traits.root_device_name)
        self.error_on_dryrun()
        contents = Contents(traits, disks, now(), Origin(location=location), instance_store=bool(location))
        image = keep(backend, Image(backend, name, parameters.get("Description"), contents))
        tag(image, parameters.get("TagSpecifications", []))
        return ActionResult({"ImageId": image.id})

    return register_image


def keep(backend: Any, image: Image) -> Image:
    """Given a new image, put it among the others and return it."""
    backend.amis[image.id] = image
    return image


def tag(image: Image, specifications: Iterable[dict[str, Any]], new_snapshots: Iterable[Any] = ()) -> None:
    """Given TagSpecifications, tag a new image, and the snapshots that were made with it."""
    kinds = tags_by_kind(list(specifications))
    image.add_tags(kinds.get("image", {}))
    for snapshot in new_snapshots:
        snapshot.add_tags(kinds.get("snapshot", {}))


def install() -> None:
    """moto keeps only the name and the description of what is registered. EC2 keeps everything, inherits nothing,
    checks the snapshots, and defaults to i386 and paravirtual (API Reference, RegisterImage)."""
    patching.replace(AmisResponse, "register_image", _register_image)
