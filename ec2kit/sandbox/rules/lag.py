"""Visibility lag: what was just made may not be seen yet.

EC2 is eventually consistent (EC2 User Guide, "Eventual consistency in the Amazon EC2 API"): for some seconds after
a call that makes something, describing it by id may answer `Invalid….NotFound`, and a listing may leave it out. The
same holds for new tags of CreateTags in listings that filter by them. Each thing gets its own lag, from none to
`delays.lag_max` seconds, by the world's dice. Calls that change things see them at once here.
"""

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from datetime import datetime, timedelta
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.elastic_block_store import Snapshot, Volume
from moto.ec2.models.elastic_ip_addresses import ElasticAddress
from moto.ec2.models.instances import Instance
from moto.ec2.responses import EC2Response
from moto.ec2.responses.tags import TagResponse

from ec2kit.sandbox.rules import patching
from ec2kit.sandbox.rules.image_record import Image
from ec2kit.sandbox.rules.present import now
from ec2kit.sandbox.rules.refusals import refusal
from ec2kit.sandbox.rules.resources import not_found
from ec2kit.sandbox.world import current

LISTINGS = {
    "describe_addresses": ("Addresses", "AllocationIds"),
    "describe_images": ("Images", "ImageIds"),
    "describe_instance_status": ("InstanceStatuses", "InstanceIds"),
    "describe_instances": ("Reservations", "InstanceIds"),
    "describe_snapshots": ("Snapshots", "SnapshotIds"),
    "describe_volumes": ("Volumes", "VolumeIds"),
}
"""The listings that lag: the member with their items, and the parameter with the ids asked for."""

# Of a resource, by its id; or of a resource's new tag, by its id and key.
_Thing = str | tuple[str, str]


def made(thing: _Thing) -> None:
    """Something new: decide from when on it can be seen."""
    longest = current().delays.lag_max
    if longest > 0:
        _ledger()[thing] = now() + timedelta(seconds=current().rng.uniform(0, longest))


def hidden(thing: _Thing) -> bool:
    """Whether something that exists cannot be seen yet."""
    seen_from = _ledger().get(thing)
    return seen_from is not None and now() < seen_from


def settle(now: datetime) -> None:
    """Forget what everybody can see."""
    ledger = _ledger()
    for thing in [thing for thing, seen_from in ledger.items() if seen_from <= now]:
        del ledger[thing]


def _ledger() -> dict[_Thing, datetime]:
    ledger: dict[_Thing, datetime] = current().ledgers.setdefault("lag", {})
    return ledger


def _new(original: Callable[..., None]) -> Callable[..., None]:
    def init(self: Any, *rest: Any, **named: Any) -> None:
        original(self, *rest, **named)
        made(self.id)

    return init


def _create_tags(original: Callable[..., Any]) -> Callable[..., Any]:
    def create_tags(self: Any) -> Any:
        before = {one: set(self.ec2_backend.tags.get(one, ())) for one in self._get_param("Resources", [])}
        answer = original(self)
        for resource_id, keys in before.items():
            for key in self.ec2_backend.tags[resource_id]:
                if key not in keys:
                    made((resource_id, key))
        return answer

    return create_tags


def _lagging(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    member, ids = LISTINGS[name]

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def describe(self: Any) -> Any:
            if not _ledger():
                return original(self)
            _check_ids(self, ids)
            answer = original(self)
            result = dict(answer.result)
            keys = [key for one in self._get_param("Filters", []) if (key := _tag_key(one))]
            result[member] = list(_seen(result.get(member) or [], keys))
            return ActionResult(result)

        return describe

    make.__qualname__ = f"_lagging.{name}"
    return make


def _check_ids(response: Any, ids: str) -> None:
    for one in response._get_param(ids, []):
        if hidden(one):
            if ids == "AllocationIds":
                raise refusal("InvalidAllocationID.NotFound", f"The allocation ID '{one}' does not exist")
            raise not_found(one)
    wanted = response._get_param("PublicIps", [])
    for address in response.ec2_backend.addresses if wanted else ():
        if address.public_ip in wanted and hidden(address.id):
            raise refusal("InvalidAddress.NotFound", f"Address '{address.public_ip}' not found.")


def _tag_key(one: Mapping[str, Any]) -> str | None:
    name = str(one.get("Name", ""))
    return name[4:] if name.startswith("tag:") else None


def _seen(items: Iterable[Any], keys: list[str]) -> Iterable[Any]:
    for item in items:
        if hasattr(item, "instances"):
            shown = list(_seen(item.instances, keys))
            if shown:
                reservation = copy(item)
                reservation.instances = shown
                yield reservation
            continue
        resource_id = item["InstanceId"] if isinstance(item, Mapping) else item.id
        if not hidden(resource_id) and not any(hidden((resource_id, key)) for key in keys):
            yield item


def install() -> None:
    """moto shows everything at once; EC2 says that nobody may rely on that."""
    for kind in (Instance, Volume, Snapshot, Image, ElasticAddress):
        patching.replace(kind, "__init__", _new)
    patching.replace(TagResponse, "create_tags", _create_tags)
    for name in LISTINGS:
        patching.replace(EC2Response, name, _lagging(name))
