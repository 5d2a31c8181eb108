"""Missing capacity: refused at once, or found out a moment after the launch."""

from ec2kit.sandbox.conditions import Place
from ec2kit.sandbox.rules.refusals import ServerFault
from ec2kit.sandbox.world import current

_LATE = "capacity.late"


def require(zone: str, instance_type: str) -> None:
    """Raise InsufficientInstanceCapacity (HTTP 500) if a condition takes the capacity of this zone or type away."""
    if current().conditions.lacks_capacity(zone, instance_type):
        raise ServerFault(
            "InsufficientInstanceCapacity",
            f"We currently do not have sufficient {instance_type} capacity in the Availability Zone you requested"
            f" ({zone}). Our system will be working on provisioning additional capacity.",
        )


def refuse_later(place: Place, times: int | None = 1) -> None:
    """Let the next launches at a zone and type (None: any) be accepted and then end as terminated, `times` times
    or until `relent`."""
    _late()[place] = times


def relent() -> None:
    """Launches that were accepted stay."""
    _late().clear()


def lacking(zone: str, instance_type: str) -> bool:
    """Whether a launch at this zone of this type would be refused, without using a count up."""
    places = ((zone, instance_type), (zone, None), (None, instance_type), (None, None))
    return any(place in current().conditions.no_capacity for place in places)


def runs_out(zone: str, instance_type: str) -> bool:
    """Whether an instance that is pending now will end for want of capacity. Asking uses one up."""
    late = _late()
    for place in ((zone, instance_type), (zone, None), (None, instance_type), (None, None)):
        if place in late:
            left = late[place]
            if left is not None and left <= 1:
                del late[place]
            elif left is not None:
                late[place] = left - 1
            return True
    return False


def _late() -> dict[Place, int | None]:
    late: dict[Place, int | None] = current().ledgers.setdefault(_LATE, {})
    return late
