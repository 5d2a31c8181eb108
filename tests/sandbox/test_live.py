"""Machines that really run, as the sandbox sees them: a runner at its door, and what EC2 then says."""

from __future__ import annotations

import base64
import pickle

import pytest

from ec2kit.sandbox.live import SILENCE, STOPPING, LiveMachine, LiveMachines, wanted
from ec2kit.sandbox.machines import Refused, Relay, Silence, Unreachable
from ec2kit.sandbox.world import World
from tests.sandbox.runners import QUIET, Rig


@pytest.fixture
def rig() -> Rig:
    return Rig()


@pytest.fixture
def running(rig: Rig) -> Rig:
    """One whose web-1 has come up."""
    assert rig.enter() == (200, {"id": rig.id})
    rig.tell(login=True)
    return rig


def test_the_door_shows_what_a_machine_is_made_of(rig: Rig) -> None:
    status, shown = rig.ask("GET", "web-1")
    seen = rig.seeded.instance("web-1")
    assert status == 200
    assert (shown["id"], shown["name"], shown["state"]) == (rig.id, "web-1", "running")
    assert shown["address"] == seen["PrivateIpAddress"]
    assert shown["mac"] == seen["NetworkInterfaces"][0]["MacAddress"]
    assert shown["root"] == seen["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    assert (shown["architecture"], shown["blocks"], shown["live"]) == ("x86_64", 0, None)


def test_the_door_wants_the_token_and_an_instance_that_is_there(rig: Rig) -> None:
    assert rig.ask("GET", "web-1", token="guess")[0] == 403
    assert rig.ask("GET", "web-9")[0] == 404
    assert rig.ask("PATCH", "web-1")[0] == 400
    assert rig.ask("POST", "web-1", {"runner": "r1"})[0] == 400
    rig.seeded.launch("web-1")
    rig.seeded.boot()
    status, told = rig.ask("GET", "web-1")
    assert (status, told["hint"]) == (400, "give an id")


def test_a_second_runner_is_refused_while_the_first_lives(running: Rig) -> None:
    status, told = running.enter("r2")
    assert status == 409
    assert "is run already, by process 4321" in told["error"]
    assert running.enter("r1")[0] == 200
    running.real += SILENCE + 1
    assert running.enter("r2")[0] == 200
    assert running.ask("PUT", running.id, {**QUIET, "runner": "r1"})[0] == 404


def test_its_check_is_its_own(rig: Rig) -> None:
    rig.enter()
    rig.tell()
    assert rig.check()["Status"] == "initializing"
    rig.tell(login=True)
    assert rig.check()["Status"] == "ok"
    rig.tell(login=True, dead_end="the kernel panicked: no init")
    assert rig.check()["Status"] == "impaired"
    rig.tell(boots=2)
    assert rig.check()["Status"] == "initializing"


def test_one_whose_runner_is_silent_is_dead_and_still_running(running: Rig) -> None:
    assert running.probe() == Relay(running.id, 22)
    heard = running.seeded.now
    running.seeded.tick(60)
    running.real += SILENCE + 1
    assert running.state() == "running"
    check = running.check()
    assert check["Status"] == "impaired"
    assert check["Details"][0]["ImpairedSince"] == heard.replace(microsecond=0)
    assert running.probe() == Unreachable("the machine has no power")
    # A restart by EC2 gives no power to a machine that nobody runs.
    running.seeded.ec2.stop_instances(InstanceIds=[running.id])
    running.seeded.tick(60)
    assert running.state() == "stopped"
    running.seeded.ec2.start_instances(InstanceIds=[running.id])
    running.seeded.boot()
    assert running.probe() == Unreachable("the machine has no power")
    running.enter("r2")
    running.ask("PUT", running.id, {**QUIET, "runner": "r2", "login": True})
    assert running.probe() == Relay(running.id, 22)


def test_one_whose_runner_took_its_leave_is_dead_at_once(running: Rig) -> None:
    assert running.ask("DELETE", running.id, {"runner": "another"})[0] == 200
    assert running.check()["Status"] == "ok"
    running.ask("DELETE", running.id, {"runner": "r1"})
    assert running.check()["Status"] == "impaired"


def test_what_is_broken_counts_for_it_too(running: Rig) -> None:
    conditions = running.app.world.conditions
    conditions.dead_ports[running.id] = {22}
    assert isinstance(running.probe(), Refused)
    conditions.dead_ports.clear()
    conditions.impair(running.id, "instance", running.seeded.now)
    assert isinstance(running.probe(), Silence)
    conditions.impair(running.id, "system", running.seeded.now)
    assert isinstance(running.probe(), Unreachable)
    assert isinstance(running.probe(8080), Unreachable)


def test_its_console_is_what_it_said(running: Rig) -> None:
    running.tell(login=True, console="x" * 70_000)
    running.tell(login=True, console="real login: ")
    said = running.seeded.ec2.get_console_output(InstanceId=running.id)["Output"]
    text = base64.b64decode(said).decode() if not said.startswith("x") else said
    assert (len(text), text[-12:]) == (65_536, "real login: ")


def test_a_stop_waits_for_the_machine(running: Rig) -> None:
    assert running.tell(login=True)["want"] == "run"
    running.seeded.ec2.stop_instances(InstanceIds=[running.id])
    assert running.tell(login=True)["want"] == "off"
    running.seeded.tick(600)
    assert running.state() == "stopping"
    assert running.tell(on=False, why="asked")["want"] == "off"
    assert running.state() == "stopped"
    running.seeded.ec2.start_instances(InstanceIds=[running.id])
    assert running.tell(on=False)["want"] == "run"


def test_a_stop_does_not_wait_for_ever(running: Rig) -> None:
    running.seeded.ec2.stop_instances(InstanceIds=[running.id])
    for _ in range(int(STOPPING) // 4):
        running.real += 4
        running.tell()
    running.seeded.tick(600)
    assert running.state() == "stopping"
    running.real += 4
    running.tell()
    assert running.state() == "stopped"


def test_a_stop_without_shutdown_cuts_the_power(running: Rig) -> None:
    running.seeded.ec2.stop_instances(InstanceIds=[running.id], SkipOsShutdown=True)
    assert running.tell()["want"] == "cut"


def test_a_reboot_is_a_number_that_grows(running: Rig) -> None:
    running.seeded.ec2.reboot_instances(InstanceIds=[running.id])
    running.seeded.ec2.reboot_instances(InstanceIds=[running.id])
    assert running.tell()["reboots"] == 2


def test_a_termination_ends_it(running: Rig) -> None:
    running.seeded.ec2.terminate_instances(InstanceIds=[running.id])
    assert running.tell()["want"] == "end"
    running.seeded.tick(3600 * 2)
    assert running.live.find(running.id) is None
    assert running.ask("PUT", running.id, {**QUIET, "runner": "r1"})[0] == 404


@pytest.mark.parametrize("behavior, state", [("stop", "stopped"), ("terminate", "terminated")])
def test_a_machine_that_switches_itself_off_is_what_was_asked_for_then(
    running: Rig, behavior: str, state: str
) -> None:
    running.seeded.ec2.modify_instance_attribute(
        InstanceId=running.id, InstanceInitiatedShutdownBehavior={"Value": behavior}
    )
    running.tell(on=False, why="guest")
    running.seeded.tick(60)
    assert running.state() == state
    (found,) = running.seeded.ec2.describe_instances(InstanceIds=[running.id])["Reservations"][0]["Instances"]
    assert found["StateReason"]["Code"] == "Client.InstanceInitiatedShutdown"


def test_nothing_of_it_is_saved(running: Rig) -> None:
    world: World = pickle.loads(pickle.dumps(running.app.world))
    assert world.live.find(running.id) is None


@pytest.mark.parametrize(
    "state, cut, said",
    [
        ("pending", False, "run"),
        ("running", False, "run"),
        ("stopping", False, "off"),
        ("stopping", True, "cut"),
        ("stopped", True, "off"),
        ("shutting-down", False, "end"),
        ("terminated", False, "end"),
        (None, False, "end"),
    ],
)
def test_what_is_wanted_follows_from_the_state(rig: Rig, state: str | None, cut: bool, said: str) -> None:
    machine = LiveMachine("r1", 1, 0.0, rig.seeded.now, cut=cut)
    assert wanted(state, machine) == said


def test_a_wait_is_over_when_there_is_news() -> None:
    live = LiveMachines()
    assert live.wait(lambda: True, 0)
    assert not live.wait(lambda: False, 0)
