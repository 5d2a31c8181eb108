"""StartSnapshot, PutSnapshotBlock and CompleteSnapshot."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from moto.ec2.exceptions import EC2ClientError

from ec2kit.sandbox.block_files import BLOCK_BYTES
from ec2kit.sandbox.rules import client_tokens, lag
from ec2kit.sandbox.rules.blocks import BLOCKS_PER_GIB, disk_of
from ec2kit.sandbox.rules.blocks_refusals import BlocksRefused, invalid, no_snapshot, number
from ec2kit.sandbox.rules.blocks_uploads import (
    LEAST_TIMEOUT,
    MOST_TIMEOUT,
    TIMEOUT_MINUTES,
    DirectSnapshot,
    Upload,
    open_upload,
)
from ec2kit.sandbox.rules.present import now
from ec2kit.sandbox.rules.snapshots import COPY_VOLUME, VolumeThen

MOST_GIB = 65_536
"""API Reference, StartSnapshot, parameter VolumeSize: 64 TiB."""

MOST_TAGS = 50

Parameters = Mapping[str, Any]
"""A request's parameters by the names of the API, whether they came in the path, a header or the body."""


def start(backend: Any, parameters: Parameters) -> dict[str, Any]:
    """Begin a snapshot that blocks are put into; the same ClientToken is the same snapshot.

    Raises BlocksRefused: ConflictException for a token of another request, ValidationException for a size, a timeout,
    tags or a parent that cannot be (API Reference, StartSnapshot).
    """
    scope = ("StartSnapshot", backend.account_id, backend.region_name)
    try:
        known = client_tokens.recall(scope, parameters)
    except EC2ClientError:
        raise _other_request(parameters) from None
    if known is not None:
        snapshot = backend.snapshots.get(known[0])
        if snapshot is None:
            raise _other_request(parameters)
        return _shown(snapshot)
    minutes = number(parameters.get("Timeout", TIMEOUT_MINUTES), "Timeout", LEAST_TIMEOUT, MOST_TIMEOUT)
    upload = Upload(timedelta(minutes=minutes), now(), parameters.get("ParentSnapshotId"))
    tags = _tags(parameters)
    snapshot = open_upload(backend, _contents(backend, parameters), parameters.get("Description"), upload)
    snapshot.add_tags(tags)
    client_tokens.remember(scope, parameters, (snapshot.id,))
    return _shown(snapshot)


def place(backend: Any, parameters: Parameters) -> tuple[Upload, int]:
    """Given a PutSnapshotBlock, return the upload and the index that it writes.

    Raises BlocksRefused: ResourceNotFoundException (also for some seconds after StartSnapshot, like every listing),
    ValidationException for a snapshot that takes no blocks, an index outside it, or another length of data.
    """
    snapshot, upload = _open(backend, parameters)
    last = int(snapshot.volume_size) * BLOCKS_PER_GIB - 1
    index = number(parameters.get("BlockIndex"), "BlockIndex")
    if index > last:
        raise invalid(f"The block index {index} is beyond the end of the snapshot, {last}", "INVALID_BLOCK")
    if number(parameters.get("DataLength"), "DataLength") != BLOCK_BYTES:
        raise invalid(f"The data length must be {BLOCK_BYTES}", "INVALID_BLOCK")
    _algorithm(parameters)
    return upload, index


def checked(parameters: Parameters, data: bytes) -> bytes:
    """Given a block as it arrived, return its digest. Raises ValidationException for another length or checksum.

    It is slow beside the rest, and wants no lock.
    """
    if len(data) != BLOCK_BYTES:
        raise invalid("Failed to read block data")
    digest = hashlib.sha256(data).digest()
    if base64.b64encode(digest).decode() != parameters.get("Checksum"):
        raise invalid("The checksum of the block data does not match the checksum in the request")
    return digest


def write(backend: Any, parameters: Parameters, digest: bytes) -> dict[str, str]:
    """Put a block that is kept already into its snapshot, in the place of what was there; raises as `place`."""
    upload, index = place(backend, parameters)
    upload.written[index] = digest
    upload.touched = now()
    if parameters.get("Progress") is not None:
        upload.progress = number(parameters["Progress"], "Progress", 0, 100)
    return {"Checksum": base64.b64encode(digest).decode(), "ChecksumAlgorithm": "SHA256"}


def complete(backend: Any, parameters: Parameters) -> dict[str, Any]:
    """Seal a snapshot: EBS stores it, which takes a while, and then it is completed.

    Raises BlocksRefused: ValidationException when the number of blocks written, or the checksum over their checksums
    in the order of their indexes, is another than the request says (API Reference, CompleteSnapshot).
    """
    snapshot, upload = _open(backend, parameters)
    written = upload.written
    count = number(parameters.get("ChangedBlocksCount"), "ChangedBlocksCount")
    if count != len(written):
        raise invalid(f"The snapshot has {len(written)} changed blocks, and the request says {count}")
    if parameters.get("Checksum") is not None:
        _algorithm(parameters)
        if parameters.get("ChecksumAggregationMethod") != "LINEAR":
            raise invalid("The checksum aggregation method must be LINEAR")
        whole = hashlib.sha256(b"".join(written[index] for index in sorted(written))).digest()
        if base64.b64encode(whole).decode() != parameters["Checksum"]:
            raise invalid("The checksum of the snapshot does not match the checksum in the request")
    snapshot.seal()
    return {"Status": snapshot.status}


def _open(backend: Any, parameters: Parameters) -> tuple[DirectSnapshot, Upload]:
    snapshot_id = str(parameters.get("SnapshotId"))
    snapshot = backend.snapshots.get(snapshot_id)
    if snapshot is None or lag.hidden(snapshot_id):
        raise no_snapshot(snapshot_id)
    if not isinstance(snapshot, DirectSnapshot) or snapshot.upload is None or snapshot.status != "pending":
        raise invalid(f"The snapshot '{snapshot_id}' is not in a writable state", "INVALID_SNAPSHOT_ID")
    return snapshot, snapshot.upload


def _algorithm(parameters: Parameters) -> None:
    if parameters.get("ChecksumAlgorithm") != "SHA256":
        raise invalid("The checksum algorithm must be SHA256")


def _contents(backend: Any, parameters: Parameters) -> VolumeThen:
    size = number(parameters.get("VolumeSize"), "VolumeSize", 1, MOST_GIB)
    key, parent_id = parameters.get("KmsKeyArn"), parameters.get("ParentSnapshotId")
    if key and not parameters.get("Encrypted") and not parent_id:
        raise invalid("A KMS key needs the parameter Encrypted")
    if parent_id is None:
        encrypted = bool(parameters.get("Encrypted")) or bool(backend.ebs_encryption_by_default)
        return VolumeThen(COPY_VOLUME, size, encrypted, key)
    if "Encrypted" in parameters:
        raise invalid("Encrypted and ParentSnapshotId cannot be specified together")
    parent = backend.snapshots.get(parent_id)
    if parent is None:
        raise no_snapshot(parent_id)
    if parent.status != "completed":
        raise invalid(f"The parent snapshot '{parent_id}' is not completed", "INVALID_SNAPSHOT_ID")
    if size < int(parent.volume_size):
        raise invalid(
            f"The volume size {size} is less than the parent snapshot's, {parent.volume_size}",
            "INVALID_VOLUME_SIZE",
        )
    return VolumeThen(
        COPY_VOLUME, size, bool(parent.encrypted or key), key or parent.kms_key_id, disk_of(parent)
    )


def _tags(parameters: Parameters) -> dict[str, str]:
    tags = {str(one.get("Key", "")): str(one.get("Value", "")) for one in parameters.get("Tags") or ()}
    if len(tags) > MOST_TAGS or any(not key or key.startswith("aws:") for key in tags):
        raise invalid(
            f"There may be {MOST_TAGS} tags, whose keys do not begin with 'aws:'", reason="INVALID_TAG"
        )
    return tags


def _other_request(parameters: Parameters) -> BlocksRefused:
    token = parameters.get("ClientToken")
    return BlocksRefused("ConflictException", f"The client token '{token}' was used for another request")


def _shown(snapshot: Any) -> dict[str, Any]:
    shown = {
        "SnapshotId": snapshot.id,
        "OwnerId": snapshot.owner_id,
        "Status": snapshot.status,
        "StartTime": snapshot.start_time.timestamp(),
        "VolumeSize": int(snapshot.volume_size),
        "BlockSize": BLOCK_BYTES,
        "Description": snapshot.description or None,
        "Tags": [{"Key": one["key"], "Value": one["value"]} for one in snapshot.get_tags()] or None,
        "ParentSnapshotId": snapshot.parent_snapshot_id,
        "KmsKeyArn": snapshot.kms_key_id,
    }
    return {name: value for name, value in shown.items() if value is not None}
