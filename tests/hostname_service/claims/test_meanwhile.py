"""What others do to a name while a claim, a release or a repair is at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from hostname_service.assignments.reading import read_assignments
from hostname_service.claims.letting_go import finish, let_go
from hostname_service.dns.port import Records
from hostname_service.errors import Held, Later, Refused, Unavailable
from hostname_service.model import Binding, BindingState, MachineState
from hostname_service.upkeep.repairs import repair_all
from tests.hostname_service.claims.town import ZONE, Town

FQDN = f"db.{ZONE}"


def row_of(town: Town, fqdn: str = FQDN) -> Binding:
    row = town.registry.binding(fqdn)
    assert row is not None
    return row


@dataclass
class Interrupted:
    """A part, and what happens once just before one of its deeds."""

    part: Any
    deed: str
    happens: Callable[[], object]

    def __getattr__(self, name: str) -> Any:
        if name == self.deed:
            self.deed = ""
            self.happens()
        return getattr(self.part, name)


class TestHostsThatAreNotOurs:
    def test_a_name_that_dns_refuses_keeps_its_certificate(self, town: Town) -> None:
        town.dns.forward[FQDN] = Records(FQDN, ("192.0.2.25",), "")
        town.ca.signed[FQDN] = "the key of a host that is not ours"
        with pytest.raises(Held) as held:
            town.ask(town.launch(1, "db"))
        assert held.value.reason == "dns-held"
        assert town.ca.cleaned == []

    def test_nor_does_a_pattern_that_walks_past_them_cost_theirs(self, town: Town) -> None:
        for number in range(1, 6):
            fqdn = f"web-{number}.{ZONE}"
            town.dns.forward[fqdn] = Records(fqdn, (f"192.0.2.{number}",), "")
        town.assignments = read_assignments("- match: {region: eu-west-1}\n  name: web-{n}\n", (ZONE,))
        assert town.ask(town.launch(1)).name == "web-6"
        assert town.ca.cleaned == [f"web-6.{ZONE}"]

    def test_while_dns_is_away_only_what_the_registry_knew_is_cleaned(self, town: Town) -> None:
        old = town.launch(1, "db")
        town.ask(old)
        town.now_is(old, MachineState.TERMINATED)
        town.ca.cleaned.clear()
        town.dns.away = True
        ids = [town.launch(2, "db"), town.launch(3, "mail")]
        for id in ids:
            with pytest.raises(Later):
                town.ask(id)
        town.tick(seconds=40)
        assert [town.ask(id).dns_done for id in ids] == [False, False]
        assert town.ca.cleaned == [FQDN]


class TestSuccessorsWhileDnsIsAway:
    def ask_without_dns(self, town: Town, id: str) -> None:
        with pytest.raises(Later):
            town.ask(id)
        town.tick(seconds=40)
        assert not town.ask(id).dns_done

    def test_the_third_one_gets_the_name_too(self, town: Town) -> None:
        first = town.launch(1, "db")
        town.ask(first)
        town.dns.away = True
        town.now_is(first, MachineState.TERMINATED)
        second = town.launch(2, "db")
        self.ask_without_dns(town, second)
        town.now_is(second, MachineState.TERMINATED)
        third = town.launch(3, "db")
        self.ask_without_dns(town, third)
        town.dns.away = False
        assert repair_all(town.ground()) != []
        assert town.dns.forward[FQDN].owner.endswith(third)
        assert row_of(town).previous == ""
        assert town.ask(third).dns_done

    def test_one_that_was_never_told_to_dns_is_let_go_with_what_was_before_it(self, town: Town) -> None:
        first = town.launch(1, "db")
        town.ask(first)
        town.dns.away = True
        town.now_is(first, MachineState.TERMINATED)
        self.ask_without_dns(town, town.launch(2, "db"))
        town.dns.away = False
        town.desk.release(FQDN, "uid:0")
        assert town.dns.forward == {}
        assert town.ask(town.launch(3, "db")).name == "db"


class TestStaleRows:
    def test_a_release_that_was_finished_meanwhile_cleans_nobody_elses_certificate(self, town: Town) -> None:
        town.ask(town.launch(1, "db"))
        town.ca.away = True
        with pytest.raises(Unavailable):
            town.desk.release(FQDN, "uid:0")
        stale = row_of(town)
        town.ca.away = False
        town.ask(town.launch(2, "db"))
        town.ca.signed[FQDN] = "the key of the second"
        with pytest.raises(Held):
            let_go(town.ground(), stale, "finished")
        assert town.ca.signed == {FQDN: "the key of the second"}

    def test_of_two_that_finish_a_release_the_slow_one_stops_before_the_ca(self, town: Town) -> None:
        town.ask(town.launch(1, "db"))

        def other_one() -> None:
            finish(town.ground(), row_of(town))
            town.ask(town.launch(2, "db"))
            town.ca.signed[FQDN] = "the key of the second"

        dns = Interrupted(town.dns, "release", other_one)
        with pytest.raises(Held):
            let_go(replace(town.ground(), dns=dns), row_of(town), "asked")
        assert town.ca.signed == {FQDN: "the key of the second"}
        assert town.dns.forward[FQDN].addresses == ("10.0.0.2",)

    @pytest.mark.parametrize("deed", ["look", "claim_reverse"])
    def test_a_repair_brings_nothing_back_that_was_released_meanwhile(self, deed: str, town: Town) -> None:
        town.ask(town.launch(1, "db"))
        town.dns.forward.clear()
        town.dns.reverse.clear()
        dns = Interrupted(town.dns, deed, lambda: town.desk.release(FQDN, "uid:0"))
        repair_all(replace(town.ground(), dns=dns))
        assert town.dns.forward == {}
        assert town.registry.names() == []

    def test_a_claim_whose_name_was_released_meanwhile_leaves_nothing_in_dns(self, town: Town) -> None:
        id = town.launch(1, "db")
        dns = Interrupted(town.dns, "claim_reverse", lambda: town.desk.release(FQDN, "uid:0"))
        claims = town.claims(lambda name, part: dns if name == "dns" else part)
        with pytest.raises(Later) as later:
            town.ask(id, claims=claims)
        assert later.value.reason == "changed"
        assert town.dns.forward == {}

    def test_gc_leaves_what_was_changed_since_it_looked(self, town: Town) -> None:
        old = town.launch(1, "db")
        town.ask(old)
        town.now_is(old, MachineState.TERMINATED)
        successor = town.launch(2, "db")
        ec2 = Interrupted(town.ec2, "look_at", lambda: town.ask(successor))
        [found] = replace(town.desk, ground=replace(town.ground(), instances=ec2)).gc(False, "uid:0")
        assert not found.released
        assert "changed meanwhile" in found.reason
        assert row_of(town).machine.instance_id == successor


class TestTheSameMachineTwice:
    def test_the_slower_of_two_claims_comes_again_and_is_told(self, town: Town) -> None:
        id = town.launch(1, "db")
        ca = Interrupted(town.ca, "clean", lambda: town.ask(id))
        claims = town.claims(lambda name, part: ca if name == "ca" else part)
        with pytest.raises(Later) as later:
            town.ask(id, claims=claims)
        assert later.value.reason == "changed"
        assert town.audited("later") == ["changed"]
        assert town.ask(id).name == "db"
        assert town.dns.forward[FQDN].addresses == ("10.0.0.1",)

    def test_its_release_that_was_cut_is_finished_before_it_gets_the_name_again(self, town: Town) -> None:
        id = town.launch(1, "db")
        town.ask(id)
        town.ca.signed[FQDN] = "its key"
        town.ca.away = True
        with pytest.raises(Unavailable):
            town.desk.release(FQDN, "uid:0")
        town.ca.away = False
        town.desk.reset(id, "uid:0")
        assert town.ask(id).name == "db"
        assert town.ca.signed == {}


class TestReleasedOnPurpose:
    def test_the_machine_does_not_take_it_straight_back(self, town: Town) -> None:
        id = town.launch(1, "db")
        town.ask(id)
        town.tick(hours=5)
        town.desk.release(FQDN, "uid:0")
        with pytest.raises(Refused) as refused:
            town.ask(id)
        assert refused.value.reason == "replay"
        assert town.registry.names() == []
        town.desk.reset(id, "uid:0")
        assert town.ask(id).name == "db"

    def test_a_machine_that_gets_another_name_goes_on(self, town: Town) -> None:
        id = town.launch(1, "db")
        town.ask(id)
        town.desk.assign("mail", id, "uid:0")
        assert town.ask(id).name == "mail"
        assert row_of(town, f"mail.{ZONE}").state is BindingState.BOUND


def test_who_asked_in_time_is_not_late_because_ec2_was_away(town: Town) -> None:
    id = town.launch(1, "db")
    town.ec2.away = True
    for _ in range(2):
        with pytest.raises(Later):
            town.ask(id)
        town.tick(minutes=3)
    town.ec2.away = False
    assert town.ask(id).name == "db"


QUARANTINED = {"ec2kit:state": "quarantined"}


@pytest.mark.parametrize(
    "ending, ended, tags",
    [
        (MachineState.SHUTTING_DOWN, MachineState.TERMINATED, {}),
        (MachineState.STOPPING, MachineState.STOPPED, QUARANTINED),
    ],
)
def test_a_holder_that_is_ending_is_waited_for(
    town: Town, ending: MachineState, ended: MachineState, tags: dict[str, str]
) -> None:
    old = town.launch(1, "db")
    town.ask(old)
    town.now_is(old, ending, tags)
    successor = town.launch(2, "db")
    with pytest.raises(Later) as later:
        town.ask(successor)
    assert later.value.reason == "held-ending"
    assert row_of(town).machine.instance_id == old
    town.now_is(old, ended, tags)
    assert town.ask(successor).name == "db"


@pytest.mark.parametrize(
    "state, tags",
    [(MachineState.STOPPING, {}), (MachineState.STOPPED, {}), (MachineState.RUNNING, QUARANTINED)],
)
def test_whose_holder_may_go_on_is_given_its_name_when_that_has_ended_at_last(
    town: Town, state: MachineState, tags: dict[str, str]
) -> None:
    """The machine that was refused asks on for as long as it runs, in the same start."""
    old = town.launch(1, "db")
    town.ask(old)
    town.now_is(old, state, tags)
    successor = town.launch(2, "db")
    for _ in range(3):
        with pytest.raises(Held) as held:
            town.ask(successor)
        assert held.value.reason == "held"
        town.tick(minutes=30)
    town.now_is(old, MachineState.TERMINATED)
    assert town.ask(successor).name == "db"


def test_who_was_refused_gets_the_name_by_an_operators_word_too(town: Town) -> None:
    """After `recover --fenced-by-hand`: EC2 shows the old machine as it was when its zone went."""
    town.ask(town.launch(1, "db"))
    successor = town.launch(2, "db")
    with pytest.raises(Held):
        town.ask(successor)
    town.tick(minutes=30)
    town.desk.assign(f"db.{ZONE}", successor, "uid:0")
    assert town.ask(successor).name == "db"
