"""A machine that really boots in a town: an operator's shell, and what the machine says of itself on its console."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ec2kit.sandbox.process import Address
from tests.hostnames.chain.names import fqdn, instance_of, reverse
from tests.hostnames.chain.town import ADDRESS, PUPPET, Instance, Town, town
from tests.images.conftest import DAY, workshop
from tests.images.launched import RealMachine, Shell, read_file, real_machine, ssh_banner

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
      ssl=/var/lib/puppet/ssl
      tell fqdn "$(hostname -f)"
      tell hosts "$(stat -c %.6Y /etc/hosts)"
      tell named "$(entered cloud-init.service)"
      tell sysinit "$(entered sysinit.target)"
      named='s/.*"_HOSTNAME":"\\([^"]*\\)".*/\\1/p'
      tell at-sysinit "$(journalctl -b -o json UNIT=sysinit.target | sed -n "$named" | tail -n 1)"
      tell certificate "$(base64 -w 0 $ssl/certs/$(hostname -f).pem)"
      tell key "$(base64 -w 0 $ssl/private_keys/$(hostname -f).pem)"
      tell puppet "$(ls /var/cache/puppet/state/agent_disabled.lock 2>/dev/null || echo unlocked)"
      # A snapshot is read without the journal of its file system.
      sync
"""
"""User data beside the hook: a report at the end of each boot, each line three times, since the kernel speaks too. The
key is one that this run's own CA has signed."""


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

    def launch(self, name: str, image: str, *options: str) -> Instance:
        """Launch a machine that has this host name, and reports."""
        words = ("--image", image, "--hostname", fqdn(name), "--user-data", str(self.home / "report.yaml"))
        return self.town.launch(name, *words, *options)

    @contextmanager
    def booted(self, instance: Instance, *words: str) -> Iterator[Emulated]:
        """`sandbox boot` with the town's doors, for the block."""
        led = [
            f"{ADDRESS}:{door.port}={door.here}{',proxy' if door.proxied else ''}" for door in self.town.doors
        ]
        reach = [word for each in led for word in ("--reach", each)]
        with real_machine(self, instance.id, *words, *reach) as machine:
            yield Emulated(self, instance, machine)


@contextmanager
def town_shell(directory: Path) -> Iterator[TownShell]:
    """A town, and a shell in it whose image builder has the roots of all tests."""
    roots = workshop().directory / "roots"
    roots.mkdir(parents=True, exist_ok=True)
    (directory / "cache" / "images").mkdir(parents=True)
    (directory / "cache" / "images" / "roots").symlink_to(roots)
    (directory / "report.yaml").write_text(REPORT)
    with town(directory) as made:
        yield TownShell(directory, made)


@dataclass
class Emulated:
    """A machine that runs in QEMU."""

    shell: TownShell
    instance: Instance
    machine: RealMachine

    @property
    def console(self) -> str:
        """What it said in all its boots."""
        return (self.shell.home / f"{self.instance.id}.console").read_text("utf-8", "replace")

    @property
    def told(self) -> dict[str, str]:
        """What it said of itself, the last of each."""
        return dict(re.findall(rf"^{SPOKEN} (\S+?)=(.*) end\r?$", self.console, re.MULTILINE))

    def boots_as(self, name: str, boot: int = 1) -> dict[str, str]:
        """Wait for the end of this boot: it had its name before any service started, and its own certificate."""
        self.machine.finishes(boot)
        said = self.told
        assert said["fqdn"] == fqdn(name)
        assert said["at-sysinit"] == name
        assert float(said["hosts"]) <= float(said["named"]) <= float(said["sysinit"])
        assert said["puppet"] == "unlocked"
        assert instance_of(b64decode(said["certificate"])) == self.instance.id
        return said

    def is_known_as(self, name: str) -> None:
        """DNS and the service say the same."""
        town = self.shell.town
        assert town.dig(fqdn(name), "A") == [self.instance.address]
        assert town.dig(reverse(self.instance), "PTR") == [f"{fqdn(name)}."]
        [owner] = town.dig(f"_ec2kit.{fqdn(name)}", "TXT")
        assert self.instance.id in owner
        assert town.holder(fqdn(name)) == self.instance.id

    def is_probed_and_kept(self) -> None:
        """Whoever probes it meets it, and a snapshot has what it wrote."""
        seen = json.loads(self.shell.run("show", self.instance.id, "-o", "json").stdout)
        assert seen["state"] == "running"
        assert ssh_banner(self.shell, seen["public_ip"]).startswith(b"SSH-2.0-OpenSSH_")
        (made,) = json.loads(self.shell.run("snapshot", "create", self.instance.id, "-o", "json").stdout)
        written = read_file(self.shell, made["resource"], "/etc/hostname")
        assert written.strip() in (self.told["fqdn"], self.told["at-sysinit"])

    def pair(self, directory: Path) -> tuple[Path, Path]:
        """Its certificate and key, as it told them, in files."""
        paths = []
        for kind in ("certificate", "key"):
            path = directory / f"{self.instance.id}.{kind}"
            path.write_bytes(b64decode(self.told[kind]))
            paths.append(path)
        return paths[0], paths[1]
