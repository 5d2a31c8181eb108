"""A client of the door `/_ec2kit/live/INSTANCE`, and of a machine's metadata, for the process that runs the machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote, urlsplit

from ec2kit.errors import Busy, Ec2kitError, NotFound, Unavailable, UsageError
from ec2kit.sandbox.process import Address

SECONDS = 10
"""A sandbox that is busy with a page of a thousand instances answers within one."""

_KINDS: dict[int, type[Ec2kitError]] = {400: UsageError, 404: NotFound, 409: Busy}


class LiveClient:
    """The machines of one sandbox. Every method raises Unavailable when it does not answer, NotFound for an unknown
    one."""

    def __init__(self, address: Address) -> None:
        self._address = address

    def shown(self, word: str) -> dict[str, Any]:
        """What a machine is made of and how it is: see `live_door.shown`. `word` is an id or a Name."""
        return self._ask("GET", word, {})

    def enter(self, instance_id: str, told: Mapping[str, Any]) -> None:
        """Take an instance: runner, pid, and the numbers from which wishes are counted. Raises Busy when another runner
        has it."""
        self._ask("POST", instance_id, told)

    def tell(self, instance_id: str, told: Mapping[str, Any]) -> dict[str, Any]:
        """Tell how a machine is, and return what is wanted: want, reboots, flushes, ports."""
        return self._ask("PUT", instance_id, told)

    def leave(self, instance_id: str, runner: str) -> None:
        """Say that the machine has no power any more, and nobody who would give it any."""
        self._ask("DELETE", instance_id, {"runner": runner})

    def metadata(
        self, instance_id: str, method: str, path: str, headers: Mapping[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        """What the machine's metadata service answers: status, headers and body."""
        own = {name: value for name, value in headers.items() if name.lower() not in ("host", "connection")}
        status, found, body = self._exchange(method, f"imds/{instance_id}{path}", own, None)
        return status, {name: value for name, value in found.items() if not name.startswith("X-Ec2kit")}, body

    def _ask(self, method: str, word: str, told: Mapping[str, Any]) -> dict[str, Any]:
        headers = {"X-Ec2kit-Token": self._address.token, "Content-Type": "application/json"}
        body = None if method == "GET" else json.dumps(told).encode()
        status, _, said = self._exchange(method, f"live/{quote(word, safe='')}", headers, body)
        answer: dict[str, Any] = json.loads(said)
        if status >= 400:
            kind = _KINDS.get(status, Ec2kitError)
            raise kind(str(answer["error"]), hint=str(answer["hint"]), resource=word)
        return answer

    def _exchange(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[int, dict[str, str], bytes]:
        url = urlsplit(self._address.endpoint)
        connection = HTTPConnection(url.hostname or "127.0.0.1", url.port, timeout=SECONDS)
        try:
            connection.request(method, f"/_ec2kit/{path}", body=body, headers=dict(headers))
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        except (OSError, HTTPException, ValueError) as wrong:
            text = f"the sandbox at {self._address.endpoint} does not answer: {wrong}"
            raise Unavailable(text, hint="`ec2kit sandbox start` starts one") from wrong
        finally:
            connection.close()
