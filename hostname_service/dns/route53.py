"""Amazon Route 53: change batches under conditions, with boto3.

Route 53's own conditions are weaker than prerequisites in one point: CREATE A + CREATE TXT says nothing of an AAAA that
is there. So a batch for a free name is made only after a look that found nothing; whoever of us was quicker meanwhile
has made the TXT, which every batch of ours creates or deletes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hostname_service.clock import Clock
from hostname_service.config import settings
from hostname_service.dns import batches
from hostname_service.dns.batches import Change, RecordSet
from hostname_service.dns.keeping import Conflict, Keeper
from hostname_service.dns.port import OWNER_LABEL, Records
from hostname_service.dns.zones import Place, Zones
from hostname_service.errors import Unavailable

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

DEADLINE = 20.0
"""Seconds for one operation. Route 53 takes one change of a zone at a time and five requests a second."""
_PAUSE, _LONGEST_PAUSE = 0.25, 4.0
_THROTTLED = frozenset(
    {
        "PriorRequestNotComplete",  # another change of the zone is being made
        "Throttling",
        "ThrottlingException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "InternalError",
    }
)
_CONFLICTS = ("already exists", "was not found", "do not match the current values")
"""In the messages of InvalidChangeBatch: the set, or a CNAME, is there; it is not there; it has other values."""
_NEXT = ("NextRecordName", "NextRecordType", "NextRecordIdentifier")
_HINTS = {
    "NoSuchHostedZone": "there is no such hosted zone: look at the ids in the configuration",
    "AccessDenied": "allow route53:ChangeResourceRecordSets and route53:ListResourceRecordSets on it",
    "AccessDeniedException": "allow route53:ChangeResourceRecordSets and route53:ListResourceRecordSets on it",
    "InvalidClientTokenId": "the credentials are not known to AWS",
    "ExpiredToken": "the credentials have expired",
    "SignatureDoesNotMatch": "the secret key is wrong",
}


def route53(told: settings.Route53, clock: Clock, endpoint: str = "") -> Keeper:
    """Given the configuration, return a `Dns` with the credentials that boto3 finds."""
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=5, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 1})
    client = boto3.client("route53", region_name="us-east-1", endpoint_url=endpoint or None, config=config)
    return Keeper(Batches(client, told.zones, told.ttl, clock))


@dataclass(frozen=True)
class Batches:
    """The back end: a client of Route 53, the hosted zones by name, and the TTL of what we write, in seconds.

    `wait`: a change is done only when all of Route 53's name servers have it (INSYNC, usually within a minute).
    """

    client: Any
    hosted: Any
    ttl: int
    clock: Clock
    wait: bool = False
    deadline: float = DEADLINE

    @contextmanager
    def begin(self) -> Iterator[BatchSession]:
        """Begin one operation."""
        yield BatchSession(self, _zones(self.hosted), self.clock.monotonic() + self.deadline)


@dataclass(frozen=True)
class BatchSession:
    """One operation; see `keeping.Session`."""

    batches: Batches
    zones: Zones
    until: float

    def look(self, fqdn: str) -> Records | None:
        """What the zone has at the name and at its owner label."""
        return batches.records_in(self._sets(fqdn), fqdn)

    def create(self, wanted: Records) -> None:
        """CREATE of all sets, if a look finds none."""
        if self.look(wanted.fqdn) is not None:
            raise Conflict
        self._change(wanted.fqdn, batches.created(batches.wanted_sets(wanted, self.batches.ttl)))

    def replace(self, existing: Records, wanted: Records) -> None:
        """DELETE of the sets as they are and CREATE of new ones, in one batch."""
        old = self._owned(existing)
        new = batches.wanted_sets(wanted, self.batches.ttl)
        self._change(wanted.fqdn, [*batches.deleted(old), *batches.created(new)])

    def delete(self, existing: Records) -> None:
        """DELETE of the sets as they are."""
        self._change(existing.fqdn, batches.deleted(self._owned(existing)))

    def pointer(self, address: str) -> str | None:
        """The first name of the PTR; None: its zone is not ours."""
        place = self.zones.of_address(address)
        if place is None:
            return None
        return next(iter(self._names(place)), "")

    def point(self, address: str, fqdn: str) -> None:
        """DELETE of what there is and CREATE, again while others change it too."""
        place = self.zones.of_address(address)
        if place is None:
            return
        while True:
            old = self._list(place, place.name, ("PTR",))
            new = [batches.record_set(place.name, "PTR", [f"{fqdn}."], self.batches.ttl)]
            try:
                self._send(place, [*batches.deleted(old), *batches.created(new)])
            except Conflict:
                self._pause(_PAUSE, f"the PTR of {address} changed each time it was looked at")
            else:
                return

    def unpoint(self, address: str, fqdn: str) -> None:
        """Exact DELETE."""
        place = self.zones.of_address(address)
        if place is None or self._names(place) != [fqdn]:
            return
        try:
            self._send(place, batches.deleted(self._list(place, place.name, ("PTR",))))
        except Conflict:
            return

    def _names(self, place: Place) -> list[str]:
        sets = self._list(place, place.name, ("PTR",))
        return [batches.plain(one) for one in batches.values_of(sets, place.name, "PTR")]

    def _owned(self, existing: Records) -> list[RecordSet]:
        sets = self._sets(existing.fqdn)
        now = batches.records_in(sets, existing.fqdn)
        if now is None or now.owner != existing.owner:
            raise Conflict
        return batches.sets_of(sets, existing.fqdn)

    def _sets(self, fqdn: str) -> list[RecordSet]:
        place = self.zones.of_name(fqdn)
        kinds = (*batches.OURS, "CNAME")
        return [
            *self._list(place, fqdn, kinds),
            *self._list(place, f"{OWNER_LABEL}.{fqdn}", ("TXT",)),
        ]

    def _list(self, place: Place, name: str, kinds: Sequence[str]) -> list[RecordSet]:
        """The sets at exactly this name: the list begins there and is cut at the next name."""
        found: list[RecordSet] = []
        start: dict[str, Any] = {"StartRecordName": name}
        while True:
            answer = self._call("list_resource_record_sets", place, **start)
            sets = answer["ResourceRecordSets"]
            found += [one for one in sets if batches.plain(one["Name"]) == name and one["Type"] in kinds]
            if not answer.get("IsTruncated") or batches.plain(answer["NextRecordName"]) != name:
                return found
            start = {key.replace("Next", "Start"): answer[key] for key in _NEXT if key in answer}

    def _change(self, fqdn: str, changes: list[Change]) -> None:
        self._send(self.zones.of_name(fqdn), changes)

    def _send(self, place: Place, changes: list[Change]) -> None:
        batch = {"Comment": "hostname-service", "Changes": changes}
        answer = self._call("change_resource_record_sets", place, ChangeBatch=batch)
        change, status = answer["ChangeInfo"]["Id"], answer["ChangeInfo"]["Status"]
        while self.batches.wait and status != "INSYNC":
            self._pause(_LONGEST_PAUSE, f"the change in '{place.zone}' is not everywhere yet")
            told = self._try(place, lambda: self.batches.client.get_change(Id=change))
            status = told["ChangeInfo"]["Status"]

    def _call(self, action: str, place: Place, **wanted: Any) -> Any:
        call = getattr(self.batches.client, action)
        zone = self.batches.hosted[place.zone]
        return self._try(place, lambda: call(HostedZoneId=zone, **wanted))

    def _try(self, place: Place, call: Callable[[], Any]) -> Any:
        """Call until it is not throttled, or the deadline is over."""
        from botocore.exceptions import BotoCoreError, ClientError

        pause = _PAUSE
        while True:
            try:
                return call()
            except ClientError as error:
                last = _judged(error, place)
            except BotoCoreError as error:
                last = Unavailable("dns-away", f"Route 53 does not answer for '{place.zone}': {error}")
            self._pause(pause, last.message, last.reason)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _pause(self, seconds: float, why: str, reason: str = "dns-busy") -> None:
        if self.batches.clock.monotonic() + seconds > self.until:
            raise Unavailable(reason, f"{why}: try again")
        self.batches.clock.sleep(seconds)


def _judged(error: ClientError, place: Place) -> Unavailable:
    """Given an error, return it when the call is worth trying again; else raise `Conflict` or `Unavailable`."""
    told = error.response.get("Error", {})
    code, message = told.get("Code", ""), told.get("Message", "")
    if code == "InvalidChangeBatch" and any(word in message for word in _CONFLICTS):
        raise Conflict from error
    if code in _THROTTLED:
        return Unavailable("dns-throttled", f"Route 53 is busy with '{place.zone}' ({code})")
    raise Unavailable(
        f"dns-{code.lower() or 'error'}",
        f"Route 53 does not change or show '{place.zone}': {code}: {_HINTS.get(code, message)}",
    ) from error


def _zones(hosted: Any) -> Zones:
    names = tuple(hosted)
    reverse = tuple(name for name in names if name.endswith(".arpa"))
    return Zones(tuple(name for name in names if name not in reverse), reverse)
