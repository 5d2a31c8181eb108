"""The parts of `sandbox boot` alone: what is done next, what a machine reaches, its disk, its link to the sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ec2kit.cli.practice_machine.deeds import PATIENCE, Deed, Standing, Wish, next_deed
from ec2kit.cli.practice_machine.disk import MachineDisk
from ec2kit.cli.practice_machine.facts import Fittings, firmware_name, machine_of, read_facts
from ec2kit.cli.practice_machine.power import led_in
from ec2kit.cli.practice_machine.pulse import Pulse
from ec2kit.cli.practice_machine.reach import Reach, commands, parse_reach
from ec2kit.cli.practice_machine.watched import Watched
from ec2kit.errors import Busy, Ec2kitError, NotFound, Refused, UsageError
from ec2kit.images.boot.network import network_of
from ec2kit.sandbox.block_files import BLOCK_BYTES

SHOWN: dict[str, Any] = {
    "id": "i-0123456789abcdef0",
    "name": "web-1",
    "state": "running",
    "architecture": "x86_64",
    "boot_mode": "uefi-preferred",
    "address": "172.31.5.6",
    "mac": "06:00:ac:1f:05:06",
    "subnet": "172.31.0.0/20",
    "root": "vol-1",
    "blocks": 9,
    "volumes": 1,
    "speed": 1.0,
    "live": None,
}


@pytest.mark.parametrize(
    "standing, wish, deed",
    [
        (Standing(), Wish(), "nothing"),
        (Standing(), Wish("off"), "button"),
        (Standing(pressed=1), Wish("off"), "nothing"),
        (Standing(pressed=PATIENCE + 1), Wish("off"), "cut"),
        (Standing(), Wish("cut"), "cut"),
        (Standing(), Wish("end"), "cut"),
        (Standing(), Wish(reboots=1), "button"),
        (Standing(rebooted=1), Wish(reboots=1), "nothing"),
        (Standing(rebooted=1, pressed=PATIENCE + 1), Wish(reboots=1), "cut"),
        (Standing(), Wish(flushes=2), "flush"),
        (Standing(flushed=2), Wish(flushes=2), "nothing"),
        (Standing(pressed=1), Wish("off", flushes=1), "flush"),
    ],
)
def test_what_is_done_next(standing: Standing, wish: Wish, deed: Deed) -> None:
    assert next_deed(standing, wish) == deed


def test_a_wish_is_what_the_door_answers() -> None:
    told = {"want": "run", "reboots": 1, "flushes": 2, "ports": [8080]}
    assert Wish.of(told) == Wish("run", 1, 2, (8080,))


def test_what_a_machine_reaches_is_typed_once() -> None:
    assert parse_reach("172.31.0.10:8443=39001") == Reach("172.31.0.10", 8443, 39001)
    assert parse_reach("172.31.0.10:8443=39001,proxy") == Reach("172.31.0.10", 8443, 39001, proxied=True)


@pytest.mark.parametrize(
    "typed", ["", "8443=39001", "172.31.0.10:8443", "web:80=80", "172.31.0.10:0=80", "172.31.0.10:80=80,tls"]
)
def test_anything_else_is_wrong_usage(typed: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_reach(typed)
    assert caught.value.hint == "write ADDRESS:PORT=PORT, such as 172.31.0.10:8443=39001"


def test_a_service_behind_a_proxy_line_sees_the_machines_address() -> None:
    network = network_of("172.31.5.6", "06:00:ac:1f:05:06", "172.31.0.0/20")
    reached = [Reach("172.31.0.10", 8443, 39001, proxied=True), Reach("172.31.0.10", 80, 8080)]
    (proxied, plain) = commands(reached, network)
    assert (proxied[0], proxied[1][-1]) == (
        "172.31.0.10:8443",
        "PROXY TCP4 172.31.5.6 172.31.0.10 49152 8443",
    )
    assert (plain[0], plain[1][-1]) == ("172.31.0.10:80", "8080")
    for taken in ("172.31.5.6", "172.31.0.1", "172.31.0.2", "169.254.169.254"):
        with pytest.raises(UsageError, match="is taken in the machine's network"):
            commands([Reach(taken, 80, 80)], network)


@pytest.mark.parametrize(
    "changed, said, hint",
    [
        ({"state": "stopped"}, "is stopped", "ec2kit start"),
        ({"blocks": 0}, "has nothing on it", "ec2kit image build"),
    ],
)
def test_a_machine_that_cannot_be_run_says_what_can(changed: dict[str, Any], said: str, hint: str) -> None:
    with pytest.raises(Refused, match=said) as caught:
        read_facts({**SHOWN, **changed})
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    "architecture, mode, typed, name",
    [
        ("x86_64", "uefi-preferred", None, "uefi"),
        ("x86_64", "uefi", None, "uefi"),
        ("x86_64", "legacy-bios", None, "bios"),
        ("x86_64", None, None, "bios"),
        ("x86_64", "uefi", True, "bios"),
        ("x86_64", None, False, "uefi"),
        ("i386", "uefi-preferred", None, "bios"),
        ("arm64", None, None, "uefi"),
    ],
)
def test_the_firmware_is_the_images(
    architecture: str, mode: str | None, typed: bool | None, name: str
) -> None:
    facts = read_facts({**SHOWN, "architecture": architecture, "boot_mode": mode})
    assert firmware_name(typed, facts) == name
    with pytest.raises(Ec2kitError, match="i386 does not boot with uefi"):
        firmware_name(False, replace(facts, architecture="i386"))


def test_a_machine_has_its_instances_address_and_id() -> None:
    fittings = Fittings("/s/disk.raw", "/s/monitor", ("python", "f.py", "1"), 512, False, None)
    machine = machine_of(read_facts(SHOWN), fittings)
    assert (machine.network.address, machine.network.mac) == ("172.31.5.6", "06:00:ac:1f:05:06")
    assert machine.lasting is not None
    assert machine.lasting.instance_id == "i-0123456789abcdef0"
    assert machine.memory_mib == 512


def test_the_ports_that_lead_in_are_read_from_qemus_table() -> None:
    told = (
        "Hub -1 (n0):\r\n"
        "  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ\r\n"
        "  TCP[ESTABLISHED]   25       127.0.0.1 40999     172.31.0.15    22     0     0\r\n"
        "  TCP[HOST_FORWARD]  12       127.0.0.1 40123     172.31.0.15    22     0     0\r\n"
        "  TCP[HOST_FORWARD]  13       127.0.0.1 40124     172.31.0.15    80     0     0\r\n"
    )
    assert led_in(told) == {22: 40123, 80: 40124}


class Volume:
    """A volume of a sandbox: its blocks, and what was written to it."""

    def __init__(self, blocks: Mapping[int, bytes]) -> None:
        self.blocks = dict(blocks)
        self.writes: list[int] = []

    def size_gib(self, _resource_id: str, /) -> int:
        return 1

    def read(self, _resource_id: str, /) -> Iterator[tuple[int, bytes]]:
        yield from sorted(self.blocks.items())

    def write(self, _volume_id: str, blocks: Iterable[tuple[int, bytes]], /) -> int:
        for index, data in blocks:
            self.writes.append(index)
            self.blocks[index] = data
        return 1


def block(text: str) -> bytes:
    return text.encode().ljust(BLOCK_BYTES, b"\0")


def test_only_what_changed_is_written_back(tmp_path: Path) -> None:
    volume = Volume({0: block("a"), 3: block("b"), 5: block("c")})
    disk = MachineDisk(tmp_path / "disk.raw", "vol-1", lambda: volume)
    disk.fetch()
    assert disk.path.stat().st_size == 1 << 30
    assert disk.write_back() == 0
    with disk.path.open("r+b") as file:
        file.seek(3 * BLOCK_BYTES)
        file.write(b"B")
        file.seek(5 * BLOCK_BYTES)
        file.write(bytes(BLOCK_BYTES))
        file.seek(9 * BLOCK_BYTES)
        file.write(b"new")
    assert disk.write_back() == 3
    assert volume.writes == [3, 9, 5]
    assert volume.blocks[3] == block("B")
    assert volume.blocks[5] == bytes(BLOCK_BYTES)
    assert disk.write_back() == 0
    assert disk.written == 3


def test_a_console_is_judged_for_each_boot() -> None:
    watched = Watched()
    assert not watched.take("")
    assert not watched.take("[ 0.1] Linux\n")
    assert not watched.take("")
    assert not watched.take("web-1 login: ")
    assert watched.take("")
    assert (watched.login, watched.final) == (True, False)
    # What a user prints does not undo it; the kernel's panic is one at any time.
    watched.take("grub> \n")
    watched.take("")
    assert watched.dead_end == ""
    watched.take("Kernel panic - not syncing: no init\n")
    assert watched.take("")
    assert watched.dead_end == "the kernel panicked: no init"


class Door:
    """The sandbox's door, which may forget, and refuse."""

    def __init__(self) -> None:
        self.entered: list[dict[str, Any]] = []
        self.told: list[dict[str, Any]] = []
        self.forgotten = False
        self.gone = False
        self.busy = False
        self.left = 0

    def enter(self, _instance_id: str, told: Mapping[str, Any], /) -> None:
        if self.busy:
            raise Busy("is run already")
        if self.gone:
            raise NotFound("there is no instance")
        self.entered.append(dict(told))
        self.forgotten = False

    def tell(self, _instance_id: str, told: Mapping[str, Any], /) -> dict[str, Any]:
        if self.forgotten or self.gone:
            raise NotFound("nobody runs it")
        json.dumps(told)
        self.told.append(dict(told))
        return {"want": "run", "reboots": 0, "flushes": 7, "ports": []}

    def leave(self, _instance_id: str, _runner: str, /) -> None:
        self.left += 1


def test_a_pulse_tells_the_console_once_and_hears_what_is_wanted() -> None:
    door = Door()
    with Pulse("i-1", 42, lambda: door) as pulse:
        pulse.say("Linux\n")
        assert pulse.beat().flushes == 7
        pulse.beat()
    assert "".join(one["console"] for one in door.told) == "Linux\n"
    assert (door.entered[0]["pid"], door.left) == (42, 1)


def test_a_sandbox_that_forgot_is_told_anew_and_counts_on() -> None:
    door = Door()
    with Pulse("i-1", 42, lambda: door) as pulse:
        pulse.report = replace(pulse.report, flushed=7, rebooted=2)
        pulse.beat()
        door.forgotten = True
        pulse.beat()
        assert (door.entered[-1]["flushes"], door.entered[-1]["reboots"]) == (7, 2)
        door.gone = True
        assert pulse.beat().want == "end"


def test_somebody_else_who_took_it_meanwhile_ends_this_one() -> None:
    door = Door()
    with Pulse("i-1", 42, lambda: door) as pulse:
        pulse.beat()
        door.forgotten = door.busy = True
        with pytest.raises(Busy):
            pulse.beat()
        with pytest.raises(Busy):
            pulse.check()
        assert pulse.taken
