"""The same questions for reports that stay in S3: the SQL for Athena, over the table that AWS sets up for them. Pure.

Columns are those of the tables that AWS's own templates make (CUR User Guide, "Querying Cost and Usage Reports
using Amazon Athena"; Data Exports User Guide, table dictionaries), or of a report that is given as an example.
"""

from __future__ import annotations

import re

from ec2kit.costs.usage import questions
from ec2kit.costs.usage.cells import Cells
from ec2kit.costs.usage.dialect import Dialect, name
from ec2kit.costs.usage.formats import Column, Format, Holds, Shape, snake_case
from ec2kit.costs.usage.lines import select
from ec2kit.costs.usage.wanted import Wanted
from ec2kit.errors import UsageError

FORMATS = {"cur-1": Format.CUR_1, "cur-2": Format.CUR_2, "focus": Format.FOCUS}
_TABLE = re.compile(r"[A-Za-z0-9_]{1,255}")
_TIME = re.compile(r".*_(start|end)_date$|.*period(start|end)$")
_NUMBER = re.compile(r".*(cost|amount|quantity|fee|period|commitment|to_date)$")

_CUR = (
    "line_item_line_item_type",
    "line_item_usage_start_date",
    "line_item_usage_end_date",
    "line_item_usage_account_id",
    "line_item_availability_zone",
    "line_item_product_code",
    "line_item_operation",
    "line_item_usage_type",
    "line_item_line_item_description",
    "line_item_resource_id",
    "line_item_usage_amount",
    "line_item_unblended_cost",
    "line_item_currency_code",
    "pricing_unit",
    "reservation_reservation_a_r_n",
    "reservation_effective_cost",
    "reservation_unused_amortized_upfront_fee_for_billing_period",
    "reservation_unused_recurring_fee",
    "savings_plan_savings_plan_effective_cost",
    "savings_plan_total_commitment_to_date",
    "savings_plan_used_commitment",
)
_FOCUS = (
    "availabilityzone",
    "billedcost",
    "billingaccountid",
    "billingcurrency",
    "chargecategory",
    "chargedescription",
    "chargeperiodend",
    "chargeperiodstart",
    "commitmentdiscountid",
    "consumedquantity",
    "consumedunit",
    "effectivecost",
    "regionid",
    "resourceid",
    "servicename",
    "subaccountid",
    "x_operation",
    "x_usagetype",
)
COLUMNS: dict[Format, tuple[str, ...]] = {
    Format.CUR_1: (*_CUR, "product_region"),
    Format.CUR_2: (*_CUR, "product", "resource_tags"),
    Format.FOCUS: (*_FOCUS, "tags"),
}
_MAPS = {Format.CUR_2: {"product", "resource_tags"}, Format.FOCUS: {"tags"}}


def sql_for(table: str, shape: Shape, wanted: Wanted) -> str:
    """Given `DATABASE.TABLE`, its columns and what is wanted, return the question for Athena, which ends in a newline.

    Raises `UsageError` for a table's name that Athena would not have.
    """
    parts = table.split(".")
    if len(parts) != 2 or not all(_TABLE.fullmatch(part) for part in parts):
        raise UsageError(f"'{table}' is no table of Athena", hint="DATABASE.TABLE, as in billing.cur_2")
    cells = Cells(shape, Dialect.ATHENA, table)
    lines = questions.lines_of(select(cells, wanted.tag), ".".join(name(part) for part in parts), {})
    bill = f"WITH bill AS (\n{questions.named(lines)}\n)\n"
    if wanted.dimension:
        return bill + questions.breakdown(wanted.dimension, "bill", wanted.where) + "\n"
    return bill + questions.by_topic("bill", wanted.where) + "\n"


def usual_shape(form: Format, tag: str = "") -> Shape:
    """The columns of the table that AWS sets up for a format; in CUR 1.0 a tag has a column of its own."""
    names = list(COLUMNS[form])
    if tag and form is Format.CUR_1:
        names.append(f"resource_tags_user_{snake_case(tag)}")
    maps = _MAPS.get(form, set())
    return Shape(form, {each: Column(each, Holds.MAP if each in maps else _held(each)) for each in names})


def shape_in_athena(shape: Shape) -> Shape:
    """Given a report's columns, return those of the table that AWS sets up for reports like it."""
    columns = {
        known: Column(known, column.holds if column.holds is Holds.MAP else _held(known))
        for known, column in shape.columns.items()
    }
    return Shape(shape.format, columns)


def _held(column: str) -> Holds:
    if _TIME.fullmatch(column):
        return Holds.TIME
    return Holds.NUMBER if _NUMBER.fullmatch(column) else Holds.TEXT
