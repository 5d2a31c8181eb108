"""Claims as machines make them: who gets which name, when again, and who gets none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from hostname_service.assignments.reading import read_assignments
from hostname_service.dns.port import Records
from hostname_service.errors import Held, Later, Refused
from hostname_service.model import BindingState, Deed, MachineKey, MachineState
from hostname_service.upkeep.repairs import repair_all
from tests.hostname_service.authority import ACCOUNT
from tests.hostname_service.claims.town import ZONE, Town

WEB = "web-{n}.shop.example.com"


def test_a_machine_is_told_the_name_of_its_tag(town: Town) -> None:
    id = town.launch(1, "db")

    told = town.ask(id)

    assert (told.name, told.fqdn, told.dns_done) == ("db", f"db.{ZONE}", True)
    assert town.dns.forward[told.fqdn] == Records(told.fqdn, ("10.0.0.1",), f"ec2kit/{ACCOUNT}/{id}")
    assert town.dns.reverse == {"10.0.0.1": told.fqdn}
    bound = town.registry.binding(told.fqdn)
    assert bound is not None
    assert (bound.state, bound.machine) == (BindingState.BOUND, MachineKey(ACCOUNT, id))
    assert town.ca.cleaned == [told.fqdn]
    assert town.audited("claim") == ["bound"]


def test_asked_again_it_is_told_the_same(town: Town) -> None:
    id = town.launch(1, "db")
    first = town.ask(id)
    town.ca.signed[first.fqdn] = "its key"
    town.tick(minutes=9)

    assert town.ask(id) == first
    assert town.ca.signed == {first.fqdn: "its key"}
    assert town.audited("claim", "replay") == ["bound", "bound"]


def test_the_answer_is_not_repeated_for_ever(town: Town) -> None:
    id = town.launch(1, "db")
    town.ask(id)
    town.tick(minutes=11)

    with pytest.raises(Refused, match="ten minutes"):
        town.ask(id)

    assert town.audited("refuse") == ["replay"]


def test_a_blob_from_elsewhere_is_refused(town: Town) -> None:
    id, thief = town.launch(1, "db"), "10.0.0.66"
    with pytest.raises(Refused) as before:
        town.ask(id, thief)
    town.ask(id)
    with pytest.raises(Refused) as after:
        town.ask(id, thief)

    assert (before.value.reason, after.value.reason) == ("address", "address")
    assert town.registry.audits(limit=1)[0].source == thief


def test_behind_a_nat_the_first_address_counts(town: Town) -> None:
    from hostname_service.config.settings import Source

    town.settings = replace(town.settings, source=Source.OFF)
    id = town.launch(1, "db")
    town.ask(id, "192.0.2.1")

    with pytest.raises(Refused) as refused:
        town.ask(id, "192.0.2.2")

    assert refused.value.reason == "replay"


def test_the_window_is_as_long_as_the_configuration_says(town: Town) -> None:
    id = town.launch(1, "db")
    town.tick(minutes=6)
    town.settings = replace(town.settings, window=timedelta(minutes=2))
    with pytest.raises(Refused, match="more than 2 minutes ago"):
        town.ask(id)
    town.settings = replace(town.settings, window=timedelta(minutes=10))
    assert town.ask(id).name == "db"


def test_started_long_ago_it_comes_only_after_a_reset(town: Town) -> None:
    id = town.launch(1, "db")
    town.tick(minutes=6)
    with pytest.raises(Refused) as late:
        town.ask(id)
    assert late.value.reason == "window"

    assert town.desk.reset(id, "uid:0") is False
    assert town.ask(id).name == "db"
    assert town.audited("reset") == ["asked"]


def test_started_anew_it_keeps_its_name_at_a_new_address(town: Town) -> None:
    id = town.launch(1, "db")
    first = town.ask(id)
    town.ca.signed[first.fqdn] = "its key"
    town.tick(hours=3)
    machine = town.ec2.machines[id]
    town.ec2.machines[id] = replace(machine, private_ip="10.0.0.200", launched=town.clock.time)

    again = town.ask(id)

    assert again.fqdn == first.fqdn
    assert again.token != first.token
    assert town.dns.forward[first.fqdn].addresses == ("10.0.0.200",)
    assert town.ca.signed == {}, "it asks because it has lost what it had, its key too"


def test_the_blob_of_an_earlier_start_is_refused(town: Town) -> None:
    id = town.launch(1, "db")
    town.tick(minutes=1)
    old = town.blob(id)
    town.ec2.machines[id] = replace(town.ec2.machines[id], launched=town.clock.time)
    town.ask(id)
    town.ec2.machines[id] = replace(town.ec2.machines[id], launched=None)

    with pytest.raises(Refused) as older:
        town.claims().claim(old, "10.0.0.1")

    assert older.value.reason == "older"


def test_a_name_is_not_given_to_a_second_machine(town: Town) -> None:
    town.ask(town.launch(1, "db"))
    second = town.launch(2, "db")

    with pytest.raises(Held):
        town.ask(second)

    assert town.dns.reverse == {"10.0.0.1": f"db.{ZONE}"}
    assert town.audited("refuse") == ["held"]


@pytest.mark.parametrize(
    "state, tags",
    [
        (MachineState.TERMINATED, {}),
        (MachineState.STOPPED, {"ec2kit:state": "quarantined"}),
    ],
)
def test_the_replacement_of_a_gone_machine_gets_its_name(
    town: Town, state: MachineState, tags: dict[str, str]
) -> None:
    old = town.launch(1, "db")
    fqdn = town.ask(old).fqdn
    town.ca.signed[fqdn] = "the old key"
    town.now_is(old, state, tags)

    told = town.ask(town.launch(2, "db"))

    assert told.fqdn == fqdn
    assert town.ca.signed == {}, "the old certificate was revoked before the name was given on"
    assert town.dns.forward[fqdn].addresses == ("10.0.0.2",)
    assert town.audited("take-over") == ["gone"]


def test_a_stopped_machine_keeps_its_name(town: Town) -> None:
    old = town.launch(1, "db")
    town.ask(old)
    town.now_is(old, MachineState.STOPPED)

    with pytest.raises(Held):
        town.ask(town.launch(2, "db"))


def test_an_operator_gives_a_name_whoever_has_it(town: Town) -> None:
    town.ask(town.launch(1, "db"))
    second = town.launch(2, "other")
    town.ask(second)
    town.desk.assign(f"db.{ZONE}", second, "uid:0")

    assert [town.ask(second).name, town.ask(second).name] == ["db", "db"], "the word stands"
    assert town.registry.binding(f"other.{ZONE}") is None
    assert f"other.{ZONE}" not in town.dns.forward
    town.desk.release(f"db.{ZONE}", "uid:0")
    assert town.registry.order_for(second) is None


def test_numbers_are_given_from_the_lowest_and_kept(town: Town) -> None:
    ids = [town.launch(number, WEB) for number in (1, 2, 3)]
    assert [town.ask(id).name for id in ids] == ["web-1", "web-2", "web-3"]

    town.now_is(ids[1], MachineState.TERMINATED)
    assert [gone.binding.fqdn for gone in town.desk.gc(dry_run=True, by="uid:0")] == [f"web-2.{ZONE}"]
    assert [gone.released for gone in town.desk.gc(dry_run=False, by="uid:0")] == [True]
    (line,) = [line for line in town.registry.audits(f"web-2.{ZONE}") if line.deed is Deed.RELEASE]
    assert (line.reason, line.message) == ("gone", "by uid:0")
    assert town.ask(town.launch(4, WEB)).name == "web-2"
    assert town.ask(ids[2]).name == "web-3"


def test_the_file_names_machines_that_have_no_tag(town: Town) -> None:
    rules = f"- match: {{tags: {{role: db}}}}\n  name: db-{{n}}.{ZONE}\n"
    town.assignments = read_assignments(rules, (ZONE,))

    assert town.ask(town.launch(1, role="db")).name == "db-1"
    with pytest.raises(Refused) as nameless:
        town.ask(town.launch(2, role="cache"))
    assert nameless.value.reason == "no-name"


def test_dns_that_is_away_is_waited_for_and_then_told_later(town: Town) -> None:
    id = town.launch(1, "db")
    town.dns.away = True
    with pytest.raises(Later) as waits:
        town.ask(id)
    assert waits.value.reason == "dns-away"
    town.tick(seconds=31)

    told = town.ask(id)
    assert (told.name, told.dns_done) == ("db", False)

    town.dns.away = False
    assert repair_all(town.ground()) == [f"DNS does not know 'db.{ZONE}'", "10.0.0.1 has no PTR"]
    assert town.dns.forward[told.fqdn].addresses == ("10.0.0.1",)
    assert repair_all(town.ground()) == []
    assert town.ask(id).dns_done


def test_without_the_ca_no_name_is_given(town: Town) -> None:
    id = town.launch(1, "db")
    town.ca.away = True
    with pytest.raises(Later) as waits:
        town.ask(id)
    assert waits.value.reason == "ca-away"
    assert [row.state for row in town.registry.names()] == [BindingState.RESERVED]

    town.ca.away = False
    assert town.ask(id).name == "db"


def test_a_name_that_is_somebody_elses_in_dns_is_not_taken(town: Town) -> None:
    mail = Records(f"mail.{ZONE}", ("192.0.2.25",), "")
    town.dns.forward[mail.fqdn] = mail

    with pytest.raises(Held) as held:
        town.ask(town.launch(1, "mail"))

    assert held.value.reason == "dns-held"
    assert town.dns.forward == {mail.fqdn: mail}
    assert town.registry.names() == []


def test_a_machine_that_ec2_does_not_show_yet_is_asked_to_come_again(town: Town) -> None:
    id = town.launch(1, "db")
    blob, machine = town.blob(id), town.ec2.machines.pop(id)
    with pytest.raises(Later) as waits:
        town.claims().claim(blob, machine.private_ip)
    assert waits.value.reason == "not-visible"

    town.ec2.machines[id] = machine
    assert town.ask(id).name == "db"


def test_without_ec2_nobody_is_believed(town: Town) -> None:
    id = town.launch(1, "db")
    town.ec2.away = True
    with pytest.raises(Later) as waits:
        town.ask(id)
    assert waits.value.reason == "aws-away"


def test_a_released_name_is_free_and_its_records_are_gone(town: Town) -> None:
    id = town.launch(1, "db")
    town.ask(id)
    town.desk.release(f"db.{ZONE}", "uid:0")

    assert (town.dns.forward, town.dns.reverse, town.registry.names()) == ({}, {}, [])
    assert town.ask(town.launch(2, "db")).name == "db"


def test_a_release_that_dns_stopped_is_finished_by_the_next_claim(town: Town) -> None:
    town.ask(town.launch(1, "db"))
    town.dns.away = True
    from hostname_service.errors import Unavailable

    with pytest.raises(Unavailable):
        town.desk.release(f"db.{ZONE}", "uid:0")
    second = town.launch(2, "db")
    with pytest.raises(Later):
        town.ask(second)
    town.dns.away = False

    assert town.ask(second).name == "db"
    assert town.dns.reverse == {"10.0.0.2": f"db.{ZONE}"}
