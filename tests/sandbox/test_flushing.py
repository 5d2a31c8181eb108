"""A snapshot of a machine that really runs has what the machine wrote."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from ec2kit.sandbox import flushing
from tests.sandbox.runners import Rig


@pytest.fixture
def running() -> Rig:
    """One whose web-1 has come up."""
    rig = Rig()
    rig.enter()
    rig.tell(login=True)
    return rig


def flushing_runner(rig: Rig, seen: list[int]) -> threading.Thread:
    """A runner in a thread: it writes back as soon as it is asked to."""

    def beat() -> None:
        for _ in range(500):
            asked = rig.tell(login=True)["flushes"]
            if asked:
                seen.append(asked)
                rig.tell(login=True, flushed=asked)
                return
            threading.Event().wait(0.01)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize("action", ["create_snapshot", "create_snapshots", "create_image"])
def test_a_snapshot_waits_until_the_machine_has_written_back(running: Rig, action: str) -> None:
    root = running.seeded.instance("web-1")["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    words: dict[str, Any] = {
        "create_snapshot": {"VolumeId": root},
        "create_snapshots": {"InstanceSpecification": {"InstanceId": running.id}},
        "create_image": {"InstanceId": running.id, "Name": "golden", "NoReboot": True},
    }[action]
    seen: list[int] = []
    thread = flushing_runner(running, seen)
    getattr(running.seeded.ec2, action)(**words)
    assert seen == [1]
    thread.join()


def test_a_snapshot_of_another_machine_waits_for_nobody(
    running: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flushing, "PATIENCE", 0.0)
    other = running.seeded.instance("web-2")["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    running.seeded.ec2.create_snapshot(VolumeId=other)
    machine = running.live.find(running.id)
    assert machine is not None
    assert machine.flushes == 0
    root = running.seeded.instance("web-1")["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    # Nobody writes back: after its patience the snapshot has what the volume has.
    assert running.seeded.ec2.create_snapshot(VolumeId=root)["State"] == "pending"
    assert machine.flushes == 1
