"""The whole chain without an emulator: launch, cloud-init, the hook, the service, DNS, Puppet, and back again."""

from __future__ import annotations

import http.client
import re
import ssl
from pathlib import Path

import pytest
import yaml
from cryptography import x509

from tests.hostname_service.puppet.ground import utf8
from tests.hostname_service.puppet.rig import needs_puppet
from tests.hostnames.chain.conftest import Ground
from tests.hostnames.chain.machine import Machine
from tests.hostnames.chain.town import Town

pytestmark = [pytest.mark.boot, pytest.mark.timeout(1800), needs_puppet]
PP_INSTANCE_ID = x509.ObjectIdentifier("1.3.6.1.4.1.34380.1.1.2")
SSL = "var/lib/puppet/ssl"
LOCK = "var/cache/puppet/state/agent_disabled.lock"
CONFIG = "etc/cloud/cloud.cfg.d/95_ec2kit.cfg"
TIMER = "etc/systemd/system/ec2kit-claim.timer"


def fqdn(name: str) -> str:
    return f"{name}.shop.example.com"


def reverse(machine: Machine) -> str:
    return ".".join(reversed(machine.instance.address.split("."))) + ".in-addr.arpa"


def certificate(machine: Machine, name: str) -> tuple[Path, Path]:
    """The agent's certificate and key."""
    return (
        machine.disk / SSL / "certs" / f"{fqdn(name)}.pem",
        machine.disk / SSL / "private_keys" / f"{fqdn(name)}.pem",
    )


def check_named(ground: Ground, machine: Machine, name: str, stages: dict[str, str]) -> None:
    """The machine has its name from the network stage on, and so says DNS."""
    assert stages["network"] == stages["final"] == fqdn(name), machine.said
    hosts = machine.read("etc/hosts")
    assert re.search(rf"^127\.0\.1\.1 {re.escape(fqdn(name))} {name}$", hosts, re.MULTILINE), hosts
    told = yaml.safe_load(machine.read(CONFIG))
    assert (told["hostname"], told["fqdn"]) == (name, fqdn(name))
    town, instance = ground.town, machine.instance
    assert town.dig(fqdn(name), "A") == [instance.address]
    assert town.dig(reverse(machine), "PTR") == [f"{fqdn(name)}."]
    [owner] = town.dig(f"_ec2kit.{fqdn(name)}", "TXT")
    assert instance.id in owner
    assert town.holder(fqdn(name)) == instance.id


def check_enrolled(ground: Ground, machine: Machine, name: str) -> None:
    """Its agent has a certificate that says which machine it is of, and puppetserver believes it."""
    pem, key = certificate(machine, name)
    assert pem.exists(), machine.said + ground.town.puppet.log[-3000:]
    found = x509.load_pem_x509_certificate(pem.read_bytes())
    value = found.extensions.get_extension_for_oid(PP_INSTANCE_ID).value
    assert isinstance(value, x509.UnrecognizedExtension)
    assert value.value == utf8(machine.instance.id)
    assert not machine.has(LOCK)
    assert status(ground.town, pem, key) == 200


def status(town: Town, pem: Path, key: Path) -> int:
    """What puppetserver answers to whoever shows this certificate; 0: the handshake fails."""
    context = ssl.create_default_context(cafile=town.puppet.ca)
    context.load_cert_chain(pem, key)
    to = http.client.HTTPSConnection(town.puppet.certname, town.puppet.port, timeout=30, context=context)
    try:
        to.request("GET", "/puppet-ca/v1/expirations")
        return to.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        to.close()


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
    assert not machine.has(TIMER)
    assert ground.town.holder(fqdn("node-1")) == holder.instance.id
    assert ground.town.dig(fqdn("node-1"), "A") == [holder.instance.address]


def test_a_name_from_launch_to_its_end(ground: Ground) -> None:
    """Launched, started again without the service, replaced, and forgotten."""
    town = ground.town
    first = ground.launch("node-1")
    check_named(ground, first, "node-1", first.boot())
    check_enrolled(ground, first, "node-1")
    assert f"ec2kit: this is {fqdn('node-1')}" in first.console

    town.service.stop()
    assert set(first.boot().values()) == {fqdn("node-1")}, "kept from the first stage on"
    assert not first.has(LOCK)
    assert not first.has(TIMER)
    town.service.start()
    check_refused(ground, first)

    clone = ground.machine(ground.instance("node-2"), disk_of=first)
    stages = clone.boot()
    check_named(ground, clone, "node-2", stages)
    check_enrolled(ground, clone, "node-2")
    assert not certificate(clone, "node-1")[1].exists(), "the other machine's key is gone"
    assert f"with the disk of {first.instance.id}" in clone.console
    assert town.holder(fqdn("node-1")) == first.instance.id
    assert town.dig(fqdn("node-1"), "A") == [first.instance.address]

    town.terminate(first.instance)
    second = ground.launch("node-1")
    check_named(ground, second, "node-1", second.boot())
    check_enrolled(ground, second, "node-1")
    assert status(town, *certificate(first, "node-1")) in (0, 403), "the old certificate is revoked"
    assert town.dig(reverse(first), "PTR") == ["NXDOMAIN"]

    town.terminate(second.instance)
    town.ec2kit("hostname", "gc", "--yes")
    assert town.holder(fqdn("node-1")) == ""
    assert town.dig(fqdn("node-1"), "A") == ["NXDOMAIN"]
    assert town.dig(f"_ec2kit.{fqdn('node-1')}", "TXT") == ["NXDOMAIN"]
    assert town.dig(reverse(second), "PTR") == ["NXDOMAIN"]
    assert status(town, *certificate(second, "node-1")) in (0, 403)
    assert town.holder(fqdn("node-2")) == clone.instance.id


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
    check_named(ground, machine, "node-3", {"network": fqdn("node-3"), "final": fqdn("node-3")})
    check_enrolled(ground, machine, "node-3")
    assert not machine.has(TIMER)
