"""One form for the lines of every format: when, who, where, what, how much, and what it costs in two views. Pure:
SQL text.

`cash` is what the bill charges (unblended; FOCUS: billed), `amortised` what the line has used up of what was paid
before (FOCUS: effective cost). The latter of a CUR is by the CUR User Guide, "Understanding reservations" and
"Understanding Savings Plans": a covered line has its effective cost, a fee only what of it was not used, an upfront
fee nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from ec2kit.costs.usage.cells import NO_AMOUNT, NOTHING, Cells
from ec2kit.costs.usage.formats import Format

FIELDS = (
    "starting",
    "ending",
    "account",
    "region",
    "zone",
    "service",
    "operation",
    "usage_type",
    "described",
    "resource",
    "quantity",
    "unit",
    "cash",
    "amortised",
    "kind",
    "currency",
    "tag",
)
"""Of every line, whatever it comes from."""

COVERED = "('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage')"
FEES = "('RIFee', 'SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee')"


def select(cells: Cells, tag: str = "") -> Mapping[str, str]:
    """Given a report's columns, return the expression of each field; `tag` is the key of the tag that is asked for."""
    table = {Format.FOCUS: _focus, Format.USAGE_CSV: _legacy, Format.USAGE_XML: _legacy}
    return table.get(cells.shape.format, _cur)(cells, tag)


def _legacy(cells: Cells, _tag: str) -> dict[str, str]:
    return {
        "starting": cells.time("starttime"),
        "ending": cells.time("endtime"),
        "account": NOTHING,
        "region": NOTHING,
        "zone": NOTHING,
        "service": cells.text("service"),
        "operation": cells.text("operation"),
        "usage_type": cells.text("usagetype"),
        "described": NOTHING,
        "resource": cells.text("resource"),
        "quantity": cells.amount("usagevalue"),
        "unit": NOTHING,
        "cash": NO_AMOUNT,
        "amortised": NO_AMOUNT,
        "kind": "'usage'",
        "currency": NOTHING,
        "tag": NOTHING,
    }


def _cur(cells: Cells, tag: str) -> dict[str, str]:
    product = cells.entry("product", "region_code", "region")
    region = cells.text("product_region_code", "product_region")
    own = _tag_columns(tag)
    type = cells.text("line_item_line_item_type")
    return {
        "starting": cells.time("line_item_usage_start_date"),
        "ending": cells.time("line_item_usage_end_date"),
        "account": cells.text("line_item_usage_account_id", "bill_payer_account_id"),
        "region": product if region == NOTHING else region,
        "zone": cells.text("line_item_availability_zone"),
        "service": cells.text("line_item_product_code", "product_product_name"),
        "operation": cells.text("line_item_operation"),
        "usage_type": cells.text("line_item_usage_type"),
        "described": _instead(
            cells.text("line_item_usage_type"), cells.text("line_item_line_item_description")
        ),
        "resource": cells.text("line_item_resource_id"),
        # What a savings plan takes back was used once, and has a line of its own.
        "quantity": f"CASE WHEN {type} = 'SavingsPlanNegation' THEN {NO_AMOUNT}"
        f" ELSE {cells.amount('line_item_usage_amount')} END",
        "unit": cells.text("pricing_unit"),
        "cash": cells.amount("line_item_unblended_cost"),
        "amortised": _cur_amortised(cells),
        "kind": _cur_kind(cells),
        "currency": cells.text("line_item_currency_code", "pricing_currency"),
        "tag": NOTHING
        if not tag
        else cells.text(*own)
        if any(map(cells.has, own))
        else cells.entry("resource_tags", *_tag_keys(tag)),
    }


def _instead(usage_type: str, described: str) -> str:
    """Descriptions are long and many: they count only where there is no usage type."""
    return f"CASE WHEN {usage_type} IS NULL THEN {described} END"


def _tag_keys(tag: str) -> tuple[str, ...]:
    """A tag of a person is `user:Name` in CUR 1.0, `user_name` in CUR 2.0, which writes it in its own way."""
    lower = "".join(char if char.isalnum() else "_" for char in _snake(tag))
    return (f"user_{lower}", f"user:{tag}", tag)


def _tag_columns(tag: str) -> tuple[str, ...]:
    lower = "".join(char if char.isalnum() else "_" for char in tag.lower())
    return (f"resource_tags_user_{lower}", f"resource_tags_user_{_snake(tag)}")


def _snake(tag: str) -> str:
    worded = "".join(f"_{char}" if char.isupper() else char for char in tag).lstrip("_")
    return worded.lower().replace("__", "_")


def _cur_kind(cells: Cells) -> str:
    type = cells.text("line_item_line_item_type")
    reserved = cells.text("reservation_reservation_a_r_n")
    return (
        f"CASE WHEN {type} IN {COVERED} THEN 'usage'"
        f" WHEN {type} = 'SavingsPlanNegation' THEN 'negation'"
        f" WHEN {type} IN {FEES} OR {type} = 'Fee' AND {reserved} IS NOT NULL THEN 'commitment'"
        f" WHEN {type} = 'Fee' THEN 'fee' WHEN {type} = 'Tax' THEN 'tax'"
        f" WHEN {type} = 'Credit' THEN 'credit' WHEN {type} = 'Refund' THEN 'refund'"
        f" WHEN {type} LIKE '%Discount' THEN 'discount' ELSE 'other' END"
    )


def _cur_amortised(cells: Cells) -> str:
    """NULL where the report lacks the columns that would tell it: then the sum says so too."""
    type, reserved = cells.text("line_item_line_item_type"), cells.text("reservation_reservation_a_r_n")
    cash = cells.amount("line_item_unblended_cost")
    covered = cells.amount("savings_plan_savings_plan_effective_cost")
    discounted = cells.amount("reservation_effective_cost")
    unused = _sum(
        cells.amount("reservation_unused_amortized_upfront_fee_for_billing_period"),
        cells.amount("reservation_unused_recurring_fee"),
    )
    committed = cells.amount("savings_plan_total_commitment_to_date")
    used = cells.amount("savings_plan_used_commitment")
    return (
        f"CASE WHEN {type} = 'SavingsPlanCoveredUsage' THEN {covered}"
        f" WHEN {type} = 'DiscountedUsage' THEN {discounted}"
        f" WHEN {type} = 'RIFee' THEN {unused}"
        f" WHEN {type} = 'SavingsPlanRecurringFee' THEN {committed} - {used}"
        f" WHEN {type} IN ('SavingsPlanNegation', 'SavingsPlanUpfrontFee')"
        f" OR {type} = 'Fee' AND {reserved} IS NOT NULL THEN {_zero()}"
        f" ELSE {cash} END"
    )


def _sum(one: str, other: str) -> str:
    """A reservation without an upfront fee has no cell for it; where the report has neither column, nothing is
    known."""
    if one == other == NO_AMOUNT:
        return NO_AMOUNT
    return f"coalesce({one}, {_zero()}) + coalesce({other}, {_zero()})"


def _zero() -> str:
    return NO_AMOUNT.replace("NULL", "0")


def _focus(cells: Cells, tag: str) -> dict[str, str]:
    category = cells.text("chargecategory")
    commitment = cells.text("commitmentdiscountid")
    return {
        "starting": cells.time("chargeperiodstart"),
        "ending": cells.time("chargeperiodend"),
        "account": cells.text("subaccountid", "billingaccountid"),
        "region": cells.text("regionid"),
        "zone": cells.text("availabilityzone"),
        "service": cells.text("servicename", "x_servicecode"),
        "operation": cells.text("x_operation"),
        "usage_type": cells.text("x_usagetype"),
        "described": _instead(cells.text("x_usagetype"), cells.text("chargedescription")),
        "resource": cells.text("resourceid"),
        "quantity": cells.amount("consumedquantity", "usagequantity"),
        "unit": cells.text("consumedunit", "usageunit"),
        "cash": cells.amount("billedcost"),
        "amortised": cells.amount("effectivecost"),
        "kind": (
            f"CASE WHEN {category} = 'Usage' THEN 'usage'"
            f" WHEN {category} = 'Purchase' AND {commitment} IS NOT NULL THEN 'commitment'"
            f" WHEN {category} = 'Purchase' THEN 'fee' WHEN {category} = 'Tax' THEN 'tax'"
            f" WHEN {category} = 'Credit' THEN 'credit' WHEN {category} = 'Adjustment' THEN 'adjustment'"
            " ELSE 'other' END"
        ),
        "currency": cells.text("billingcurrency"),
        "tag": cells.entry("tags", tag, f"user:{tag}") if tag else NOTHING,
    }
