"""The sandbox's door `/_ec2kit/disk/ID`: what is on a volume or a snapshot, for another process.

`GET` tells the size and the blocks that are there, as JSON; `GET ?index=N` is one block; `PUT ?index=N` writes the
whole blocks of its body from there on. It wants the token of the address file, like every other door.
"""

import hmac
import json
from typing import Any
from urllib.parse import parse_qs

from ec2kit.errors import Ec2kitError, NotFound, UsageError
from ec2kit.sandbox import disks
from ec2kit.sandbox.app import OWN_PATHS, SandboxApp
from ec2kit.sandbox.block_files import BLOCK_BYTES
from ec2kit.sandbox.control_api import TOKEN_HEADER
from ec2kit.sandbox.wire import Answer, Request

DOOR = "disk"


class DiskDoor:
    """A door of the application (`app.doors["disk"]`)."""

    def __init__(self, app: SandboxApp, token: str) -> None:
        self._app = app
        self._token = token

    def __call__(self, request: Request) -> Answer:
        """Answer one request; never raises for what the caller did wrong or the disk lost."""
        if not hmac.compare_digest(request.header(TOKEN_HEADER).encode(), self._token.encode()):
            return _json(403, {"error": "the token is missing or wrong", "hint": "it is in the address file"})
        resource_id = request.path.removeprefix(f"{OWN_PATHS}{DOOR}").strip("/")
        try:
            index = _index(request)
            if request.method == "PUT" and index is not None:
                return _json(200, {"written": self._write(resource_id, index, request.body)})
            if request.method == "GET" and index is not None:
                ((_, data),) = disks.read(self._app, resource_id, [index])
                return Answer(200, (("Content-Type", "application/octet-stream"),), data)
            if request.method == "GET":
                return _json(200, self._shown(resource_id))
            raise UsageError(f"there is no {request.method} {request.target}")
        except Ec2kitError as wrong:
            status = 404 if isinstance(wrong, NotFound) else 400
            return _json(status, {"error": wrong.message, "hint": wrong.hint, "exit": int(wrong.exit_code)})
        except (LookupError, OSError) as lost:
            return _json(500, {"error": str(lost), "hint": ""})

    def _shown(self, resource_id: str) -> dict[str, Any]:
        return {
            "id": resource_id,
            "size_gib": disks.size_gib(self._app, resource_id),
            "block_bytes": BLOCK_BYTES,
            "blocks": disks.indexes(self._app, resource_id),
        }

    def _write(self, resource_id: str, index: int, body: bytes) -> int:
        if not body or len(body) % BLOCK_BYTES:
            raise UsageError(f"the body is whole blocks of {BLOCK_BYTES} bytes, not {len(body)} bytes")
        parts = range(len(body) // BLOCK_BYTES)
        blocks = [(index + part, body[part * BLOCK_BYTES : (part + 1) * BLOCK_BYTES]) for part in parts]
        return disks.write(self._app, resource_id, blocks)


def _index(request: Request) -> int | None:
    value = parse_qs(request.query).get("index", [None])[-1]
    if value is None:
        return None
    if not value.isdigit():
        raise UsageError(f"'index' is a whole number, not '{value}'")
    return int(value)


def _json(status: int, value: Any) -> Answer:
    return Answer(status, (("Content-Type", "application/json"),), json.dumps(value).encode() + b"\n")
