"""Every shipped recipe, built, booted, and asked from inside whether it is what it says. Hours, under emulation."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from ec2kit.errors import Ec2kitError
from ec2kit.host.clock import SystemClock
from ec2kit.images.boot.machine import EMULATORS
from ec2kit.images.boot.spec import BootSpec
from ec2kit.images.boot.trial import boot_test
from ec2kit.images.disk.assemble import assemble
from ec2kit.images.disk.spec import DiskSpec
from ec2kit.images.recipes.architectures import Architecture
from ec2kit.images.recipes.load import load_recipe, shipped_names
from ec2kit.images.recipes.recipe import Recipe
from ec2kit.images.root.build import build_root
from ec2kit.images.root.cache import Root
from ec2kit.images.root.kernel import kernel_arguments
from tests.images.conftest import DAY, workshop

pytestmark = [pytest.mark.boot, pytest.mark.deep, pytest.mark.timeout(3 * 3600)]

PATIENCE = 5400.0
"""Seconds: an emulated arm64 on a busy machine."""
MARK = "ec2kit-inspect:"
SHIPPED = [
    pytest.param(recipe, architecture, id=f"{recipe.name}-{architecture.debian}")
    for recipe in map(load_recipe, shipped_names())
    for architecture in recipe.architectures
    # Emulated from its first package on, an arm64 takes most of an hour: one of each release stands for the others.
    if architecture is not Architecture.ARM64 or recipe.name.endswith("-minimal")
]

ASKED: Mapping[str, str] = {
    "failed": "systemctl list-units --failed --plain --no-legend | cut -d' ' -f1",
    "missing": "for name in @PACKAGES@; do dpkg -s $name | grep -q '^Status: .* installed$' || echo $name; done",
    "machine-id": "cat /etc/machine-id",
    "host-keys": "cd /etc/ssh && ls ssh_host_*_key",
    "keys-made": "find /etc/ssh -name 'ssh_host_*_key' -newer /etc/cloud/cloud.cfg.d/90_ec2kit.cfg | wc -l",
    "ssh": "bash -c 'exec 3<>/dev/tcp/127.0.0.1/22; head -c 8 <&3'",
    "address": "ip -4 -o addr show eth0 | grep -o 'inet [0-9.]*'",
    "account": "id -un debian",
    "units": "for unit in ssh @UNITS@; do echo $unit $(systemctl is-enabled $unit) $(systemctl is-active $unit); done",
    "backports": "cat /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources | grep -c backports",
    "clock": "chronyc -n sources | grep -o '169[.]254[.]169[.]123'",
    "page": "curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1/",
    "puppet": "puppet --version | grep -o '^[0-9]'",
    "puppet-service": "echo $(systemctl is-enabled puppet) $(systemctl is-active puppet)",
    "puppet-ssl": "ls -d /etc/puppet/ssl /var/lib/puppet/ssl /etc/puppetlabs/puppet/ssl",
}
"""What is asked of the machine, by name: shell lines, of which the answers are joined by commas."""


def inspection(recipe: Recipe) -> bytes:
    """User data that answer on the console, three times because the kernel may speak in between."""
    asked = "".join(
        f"printf '{MARK} {name}=%s end\\r\\n' \"$( ({line}) 2>/dev/null | paste -sd, -)\" >>/run/answers\n"
        for name, line in ASKED.items()
    )
    asked = asked.replace("@PACKAGES@", " ".join(recipe.packages)).replace("@UNITS@", " ".join(recipe.enable))
    said = "for time in 1 2 3; do printf '\\r\\n'; cat /run/answers; done >/dev/console"
    return f"#!/bin/sh\n{asked}{said}\n".encode()


def answers(console: str) -> dict[str, str]:
    """Given a console, return what the inspection found."""
    return dict(re.findall(rf"^{MARK} (\S+?)=(.*) end\r?$", console, re.MULTILINE))


def require_tools(architecture: Architecture) -> None:
    """Skip, and say why, where this machine has no emulator for the architecture."""
    if shutil.which(EMULATORS[architecture]) is None:
        pytest.skip(f"{EMULATORS[architecture]} is not installed")


def root_of(recipe: Recipe, architecture: Architecture) -> Root:
    """Its root, or skip where this machine cannot run the architecture's programs."""
    try:
        return build_root(recipe, architecture, workshop())
    except Ec2kitError as error:
        if "cannot run programs for" in error.message:
            pytest.skip(f"{error.message}: {error.hint}")
        raise


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Path]:
    """Where a disk goes, which is too large to be kept as pytest keeps its directories."""
    path = tmp_path / "disk.raw"
    yield path
    path.unlink(missing_ok=True)


@pytest.mark.parametrize("recipe,architecture", SHIPPED)
def test_a_shipped_recipe_is_what_it_says(recipe: Recipe, architecture: Architecture, target: Path) -> None:
    require_tools(architecture)
    root = root_of(recipe, architecture)
    spec = DiskSpec(architecture, recipe.size_gib << 30, int(DAY), kernel_arguments(recipe, architecture))
    disk = assemble(root.tar, target, spec)
    log = target.with_name("console.log")
    # The last is UEFI where there is one; `test_boot.py` boots with each.
    wanted = BootSpec(
        architecture,
        disk.boot_modes[-1],
        timeout=PATIENCE,
        user_data=inspection(recipe),
        keep_log=log,
    )
    report = boot_test(disk.path, wanted, SystemClock())
    console = log.read_text(errors="replace")
    assert report.failed == (), console[-4000:]
    found = answers(console)
    assert set(found) == set(ASKED), console[-4000:]
    assert (found["failed"], found["missing"]) == ("", "")
    assert re.fullmatch("[0-9a-f]{32}", found["machine-id"])
    assert (found["host-keys"], found["keys-made"]) == ("ssh_host_ecdsa_key,ssh_host_ed25519_key", "2")
    assert (found["ssh"], found["account"], found["address"]) == ("SSH-2.0-", "debian", "inet 172.31.0.15")
    assert found["units"].split(",") == [f"{unit} enabled active" for unit in ("ssh", *recipe.enable)]
    # cloud-init's own sources have them, and those of the machine that built the image do not.
    assert found["backports"] != "0"
    assert found["clock"] == ("169.254.169.123" if "chrony" in recipe.packages else "")
    assert found["page"] == ("200" if "nginx" in recipe.packages else "000")
    if recipe.puppet == "agent":
        # Installed, and not started: enrolling is somebody's decision, and a name has to be there first.
        assert found["puppet"] in {"7", "8"}
        assert (found["puppet-service"], found["puppet-ssl"]) == ("disabled inactive", "")
    else:
        assert found["puppet"] == ""
