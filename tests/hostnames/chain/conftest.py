"""A town for all tests of the module, and machines of one root."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ec2kit.images.recipes.architectures import parse_architecture
from ec2kit.images.recipes.load import load_recipe
from ec2kit.images.root.build import build_root
from tests.hostnames.chain.machine import Machine
from tests.hostnames.chain.network import Network, why_not
from tests.hostnames.chain.town import Instance, Town, town
from tests.images.conftest import workshop


@dataclass
class Ground:
    """A town, and machines that stand in it until the test ends."""

    town: Town
    base: Path
    directory: Path
    networks: list[Network] = field(default_factory=list)

    def machine(self, instance: Instance, disk_of: Machine | None = None) -> Machine:
        """A machine of this instance; `disk_of`: with a copy of that one's disk, as an image of it makes it."""
        place = self.directory / instance.id
        if disk_of is not None:
            place.mkdir()
            # By cp: an overlay's disk has devices in it, which say that a file of the image is deleted.
            subprocess.run(["cp", "-a", str(disk_of.disk), str(place / "disk")], check=True, timeout=60)
        network = Network(instance, self.town.metadata(instance.id), self.town.doors)
        self.networks.append(network)
        return Machine(instance, place, self.base, network)

    def launch(self, name: str) -> Machine:
        """Launch an instance with this host name in the zone, and set up its machine."""
        return self.machine(self.instance(name))

    def instance(self, name: str, *options: str) -> Instance:
        """Launch an instance that has this host name in its tag."""
        fqdn = f"{name}.shop.example.com"
        told = ("--image", "debian-12-amd64", "--hostname", fqdn, "--new", *options)
        return self.town.launch(name, *told)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Town, Path]]:
    """The town, and the unpacked root with cloud-init and Puppet; one is made beside the other."""
    if reason := why_not():
        pytest.skip(reason)
    directory = tmp_path_factory.mktemp("chain")
    with ThreadPoolExecutor(1) as pool:
        base = pool.submit(_unpack, directory / "base")
        with town(directory) as made:
            yield made, base.result()


def _unpack(directory: Path) -> Path:
    root = build_root(load_recipe("debian-12-puppet"), parse_architecture("amd64"), workshop())
    directory.mkdir()
    subprocess.run(["tar", "-xpf", str(root.tar), "-C", str(directory)], check=True, timeout=300)
    return directory


@pytest.fixture
def ground(built: tuple[Town, Path], tmp_path: Path) -> Iterator[Ground]:
    """What a test of the chain stands on; the service runs when it begins."""
    made, base = built
    if made.service.process is None:
        made.service.start()
    found = Ground(made, base, tmp_path)
    yield found
    for network in found.networks:
        network.close()
