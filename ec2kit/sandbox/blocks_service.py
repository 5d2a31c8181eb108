"""The EBS direct APIs, served beside moto: half a mebibyte a request goes past moto's parsers and past the one lock.

Blocks are hashed, written and read outside the lock; what a snapshot holds changes under it.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from ec2kit.sandbox.block_files import BlockFiles, BlockLost
from ec2kit.sandbox.calls import Call
from ec2kit.sandbox.rules import blocks_reading, blocks_writing
from ec2kit.sandbox.rules.blocks_refusals import BlocksRefused, invalid
from ec2kit.sandbox.rules.lookup import backend_of
from ec2kit.sandbox.wire import Answer, Request
from ec2kit.sandbox.world import World

Settled = Callable[[], AbstractContextManager[World]]
"""The world under the lock, with what is due done."""

_QUERY = {
    "blockToken": "BlockToken",
    "firstSnapshotId": "FirstSnapshotId",
    "maxResults": "MaxResults",
    "pageToken": "NextToken",
    "startingBlockIndex": "StartingBlockIndex",
}

_HEADERS = {
    "x-amz-changedblockscount": "ChangedBlocksCount",
    "x-amz-checksum": "Checksum",
    "x-amz-checksum-aggregation-method": "ChecksumAggregationMethod",
    "x-amz-checksum-algorithm": "ChecksumAlgorithm",
    "x-amz-data-length": "DataLength",
    "x-amz-progress": "Progress",
}


@dataclass(frozen=True)
class _Asked:
    backend: Any
    parameters: Mapping[str, Any]
    data: bytes


class BlocksService:
    """Answers the calls of the service `ebs`."""

    def __init__(self, settled: Settled) -> None:
        self._settled = settled
        self._actions: dict[str, Callable[[_Asked], Answer]] = {
            "StartSnapshot": self._start,
            "PutSnapshotBlock": self._put,
            "CompleteSnapshot": self._complete,
            "ListSnapshotBlocks": self._list,
            "ListChangedBlocks": self._list_changed,
            "GetSnapshotBlock": self._get,
        }

    def answer(self, call: Call, request: Request, request_id: str) -> Answer:
        """Answer one call; never raises for what the caller did wrong or the disk lost."""
        try:
            action = self._actions.get(call.action)
            if action is None:
                raise invalid(f"There is no {request.method} {request.path}")
            asked = _Asked(_backend(call, request), _parameters(call.action, request), request.body)
            answer = action(asked)
        except BlocksRefused as refused:
            answer = _refusal(refused)
        except (BlockLost, OSError) as failed:
            answer = _refusal(BlocksRefused("InternalServerException", str(failed)))
        return answer.with_headers({"x-amzn-RequestId": request_id})

    def _start(self, asked: _Asked) -> Answer:
        with self._settled():
            return _json(201, blocks_writing.start(asked.backend, asked.parameters))

    def _put(self, asked: _Asked) -> Answer:
        with self._settled() as world:
            blocks_writing.place(asked.backend, asked.parameters)
            files = world.disks
        digest = blocks_writing.checked(asked.parameters, asked.data)
        files.keep(digest, asked.data)
        with self._settled():
            said = blocks_writing.write(asked.backend, asked.parameters, digest)
        headers = {
            "x-amz-Checksum": said["Checksum"],
            "x-amz-Checksum-Algorithm": said["ChecksumAlgorithm"],
        }
        return _json(201, {}).with_headers(headers)

    def _complete(self, asked: _Asked) -> Answer:
        with self._settled():
            return _json(202, blocks_writing.complete(asked.backend, asked.parameters))

    def _list(self, asked: _Asked) -> Answer:
        with self._settled():
            return _json(200, blocks_reading.list_blocks(asked.backend, asked.parameters))

    def _list_changed(self, asked: _Asked) -> Answer:
        with self._settled():
            return _json(200, blocks_reading.list_changed(asked.backend, asked.parameters))

    def _get(self, asked: _Asked) -> Answer:
        with self._settled() as world:
            digest = blocks_reading.digest_of(asked.backend, asked.parameters)
            files: BlockFiles = world.disks
        headers = {"Content-Type": "application/octet-stream", **blocks_reading.block_headers(digest)}
        return Answer(200, tuple(headers.items()), files.get(digest))


def _backend(call: Call, request: Request) -> Any:
    from moto.iam.models import get_account_id_from

    key = request.header("authorization").partition("Credential=")[2].partition("/")[0]
    try:
        return backend_of(get_account_id_from(key), call.region or "us-east-1")
    except KeyError:
        raise invalid(f"There is no region '{call.region}'") from None


def _parameters(action: str, request: Request) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if action == "StartSnapshot":
        try:
            found = json.loads(request.body or b"{}")
        except ValueError:
            raise invalid("The body is not JSON") from None
    parts = request.path.strip("/").split("/")
    if action == "CompleteSnapshot":
        found["SnapshotId"] = parts[2]
    elif action != "StartSnapshot":
        found["SecondSnapshotId" if action == "ListChangedBlocks" else "SnapshotId"] = parts[1]
    if action in ("PutSnapshotBlock", "GetSnapshotBlock"):
        found["BlockIndex"] = parts[3]
    for name, value in parse_qsl(request.query):
        if name in _QUERY:
            found[_QUERY[name]] = value
    for name, value in request.headers.items():
        if name.lower() in _HEADERS:
            found[_HEADERS[name.lower()]] = value
    return found


def _json(status: int, told: Mapping[str, Any]) -> Answer:
    return Answer(status, (("Content-Type", "application/json"),), json.dumps(told).encode())


def _refusal(refused: BlocksRefused) -> Answer:
    told = {"Message": refused.message, **({"Reason": refused.reason} if refused.reason else {})}
    return _json(refused.status, told).with_headers({"x-amzn-ErrorType": refused.code})
