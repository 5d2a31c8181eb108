"""The fault file."""

from datetime import timedelta

import pytest

from ec2kit.errors import UsageError
from ec2kit.sandbox.fault_file import FaultFile, read_faults
from ec2kit.sandbox.faults import Effect, Spell
from ec2kit.sandbox.orders import RequestOrder, ResourceOrder

WHOLE = """
seed: 7
faults:
  - {at: 30s, on: "ec2:RunInstances", when: {az: eu-west-1a}, do: no-capacity, times: 3}
  - {on: CreateTags, do: throttle, probability: 0.5, after: 2}
  - {do: delay:5s, for: 1m}
  - {at: 60s, resource: web-1, do: impair:system}
  - {resource: web-1, do: dead-port:80}
  - {resource: snapshot, do: fail}
  - {zone: eu-west-1a, do: down, for: 10m}
  - {address: 203.0.113.9, do: rival:web-2}
"""


def test_a_whole_file() -> None:
    assert read_faults(WHOLE) == FaultFile(
        (
            RequestOrder(
                "ec2:RunInstances",
                Effect("no-capacity"),
                {"az": "eu-west-1a"},
                Spell(times=3, at=timedelta(seconds=30)),
            ),
            RequestOrder("ec2:CreateTags", Effect("throttle"), {}, Spell(probability=0.5, after=2)),
            RequestOrder(
                "*", Effect("delay", delay=timedelta(seconds=5)), {}, Spell(lasts=timedelta(minutes=1))
            ),
            ResourceOrder("impair", "system", "web-1", Spell(at=timedelta(minutes=1))),
            ResourceOrder("dead-port", "80", "web-1"),
            ResourceOrder("fail-snapshot"),
            ResourceOrder("zone-down", "", "eu-west-1a", Spell(lasts=timedelta(minutes=10))),
            ResourceOrder("rival", "web-2", "203.0.113.9"),
        ),
        seed=7,
    )


def test_a_list_alone_and_an_empty_file() -> None:
    assert read_faults("- {do: reset}") == FaultFile((RequestOrder("*", Effect("reset")),))
    assert read_faults("# nothing yet\n") == FaultFile(())


@pytest.mark.parametrize(
    "text, message, hint",
    [
        ("- {do: reset\n", "faults.yaml line 2: not YAML", ""),
        ("just words", "faults.yaml line 1: a fault file is a list", ""),
        ("- {do: reset}\n- {do: reset, tmes: 3}", "faults.yaml line 2: unknown key 'tmes'", "times"),
        ("- do: reset\n  tmes: 3", "faults.yaml line 2: unknown key 'tmes'", "times"),
        ("sede: 3", "faults.yaml line 1: unknown key 'sede'", "seed, faults"),
        ("- {on: RunInstances}", "faults.yaml line 1: 'do' is missing", "throttle"),
        ("- {do: explode}", "faults.yaml line 1: 'explode' is nothing that can be broken", "throttle"),
        ("- {do: reset, times: many}", "faults.yaml line 1: 'times' is a whole number, not 'many'", ""),
        ("- do: reset\n  for: soon", "faults.yaml line 2: 'for': 'soon' is not a duration", "30s"),
        ("- {do: reset, probability: often}", "'probability' is a number, not 'often'", ""),
        ("- {on: RunInstances, zone: eu-west-1a, do: down}", "'on' and 'zone' do not go together", ""),
        ("- {zone: eu-west-1a, when: {az: b}, do: down}", "'when' goes with 'on' only", ""),
        ("- {resource: web-1, do: throttle}", "'throttle' is a fault of requests", "on: ec2:"),
        ("- {on: RunInstances, do: stuck-stop}", "'stuck-stop' is not a fault of requests", "resource"),
        ("- {do: reset, do: reset}", "'do' is there twice", ""),
        ("- [1, 2]", "faults.yaml line 1: each fault is a set of keys and values", "known keys"),
        ("- {zone: nowhere, do: down}", "line 1: 'nowhere' is not a zone", ""),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_faults(text, "faults.yaml")
    assert message in caught.value.message
    assert hint in caught.value.hint
