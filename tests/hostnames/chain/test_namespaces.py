"""The whole chain without an emulator: launch, cloud-init, the hook, the service, DNS, Puppet, and back again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostname_service.puppet.rig import needs_puppet
from tests.hostnames.chain.ground import Ground, ground_of
from tests.hostnames.chain.machine import Machine
from tests.hostnames.chain.names import fqdn, instance_of, reverse, status
from tests.hostnames.chain.town import Town, town

pytestmark = [pytest.mark.boot, pytest.mark.timeout(1800), needs_puppet]
SSL = "var/lib/puppet/ssl"
LOCK = "var/cache/puppet/state/agent_disabled.lock"
TIMER = "etc/systemd/system/ec2kit-claim.timer"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("town")) as found:
        yield found


@pytest.fixture
def ground(base: Path, made: Town, tmp_path: Path) -> Iterator[Ground]:
    with ground_of(made, base, tmp_path) as found:
        yield found


def certificate(machine: Machine, name: str) -> tuple[Path, Path]:
    """The agent's certificate and key."""
    return (
        machine.disk / SSL / "certs" / f"{fqdn(name)}.pem",
        machine.disk / SSL / "private_keys" / f"{fqdn(name)}.pem",
    )


def check_enrolled(ground: Ground, machine: Machine, name: str) -> None:
    """Its agent has a certificate that says which machine it is of, and puppetserver believes it."""
    pem, key = certificate(machine, name)
    assert pem.exists(), machine.said + ground.town.puppet.log[-3000:]
    assert instance_of(pem.read_bytes()) == machine.instance.id
    assert not machine.has(LOCK)
    assert status(ground.town, pem, key) == 200


def check_refused(ground: Ground, holder: Machine) -> None:
    """A machine whose tag wants the name of another is nobody: its id is its name, and Puppet does not run."""
    late = ground.instance("late")
    tag = {"Key": "ec2kit:hostname", "Value": fqdn("node-1")}
    ground.town.ec2.create_tags(Resources=[late.id], Tags=[tag])
    machine = ground.machine(late)
    stages = machine.boot()
    assert stages["network"] == stages["final"] == late.id, machine.said
    assert machine.has(LOCK)
    assert not (machine.disk / SSL / "certs").exists()
    assert f"ec2kit: {late.id} has no name, Puppet is locked: the service answers 409" in machine.console
    assert machine.has(TIMER), "it asks on, until the holder is gone"
    assert ground.town.holder(fqdn("node-1")) == holder.instance.id
    assert ground.town.dig(fqdn("node-1"), "A") == [holder.instance.address]


def test_a_name_from_launch_to_its_end(ground: Ground) -> None:
    """Launched, started again without the service, replaced, and forgotten."""
    around = ground.town
    first = ground.launch("node-1")
    ground.check_named(first, "node-1", first.boot())
    check_enrolled(ground, first, "node-1")
    assert f"ec2kit: this is {fqdn('node-1')}" in first.console

    around.service.stop()
    assert set(first.boot().values()) == {fqdn("node-1")}, "kept from the first stage on"
    assert not first.has(LOCK)
    assert not first.has(TIMER)
    around.service.start()
    check_refused(ground, first)

    clone = ground.machine(ground.instance("node-2"), disk_of=first)
    stages = clone.boot()
    ground.check_named(clone, "node-2", stages)
    check_enrolled(ground, clone, "node-2")
    assert not certificate(clone, "node-1")[1].exists(), "the other machine's key is gone"
    assert f"with the disk of {first.instance.id}" in clone.console
    assert around.holder(fqdn("node-1")) == first.instance.id
    assert around.dig(fqdn("node-1"), "A") == [first.instance.address]

    around.terminate(first.instance)
    second = ground.launch("node-1")
    ground.check_named(second, "node-1", second.boot())
    check_enrolled(ground, second, "node-1")
    assert status(around, *certificate(first, "node-1")) in (0, 403), "the old certificate is revoked"
    assert around.dig(reverse(first.instance), "PTR") == ["NXDOMAIN"]

    around.terminate(second.instance)
    around.ec2kit("hostname", "gc", "--yes")
    ground.check_forgotten(second, "node-1")
    assert status(around, *certificate(second, "node-1")) in (0, 403)
    assert around.holder(fqdn("node-2")) == clone.instance.id


def test_the_service_is_away_and_comes_back(ground: Ground) -> None:
    """A name by the tag until then, without a certificate."""
    hook = ground.directory / "hook"
    hook.write_text(ground.town.ec2kit("hostname", "boothook", "--deadline", "10s"))
    instance = ground.instance("node-3", "--no-boothook", "--user-data", str(hook))
    # What `launch` does when it adds the hook itself.
    ground.town.ec2.modify_instance_metadata_options(InstanceId=instance.id, InstanceMetadataTags="enabled")
    machine = ground.machine(instance)
    ground.town.service.stop()
    stages = machine.boot()
    assert stages["network"] == stages["final"] == fqdn("node-3"), machine.said
    assert "by its tag, Puppet is locked" in machine.console
    assert machine.has(LOCK)
    assert machine.has(TIMER)
    assert ground.town.dig(fqdn("node-3"), "A") == ["NXDOMAIN"]

    ground.town.service.start()
    done = machine.run("/bin/sh /var/lib/ec2kit/hostname/hook again; hostname -f")
    assert done.stdout.splitlines()[-1] == fqdn("node-3"), done.stdout + done.stderr
    ground.check_named(machine, "node-3", {"network": fqdn("node-3"), "final": fqdn("node-3")})
    check_enrolled(ground, machine, "node-3")
    assert not machine.has(TIMER)
