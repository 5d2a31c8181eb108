"""A person's shell with a practice AWS of its own, and a machine of it that runs for real beside the test."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ec2kit.host.network import Dialer
from ec2kit.host.paths import runtime_directory
from ec2kit.sandbox import process
from ec2kit.sandbox.disk_client import DiskClient
from ec2kit.sandbox.live_client import LiveClient
from ec2kit.sandbox.process import Address
from tests.images.conftest import DAY
from tests.repository.files import ROOT

PATIENCE = 900
"""Seconds for a boot: emulated on two busy cores it takes four minutes."""
ROOT_AT = 40960 * 512
"""Where an amd64 image has its root file system."""


@dataclass(frozen=True)
class Shell:
    """A person's shell."""

    home: Path

    @property
    def environ(self) -> Mapping[str, str]:
        """What its commands see."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "EC2KIT_STATE_DIR": str(self.home / "state"),
            "EC2KIT_CACHE_DIR": str(self.home / "cache"),
            "XDG_RUNTIME_DIR": str(self.home / "run"),
            "EC2KIT_SANDBOX": "images",
            "SOURCE_DATE_EPOCH": DAY,
            "PYTHONPATH": str(ROOT),
        }

    def run(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Type a command of ec2kit."""
        ended = subprocess.run(
            [sys.executable, "-m", "ec2kit", *words],
            cwd=self.home,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == code, f"{words}: {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
        return ended

    @property
    def address(self) -> Address:
        """Where its practice AWS is."""
        found = process.find("images", runtime_directory(self.environ))
        assert found is not None
        return found


class RealMachine:
    """An instance that `sandbox boot` runs."""

    def __init__(self, shell: Shell, name: str, running: subprocess.Popen[bytes]) -> None:
        self.running = running
        self._shell = shell
        self._name = name

    def shown(self) -> dict[str, Any]:
        """What the practice AWS knows of it."""
        return LiveClient(self._shell.address).shown(self._name)

    def reaches(self, true: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """Wait until what is known of it satisfies `true`, and return that; its console is told when it does not."""
        pause = threading.Event()
        for _ in range(PATIENCE * 2):
            shown = self.shown()
            if true(shown):
                return shown
            if self.running.poll() is not None:
                break
            pause.wait(0.5)
        console = (self._shell.home / f"{self._name}.console").read_text(errors="replace")
        pytest.fail(f"{self.running.poll()}: {self.shown()}\n{console[-3000:]}")

    def finishes(self, boot: int) -> dict[str, Any]:
        """Wait until cloud-init is done in the boot of this number."""
        return self.reaches(lambda shown: shown["live"] and _is_done(shown["live"], boot))


def _is_done(live: Mapping[str, Any], boot: int) -> bool:
    return bool(live["boots"] == boot and live["login"] and live["final"])


@contextmanager
def real_machine(shell: Shell, name: str, *words: str) -> Iterator[RealMachine]:
    """Type `sandbox boot NAME`, and have it running for the block; its console is in `NAME.console`."""
    command = ["sandbox", "boot", name, "--keep-log", f"{name}.console", *words]
    with (shell.home / f"{name}.talk").open("wb") as talk:
        running = subprocess.Popen(
            [sys.executable, "-m", "ec2kit", *command],
            cwd=shell.home,
            env=shell.environ,
            stdin=subprocess.DEVNULL,
            stdout=talk,
            stderr=talk,
        )
    try:
        yield RealMachine(shell, name, running)
    finally:
        running.terminate()
        running.wait(60)


def ssh_banner(shell: Shell, address: str) -> bytes:
    """What answers at port 22 of an address of the practice AWS, to whoever probes it through the proxy."""
    answer = Dialer(proxy=shell.address.endpoint, timeout=60).banner(address, 22)
    assert isinstance(answer, bytes), answer
    return answer


def read_file(shell: Shell, resource_id: str, path: str) -> str:
    """What is in a file of the root file system on a volume or a snapshot."""
    disk = shell.home / "looked-at.raw"
    DiskClient(shell.address).get(resource_id, disk)
    words = ["/sbin/debugfs", "-R", f"cat {path}", f"{disk}?offset={ROOT_AT}"]
    told = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    disk.unlink()
    return told
