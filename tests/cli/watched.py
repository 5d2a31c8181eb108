"""A shell over the seeded practice AWS whose machines can be enrolled and broken."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from ec2kit.model.tags import CHECK, PROTECT
from ec2kit.sandbox import breaks
from ec2kit.sandbox.calls import Call
from ec2kit.sandbox.conditions import Check
from ec2kit.sandbox.fault_words import parse_order
from tests.cli.screens import Screen, Shell
from tests.sandbox.seeded import Seeded
from tests.support.building import build_at_once

ADDRESS = "203.0.113.9"
BOTH = "http:80/ banner:22"


class Fleet:
    """The seeded machines, and what is typed about them: `cron` has no terminal, `person` has one."""

    def __init__(self, home: Path) -> None:
        self.sandbox = Seeded()
        self.home = home
        self.cron = Shell(home, self.sandbox, workers=1, build=build_at_once)
        self.person = Shell(
            home, self.sandbox, answers=[], terminal=True, workers=1, environ={"NO_COLOR": "1"}
        )

    def enrol(self, name: str, rung: str = "replace", check: str = BOTH) -> str:
        """Tag a machine as `protect` does, without a set. Returns its id."""
        id = self.sandbox.id(name)
        tags = {PROTECT: rung, CHECK: check}
        self.tag(id, tags)
        self.sandbox.tick(self.sandbox.app.world.delays.lag_max)
        return id

    def tag(self, id: str, tags: dict[str, str]) -> None:
        """Write tags by hand."""
        self.sandbox.ec2.create_tags(Resources=[id], Tags=[{"Key": k, "Value": v} for k, v in tags.items()])

    def impair(self, id: str, check: Check = "instance", *, minutes: float = 4) -> None:
        """Let one of EC2's checks fail, since some minutes."""
        since = self.sandbox.now - timedelta(minutes=minutes)
        self.sandbox.app.world.conditions.impair(id, check, since)

    def deaden(self, id: str, *ports: int) -> None:
        """Let nothing listen on these ports."""
        self.sandbox.app.world.conditions.dead_ports[id] = set(ports)

    def break_(self, what: str, where: str) -> None:
        """`sandbox break WHAT WHERE`."""
        with self.sandbox.app.settled() as world:
            breaks.make(world, parse_order(what, where))

    def mend(self) -> None:
        """`sandbox mend all`."""
        with self.sandbox.app.settled() as world:
            breaks.mend(world, "all")

    def mend_when_started(self, id: str) -> None:
        """A stop and start moves the machine to another host, which heals it."""

        def mend(call: Call) -> None:
            if call.action == "StartInstances":
                self.sandbox.app.world.conditions.mend(id)

        self.sandbox.after(mend)

    def check_for(self, minutes: int) -> list[Screen]:
        """Look once a minute, as cron does."""
        seen = []
        for _ in range(minutes + 1):
            seen.append(self.cron.run("check"))
            self.sandbox.tick(60)
        return seen

    def described(self, id: str) -> dict[str, Any]:
        """The instance as AWS shows it."""
        (reservation,) = self.sandbox.ec2.describe_instances(InstanceIds=[id])["Reservations"]
        return dict(reservation["Instances"][0])

    def tags(self, id: str) -> dict[str, str]:
        """The tags of an instance."""
        return {tag["Key"]: tag["Value"] for tag in self.described(id)["Tags"]}

    def holder(self) -> str:
        """Who has the Elastic IP."""
        (found,) = self.sandbox.ec2.describe_addresses(PublicIps=[ADDRESS])["Addresses"]
        return str(found.get("InstanceId", ""))

    def kept(self) -> tuple[set[str], set[str]]:
        """The ids of all volumes and of all our snapshots."""
        volumes = self.sandbox.ec2.describe_volumes()["Volumes"]
        snapshots = self.sandbox.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
        return {each["VolumeId"] for each in volumes}, {each["SnapshotId"] for each in snapshots}
