"""What every registry keeps to, whatever it keeps its rows in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from hostname_service.errors import Held, Refused
from hostname_service.model import BindingState, Deed, MachineKey
from hostname_service.registry.port import Order, Registry
from tests.hostname_service.registry.ground import (
    BEGAN,
    attested,
    everything,
    half,
    line,
    machine,
    wanted,
)

pytestmark = pytest.mark.slow

HOSTILE = [
    "'; DROP TABLE bindings; --",
    '" OR "1"="1',
    "$(reboot) `id` ; rm -rf / | cat > x & \\",
    "a\x00b",
    "line\nbreak\ttab\r\x1b[31m",
    "пример.日本 \u202egnp.exe 🦊",
    "half a pair \ud800 and \udfff",
    "%s %d {n} :fqdn ?1 #pk",
    "x" * 5000,
]


class TestTrustOnFirstUse:
    def test_the_first_is_kept_and_the_same_again_returns_it(self, registry: Registry) -> None:
        assert registry.seen(machine(1)) is None
        first = registry.attest(attested(1))
        assert (first.source, first.pending_time) == ("10.0.0.1", BEGAN)
        later = replace(attested(1), at=BEGAN + timedelta(minutes=9))
        assert registry.attest(later) == first == registry.seen(machine(1))

    def test_another_address_is_a_replay_and_changes_nothing(self, registry: Registry) -> None:
        first = registry.attest(attested(1))
        with pytest.raises(Refused) as refused:
            registry.attest(attested(1, "10.0.0.66"))
        assert refused.value.reason == "replay"
        assert registry.seen(machine(1)) == first

    def test_a_newer_start_is_a_first_one_and_the_older_is_refused(self, registry: Registry) -> None:
        registry.attest(attested(1))
        newer = registry.attest(attested(1, "10.0.0.2", minutes=30))
        assert newer.source == "10.0.0.2"
        with pytest.raises(Refused) as refused:
            registry.attest(attested(1))
        assert refused.value.reason == "older"
        assert registry.seen(machine(1)) == newer

    def test_reset_forgets_one_machine_once(self, registry: Registry) -> None:
        registry.attest(attested(1))
        registry.attest(attested(2))
        assert registry.forget(machine(1)) is True
        assert registry.forget(machine(1)) is False
        assert registry.attest(attested(1, "10.0.0.66")).source == "10.0.0.66"
        assert registry.seen(machine(2)) is not None


class TestReserve:
    def test_a_free_name_is_given_as_wanted_and_found_from_both_sides(self, registry: Registry) -> None:
        row = registry.reserve(wanted("web-1", 1))
        assert row == wanted("web-1", 1) == registry.binding(row.fqdn) == registry.binding_of(machine(1))
        assert registry.binding("web-2.shop.example.com") is None
        assert registry.binding_of(machine(2)) is None

    def test_all_that_a_row_has_comes_back(self, registry: Registry) -> None:
        row = wanted(
            "web-1", 1, addresses=("10.0.0.1", "2001:db8::1"), dns_done=True, previous="i-1", signed_key="ab"
        )
        assert registry.reserve(replace(row, since=BEGAN + timedelta(microseconds=7))).since.microsecond == 7
        kept = registry.binding(row.fqdn)
        assert kept == replace(row, since=BEGAN + timedelta(microseconds=7))

    def test_another_machines_name_is_held(self, registry: Registry) -> None:
        row = registry.reserve(wanted("web-1", 1))
        for over in (None, machine(3)):
            with pytest.raises(Held) as held:
                registry.reserve(wanted("web-1", 2), over)
            assert held.value.reason == "held"
        assert registry.binding(row.fqdn) == row
        assert registry.binding_of(machine(2)) is None

    def test_a_machine_has_one_name(self, registry: Registry) -> None:
        registry.reserve(wanted("web-1", 1))
        with pytest.raises(Held) as held:
            registry.reserve(wanted("web-2", 1))
        assert held.value.reason == "has-name"
        assert registry.binding(wanted("web-2", 1).fqdn) is None

    def test_a_machine_with_a_name_does_not_take_over_another(self, registry: Registry) -> None:
        registry.reserve(wanted("web-1", 1))
        registry.reserve(wanted("web-2", 2))
        with pytest.raises(Held) as held:
            registry.reserve(wanted("web-1", 2), over=machine(1))
        assert held.value.reason == "has-name"
        assert half(registry) == []

    def test_taken_over_the_row_names_whom_it_was_taken_from(self, registry: Registry) -> None:
        bound = registry.reserve(wanted("web-1", 1))
        registry.change(bound, replace(bound, state=BindingState.BOUND, dns_done=True, signed_key="ab"))
        row = registry.reserve(wanted("web-1", 2), over=machine(1))
        assert row == replace(wanted("web-1", 2), previous=str(machine(1)))
        assert registry.binding_of(machine(1)) is None
        assert registry.binding_of(machine(2)) == row
        assert registry.reserve(wanted("web-9", 1)).fqdn.startswith("web-9")

    def test_the_holder_gets_its_row_again_as_it_is(self, registry: Registry) -> None:
        row = registry.reserve(wanted("web-1", 1))
        bound = replace(row, state=BindingState.BOUND, dns_done=True, signed_key="ab")
        registry.change(row, bound)
        assert registry.reserve(wanted("web-1", 1)) == bound

    def test_new_addresses_are_not_in_dns_yet(self, registry: Registry) -> None:
        row = registry.reserve(wanted("web-1", 1))
        bound = registry.change(row, replace(row, state=BindingState.BOUND, dns_done=True, signed_key="ab"))
        moved = registry.reserve(wanted("web-1", 1, addresses=("10.9.9.9",)))
        assert moved == replace(bound, addresses=("10.9.9.9",), dns_done=False)

    def test_a_new_start_has_a_token_that_has_signed_nothing(self, registry: Registry) -> None:
        row = registry.reserve(wanted("web-1", 1, dns_done=True, signed_key="ab"))
        later = BEGAN + timedelta(hours=1)
        assert registry.reserve(wanted("web-1", 1, pending_time=later)) == replace(
            row, pending_time=later, signed_key=""
        )


class TestChangeAndRemove:
    def test_a_change_needs_the_row_as_it_is(self, registry: Registry) -> None:
        row = registry.reserve(wanted("web-1", 1))
        bound = registry.change(row, replace(row, state=BindingState.BOUND))
        assert registry.binding(row.fqdn) == bound
        with pytest.raises(Held) as held:
            registry.change(row, replace(row, state=BindingState.RELEASING))
        assert held.value.reason == "changed"
        assert registry.binding(row.fqdn) == bound

    def test_what_is_not_there_is_not_changed(self, registry: Registry) -> None:
        with pytest.raises(Held):
            registry.change(wanted("web-1", 1), wanted("web-1", 1, dns_done=True))
        assert registry.names() == []

    def test_a_change_moves_no_name(self, registry: Registry) -> None:
        row = registry.reserve(wanted("web-1", 1))
        for other in (wanted("web-2", 1), wanted("web-1", 2)):
            with pytest.raises(ValueError, match="keeps the name"):
                registry.change(row, other)

    def test_remove_frees_name_and_machine(self, registry: Registry) -> None:
        row = registry.reserve(wanted("web-1", 1))
        bound = registry.change(row, replace(row, state=BindingState.BOUND))
        assert registry.remove(row) is False, "it is bound by now"
        assert registry.remove(replace(bound, dns_done=True)) is True, "name, machine and state count alone"
        assert registry.remove(bound) is False
        assert registry.reserve(wanted("web-1", 2)).machine == machine(2)
        assert registry.reserve(wanted("web-2", 1)).machine == machine(1)

    def test_remove_leaves_what_went_to_another(self, registry: Registry) -> None:
        old = registry.reserve(wanted("web-1", 1))
        row = registry.reserve(wanted("web-1", 2), over=machine(1))
        assert registry.remove(old) is False
        assert registry.binding(old.fqdn) == row


def test_names_come_in_pages_in_order(registry: Registry) -> None:
    for number, name in enumerate(["web-10", "web-2", "db", "web-1", "a.db"]):
        registry.reserve(wanted(name if "." not in name else f"{name}.shop.example.com", number))
    names = [row.fqdn for row in registry.names()]
    assert names == sorted(names)
    assert len(names) == 5
    assert [row.fqdn for row in registry.names(limit=2)] == names[:2]
    assert [row.fqdn for row in registry.names(after=names[1], limit=2)] == names[2:4]
    assert registry.names(after=names[-1]) == []


class TestOrders:
    @staticmethod
    def word(name: str, number: int, seconds: int = 0) -> Order:
        return Order(name, machine(number).instance_id, "uid 0", BEGAN + timedelta(seconds=seconds))

    def test_a_later_word_replaces_that_for_the_machine_and_that_for_the_name(
        self, registry: Registry
    ) -> None:
        registry.order(self.word("a", 1))
        registry.order(self.word("b", 2))
        registry.order(self.word("b", 1, 5))
        assert registry.order_for(machine(1).instance_id) == self.word("b", 1, 5)
        assert registry.order_for(machine(2).instance_id) is None
        registry.order(self.word("a", 3))
        assert registry.order_for(machine(1).instance_id) == self.word("b", 1, 5), "its `a` is long forgotten"

    def test_only_the_word_that_was_carried_out_is_removed(self, registry: Registry) -> None:
        registry.order(self.word("a", 1))
        registry.order(self.word("a", 1, 5))
        registry.withdraw(self.word("a", 1))
        assert registry.order_for(machine(1).instance_id) == self.word("a", 1, 5)
        registry.withdraw(self.word("a", 1, 5))
        registry.withdraw(self.word("a", 1, 5))
        assert registry.order_for(machine(1).instance_id) is None
        registry.order(self.word("a", 2))
        assert registry.order_for(machine(2).instance_id) == self.word("a", 2)


def test_the_audit_tells_the_newest_first_of_all_of_a_name_and_of_a_machine(registry: Registry) -> None:
    lines = [
        line("one", 1, fqdn="a", machine=machine(1), source="10.0.0.1", message="…", deed=Deed.REFUSE),
        line("two", 2, fqdn="a", machine=machine(2)),
        line("three", 3, machine=machine(1)),
        line("four", 4),
    ]
    for entry in lines:
        registry.audit(entry)
    assert registry.audits() == lines[::-1]
    assert registry.audits(limit=2) == [lines[3], lines[2]]
    assert registry.audits(fqdn="a") == [lines[1], lines[0]]
    assert registry.audits(instance_id=machine(1).instance_id) == [lines[2], lines[0]]
    assert registry.audits(fqdn="a", instance_id=machine(1).instance_id, limit=1) == [lines[0]]
    assert registry.audits(fqdn="b") == []


def test_the_heartbeat(registry: Registry) -> None:
    assert registry.last_heartbeat() is None
    for seconds in (0, 30):
        registry.heartbeat(BEGAN + timedelta(seconds=seconds))
    assert registry.last_heartbeat() == BEGAN + timedelta(seconds=30)


def test_two_objects_see_the_same_rows(pair: tuple[Registry, Registry]) -> None:
    one, two = pair
    row = one.reserve(wanted("web-1", 1))
    two.change(row, replace(row, state=BindingState.BOUND))
    with pytest.raises(Held):
        one.change(row, replace(row, dns_done=True))
    two.attest(attested(1))
    one.audit(line("told"))
    assert everything(one) == everything(two)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_every_text_is_only_text(registry: Registry, text: str) -> None:
    """What cannot be stored as it is (half a surrogate pair, never sent by JSON or a tag) is spelled out."""
    kept = text.encode("utf-8", "backslashreplace").decode()
    key = MachineKey(text, text)
    row = wanted("web-1", 1, machine=key, region=text, previous=text, signed_key=text)
    row = replace(row, fqdn=text)
    registry.reserve(row)
    [found] = registry.names()
    assert (found.fqdn, found.machine) == (kept, (kept, kept))
    assert (found.region, found.previous, found.signed_key) == (kept, kept, kept)
    assert registry.binding(text) == registry.binding_of(key) == found
    order = Order(text, text, text, BEGAN)
    registry.order(order)
    assert registry.order_for(text) == Order(kept, kept, kept, BEGAN)
    registry.withdraw(order)
    assert registry.order_for(text) is None
    registry.audit(line(text, fqdn=text, machine=key, source=text, message=text))
    [told] = registry.audits(fqdn=text, instance_id=text)
    assert {told.reason, told.fqdn, told.source, told.message, *(told.machine or ())} == {kept}
    registry.reserve(wanted("db", 2))
    assert registry.remove(row) is True
    assert [one.fqdn for one in registry.names()] == [wanted("db", 2).fqdn]
