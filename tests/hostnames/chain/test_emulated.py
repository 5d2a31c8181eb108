"""The whole chain with a machine that really boots: an image of the builder, its kernel, systemd, cloud-init and agent.

It is launched in the practice AWS with `--hostname`, and run by `sandbox boot`; what it says of itself is on its
console.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.hostname_service.puppet.rig import needs_puppet
from tests.hostnames.chain.emulated import TownShell, town_shell
from tests.hostnames.chain.names import fqdn, reverse, status
from tests.hostnames.chain.town import Instance

pytestmark = [pytest.mark.boot, needs_puppet]

NAME = "shop-1"
CLONE = "shop-2"


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[TownShell]:
    with town_shell(tmp_path) as made:
        made.run("image", "build", "debian-12-puppet", "--name", "chain", "--no-boot-test")
        yield made


@pytest.mark.timeout(2400)
def test_from_launch_to_a_name_and_a_certificate(shell: TownShell) -> None:
    instance = shell.launch(NAME, "chain")
    with shell.booted(instance, "--once") as machine:
        machine.boots_as(NAME)
        assert f"ec2kit: this is {fqdn(NAME)}" in machine.console
        machine.is_known_as(NAME)
        machine.is_probed_and_kept()
        shell.town.terminate(instance)
        machine.machine.running.wait(120)
    is_forgotten(shell)


def is_forgotten(shell: TownShell, *instances: Instance) -> None:
    """Whatever was terminated has no name any more."""
    shell.town.ec2kit("hostname", "gc", "--yes")
    assert json.loads(shell.town.ec2kit("hostname", "ls", "-o", "json")) == []
    for name in (NAME, CLONE):
        assert shell.town.dig(fqdn(name), "A") == ["NXDOMAIN"]
        assert shell.town.dig(f"_ec2kit.{fqdn(name)}", "TXT") == ["NXDOMAIN"]
    for each in instances:
        assert shell.town.dig(reverse(each), "PTR") == ["NXDOMAIN"]


@contextmanager
def recovering(shell: TownShell, old: Instance) -> Iterator[Instance]:
    """Type `recover`, and be whoever gives the replacement its power; for the block, in which it must end well."""
    talk = shell.home / "recover.talk"
    with talk.open("wb") as said:
        running = subprocess.Popen(
            [sys.executable, "-m", "ec2kit", "recover", NAME, "--live", "-y"],
            cwd=shell.home,
            env=shell.environ,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
    try:
        yield replacement(shell, old, running)
        assert running.wait(1800) == 0, talk.read_text()
    finally:
        running.terminate()
        running.wait(60)


def replacement(shell: TownShell, old: Instance, running: subprocess.Popen[bytes]) -> Instance:
    """The other machine of the same name, once there is one."""
    filters = [
        {"Name": "tag:Name", "Values": [NAME]},
        {"Name": "instance-state-name", "Values": ["pending", "running"]},
    ]
    pause = threading.Event()
    while running.poll() is None:
        found = shell.town.ec2.describe_instances(Filters=filters)["Reservations"]
        for each in (one for reservation in found for one in reservation["Instances"]):
            if each["InstanceId"] != old.id:
                return Instance(each["InstanceId"], each["PrivateIpAddress"])
        pause.wait(2)
    pytest.fail((shell.home / "recover.talk").read_text())


@pytest.mark.deep
@pytest.mark.timeout(7200)
def test_a_machine_lives_is_cloned_dies_and_is_recovered(shell: TownShell) -> None:
    """Booted again without the service, cloned, dead, replaced by `recover` under its name, and forgotten."""
    town = shell.town
    first = shell.launch(NAME, "chain")
    with shell.booted(first) as machine:
        machine.boots_as(NAME)
        town.service.stop()
        shell.run("reboot", first.id, "-y", "--no-wait")
        machine.boots_as(NAME, boot=2)
        town.service.start()
        shell.run("protect", NAME, "--check", "banner:22", "-y")
        shell.run("image", "create", NAME, "--name", "golden", "-y")
        old = machine.pair(shell.home)
        assert status(town, *old) == 200
        # Its power is gone: EC2 sees a machine that runs and answers nobody.
        machine.machine.running.kill()
        machine.machine.running.wait()

    second = shell.launch(CLONE, "golden")
    with shell.booted(second, "--once") as machine:
        machine.boots_as(CLONE)
        machine.is_known_as(CLONE)
        assert town.holder(fqdn(NAME)) == first.id
        town.terminate(second)
        machine.machine.running.wait(120)

    with recovering(shell, first) as third, shell.booted(third) as machine:
        machine.boots_as(NAME)
        machine.is_known_as(NAME)
        assert status(town, *old) in (0, 403), "the old certificate is revoked"
        assert status(town, *machine.pair(shell.home)) == 200
    town.terminate(first)
    town.terminate(third)
    is_forgotten(shell, first, second, third)
