"""A client of the sandbox's own doors, for the command line: no moto and no boto3 behind it."""

import json
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from ec2kit.errors import Ec2kitError, NotFound, Unavailable, UsageError
from ec2kit.sandbox.faults import Spell

_ONCE = Spell()


class Control:
    """The doors of one sandbox. Every method raises Unavailable when it does not answer."""

    def __init__(self, endpoint: str, token: str, *, timeout: float = 30) -> None:
        self._endpoint = endpoint
        self._token = token
        self._timeout = timeout

    def status(self) -> dict[str, Any]:
        """Its name, version, time and speed, what is broken and what fired: see `report`."""
        return self._ask("GET", "status")

    def calls(self, since: int = 0) -> list[dict[str, Any]]:
        """The calls after the one of number `since`, oldest first: see `report.call_row`."""
        found: list[dict[str, Any]] = self._ask("GET", f"calls?since={since}")["calls"]
        return found

    def break_(self, what: str, where: str = "", spell: Spell = _ONCE) -> str:
        """Break something in the words of `fault_words` and return the id by which it is mended.

        Raises UsageError for words that mean nothing, NotFound for a resource that is not there.
        """
        told: dict[str, Any] = {
            "what": what,
            "where": where,
            "after": spell.after,
            "probability": spell.probability,
        }
        if spell.times is not None:
            told["times"] = spell.times
        if spell.lasts is not None:
            told["seconds"] = spell.lasts.total_seconds()
        return str(self._ask("POST", "break", told)["id"])

    def load_faults(self, text: str, file: str = "faults") -> list[str]:
        """Break what the text of a fault file says and return the ids. Raises UsageError with the line."""
        return [str(each) for each in self._ask("POST", "faults", {"text": text, "file": file})["ids"]]

    def mend(self, what: str = "all") -> list[str]:
        """Mend by id, by resource, or all; return the ids of what was mended. Raises NotFound."""
        return [str(each) for each in self._ask("POST", "mend", {"what": what})["mended"]]

    def tick(self, step: timedelta) -> datetime:
        """Let time pass at once and return the sandbox's new time."""
        return datetime.fromisoformat(self._ask("POST", "tick", {"seconds": step.total_seconds()})["time"])

    def set_speed(self, speed: float) -> None:
        """Let the sandbox's clock run at `speed` times the real one."""
        self._ask("POST", "speed", {"speed": speed})

    def certificate(self) -> str:
        """The certificate, as PEM, whose key signs the identity documents of its machines."""
        status, body = self._exchange("GET", "certificate")
        if status != 200:
            raise self._silent(f"status {status}")
        return body.decode()

    def save(self) -> None:
        """Have the state written to disk before this returns."""
        self._ask("POST", "save", {})

    def stop(self) -> None:
        """Ask it to save and to end; it is still there for a moment after."""
        self._ask("POST", "stop", {})

    def _ask(self, method: str, path: str, told: dict[str, Any] | None = None) -> dict[str, Any]:
        status, body = self._exchange(method, path, told)
        try:
            answer: dict[str, Any] = json.loads(body)
        except ValueError as wrong:
            raise self._silent(wrong) from wrong
        if status >= 400:
            raise _error(status, answer)
        return answer

    def _exchange(self, method: str, path: str, told: dict[str, Any] | None = None) -> tuple[int, bytes]:
        url = urlsplit(self._endpoint)
        connection = HTTPConnection(url.hostname or "127.0.0.1", url.port, timeout=self._timeout)
        try:
            headers = {"X-Ec2kit-Token": self._token, "Content-Type": "application/json"}
            body = None if told is None else json.dumps(told).encode()
            connection.request(method, f"/_ec2kit/{path}", body=body, headers=headers)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, HTTPException) as wrong:
            raise self._silent(wrong) from wrong
        finally:
            connection.close()

    def _silent(self, wrong: object) -> Unavailable:
        return Unavailable(
            f"the sandbox at {self._endpoint} does not answer: {wrong}",
            hint="`ec2kit sandbox start` starts one",
        )


def _error(status: int, answer: dict[str, Any]) -> Ec2kitError:
    kind = {400: UsageError, 404: NotFound}.get(status, Ec2kitError)
    return kind(str(answer.get("error", status)), hint=str(answer.get("hint", "")))
