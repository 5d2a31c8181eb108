"""Reading the identity document: only ever the verified content, and only if it is what AWS writes.

The fields are in the EC2 User Guide, "Instance identity documents". Fields that are not known are let pass, since AWS
adds some; those that are read must be there once, and of their own shape.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address, ip_address

from hostname_service.errors import Refused
from hostname_service.model import Document

REGION = re.compile(r"[a-z]{2,5}(?:-[a-z]+)+-[0-9]+")

_ACCOUNT = re.compile(r"[0-9]{12}")
_INSTANCE = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)


def read_document(content: bytes, regions: Collection[str]) -> Document:
    """Given verified content, and the regions of the certificate that signed it, return the document.

    Raises `Refused`: `document` when it is not one, `region` when it is of a region that the certificate does not
    sign for. Attack: whoever controls a key of one region (or a partition where AWS is run by others) would speak
    for machines of all.
    """
    fields = _fields(content)
    region = _text(fields, "region", REGION)
    if region not in regions:
        message = f"a document of {region} is signed with the certificate of {', '.join(sorted(regions))}"
        raise Refused("region", message)
    return Document(
        account=_text(fields, "accountId", _ACCOUNT),
        instance_id=_text(fields, "instanceId", _INSTANCE),
        region=region,
        private_ip=_address(fields, "privateIp"),
        pending_time=_time(fields, "pendingTime"),
        zone=_text_or_empty(fields, "availabilityZone"),
        image_id=_text_or_empty(fields, "imageId"),
        instance_type=_text_or_empty(fields, "instanceType"),
        architecture=_text_or_empty(fields, "architecture"),
    )


def _bad(why: str) -> Refused:
    return Refused("document", f"what was signed is not an identity document: {why}")


def _fields(content: bytes) -> dict[str, object]:
    try:
        found = json.loads(content.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _bad(f"it is not JSON ({error})"[:200]) from error
    if not isinstance(found, dict):
        raise _bad("it is not a JSON object")
    return found


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Attack: a key that is there twice is one value to us and another to whoever reads the same document next."""
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a key is there twice")
    return fields


def _no_constant(word: str) -> object:
    raise ValueError(f"{word} is not JSON")


def _text(fields: dict[str, object], key: str, pattern: re.Pattern[str]) -> str:
    value = fields.get(key)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise _bad(f"{key!r} is {_shown(value)}")
    return value


def _text_or_empty(fields: dict[str, object], key: str) -> str:
    return "" if fields.get(key) is None else _text(fields, key, _WORD)


def _address(fields: dict[str, object], key: str) -> IPv4Address | IPv6Address:
    value = fields.get(key)
    # A scope ("fe80::1%eth0") is of the machine that wrote it, and says nothing elsewhere.
    if not isinstance(value, str) or "%" in value:
        raise _bad(f"{key!r} is {_shown(value)}")
    try:
        return ip_address(value)
    except ValueError as error:
        raise _bad(f"{key!r} is {_shown(value)}") from error


def _time(fields: dict[str, object], key: str) -> datetime:
    value = _text(fields, key, _TIME)
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _bad(f"{key!r} is {_shown(value)}") from error


def _shown(value: object) -> str:
    """What is wrong, short and printable."""
    return ascii(value)[:80]
