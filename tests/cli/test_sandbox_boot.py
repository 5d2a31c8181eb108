"""`sandbox boot` as typed, with a program in the place of QEMU: who runs a machine, and what becomes of its disk."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from ec2kit.errors import Exit
from ec2kit.host.network import Dialer
from ec2kit.host.paths import runtime_directory
from ec2kit.sandbox import ACCESS_KEY, REGION, SECRET_KEY, process
from ec2kit.sandbox.disk_client import DiskClient
from ec2kit.sandbox.live_client import LiveClient
from ec2kit.sandbox.process import Address
from tests.cli import fake_qemu
from tests.repository.files import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

BLOCK = fake_qemu.BLOCK


class Rig:
    """A seeded sandbox of its own, quick, and machines that are run on it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.orders = home / "inside"
        self.orders.mkdir()
        bin_ = home / "bin"
        bin_.mkdir()
        fake = bin_ / "qemu-system-x86_64"
        fake.write_text(f'#!/bin/sh\nexec {sys.executable} {fake_qemu.__file__} "$@"\n')
        fake.chmod(0o755)
        (home / "run").mkdir(mode=0o700)
        self.runtime = runtime_directory({"XDG_RUNTIME_DIR": str(home / "run")})
        self.environ = {
            "PATH": f"{bin_}:{os.environ['PATH']}",
            "HOME": str(home),
            "EC2KIT_STATE_DIR": str(home / "state"),
            "XDG_RUNTIME_DIR": str(home / "run"),
            "EC2KIT_SANDBOX": "rig",
            "PYTHONPATH": str(ROOT),
            "FAKE_QEMU": str(self.orders),
        }
        self._running: list[subprocess.Popen[str]] = []
        self.start()

    def start(self) -> None:
        self.address: Address = process.start(
            "rig", state_dir=self.home / "state", runtime_dir=self.runtime, speed=60
        )
        self.ec2 = boto3.client(
            "ec2",
            endpoint_url=self.address.endpoint,
            region_name=REGION,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
        )

    def close(self) -> None:
        for running in self._running:
            running.kill()
            running.communicate()
        process.forget("rig", state_dir=self.home / "state", runtime_dir=self.runtime)

    def boot(self, *words: str) -> subprocess.Popen[str]:
        """Type `ec2kit sandbox boot`; it goes on beside the test."""
        running = subprocess.Popen(
            [sys.executable, "-m", "ec2kit", "sandbox", "boot", *words],
            cwd=self.home,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._running.append(running)
        return running

    def booted(self, *words: str) -> subprocess.Popen[str]:
        running = self.boot("web-1", *words)
        self.until(lambda: self.live().get("runs") and self.live()["login"], running)
        return running

    def until(self, true: Callable[[], object], running: subprocess.Popen[str] | None = None) -> None:
        """Wait for it; a runner that has ended fails the test with what it said."""
        pause = threading.Event()
        for _ in range(1200):
            if true():
                return
            if running is not None and running.poll() is not None:
                pytest.fail(f"ended with {running.returncode}: {running.communicate()}")
            pause.wait(0.05)
        pytest.fail("it never became true")

    def shown(self) -> dict[str, Any]:
        return LiveClient(self.address).shown("web-1")

    def live(self) -> dict[str, Any]:
        return self.shown()["live"] or {}

    def fill(self) -> str:
        """Let web-1's root volume have something on it."""
        source = self.home / "root.raw"
        source.write_bytes(b"boot".ljust(BLOCK, b"\0") + b"five".ljust(BLOCK, b"\0") * 5)
        root = str(self.shown()["root"])
        DiskClient(self.address).put(root, source)
        return root

    def on_disk(self, resource_id: str) -> dict[int, str]:
        blocks = DiskClient(self.address).read(resource_id)
        return {index: data.rstrip(b"\0").decode() for index, data in blocks}


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path)
    yield made
    made.close()


def test_a_machine_lives_with_its_instance(rig: Rig) -> None:
    root = rig.fill()
    running = rig.booted("-o", "json", "--keep-log", "console.log")
    instance_id = str(rig.shown()["id"])
    argv = json.loads((rig.orders / "argv").read_text())
    assert fake_qemu.option(argv, "-smbios", "type=2").endswith(f"asset={instance_id}")
    assert fake_qemu.option(argv, "-smbios", "type=1").partition("serial=")[2].startswith("ec2")
    # A second one is refused, and says who is first.
    second = rig.boot("web-1")
    said = second.communicate()[1]
    assert second.returncode == Exit.BUSY, said
    assert f"is run already, by process {running.pid}" in said
    # Probes meet the machine.
    seen = rig.ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]
    dialer = Dialer(proxy=rig.address.endpoint, timeout=20)
    assert dialer.banner(seen["PublicIpAddress"], 22) == b"SSH-2.0-Fake"
    # A port that nobody asked for before is led in when it is.
    assert dialer.banner(seen["PrivateIpAddress"], 443) == b"SSH-2.0-Fake"
    # A snapshot has what it wrote.
    (rig.orders / "write").write_text("by the machine")
    rig.until(lambda: not (rig.orders / "write").exists())
    assert rig.on_disk(root)[5] == "five"
    snapshot = rig.ec2.create_snapshot(VolumeId=root)["SnapshotId"]
    assert rig.on_disk(snapshot) == {0: "boot", **dict.fromkeys(range(1, 5), "five"), 5: "by the machine"}
    # Its own restart is one.
    (rig.orders / "reset").touch()
    rig.until(lambda: rig.live()["boots"] == 2 and rig.live()["login"], running)
    # A stop shuts it down first.
    rig.ec2.stop_instances(InstanceIds=[instance_id])
    rig.until(lambda: rig.shown()["state"] == "stopped", running)
    assert rig.on_disk(root)[6] == "shut down"
    # A start boots it again, with what is on the volume then.
    DiskClient(rig.address).write(root, [(0, b"other".ljust(BLOCK, b"\0"))])
    rig.ec2.start_instances(InstanceIds=[instance_id])
    rig.until(lambda: rig.live()["boots"] == 3 and rig.live()["login"], running)
    # A reboot does not leave `running`.
    rig.ec2.reboot_instances(InstanceIds=[instance_id])
    rig.until(lambda: rig.live()["boots"] == 4 and rig.live()["login"], running)
    assert rig.shown()["state"] == "running"
    rig.ec2.terminate_instances(InstanceIds=[instance_id])
    told, said = running.communicate(timeout=60)
    assert running.returncode == 0, said
    summary = json.loads(told)
    assert (summary["ended"], summary["boots"], summary["id"]) == ("terminated", 4, instance_id)
    assert "Booting" in (rig.home / "console.log").read_text()
    assert list(Path(os.environ.get("TMPDIR", "/var/tmp")).glob(f"ec2kit-boot-*/{root}")) == []


def test_without_power_it_is_dead_and_can_be_booted_again(rig: Rig) -> None:
    root = rig.fill()
    running = rig.booted()
    (rig.orders / "write").write_text("before the cut")
    rig.until(lambda: not (rig.orders / "write").exists())
    running.send_signal(signal.SIGTERM)
    _, said = running.communicate(timeout=60)
    assert running.returncode == Exit.TERMINATED, said
    assert "fake login: " in said
    assert "written back to" in said
    assert "the power of 'web-1' is cut\nhint: `ec2kit sandbox boot web-1` boots it again" in said
    assert rig.on_disk(root)[5] == "before the cut"
    instance_id = str(rig.shown()["id"])
    (status,) = rig.ec2.describe_instance_status(InstanceIds=[instance_id])["InstanceStatuses"]
    assert (status["InstanceState"]["Name"], status["InstanceStatus"]["Status"]) == ("running", "impaired")
    again = rig.booted()
    assert rig.live()["runs"]
    # The sandbox goes away and comes back: its machine is there again by itself.
    process.stop("rig", rig.runtime)
    rig.start()
    rig.until(lambda: rig.live().get("login"), again)
    snapshot = rig.ec2.create_snapshot(VolumeId=root)["SnapshotId"]
    assert rig.on_disk(snapshot)[5] == "before the cut"
    # Killed, it is dead too, a moment later.
    again.kill()
    again.communicate()
    rig.until(lambda: not rig.live()["runs"])


def test_one_that_switches_itself_off_is_stopped(rig: Rig) -> None:
    rig.fill()
    running = rig.booted("--once")
    (rig.orders / "off").touch()
    told, said = running.communicate(timeout=60)
    assert running.returncode == 0, said
    assert "ended\toff\n" in told
    assert rig.shown()["state"] in ("stopping", "stopped")


def test_qemus_own_failure_is_told(rig: Rig) -> None:
    rig.fill()
    (rig.orders / "broken").touch()
    running = rig.boot("web-1")
    _, said = running.communicate(timeout=60)
    assert running.returncode == Exit.FAILED
    assert "QEMU could not start: qemu-system-x86_64: -m 1024: cannot set up guest memory" in said


def test_what_cannot_be_run_is_told_with_a_way_on(rig: Rig) -> None:
    def refused(*words: str) -> tuple[int, str]:
        running = rig.boot(*words)
        said = running.communicate(timeout=60)[1]
        return running.returncode, said

    code, said = refused("web-1")
    assert (code, "has nothing on it" in said, "ec2kit image build" in said) == (Exit.REFUSED, True, True)
    code, said = refused("web-9")
    assert (code, "there is no instance 'web-9' in the sandbox" in said) == (Exit.NOT_FOUND, True)
    assert refused("web-1", "--reach", "nowhere")[0] == Exit.USAGE
    rig.fill()
    code, said = refused("web-1", "--reach", "10.0.0.9:80=8080")
    assert "a machine cannot be run here with 10.0.0.9" in said
    (rig.home / "bin" / "qemu-system-x86_64").unlink()
    rig.environ["PATH"] = str(rig.home / "bin")
    code, said = refused("web-1")
    assert "without qemu-system-x86_64" in said
    rig.ec2.stop_instances(InstanceIds=[rig.shown()["id"]])
    code, said = refused("web-1")
    assert (code, "ec2kit start" in said) == (Exit.REFUSED, True)
