"""One small bill, written in every format that AWS has, so that all of them must give the same answers."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from xml.sax.saxutils import escape

import duckdb

from tests.costs.usage.lines import DAY, Line, bill

ACCOUNT = "111122223333"

CUR_COLUMNS = (
    "identity/LineItemId", "identity/TimeInterval", "bill/PayerAccountId", "bill/BillingPeriodStartDate",
    "lineItem/UsageAccountId", "lineItem/LineItemType", "lineItem/UsageStartDate", "lineItem/UsageEndDate",
    "lineItem/ProductCode", "lineItem/UsageType", "lineItem/Operation", "lineItem/AvailabilityZone",
    "lineItem/ResourceId", "lineItem/UsageAmount", "lineItem/CurrencyCode", "lineItem/UnblendedCost",
    "lineItem/LineItemDescription", "product/region", "pricing/unit", "reservation/ReservationARN",
    "reservation/EffectiveCost", "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod",
    "reservation/UnusedRecurringFee", "savingsPlan/SavingsPlanEffectiveCost",
    "savingsPlan/TotalCommitmentToDate", "savingsPlan/UsedCommitment", "resourceTags/user:role",
)  # fmt: skip


def cur_rows(lines: Iterable[Line]) -> list[list[str]]:
    """The bill as rows of CUR 1.0."""
    found: list[list[str]] = []
    for number, line in enumerate(lines):
        start, end = (f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in (line.start, line.start + DAY))
        fee = line.type == "SavingsPlanRecurringFee"
        found.append(
            [
                str(number), f"{start}/{end}", ACCOUNT, "2024-09-01T00:00:00Z", ACCOUNT, line.type, start, end,
                line.service, line.usage_type, line.operation, "", line.resource, line.quantity, line.currency,
                line.cost, line.description, line.region, line.unit, line.reservation,
                line.effective if line.type == "DiscountedUsage" else "",
                "0.25" if line.type == "RIFee" else "",
                str(Decimal(line.unused) - Decimal("0.25")) if line.type == "RIFee" else "",
                line.effective if line.type == "SavingsPlanCoveredUsage" else "",
                "45.00" if fee else "", str(45 - Decimal(line.unused)) if fee else "",
                line.tags.get("role", ""),
            ]
        )  # fmt: skip
    return found


def csv_text(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def cur_csv(lines: Iterable[Line]) -> str:
    """CUR 1.0."""
    return csv_text(CUR_COLUMNS, cur_rows(lines))


_NUMBERS = (
    "line_item_usage_amount",
    "cost",
    "fee_for_billing_period",
    "recurring_fee",
    "commitment",
    "to_date",
)


def cur_parquet(lines: Iterable[Line], path: Path, *, second: bool) -> Path:
    """CUR in Parquet: doubles and timestamps, as AWS writes it; of 2.0 with its two maps."""
    from ec2kit.costs.usage.formats import snake_case

    names = [snake_case(name) for name in CUR_COLUMNS]
    plain = path.with_suffix(".plain.csv")
    plain.write_text(csv_text(names, cur_rows(lines)))
    casts = []
    for name in names:
        if name.endswith(_NUMBERS):
            casts.append(f"CAST({name} AS DOUBLE) AS {name}")
        elif name.endswith("_date") and not name.endswith("to_date"):
            casts.append(f"CAST({name} AS TIMESTAMP) AS {name}")
        elif second and name == "product_region":
            casts.append("MAP {'region_code': product_region, 'family': 'x'} AS product")
        elif second and name == "resource_tags_user_role":
            casts.append(
                "CASE WHEN resource_tags_user_role IS NOT NULL"
                " THEN MAP {'user_role': resource_tags_user_role} ELSE MAP {} END AS resource_tags"
            )
        else:
            casts.append(name)
    _copy(f"SELECT {', '.join(casts)} FROM read_csv('{plain}', all_varchar = true, header = true)", path)
    return path


def cur_2_csv(lines: Iterable[Line]) -> str:
    """CUR 2.0 in CSV: maps are JSON."""
    from ec2kit.costs.usage.formats import snake_case

    names = [snake_case(name) for name in CUR_COLUMNS]
    at, tags = names.index("product_region"), names.index("resource_tags_user_role")
    names[at], names[tags] = "product", "resource_tags"
    rows = cur_rows(lines)
    for row in rows:
        row[at] = json.dumps({"region": row[at]}) if row[at] else "{}"
        row[tags] = json.dumps({"user_role": row[tags]}) if row[tags] else "{}"
    return csv_text(names, rows)


FOCUS_KINDS = {
    **dict.fromkeys(("RIFee", "SavingsPlanRecurringFee", "Fee"), "Purchase"),
    **dict.fromkeys(("Refund", "EdpDiscount"), "Adjustment"),
    **{same: same for same in ("Tax", "Credit")},
}
FOCUS_COLUMNS = (
    "BilledCost", "BillingAccountId", "BillingCurrency", "ChargeCategory", "ChargeDescription", "ChargePeriodEnd",
    "ChargePeriodStart", "CommitmentDiscountId", "ConsumedQuantity", "ConsumedUnit", "EffectiveCost", "RegionId",
    "ResourceId", "ServiceName", "SubAccountId", "Tags", "x_Operation", "x_UsageType",
    "AvailabilityZone",
)  # fmt: skip


def focus_csv(lines: Iterable[Line], nothing: str = "NULL") -> str:
    """FOCUS 1.0 with AWS's own columns; what is covered costs nothing, and its effective cost is beside it."""
    rows = []
    for line in lines:
        if line.type == "SavingsPlanNegation":
            continue
        cost = "0" if line.type == "SavingsPlanCoveredUsage" else line.cost
        rows.append(
            [
                cost, ACCOUNT, line.currency, FOCUS_KINDS.get(line.type, "Usage"), line.description or nothing,
                f"{line.start + DAY:%Y-%m-%d %H:%M:%S}", f"{line.start:%Y-%m-%d %H:%M:%S}",
                line.reservation or ("sp-1" if "SavingsPlan" in line.type else nothing), line.quantity,
                line.unit or nothing, str(line.amortised), line.region or nothing, line.resource or nothing,
                line.service, ACCOUNT, json.dumps(dict(line.tags)) if line.tags else nothing, line.operation or nothing,
                line.usage_type or nothing, nothing,
            ]
        )  # fmt: skip
    return csv_text(FOCUS_COLUMNS, rows)


def focus_parquet(lines: Iterable[Line], path: Path) -> Path:
    plain = path.with_suffix(".plain.csv")
    plain.write_text(focus_csv(lines))
    numbers = "BilledCost, EffectiveCost, ConsumedQuantity"
    typed = ", ".join(f"CAST({name} AS DECIMAL(30,15)) AS {name}" for name in numbers.split(", "))
    times = ", ".join(
        f"CAST({name} AS TIMESTAMPTZ) AS {name}" for name in ("ChargePeriodStart", "ChargePeriodEnd")
    )
    source = f"read_csv('{plain}', all_varchar = true, header = true, nullstr = ['', 'NULL'])"
    _copy(
        f"SELECT * EXCLUDE ({numbers}, ChargePeriodStart, ChargePeriodEnd), {typed}, {times} FROM {source}",
        path,
    )
    return path


def _copy(select: str, path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")


def usage_lines(lines: Iterable[Line]) -> list[tuple[Line, str]]:
    """What an old usage report has of the bill: usage alone, in bytes and byte-hours."""
    found = []
    for line in lines:
        if line.type in ("Usage", "DiscountedUsage", "SavingsPlanCoveredUsage"):
            quantity = Decimal(line.quantity)
            if line.unit == "GB":
                quantity *= 1 << 30
            if line.unit == "GB-Mo":
                quantity *= (1 << 30) * 720
            found.append((line, f"{quantity:f}"))
    return found


def usage_csv(lines: Iterable[Line], *, resource: bool = True, grouped: bool = False) -> str:
    """A legacy usage report; `grouped` has thousands separators, commas at the ends and a last line of commas."""
    names = [
        "Service",
        "Operation",
        "UsageType",
        *(["Resource"] if resource else []),
        "StartTime",
        "EndTime",
        "UsageValue",
    ]
    text = ", ".join(names) + "\n"
    for line, quantity in usage_lines(lines):
        start, end = (f"{moment:%m/%d/%y %H:%M:%S}" for moment in (line.start, line.start + DAY))
        value = f'"{Decimal(quantity):,f}",,' if grouped else quantity
        cells = [
            line.service,
            line.operation,
            line.usage_type,
            *([line.resource] if resource else []),
            start,
            end,
            value,
        ]
        text += ",".join(cells) + "\n"
    return text + (",,,,,,\n" if grouped else "")


def usage_xml(lines: Iterable[Line], prefix: str = "") -> str:
    """The same in XML."""
    colon = f"{prefix}:" if prefix else ""
    space = f' xmlns:{prefix}="urn:x"' if prefix else ""
    text = f'<?xml version="1.0"?>\n<{colon}Report{space}>\n'
    for line, quantity in usage_lines(lines):
        values = {
            "ServiceName": line.service, "OperationName": line.operation, "UsageType": line.usage_type,
            "Resource": line.resource, "StartTime": f"{line.start:%m/%d/%y %H:%M:%S}",
            "EndTime": f"{line.start + DAY:%m/%d/%y %H:%M:%S}", "UsageValue": quantity,
        }  # fmt: skip
        inner = "".join(f"<{colon}{name}>{escape(value)}</{colon}{name}>" for name, value in values.items())
        text += f"<{colon}OperationUsage>{inner}</{colon}OperationUsage>\n"
    return text + f"</{colon}Report>\n"


def gzipped(path: Path, text: str) -> Path:
    path.write_bytes(gzip.compress(text.encode()))
    return path


def zipped(path: Path, *texts: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, text in enumerate(texts, 1):
            archive.writestr(f"report-{number}.csv", text)
    return path


__all__ = ["Line", "bill"]
