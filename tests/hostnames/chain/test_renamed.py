"""With a real cloud-init, an old one and a new one: a machine is called by the name that it was given last."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest

from ec2kit.hostnames.hook import HookSettings, boot_hook
from ec2kit.images.recipes.architectures import parse_architecture
from ec2kit.images.recipes.load import load_recipe
from ec2kit.images.root.build import build_root
from ec2kit.sandbox import ACCESS_KEY, REGION, SECRET_KEY, process
from tests.hostnames.certificates import self_signed
from tests.hostnames.chain.machine import Machine
from tests.hostnames.chain.network import Network, why_not
from tests.hostnames.chain.town import ADDRESS, SERVICE_PORT, Door, Instance
from tests.hostnames.machine import BOUND, Said, Server, Service
from tests.images.conftest import workshop

pytestmark = [pytest.mark.boot, pytest.mark.deep, pytest.mark.timeout(1800)]
TAG, OTHER = "web-1.shop.example.com", "web-9.shop.example.com"
AWAY, REFUSED = Said(503, b"upstream\n"), Said(409, b"held: by another\n")
NINE = Said(200, BOUND.body.replace(b"web-1", b"web-9"))
AGAIN = "sh /var/lib/ec2kit/hostname/hook again > /run/again 2>&1; hostname -f; cat /run/again"
PUPPET = """\
#!/bin/sh
# What cc_puppet asks of it, and which name it has when it is to enrol.
case $* in
    *'print config') echo /etc/puppet/puppet.conf ;;
    *'print ssldir') echo /var/lib/puppet/ssl ;;
    *'print csr_attributes') echo /etc/puppet/csr_attributes.yaml ;;
    agent*onetime*) sed -n 's/^certname *= *//p' /etc/puppet/puppet.conf >> /var/enrolled ;;
esac
"""


@dataclass
class Street:
    """A machine, and the service that it asks: it says what a test wants."""

    machine: Machine
    service: Service

    def boot(self, says: Said) -> str:
        """What the machine is called at the end of a boot, and had to be called before any service started."""
        self.service.says = [says]
        stages = self.machine.boot()
        assert stages["network"] == stages["final"], self.machine.said
        return stages["final"]

    def again(self, says: Said) -> str:
        """What the running machine is called when its timer has asked."""
        self.service.says = [says]
        return self.machine.run(AGAIN).stdout.splitlines()[0]

    @property
    def enrolled(self) -> list[str]:
        """The names under which Puppet's agent was to enrol, in order."""
        return self.machine.read("var/enrolled").split() if self.machine.has("var/enrolled") else []


@pytest.fixture(params=["debian-12-puppet", "debian-13-puppet"])
def street(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Street]:
    if reason := why_not():
        pytest.skip(reason)
    base = tmp_path / "base"
    base.mkdir()
    tar = build_root(load_recipe(request.param), parse_architecture("amd64"), workshop()).tar
    subprocess.run(["tar", "-xpf", str(tar), "-C", str(base), "--exclude=./boot"], check=True, timeout=300)
    pair = self_signed(tmp_path / "tls", "names", ADDRESS)
    said = HookSettings(f"https://{ADDRESS}:{SERVICE_PORT}", pair.certificate.read_text(), 5, puppet="puppet")
    service = Service()
    server = Server(service.answer, pair)
    try:
        with practice(tmp_path) as endpoint:
            instance = launch(endpoint, boot_hook(said))
            metadata = f"{endpoint}/_ec2kit/imds/{instance.id}"
            network = Network(instance, metadata, [Door(SERVICE_PORT, server.port)])
            machine = Machine(instance, tmp_path / "machine", base, network)
            puppet = machine.disk / "usr/bin/puppet"
            puppet.parent.mkdir(parents=True)
            puppet.write_text(PUPPET)
            puppet.chmod(0o755)
            yield Street(machine, service)
            network.close()
    finally:
        server.close()
        subprocess.run(["rm", "-rf", "--one-file-system", str(base)], check=True, timeout=600)


@contextmanager
def practice(directory: Path) -> Iterator[str]:
    """A practice AWS of its own; gives its endpoint."""
    state, runtime = directory / "state", directory / "run"
    try:
        yield process.start("street", state_dir=state, runtime_dir=runtime, speed=1).endpoint
    finally:
        process.forget("street", state_dir=state, runtime_dir=runtime)


def launch(endpoint: str, user_data: str) -> Instance:
    client = boto3.client(
        "ec2",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )
    [image, *_] = client.describe_images(Filters=[{"Name": "architecture", "Values": ["x86_64"]}])["Images"]
    [made] = client.run_instances(
        ImageId=image["ImageId"],
        InstanceType="t3.micro",
        MinCount=1,
        MaxCount=1,
        UserData=user_data,
        MetadataOptions={"InstanceMetadataTags": "enabled"},
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "ec2kit:hostname", "Value": TAG}]}],
    )["Instances"]
    return Instance(made["InstanceId"], made["PrivateIpAddress"])


def test_a_machine_is_called_by_the_name_that_it_was_given_last(street: Street) -> None:
    """By its tag, by nothing, by its tag again, by another name, by a third; and a person changes nothing of it."""
    nobody = street.machine.instance.id
    assert street.boot(AWAY) == TAG
    assert street.again(REFUSED) == nobody
    assert street.boot(AWAY) == TAG
    assert street.enrolled == []

    assert street.again(NINE) == OTHER
    assert street.enrolled == [OTHER]
    assert street.boot(AWAY) == OTHER, "it has its name, and asks nobody"

    (street.machine.disk / "var/lib/ec2kit/hostname/state").unlink()
    assert street.boot(BOUND) == TAG
    assert street.enrolled[-1] == TAG
    enrolled = street.enrolled

    (street.machine.disk / "etc/hostname").write_text("a-persons\n")
    assert street.boot(AWAY) == TAG
    assert street.enrolled == enrolled, "no new name, no new certificate"

    (street.machine.disk / "var/lib/ec2kit/hostname/state").unlink()
    assert street.boot(REFUSED) == nobody
