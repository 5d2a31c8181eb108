"""The boot hook, run by a shell: which name a machine ends with, and whether Puppet may run under it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.hostnames.certificates import Pair, self_signed
from tests.hostnames.machine import (
    BLOB,
    ID,
    OTHER,
    SECRET,
    Machine,
    Metadata,
    Said,
    Service,
    only_wget,
)

pytestmark = pytest.mark.slow

NEUTRAL = (ID, ID)
WEB = ("web-1", "web-1.shop.example.com")


def test_a_machine_gets_its_name(machine: Machine) -> None:
    (machine.root / "etc/puppet").mkdir()

    assert machine.boot() == 0, machine.stderr
    assert machine.configured == {
        "hostname": "web-1",
        "fqdn": "web-1.shop.example.com",
        "preserve_hostname": False,
        "manage_etc_hosts": True,
    }
    [asked] = machine.asked
    assert (asked.method, asked.path) == ("POST", "/v1/claim")
    assert asked.headers["accept"] == "text/plain"
    assert json.loads(asked.body) == {"rsa2048": BLOB + BLOB}
    assert not machine.locked()
    assert not machine.retries()
    assert machine.console.strip() == "ec2kit: this is web-1.shop.example.com"
    assert SECRET not in machine.read("var/lib/ec2kit/hostname/state")


def test_the_token_is_for_puppet_in_the_trees_that_are_there(machine: Machine) -> None:
    (machine.root / "etc/puppetlabs/puppet").mkdir(parents=True)

    machine.boot()

    attributes = machine.root / "etc/puppetlabs/puppet/csr_attributes.yaml"
    assert yaml.safe_load(attributes.read_text()) == {
        "custom_attributes": {"1.2.840.113549.1.9.7": SECRET},
        "extension_requests": {"pp_instance_id": ID},
    }
    assert attributes.stat().st_mode & 0o777 == 0o600
    assert not machine.has("etc/puppet")


def test_with_a_puppet_server_cloud_init_enrols(machine: Machine) -> None:
    machine.settings = {"puppet": "puppet.example.com", "etc_hosts": False}
    puppet = machine.root / "opt/puppetlabs/bin/puppet"
    puppet.parent.mkdir(parents=True)
    puppet.touch(0o755)

    assert machine.boot() == 0
    assert "manage_etc_hosts" not in machine.configured
    told = machine.configured["puppet"]
    assert told["install_type"], told["install"] == ("aio", False)
    assert told["conf"] == {"agent": {"server": "puppet.example.com", "certname": "web-1.shop.example.com"}}
    assert "--test" not in told["exec_args"]
    assert machine.has("etc/puppetlabs/puppet/csr_attributes.yaml")
    assert machine.has("etc/puppet/csr_attributes.yaml")


def test_attributes_of_a_persons_own_are_kept_beside(machine: Machine) -> None:
    own = machine.root / "etc/puppet/csr_attributes.yaml"
    own.parent.mkdir()
    own.write_text("extension_requests: {pp_role: web}\n")

    machine.boot()

    assert "pp_role" in machine.read("etc/puppet/csr_attributes.yaml.before-ec2kit")
    assert SECRET in own.read_text()


def test_a_reboot_needs_nobody(machine: Machine) -> None:
    machine.boot()
    (machine.root / "etc/cloud/cloud.cfg.d/95_ec2kit.cfg").unlink()
    machine.service = None
    machine.metadata.tags["ec2kit:hostname"] = "other.example.com"

    assert machine.boot() == 0
    assert machine.named == WEB
    assert not machine.locked()
    assert len(machine.asked) == 1


def test_a_board_that_tells_the_id_saves_the_network(machine: Machine) -> None:
    board = machine.root / "sys/class/dmi/id/board_asset_tag"
    board.parent.mkdir(parents=True)
    board.write_text(f"{ID}\n")
    machine.boot()
    machine.metadata.silent_for = 1000
    machine.service = None

    assert machine.boot() == 0
    assert machine.named == WEB


def test_a_copy_is_no_twin(machine: Machine) -> None:
    machine.boot()
    ssl = machine.root / "var/lib/puppet/ssl"
    (ssl / "private_keys").mkdir(parents=True)
    (ssl / "private_keys/web-1.shop.example.com.pem").write_text("secret")

    machine.metadata = Metadata(id=OTHER)
    machine.service = Service([Said(200, f"web-2\nweb-2.shop.example.com\n{SECRET}\n".encode())])
    assert machine.boot() == 0
    assert machine.named == ("web-2", "web-2.shop.example.com")
    assert not machine.has("var/lib/puppet/ssl/private_keys")
    assert f"this is {OTHER} with the disk of {ID}" in machine.console


def test_a_copy_that_nobody_knows_has_neither_name_nor_keys(machine: Machine) -> None:
    machine.boot()
    keys = machine.root / "etc/puppetlabs/puppet/ssl/private_keys"
    keys.mkdir(parents=True)

    machine.metadata = Metadata(id=OTHER)
    machine.service = Service([Said(403, b"unknown\n")])
    assert machine.boot() == 1
    assert machine.named == (OTHER, OTHER)
    assert machine.locked()
    assert not keys.exists()
    assert not machine.has("var/lib/ec2kit/hostname/state")


def test_keys_from_before_its_name_was_given_have_a_revoked_certificate_and_go(machine: Machine) -> None:
    keys = machine.root / "var/lib/puppet/ssl/private_keys"
    keys.mkdir(parents=True)
    assert machine.boot() == 0
    assert not keys.exists()


def test_the_keys_of_its_name_stay_at_a_reboot(machine: Machine) -> None:
    machine.boot()
    keys = machine.root / "var/lib/puppet/ssl/private_keys"
    keys.mkdir(parents=True)
    assert machine.boot() == 0
    assert keys.exists()


def test_a_name_that_is_given_later_is_set_up_in_puppet_too(machine: Machine) -> None:
    once = machine.root / "var/lib/cloud/instance/sem/config_puppet"
    once.parent.mkdir(parents=True)
    machine.boot()
    once.touch()
    machine.boot()
    assert once.exists(), "its name is set up already"

    (machine.root / "var/lib/ec2kit/hostname/state").unlink()
    machine.service = Service([Said(200, f"web-9\nweb-9.shop.example.com\n{SECRET}\n".encode())])
    assert machine.boot() == 0
    assert not once.exists(), "cloud-init would leave the agent under its former name"


def test_a_name_that_cloud_init_did_not_write_last_is_no_persons(machine: Machine) -> None:
    """Its `update_hostname` leaves a name alone that is another than it wrote itself; `hook again` is one reason."""
    (machine.root / "etc/hostname").write_text("web-7\n")
    machine.boot()
    assert machine.read("var/lib/cloud/data/previous-hostname") == "web-7\n"


def test_a_certificate_authority_is_not_removed(machine: Machine) -> None:
    authority = machine.root / "etc/puppet/ssl/ca/ca_key.pem"
    authority.parent.mkdir(parents=True)
    authority.touch()
    machine.boot()

    machine.metadata = Metadata(id=OTHER)
    machine.boot()
    assert authority.exists()
    assert "a certificate authority is in it" in machine.console


def test_a_lock_of_a_person_stays(machine: Machine) -> None:
    lock = machine.root / "var/cache/puppet/state/agent_disabled.lock"
    lock.parent.mkdir(parents=True)
    lock.write_text('{"disabled_message":"maintenance"}')

    machine.boot()
    assert lock.read_text() == '{"disabled_message":"maintenance"}'


def test_slow_metadata_is_waited_for(machine: Machine) -> None:
    machine.metadata.silent_for = 2

    assert machine.boot(patience=10) == 0
    assert machine.named == WEB


def test_with_wget_instead_of_curl(tmp_path: Path, pair: Pair) -> None:
    path = only_wget(tmp_path / "bin")
    machine = Machine(tmp_path / "root", pair, path=path)
    assert machine.boot(patience=5) == 0, machine.stderr
    assert machine.named == WEB

    refused = Machine(tmp_path / "second", pair, path=path, service=Service([Said(403, b"forged\n")]))
    assert refused.boot(patience=5) == 1
    assert "the service answers 403: forged" in refused.console

    other = self_signed(tmp_path / "other").certificate.read_text()
    untrusted = Machine(tmp_path / "third", pair, path=path, trusted=other)
    assert untrusted.boot() == 1
    assert untrusted.asked == []
    assert "the certificate of the service is not trusted here" in untrusted.console
    assert "(wget 5)" in untrusted.console


def test_the_directories_of_puppets_package_stay(machine: Machine) -> None:
    """Empty as they are: Puppet makes its `ssl` in one, and not the one itself."""
    (machine.root / "var/lib/puppet").mkdir(parents=True)

    assert machine.boot() == 0, machine.stderr
    assert (machine.root / "var/lib/puppet").is_dir()
    assert not (machine.root / "var/lib/puppet/state").exists()


def by_hand() -> str:
    """What the page on migration has a person type on the machine, who is root already."""
    page = (Path(__file__).parents[2] / "docs/how-to/names-migration.md").read_text()
    [line] = re.findall(r"ssh web-1 '(.*)'", page)
    assert isinstance(line, str)
    return line.replace("sudo ", "")


@pytest.mark.parametrize("cas, packed", [(1, False), (9, True)])
def test_it_is_run_by_hand_as_it_is_documented(
    machine: Machine, tmp_path: Path, cas: int, packed: bool
) -> None:
    """With several CAs it is gzipped; the service's own is the last of them, as while it is changed."""
    others = [self_signed(tmp_path / str(n)).certificate.read_text() for n in range(1, cas)]
    machine.trusted = "".join([*others, machine.pair.certificate.read_text()])
    machine.command = by_hand()

    machine.service = None
    assert machine.boot() == 1
    assert machine.has("var/lib/ec2kit/hostname/hook"), "the timer has what it runs"
    assert (machine.root / "root/hook").read_bytes().startswith(b"\x1f\x8b") is packed

    machine.service = Service()
    assert machine.boot() == 0, machine.stderr
    assert machine.named == WEB
    assert machine.console.strip().endswith("ec2kit: this is web-1.shop.example.com")


@pytest.mark.parametrize("first", [True, False])
def test_with_two_cas_the_service_may_have_either(machine: Machine, tmp_path: Path, first: bool) -> None:
    other, own = self_signed(tmp_path / "other").certificate, machine.pair.certificate
    machine.trusted = "".join(path.read_text() for path in ((own, other) if first else (other, own)))
    assert machine.boot() == 0, machine.stderr

    machine.path = only_wget(tmp_path / "bin")
    (machine.root / "var/lib/ec2kit/hostname/state").unlink()
    assert machine.boot() == 0, machine.stderr
    assert len(machine.asked) == 2
