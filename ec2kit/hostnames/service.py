"""What operators ask of the hostname service: who has which name, and changes to it. The service audits who asked.

The protocol is JSON on its second listener; a name's owner is the service's to know, so nothing is kept here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from ec2kit.errors import AccessDenied, Busy, Ec2kitError, NotFound, Refused, Unavailable, UsageError

PAGE = 500
"""Names for each request; the service gives 1,000 at most."""
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


class Door(Protocol):
    """How the service is reached; `ec2kit.host.services.ServiceDoor` is one."""

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """The status and the body of an answer; raises `Ec2kitError` when there is none."""


@dataclass(frozen=True)
class NameRow:
    """A name and its machine, as the service has them."""

    fqdn: str
    account: str
    instance_id: str
    region: str
    addresses: tuple[str, ...]
    state: str
    """reserved, bound or releasing."""
    since: str
    """When the state began, RFC 3339."""
    dns_done: bool
    token_used: bool
    """Whether Puppet has signed a certificate for it."""


@dataclass(frozen=True)
class GoneRow:
    """A name whose machine is gone: `reason` says why, or why it could not be let go."""

    row: NameRow
    reason: str
    released: bool
    judged: bool = True
    """False: whether its machine is gone is not known, or not believed; nothing was done."""


@dataclass(frozen=True)
class Operator:
    """An operator's words to the service. Every method raises `Ec2kitError`s with the service's own reasons."""

    door: Door
    page: int = PAGE

    def names(self) -> Iterator[NameRow]:
        """All names, in order, a page at a time."""
        after = ""
        while True:
            query = urlencode({"limit": self.page} | ({"after": after} if after else {}))
            page = self._ask("GET", f"/v1/names?{query}")
            yield from (_row(each) for each in _list(page, "names"))
            last, after = after, str(page.get("next") or "")
            if not after:
                return
            if after <= last:
                raise _odd("its pages of names do not end")

    def name(self, fqdn: str) -> NameRow:
        """Who has a name; raises `NotFound`."""
        return _row(self._ask("GET", _path(fqdn)))

    def assign(self, fqdn: str, instance_id: str) -> str:
        """Say that this machine shall have the name, at its next claim; returns the name as the service has it."""
        return str(self._ask("PUT", _path(fqdn), {"instance_id": instance_id}).get("fqdn", fqdn))

    def release(self, fqdn: str) -> NameRow:
        """Let a name go, with what DNS and Puppet's CA have of it; returns the row as it was. Raises `NotFound`."""
        return _row(self._ask("DELETE", _path(fqdn)))

    def reset(self, instance_id: str) -> bool:
        """Let a machine be attested as if for the first time; False: nothing was known of it."""
        return bool(self._ask("POST", f"/v1/machines/{quote(instance_id, safe='')}/reset", {}).get("reset"))

    def collect(self, *, dry_run: bool, force: bool = False) -> tuple[GoneRow, ...]:
        """The names whose machines are gone, and those of which that is not known. The former are let go unless it is a
        dry run; `force`: even if EC2 shows nothing of most machines."""
        found = self._ask("POST", "/v1/gc", {"dry_run": dry_run} | ({"force": True} if force else {}))
        return tuple(
            GoneRow(
                row=_row(each),
                reason=str(each.get("reason", "")),
                released=bool(each.get("released")),
                judged=bool(each.get("judged", True)),
            )
            for each in _list(found, "names")
        )

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        status, answer = self.door.ask(method, path, data)
        try:
            found = json.loads(answer)
        except ValueError:
            found = {}
        if status == 200 and isinstance(found, dict):
            return found
        told = found if isinstance(found, dict) else {}
        raise refusal(status, str(told.get("error", "")), str(told.get("message", "")))


def checked_name(word: str) -> str:
    """Given a name as typed, return it in lower case without the last dot; raises `UsageError`."""
    name = word.lower().removesuffix(".")
    if len(name) > 253 or not _NAME.fullmatch(name):
        raise UsageError(
            f"'{word}' is not a host name", hint="letters, digits and hyphens, with dots between the labels"
        )
    return name


def refusal(status: int, reason: str, message: str) -> Ec2kitError:
    """Given how the service refused, return the error that a person is shown."""
    said = f"the hostname service says: {message or reason or f'status {status}'}"
    match status:
        case 404:
            return NotFound(said, hint="`ec2kit hostname ls` lists the names")
        case 401 | 403:
            return AccessDenied(said, hint="its operator listener knows who may ask")
        case 409 if reason == "changed":
            return Busy(said, hint="run it again")
        case 409:
            return Refused(said, hint="`ec2kit hostname ls` shows who has which name")
        case 400 | 405 | 411 | 413 | 415:
            return UsageError(said)
        case 202 | 429:
            return Unavailable(said, hint="run it again in a moment")
    if status >= 500:
        return Unavailable(said, hint="what it had begun it goes on with by itself; run it again in a moment")
    return _odd(f"it ended with status {status}")


def _path(fqdn: str) -> str:
    return f"/v1/names/{quote(fqdn, safe='')}"


def _odd(why: str) -> Unavailable:
    return Unavailable(
        f"the answer of the hostname service is not understood: {why}",
        hint="are it and ec2kit of the same version?",
    )


def _list(page: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = page.get(key)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise _odd(f"it has no '{key}'")
    return found


def _row(told: Mapping[str, Any]) -> NameRow:
    try:
        return NameRow(
            fqdn=str(told["fqdn"]),
            account=str(told["account"]),
            instance_id=str(told["instance_id"]),
            region=str(told["region"]),
            addresses=tuple(map(str, told["addresses"])),
            state=str(told["state"]),
            since=str(told["since"]),
            dns_done=bool(told["dns_done"]),
            token_used=bool(told["token_used"]),
        )
    except (KeyError, TypeError) as error:
        raise _odd(f"a name has no {error}") from error
