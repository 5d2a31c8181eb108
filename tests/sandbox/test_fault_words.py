"""The words of `sandbox break`."""

from datetime import timedelta

import pytest

from ec2kit.errors import UsageError
from ec2kit.sandbox.fault_words import KNOWN, parse_order
from ec2kit.sandbox.faults import Effect, Spell
from ec2kit.sandbox.orders import Order, RequestOrder, ResourceOrder


@pytest.mark.parametrize(
    "what, where, order",
    [
        ("throttle", "", RequestOrder("*", Effect("throttle"))),
        ("throttle", "RunInstances", RequestOrder("ec2:RunInstances", Effect("throttle"))),
        ("503", "ec2:Describe*", RequestOrder("ec2:Describe*", Effect("503"))),
        ("500", "ec2", RequestOrder("ec2:*", Effect("500"))),
        (
            "error:InternalError",
            "ssm:GetParameter",
            RequestOrder("ssm:GetParameter", Effect("error", "InternalError")),
        ),
        ("503", "s3:ListObjectsV2", RequestOrder("s3:ListObjectsV2", Effect("503"))),
        ("delay:5s", "", RequestOrder("*", Effect("delay", delay=timedelta(seconds=5)))),
        ("delay:250ms", "", RequestOrder("*", Effect("delay", delay=timedelta(milliseconds=250)))),
        ("reset", "*", RequestOrder("*", Effect("reset"))),
        ("lose-answer", "CreateSnapshots", RequestOrder("ec2:CreateSnapshots", Effect("lose-answer"))),
        ("timeout", "", RequestOrder("*", Effect("timeout"))),
        ("no-capacity", "", ResourceOrder("no-capacity")),
        ("no-capacity", "eu-west-1a/t3.micro", ResourceOrder("no-capacity", "", "eu-west-1a/t3.micro")),
        ("no-capacity:later", "t3.micro", ResourceOrder("no-capacity", "later", "t3.micro")),
        ("impair:system", "web-1", ResourceOrder("impair", "system", "web-1")),
        ("impair:ebs", "i-0123456789abcdef0", ResourceOrder("impair", "ebs", "i-0123456789abcdef0")),
        ("stuck-stop", "web-1", ResourceOrder("stuck-stop", "", "web-1")),
        ("dead-port:80", "web-1", ResourceOrder("dead-port", "80", "web-1")),
        ("fail-snapshot", "", ResourceOrder("fail-snapshot")),
        ("fail-snapshot", "vol-1", ResourceOrder("fail-snapshot", "", "vol-1")),
        ("zone-down", "eu-west-1a", ResourceOrder("zone-down", "", "eu-west-1a")),
        ("rival:web-2", "203.0.113.9", ResourceOrder("rival", "web-2", "203.0.113.9")),
        ("probe-path", "", ResourceOrder("probe-path")),
    ],
)
def test_understood(what: str, where: str, order: Order) -> None:
    assert parse_order(what, where) == order


@pytest.mark.parametrize(
    "what, where, message",
    [
        ("trottle", "", "'trottle' is nothing that can be broken"),
        ("throttle:5", "", "'throttle:5' is nothing that can be broken"),
        ("throttle", "web-1", "'web-1' is not an action"),
        ("error:", "", "'error:' names no error code"),
        ("delay:soon", "", "'soon' is not a duration"),
        ("impair", "web-1", "impair what?"),
        ("impair:disk", "web-1", "'disk' is not a status check"),
        ("impair:system", "", "'impair:system' needs an instance"),
        ("dead-port:http", "web-1", "'http' is not a port"),
        ("dead-port:70000", "web-1", "'70000' is not a port"),
        ("zone-down", "web-1", "'web-1' is not a zone"),
        ("no-capacity", "web-1", "'web-1' is neither a zone nor an instance type"),
        ("rival", "203.0.113.9", "a rival needs an instance"),
        ("rival:web-2", "web-1", "'web-1' is not an address"),
        ("probe-path", "web-1", "'probe-path' takes no place"),
        ("stuck-stop:now", "web-1", "takes nothing after a colon"),
    ],
)
def test_not_understood(what: str, where: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_order(what, where)
    assert message in caught.value.message


def test_the_hint_is_what_to_type() -> None:
    with pytest.raises(UsageError) as caught:
        parse_order("impair:system")
    assert caught.value.hint == "ec2kit sandbox break impair:system web-1"


def test_an_unknown_word_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UsageError) as caught:
        parse_order("explode")
    assert all(word in caught.value.hint for word in KNOWN)


@pytest.mark.parametrize(
    "what, where, spell, message",
    [
        ("throttle", "", Spell(probability=0), "probability"),
        ("throttle", "", Spell(times=0), "at least 1"),
        ("throttle", "", Spell(after=-1), "`after` counts"),
        ("stuck-stop", "web-1", Spell(times=2), "cannot happen 2 times"),
        ("zone-down", "eu-west-1a", Spell(probability=0.5), "takes no probability"),
    ],
)
def test_a_spell_that_does_not_fit(what: str, where: str, spell: Spell, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_order(what, where, spell)
    assert message in caught.value.message
