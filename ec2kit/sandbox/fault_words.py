"""The words of `sandbox break WHAT [WHERE]`, understood.

| WHAT | WHERE |
|---|---|
| `throttle`, `500`, `503`, `error:CODE`, `reset`, `delay:5s`, `timeout`, `lose-answer` | an action |
| `no-capacity`, `no-capacity:later` | a zone, a type, or `zone/type`; everywhere if left out |
| `impair:system`, `impair:instance`, `impair:ebs`, `stuck-stop`, `dead-port:80` | an instance, by name or id |
| `fail-snapshot` | an instance, a volume or a snapshot; the next one of anything if left out |
| `zone-down` | a zone |
| `rival:INSTANCE` | a public address |
| `probe-path` | nothing: no probe gets through |

An action is `ec2:RunInstances`, `RunInstances`, `ec2:Describe*` or `ec2`; every call if left out.
"""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from ec2kit.errors import UsageError
from ec2kit.model.periods import parse_duration
from ec2kit.sandbox.conditions import CHECKS
from ec2kit.sandbox.faults import Effect, Kind, Spell
from ec2kit.sandbox.orders import COUNTED, Order, RequestOrder, ResourceOrder, Trouble, is_zone

REQUEST_WORDS: dict[str, Kind] = {
    "throttle": "throttle",
    "500": "500",
    "503": "503",
    "reset": "reset",
    "timeout": "timeout",
    "lose-answer": "lose-answer",
}

KNOWN = (
    *REQUEST_WORDS,
    "error:CODE",
    "delay:5s",
    "no-capacity",
    "no-capacity:later",
    *(f"impair:{check}" for check in CHECKS),
    "stuck-stop",
    "dead-port:80",
    "fail-snapshot",
    "zone-down",
    "rival:INSTANCE",
    "probe-path",
)

_ACTION = re.compile(r"\*|[a-z0-9-]+:[A-Za-z0-9*?]+|[A-Z][A-Za-z0-9*?]+|ec2|ebs|ssm|iam|sts|s3")
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9.]+")
_TYPE = re.compile(r"[a-z][a-z0-9-]*\.[a-z0-9-]+")


def parse_order(what: str, where: str = "", spell: Spell | None = None) -> Order:
    """Given the words of `break`, return what they ask for.

    Raises UsageError for an unknown word, a missing or impossible place, and a spell that does not fit.
    """
    word, _, detail = what.strip().partition(":")
    order = _understood(what, word, detail, where.strip())
    return checked(replace(order, spell=spell or Spell()))


def checked(order: Order) -> Order:
    """The order itself. Raises UsageError where its spell makes no sense for what it breaks."""
    spell = order.spell
    if not 0 < spell.probability <= 1:
        raise UsageError(f"a probability is more than 0 and at most 1, not {spell.probability:g}")
    if spell.times is not None and spell.times < 1:
        raise UsageError(f"a number of times is at least 1, not {spell.times}")
    if spell.after < 0:
        raise UsageError(f"`after` counts requests, it cannot be {spell.after}")
    if isinstance(order, ResourceOrder):
        if spell.probability < 1 or spell.after:
            hint = "they belong to faults of requests, such as throttle or error:CODE"
            raise UsageError(f"'{order.trouble}' takes no probability and no `after`", hint=hint)
        if spell.times is not None and order.trouble not in COUNTED:
            hint = "give it a duration (--for 5m), or mend it"
            raise UsageError(f"'{order.trouble}' lasts, so it cannot happen {spell.times} times", hint=hint)
    return order


def parse_action(where: str) -> str:
    """Given an action as people write it, return the pattern `service:Action`; empty is every call.

    Raises UsageError for what cannot be an action.
    """
    if not where:
        return "*"
    if not _ACTION.fullmatch(where):
        hint = "write ec2:RunInstances, RunInstances, ec2:Describe*, or nothing for every call"
        raise UsageError(f"'{where}' is not an action", hint=hint)
    if ":" in where or where == "*":
        return where
    return f"{where}:*" if where[0].islower() else f"ec2:{where}"


def parse_effect(what: str) -> Effect | None:
    """Given `throttle`, `error:CODE`, `delay:5s` and so on, return the effect, or None if it is none of them.

    Raises UsageError if the part after the colon is wrong.
    """
    word, _, detail = what.partition(":")
    if word in REQUEST_WORDS and not detail:
        return Effect(REQUEST_WORDS[word])
    if word == "error":
        if not _CODE.fullmatch(detail):
            raise UsageError(
                f"'{what}' names no error code", hint="write error:CODE, as in error:InternalError"
            )
        return Effect("error", code=detail)
    if word == "delay":
        return Effect("delay", delay=_delay(detail))
    return None


def _delay(text: str) -> timedelta:
    if text.endswith("ms") and text[:-2].isdigit():
        return timedelta(milliseconds=int(text[:-2]))
    return parse_duration(text)


def _understood(what: str, word: str, detail: str, where: str) -> Order:
    effect = parse_effect(what.strip())
    if effect is not None:
        return RequestOrder(parse_action(where), effect)
    read = _RESOURCE_WORDS.get(word)
    if read is None:
        raise UsageError(f"'{what}' is nothing that can be broken", hint=f"known: {', '.join(KNOWN)}")
    return read(detail, where)


def _impair(detail: str, where: str) -> Order:
    if detail not in CHECKS:
        raise UsageError(
            f"'{detail}' is not a status check" if detail else "impair what?",
            hint=f"write {', '.join(f'impair:{check}' for check in CHECKS)}",
        )
    return _on_instance("impair", detail, where)


def _stuck_stop(detail: str, where: str) -> Order:
    _nothing_after("stuck-stop", detail)
    return _on_instance("stuck-stop", "", where)


def _dead_port(detail: str, where: str) -> Order:
    if not detail.isdigit() or not 0 < int(detail) < 65536:
        raise UsageError(f"'{detail}' is not a port", hint="write dead-port:80")
    return _on_instance("dead-port", detail, where)


def _on_instance(trouble: Trouble, detail: str, where: str) -> Order:
    if not where:
        what = f"{trouble}:{detail}" if detail else trouble
        raise UsageError(f"'{what}' needs an instance", hint=f"ec2kit sandbox break {what} web-1")
    return ResourceOrder(trouble, detail, where)


def _no_capacity(detail: str, where: str) -> Order:
    if detail not in ("", "later"):
        hint = "write no-capacity, or no-capacity:later for a launch that is accepted and then ends"
        raise UsageError(f"'{detail}' is no way to lack capacity", hint=hint)
    for part in where.split("/") if where else ():
        if not is_zone(part) and not _TYPE.fullmatch(part):
            hint = "write a zone, a type, or zone/type: eu-west-1a, t3.micro, eu-west-1a/t3.micro"
            raise UsageError(f"'{part}' is neither a zone nor an instance type", hint=hint)
    return ResourceOrder("no-capacity", detail, where)


def _fail_snapshot(detail: str, where: str) -> Order:
    _nothing_after("fail-snapshot", detail)
    return ResourceOrder("fail-snapshot", "", where)


def _zone_down(detail: str, where: str) -> Order:
    _nothing_after("zone-down", detail)
    if not is_zone(where):
        raise UsageError(f"'{where}' is not a zone", hint="ec2kit sandbox break zone-down eu-west-1a")
    return ResourceOrder("zone-down", "", where)


def _rival(detail: str, where: str) -> Order:
    if not detail:
        raise UsageError(
            "a rival needs an instance", hint="ec2kit sandbox break rival:i-0123456789abcdef0 203.0.113.9"
        )
    try:
        ipaddress.IPv4Address(where)
    except ValueError:
        raise UsageError(
            f"'{where}' is not an address", hint="write the Elastic IP that the rival takes"
        ) from None
    return ResourceOrder("rival", detail, where)


def _probe_path(detail: str, where: str) -> Order:
    _nothing_after("probe-path", detail)
    if where:
        raise UsageError("'probe-path' takes no place: it is the monitor's own path that breaks")
    return ResourceOrder("probe-path")


def _nothing_after(word: str, detail: str) -> None:
    if detail:
        raise UsageError(f"'{word}' takes nothing after a colon, not '{detail}'")


_RESOURCE_WORDS: dict[str, Callable[[str, str], Order]] = {
    "impair": _impair,
    "stuck-stop": _stuck_stop,
    "dead-port": _dead_port,
    "no-capacity": _no_capacity,
    "fail-snapshot": _fail_snapshot,
    "zone-down": _zone_down,
    "rival": _rival,
    "probe-path": _probe_path,
}
