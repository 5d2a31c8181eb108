"""Reserved instances in a file: what `aws ec2 describe-reserved-instances` printed. Pure, given its text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from ec2kit.errors import UsageError
from ec2kit.model.money import USD
from ec2kit.model.periods import parse_time
from ec2kit.model.reservations import Owned, platform_of

ASK = "save it by `aws ec2 describe-reserved-instances --region REGION --output json`"


def parse_owned(text: str, region: str, shown: str) -> tuple[Owned, ...]:
    """Given the answer's text and the region that gave it, return what is owned; `shown` is the file's name in errors.

    Nothing in the answer says the region but the zone of a reservation that has one. Raises `UsageError` for what is
    no such answer, and for another region's.
    """
    try:
        document = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"'{shown}' is no JSON: {error}", hint=ASK) from error
    found = document.get("ReservedInstances") if isinstance(document, dict) else None
    if not isinstance(found, list):
        raise UsageError(f"'{shown}' has no ReservedInstances", hint=ASK)
    return tuple(_owned(each, region, f"reservation {at + 1} in '{shown}'") for at, each in enumerate(found))


def _owned(row: Any, region: str, where: str) -> Owned:
    if not isinstance(row, Mapping):
        _wrong(where, "is no object")
    zone = _text(row, "AvailabilityZone", where, needed=False)
    if zone and not zone.startswith(region):
        _wrong(where, f"is for {zone}, and not in {region}")
    try:
        start, end = (parse_time(_text(row, name, where)) for name in ("Start", "End"))
    except UsageError as error:
        raise UsageError(f"{where}: {error.message}", hint=error.hint) from error
    if start >= end:
        _wrong(where, "ends before it begins")
    charges = list(_charges(row.get("RecurringCharges", []), where))
    return Owned(
        id=_text(row, "ReservedInstancesId", where),
        region=region,
        type=_text(row, "InstanceType", where),
        count=_whole(row, "InstanceCount", 1, where),
        start=start,
        end=end,
        zone=zone,
        platform=platform_of(_text(row, "ProductDescription", where, needed=False) or "Linux/UNIX"),
        tenancy=_text(row, "InstanceTenancy", where, needed=False) or "default",
        state=_text(row, "State", where),
        offering_class=_text(row, "OfferingClass", where, needed=False) or "standard",
        offering_type=_text(row, "OfferingType", where, needed=False),
        upfront=_amount(row.get("FixedPrice", Decimal(0)), where),
        hourly=sum(charges, Decimal(0)),
        usage=_amount(row.get("UsagePrice", Decimal(0)), where),
        currency=_text(row, "CurrencyCode", where, needed=False) or USD,
        seconds=_whole(row, "Duration", 0, where),
    )


def _charges(rows: Any, where: str) -> Iterator[Decimal]:
    if not isinstance(rows, list):
        _wrong(where, "has RecurringCharges that are no list")
    for row in rows:
        if not isinstance(row, Mapping) or row.get("Frequency") != "Hourly":
            _wrong(where, "has a charge that is not hourly")
        yield _amount(row.get("Amount"), where)


def _text(row: Mapping[str, Any], name: str, where: str, *, needed: bool = True) -> str:
    found = row.get(name)
    if isinstance(found, str) and found:
        return found
    if needed or found not in (None, ""):
        _wrong(where, f"has no {name}")
    return ""


def _whole(row: Mapping[str, Any], name: str, without: int, where: str) -> int:
    found = _amount(row.get(name, Decimal(without)), where)
    if found != found.to_integral_value():
        _wrong(where, f"has {found} as its {name}")
    return int(found)


def _amount(value: Any, where: str) -> Decimal:
    try:
        amount = value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        _wrong(where, f"has {value!r} where an amount belongs")
    if not amount.is_finite() or amount < 0:
        _wrong(where, f"has {value!r} where an amount belongs")
    return amount


def _wrong(where: str, what: str) -> NoReturn:
    raise UsageError(f"{where} {what}", hint=ASK)
