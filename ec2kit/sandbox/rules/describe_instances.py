"""DescribeInstances: ids, filters, pages counted in instances, and a zone that is down."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.instances import Reservation
from moto.ec2.responses.instances import InstanceResponse

from ec2kit.sandbox.rules import lookup, patching
from ec2kit.sandbox.rules.instance_filters import FILTERS
from ec2kit.sandbox.rules.matching import keep
from ec2kit.sandbox.rules.pages import page
from ec2kit.sandbox.rules.refusals import ServerFault, refusal
from ec2kit.sandbox.world import current


def select(backend: Any, request: Mapping[str, Any]) -> tuple[Sequence[Any], str | None]:
    """Given the parameters of DescribeInstances, return a page of instances in order of launch, and the next token.

    Raises InvalidInstanceID.NotFound if one id is unknown, InvalidParameterCombination for MaxResults with ids,
    InternalError (HTTP 500) while a zone is down that the request touches.
    """
    ids, most = request.get("InstanceIds") or [], request.get("MaxResults")
    if ids and most is not None:
        raise refusal(
            "InvalidParameterCombination",
            "The parameter instancesSet cannot be used with the parameter maxResults",
        )
    found = lookup.named(backend, ids) if ids else list(lookup.instances(backend))
    _refuse_disrupted(found)
    matching = keep(found, request.get("Filters") or [], FILTERS)
    return page(matching, None if most is None else int(most), request.get("NextToken"))


def _refuse_disrupted(found: Sequence[Any]) -> None:
    """During a disruption of a zone a description that touches one of its instances, or names none at all, fails as
    a whole; one that names others works (EC2 API Reference, DescribeInstances)."""
    down = current().conditions.zones_down
    if any(one.availability_zone in down for one in found):
        raise ServerFault("InternalError", "An internal error has occurred")


def by_reservation(backend: Any, shown: Sequence[Any]) -> list[Reservation]:
    """Given instances, return them under their reservations."""
    wanted = {one.id for one in shown}
    answer = []
    for reservation in backend.reservations.values():
        members = [one for one in reservation.instances if one.id in wanted]
        if members:
            part = Reservation(reservation.id, reservation.owner_id)
            part.groups, part.instances = reservation.groups, members
            answer.append(part)
    return answer


def _describe_instances(_original: Any) -> Callable[[Any], ActionResult]:
    def describe_instances(self: Any) -> ActionResult:
        self.error_on_dryrun()
        shown, token = select(self.ec2_backend, self._get_params())
        return ActionResult({"Reservations": by_reservation(self.ec2_backend, shown), "NextToken": token})

    return describe_instances


def install() -> None:
    """moto knows half of the filters, counts pages in reservations, and names one of several unknown ids."""
    patching.replace(InstanceResponse, "describe_instances", _describe_instances)
