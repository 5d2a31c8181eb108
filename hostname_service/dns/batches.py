"""What Route 53 is asked, as plain values: record sets as its API has them, and batches of changes to them.

A batch is done wholly or not at all; CREATE fails when the set exists, and DELETE needs the very TTL and values that
there are (Route 53 API Reference, ChangeResourceRecordSets). These are our conditions: UPSERT has none and is not used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import Any

from hostname_service.dns.port import OWNER_LABEL, Records

RecordSet = Mapping[str, Any]
Change = dict[str, Any]
OURS = ("A", "AAAA")


def wanted_sets(wanted: Records, ttl: int) -> list[RecordSet]:
    """Given what a name shall have, return its sets."""
    by_kind: dict[str, list[str]] = {}
    for address in wanted.addresses:
        by_kind.setdefault("A" if ip_address(address).version == 4 else "AAAA", []).append(address)
    sets = [record_set(wanted.fqdn, kind, values, ttl) for kind, values in by_kind.items()]
    return [*sets, record_set(f"{OWNER_LABEL}.{wanted.fqdn}", "TXT", [quoted(wanted.owner)], ttl)]


def record_set(name: str, kind: str, values: Sequence[str], ttl: int) -> RecordSet:
    """A set of values of one type at a name."""
    records = [{"Value": value} for value in values]
    return {"Name": f"{name}.", "Type": kind, "TTL": ttl, "ResourceRecords": records}


def created(sets: Sequence[RecordSet]) -> list[Change]:
    """The changes that make sets."""
    return [{"Action": "CREATE", "ResourceRecordSet": one} for one in sets]


def deleted(sets: Sequence[RecordSet]) -> list[Change]:
    """The changes that remove sets which are exactly these."""
    return [{"Action": "DELETE", "ResourceRecordSet": one} for one in sets]


def values_of(sets: Sequence[RecordSet], name: str, kind: str) -> list[str]:
    """The values of one type at a name, in order; an alias (which has no values) counts as one empty value."""
    found: list[str] = []
    for one in sets:
        if one["Type"] == kind and plain(str(one["Name"])) == name:
            found += [str(record["Value"]) for record in one.get("ResourceRecords", ())] or [""]
    return sorted(found)


def records_in(sets: Sequence[RecordSet], fqdn: str) -> Records | None:
    """Given the sets at a name and at its owner label, return what they say; None: nothing of ours.

    What has no plain values (an alias to a balancer, a weighted set) belongs to somebody else: no owner is returned
    for it, so nobody touches it.
    """
    owners = values_of(sets, f"{OWNER_LABEL}.{fqdn}", "TXT")
    addresses = tuple(value for kind in OURS for value in values_of(sets, fqdn, kind))
    strange = any(one["Type"] == "CNAME" or _is_special(one) for one in sets if _is_at(one, fqdn))
    if strange:
        return Records(fqdn, tuple(filter(None, addresses)), "")
    return Records(fqdn, addresses, ", ".join(map(unquoted, owners))) if addresses or owners else None


def sets_of(sets: Sequence[RecordSet], fqdn: str) -> list[RecordSet]:
    """Of the sets at a name and at its owner label, those that we write."""
    owner_name = f"{OWNER_LABEL}.{fqdn}"
    return [
        one
        for one in sets
        if (_is_at(one, fqdn) and one["Type"] in OURS) or (_is_at(one, owner_name) and one["Type"] == "TXT")
    ]


def _is_at(one: RecordSet, name: str) -> bool:
    return plain(str(one["Name"])) == name


def _is_special(one: RecordSet) -> bool:
    return one["Type"] in OURS and ("AliasTarget" in one or "SetIdentifier" in one)


def plain(name: str) -> str:
    """Given a name as Route 53 shows it (characters such as `/` as `\\057`), return it as we write it."""
    text = name.removesuffix(".").lower()
    for code in ("/", "*", "_"):
        text = text.replace(f"\\{ord(code):03o}", code)
    return text


def quoted(text: str) -> str:
    """A text as a value of TXT."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def unquoted(value: str) -> str:
    """A value of TXT as text; what is not one quoted string is left as it is, and so is nobody of ours."""
    if len(value) < 2 or not (value.startswith('"') and value.endswith('"')):
        return value
    return value[1:-1].replace('\\"', '"').replace("\\\\", "\\")
