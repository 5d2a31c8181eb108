"""A runner's side of a machine that really runs, for the tests of what the sandbox makes of it."""

from __future__ import annotations

import json
from typing import Any

from ec2kit.sandbox.live_door import LiveDoor
from ec2kit.sandbox.wire import Request
from tests.sandbox.seeded import Seeded

TOKEN = "t0ken"
QUIET: dict[str, Any] = {
    "on": True,
    "why": "",
    "boots": 1,
    "login": False,
    "final": False,
    "dead_end": "",
    "flushed": 0,
    "rebooted": 0,
    "ports": {"22": 40_022},
    "console": "",
}


class Rig:
    """The seeded sandbox, its door for runners, and real time that moves when told."""

    def __init__(self) -> None:
        self.seeded = Seeded()
        self.app = self.seeded.app
        self.door = LiveDoor(self.app, TOKEN)
        self.real = 1000.0
        self.live = self.app.world.live
        self.live.ticks = lambda: self.real
        self.id = self.seeded.id("web-1")

    def ask(self, method: str, word: str, told: object = None, token: str = TOKEN) -> tuple[int, Any]:
        body = b"" if told is None else json.dumps(told).encode()
        answer = self.door(Request(method, f"/_ec2kit/live/{word}", {"X-Ec2kit-Token": token}, body))
        return answer.status, json.loads(answer.body)

    def enter(self, runner: str = "r1") -> tuple[int, Any]:
        return self.ask("POST", self.id, {"runner": runner, "pid": 4321, "flushes": 0, "reboots": 0})

    def tell(self, **changed: Any) -> Any:
        status, answer = self.ask("PUT", self.id, {**QUIET, "runner": "r1", **changed})
        assert status == 200, answer
        return answer

    def state(self) -> str:
        found = self.seeded.ec2.describe_instances(InstanceIds=[self.id])
        return str(found["Reservations"][0]["Instances"][0]["State"]["Name"])

    def check(self) -> dict[str, Any]:
        (found,) = self.seeded.ec2.describe_instance_status(InstanceIds=[self.id])["InstanceStatuses"]
        return dict(found["InstanceStatus"])

    def probe(self, port: int = 22) -> Any:
        return self.seeded.probe(str(self.seeded.instance("web-1")["PublicIpAddress"]), port)
