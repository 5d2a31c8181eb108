"""The questions as SQL, one text for both dialects: the lines of reports added up by day, then named by topic and
region.

Nothing is left out on the way: what no rule knows has the topic `other`, and the sums of all topics are the bill.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ec2kit.costs.usage.dialect import DECIMAL, any_like, literal
from ec2kit.costs.usage.lines import FIELDS
from ec2kit.costs.usage.prefixes import NO_PREFIX, PREFIXES
from ec2kit.costs.usage.topics import OTHER, RULES, UNITS, VOLUMES, Detail, Rule

KEYS = tuple(
    field for field in FIELDS if field not in ("starting", "ending", "quantity", "cash", "amortised")
)
"""What the lines of a day are told apart by."""
SUMS = f"""sum(quantity) AS quantity, sum(cash) AS cash, sum(amortised) AS amortised,
  count(*) AS lines, sum(CASE WHEN cash IS NULL THEN 1 ELSE 0 END) AS uncosted,
  sum(CASE WHEN cash IS NOT NULL AND amortised IS NULL THEN 1 ELSE 0 END) AS unspread,
  max(CASE WHEN cash < 0 THEN -cash ELSE coalesce(cash, CAST(0 AS {DECIMAL})) END) AS largest,
  max(ending) AS ending"""
SUMMED = """sum(cash) AS cash, sum(amortised) AS amortised, sum(lines) AS lines,
  sum(uncosted) AS uncosted, sum(unspread) AS unspread"""
"""What each answer with money has."""

DIMENSIONS: Mapping[str, str] = {
    "service": "service",
    "usage-type": "usage",
    "resource": "resource",
    "region": "region",
    "zone": "zone",
    "day": "CAST(day AS VARCHAR)",
    "account": "account",
    "operation": "operation",
    "kind": "kind",
    "topic": "topic",
    "tag": "tag",
}
"""What a bill can be broken down by, and filtered by; but for `day`, a column each."""


def lines_of(expressions: Mapping[str, str], source: str, more: Mapping[str, str]) -> str:
    """Given each field's expression, where the rows are, and further columns, return the SELECT of its lines."""
    columns = [f"{expressions[field]} AS {field}" for field in FIELDS]
    columns += [f"{expression} AS {name}" for name, expression in more.items()]
    return "SELECT " + ",\n  ".join(columns) + f"\nFROM {source}"


def named(lines: str, more: Iterable[str] = ()) -> str:
    """Given the SELECT of all lines, return that of what they add up to by day, with topic, region and usage named."""
    keys = ", ".join((*KEYS, *more))
    prefixes = ",\n    ".join(f"({literal(code)}, {literal(region)})" for code, region in PREFIXES.items())
    return f"""WITH lines AS (
{lines}
), days AS (
SELECT CAST(starting AS DATE) AS day, {keys},
  {SUMS}
FROM lines
GROUP BY CAST(starting AS DATE), {keys}
), placed AS (
SELECT days.*, prefixes.region AS prefix_region,
  CASE WHEN prefixes.region IS NULL THEN usage_type
    ELSE substr(usage_type, length(prefixes.prefix) + 2) END AS bare,
  lower(described) AS words
FROM days LEFT JOIN (VALUES
    {prefixes}
  ) AS prefixes (prefix, region)
  ON usage_type LIKE '%-%' AND split_part(usage_type, '-', 1) = prefixes.prefix
), ruled AS (
SELECT placed.*, CASE {_rules()}
  ELSE -1 END AS rule
FROM placed
)
SELECT day, account, {", ".join(more)}{"," if more else ""}
  coalesce(region, prefix_region, {_default_region()}) AS region,
  zone, service, operation, coalesce(usage_type, described) AS usage, {_resource()} AS resource,
  coalesce(unit, {_unit()}) AS unit, kind,
  coalesce(currency, CASE WHEN cash IS NOT NULL THEN 'unknown' END) AS currency,
  tag, quantity, cash, amortised, lines, uncosted, unspread, largest, ending,
  {_by_rule("topic")} AS topic,
  {_by_rule("what")} AS what,
  {_detail()} AS detail
FROM ruled"""


def breakdown(dimension: str, table: str, where: str = "") -> str:
    """Given one of `DIMENSIONS`, return the question what each of its values costs: the dearest first, days in turn."""
    order = "item" if dimension == "day" else "cash DESC, lines DESC, item"
    return f"""SELECT {DIMENSIONS[dimension]} AS item, currency, {SUMMED},
  sum(quantity) AS quantity, count(DISTINCT unit) AS units, max(unit) AS unit
FROM {table}{where}
GROUP BY {DIMENSIONS[dimension]}, currency
ORDER BY {order}"""


def by_topic(table: str, where: str = "") -> str:
    """The question what each topic comes to, month by month (byte-hours are of a month's length)."""
    month = "date_trunc('month', day)"
    return f"""SELECT topic, what, detail, unit, currency, CAST({month} AS DATE) AS month,
  sum(quantity) AS quantity, {SUMMED}
FROM {table}{where}
GROUP BY topic, what, detail, unit, currency, CAST({month} AS DATE)
ORDER BY topic, what, detail, unit, currency, month"""


def by_kind(table: str, where: str = "") -> str:
    """The question what was charged for: usage, tax, credits, fees; its sums are the bill."""
    return f"""SELECT kind, currency, max(largest) AS largest, max(ending) AS ending, {SUMMED}
FROM {table}{where}
GROUP BY kind, currency
ORDER BY cash DESC, kind"""


def by_day(table: str, where: str = "") -> str:
    """The question what each day cost: what goes on from day to day, and all of it."""
    usage = "CASE WHEN kind IN ('usage', 'negation', 'discount') THEN cash END"
    return f"""SELECT day, currency, sum({usage}) AS running, sum(cash) AS cash, sum(amortised) AS amortised
FROM {table}{where}
GROUP BY day, currency
ORDER BY day, currency"""


def without_cost(table: str, where: str = "") -> str:
    """The question which lines have no cost, by what they are for: the most first."""
    return f"""SELECT usage, sum(uncosted) AS lines
FROM {table}{where}{" AND " if where else " WHERE "}uncosted > 0
GROUP BY usage
ORDER BY lines DESC, usage"""


def without_day(table: str, where: str = "") -> str:
    """The question which lines have no start, and what they come to."""
    return f"""SELECT currency, sum(lines) AS lines, sum(cash) AS cash
FROM {table}{where}{" AND " if where else " WHERE "}day IS NULL
GROUP BY currency
ORDER BY currency"""


def idle_balancers(table: str, where: str = "") -> str:
    """The question which balancers were there for hours and carried next to nothing: at most a hundredth of a unit of
    capacity an hour, or no byte."""
    more = " AND " if where else " WHERE "
    return f"""SELECT resource, region, currency, hours, cash FROM (
SELECT resource, region, currency, sum(cash) AS cash,
  sum(CASE WHEN what = 'hours' THEN quantity END) AS hours,
  sum(CASE WHEN what = 'capacity used' THEN quantity END) AS carried
FROM {table}{where}{more}topic = 'balancers' AND resource IS NOT NULL
GROUP BY resource, region, currency
) AS balancers
WHERE hours >= 24 AND coalesce(carried, 0) * 100 <= hours
ORDER BY cash DESC, resource"""


def _rules() -> str:
    return "\n  ".join(f"WHEN {_condition(rule)} THEN {number}" for number, rule in enumerate(RULES))


def _condition(rule: Rule) -> str:
    ways = [f"bare IS NOT NULL AND {any_like('bare', rule.usage)}"] if rule.usage else []
    if rule.described:
        ways.append(f"bare IS NULL AND {any_like('words', rule.described)}")
    found = f"({' OR '.join(ways)})" if len(ways) > 1 else ways[0]
    served = f" AND {any_like('service', rule.service)}" if rule.service else ""
    return f"kind IN ('usage', 'negation') AND {found}{served}"


def _by_rule(field: str) -> str:
    """A topic has a kind of charge's name where the line is no usage."""
    numbers: dict[str, list[str]] = {}
    for number, rule in enumerate(RULES):
        numbers.setdefault(getattr(rule, field), []).append(str(number))
    cases = " ".join(f"WHEN rule IN ({', '.join(of)}) THEN {literal(it)}" for it, of in numbers.items())
    if field == "topic":
        charged = "CASE WHEN kind IN ('usage', 'negation') THEN " + literal(OTHER) + " ELSE kind END"
        return f"CASE {cases} ELSE {charged} END"
    return f"CASE {cases} ELSE service END"


def _detail() -> str:
    by: dict[Detail, list[str]] = {}
    for number, rule in enumerate(RULES):
        by.setdefault(rule.detail, []).append(str(number))
    ways = {
        Detail.DOT: f"coalesce(nullif(split_part(bare, '.', 2), ''), {_described_volume()})",
        Detail.COLON: "nullif(split_part(bare, ':', 2), '')",
        Detail.BUCKET: _resource(),
        Detail.USAGE: "coalesce(bare, described)",
    }
    cases = " ".join(f"WHEN rule IN ({', '.join(by[each])}) THEN {way}" for each, way in ways.items())
    return f"CASE {cases} WHEN rule = -1 THEN coalesce(bare, described) END"


def _described_volume() -> str:
    cases = " ".join(f"WHEN words LIKE {literal(f'%{kind}%')} THEN {literal(kind)}" for kind in VOLUMES)
    return f"CASE {cases} END"


def _resource() -> str:
    """A bucket is named by its name in one format, by its ARN in another."""
    return (
        "CASE WHEN resource LIKE 'arn:aws%:s3:::%' THEN substr(resource, strpos(resource, ':s3:::') + 6)"
        " ELSE resource END"
    )


def _default_region() -> str:
    """A usage type without a prefix is N. Virginia's; only where there is nothing else to go by: old reports."""
    return f"CASE WHEN currency IS NULL AND usage_type IS NOT NULL THEN {literal(NO_PREFIX)} END"


def _unit() -> str:
    cases = " ".join(f"WHEN bare LIKE {literal(like)} THEN {literal(unit)}" for like, unit in UNITS)
    return f"CASE {cases} END"
