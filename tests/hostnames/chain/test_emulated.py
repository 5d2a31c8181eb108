"""The whole chain with a machine that really boots: an image of the builder, its kernel, systemd, cloud-init and agent.

It is launched in the practice AWS with `--hostname`, and run by `sandbox boot`; what it says of itself is on its
console.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509

from ec2kit.sandbox.process import Address
from tests.hostname_service.puppet.ground import utf8
from tests.hostname_service.puppet.rig import needs_puppet
from tests.hostnames.chain.test_namespaces import PP_INSTANCE_ID, fqdn
from tests.hostnames.chain.town import ADDRESS, PUPPET, Instance, Town, town
from tests.images.conftest import DAY, workshop
from tests.images.launched import Shell, real_machine

pytestmark = [pytest.mark.boot, pytest.mark.deep, pytest.mark.timeout(3600), needs_puppet]

NAME = "shop-1"
SPOKEN = "chain:"
HOSTS = "/etc/cloud/templates/hosts.debian.tmpl"
REPORT = f"""\
#cloud-config
bootcmd:
  # The emulated network has no name server.
  - grep -q {PUPPET} {HOSTS} || echo '{ADDRESS} {PUPPET}' >>{HOSTS}
write_files:
  - path: /var/lib/cloud/scripts/per-boot/report
    permissions: '0755'
    content: |
      #!/bin/sh
      tell() {{ for time in 1 2 3; do printf '\\r\\n{SPOKEN} %s=%s end\\r\\n' "$1" "$2" >/dev/console; done; }}
      entered() {{ date -d "$(systemctl show --timestamp=us+utc --value -p ActiveEnterTimestamp $1)" +%s.%N; }}
      tell fqdn "$(hostname -f)"
      tell hosts "$(stat -c %.6Y /etc/hosts)"
      tell named "$(entered cloud-init.service)"
      tell sysinit "$(entered sysinit.target)"
      named='s/.*"_HOSTNAME":"\\([^"]*\\)".*/\\1/p'
      tell at-sysinit "$(journalctl -b -o json UNIT=sysinit.target | sed -n "$named" | tail -n 1)"
      tell certificate "$(base64 -w 0 /var/lib/puppet/ssl/certs/$(hostname -f).pem)"
      tell puppet "$(ls /var/cache/puppet/state/agent_disabled.lock 2>/dev/null || echo unlocked)"
"""
"""User data beside the hook: a report at the end of each boot, each line three times, since the kernel speaks too."""


@dataclass(frozen=True)
class TownShell(Shell):
    """An operator's shell in a town."""

    town: Town

    @property
    def environ(self) -> dict[str, str]:
        cache = {"EC2KIT_CACHE_DIR": str(self.home / "cache"), "SOURCE_DATE_EPOCH": DAY}
        return {**self.town.environ, **cache}

    @property
    def address(self) -> Address:
        return self.town.sandbox


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TownShell]:
    directory = tmp_path_factory.mktemp("emulated")
    roots = workshop().directory / "roots"
    roots.mkdir(parents=True, exist_ok=True)
    (directory / "cache" / "images").mkdir(parents=True)
    (directory / "cache" / "images" / "roots").symlink_to(roots)
    (directory / "report.yaml").write_text(REPORT)
    with town(directory) as made:
        yield TownShell(directory, made)


def doors(made: Town) -> list[str]:
    """The options of `sandbox boot` with which a machine meets the town."""
    led = [f"{ADDRESS}:{door.port}={door.here}{',proxy' if door.proxied else ''}" for door in made.doors]
    return [word for each in led for word in ("--reach", each)]


def told(console: str) -> dict[str, str]:
    """What the machine has said of itself, the last of each."""
    return dict(re.findall(rf"^{SPOKEN} (\S+?)=(.*) end\r?$", console, re.MULTILINE))


def check_told(said: dict[str, str], instance: Instance) -> None:
    """It had its name before any service started, and has a certificate of its own."""
    assert said["fqdn"] == fqdn(NAME)
    assert said["at-sysinit"] == NAME
    assert float(said["hosts"]) <= float(said["named"]) <= float(said["sysinit"])
    assert said["puppet"] == "unlocked"
    certificate = x509.load_pem_x509_certificate(b64decode(said["certificate"]))
    value = certificate.extensions.get_extension_for_oid(PP_INSTANCE_ID).value
    assert isinstance(value, x509.UnrecognizedExtension)
    assert value.value == utf8(instance.id)


def check_known(made: Town, instance: Instance) -> None:
    """DNS and the service say the same."""
    reverse = ".".join(reversed(instance.address.split("."))) + ".in-addr.arpa"
    assert made.dig(fqdn(NAME), "A") == [instance.address]
    assert made.dig(reverse, "PTR") == [f"{fqdn(NAME)}."]
    [owner] = made.dig(f"_ec2kit.{fqdn(NAME)}", "TXT")
    assert instance.id in owner
    assert made.holder(fqdn(NAME)) == instance.id


def console_of(shell: TownShell) -> str:
    return Path(shell.home / f"{NAME}.console").read_text("utf-8", "replace")


def test_from_launch_to_a_name_and_a_certificate(shell: TownShell) -> None:
    shell.run("image", "build", "debian-12-puppet", "--name", "chain", "--no-boot-test")
    words = ("--image", "chain", "--hostname", fqdn(NAME), "--user-data", str(shell.home / "report.yaml"))
    instance = shell.town.launch(NAME, *words)
    with real_machine(shell, NAME, "--once", *doors(shell.town)) as machine:
        machine.finishes(1)
        said = told(console_of(shell))
        assert f"ec2kit: this is {fqdn(NAME)}" in console_of(shell)
        check_told(said, instance)
        check_known(shell.town, instance)
        shell.town.terminate(instance)
        machine.running.wait(120)
    shell.town.ec2kit("hostname", "gc", "--yes")
    assert shell.town.holder(fqdn(NAME)) == ""
    assert shell.town.dig(fqdn(NAME), "A") == ["NXDOMAIN"]
    assert json.loads(shell.town.ec2kit("hostname", "ls", "-o", "json")) in ([], {"rows": []})
