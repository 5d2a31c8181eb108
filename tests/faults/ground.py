"""The worlds that faults strike: made once, kept in a file with what ec2kit remembers, and taken anew for each cell."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import botocore.session
from botocore.exceptions import EndpointConnectionError

from ec2kit.aws.faults import THROTTLED
from ec2kit.sandbox import breaks, store
from ec2kit.sandbox.app import SandboxApp
from ec2kit.sandbox.calls import Call
from ec2kit.sandbox.direct import direct_client
from ec2kit.sandbox.fault_words import parse_order
from ec2kit.sandbox.faults import Spell
from ec2kit.sandbox.hooks import Hooks
from ec2kit.sandbox.wire import Answer, Request
from tests.cli.screens import Shell
from tests.faults.commands import ADDRESS, DISK, SHELF
from tests.images.bundles.ground import FEW, attach, write_disk
from tests.kill.world import World, read_world
from tests.sandbox.seeded import Seeded
from tests.support.building import build_at_once
from tests.support.inprocess import InProcess

FLEET = (
    "snapshot create web-1",
    f"eip assign {ADDRESS} web-1",
    "eip allocate",
    "stop web-3 --yes",
    "protect web-4",
)
FAILED = (
    "protect web-1",
    "protect web-4",
    f"eip assign {ADDRESS} web-1",
    "recovery pause web-4 --for 1d --reason work",
)
IMAGES = (
    "image build debian-12-minimal --name web-20260101",
    "image build debian-12-minimal --name web-20260102",
    *["snapshot create web-1"] * 2,
    *[f"bundle create web-1 {SHELF} --volume {DISK}"] * 2,
)


class Loaded(InProcess):
    """The sandbox as it was saved."""

    def __init__(self, path: Path) -> None:
        self.app = store.load(path)
        self._clients: dict[tuple[str, str], Any] = {}

    def break_(self, words: str, times: int | None = None) -> None:
        """`sandbox break WORDS --times N`."""
        what, _, where = words.partition(" ")
        with self.app.settled() as world:
            breaks.make(world, parse_order(what, where, Spell(times=times)))

    def mend(self) -> None:
        """`sandbox mend all`."""
        with self.app.settled() as world:
            breaks.mend(world, "all")


class FaultyShell(Shell):
    """A shell whose reading calls are tried as often as ever, without the pauses that botocore makes in real time."""

    cut_off: bool = False
    """Whether nothing listens where the endpoint should be."""

    def _session(self) -> botocore.session.Session:
        session = super()._session()
        events: Any = session.get_component("event_emitter")
        for service in ("ec2", "ebs", "s3", "ssm", "sts", "ce", "pricing", "savingsplans"):
            # As exact as the client's own handler, which is asked before those of shorter names.
            events.register_first(f"needs-retry.{service}", _at_once)
        if self.cut_off:
            events.register_first("before-send", _nobody)
        return session


def _nobody(request: Any, **_: Any) -> None:
    raise EndpointConnectionError(endpoint_url=request.url)


def _at_once(
    attempts: int, request_dict: Any, response: Any = None, caught_exception: Any = None, **_: Any
) -> float | None:
    """botocore's event after each try: 0 is again, now; None leaves the answer to botocore."""
    if attempts >= request_dict["context"]["client_config"].retries["total_max_attempts"]:
        return None
    if response is None:
        return None if caught_exception is None else 0
    code = response[1].get("Error", {}).get("Code", "")
    return 0 if response[0].status_code >= 500 or code in THROTTLED else None


@dataclass(frozen=True)
class Ground:
    """A saved world, the home of whoever types in it, and what stands in its commands for names that chance made."""

    directory: Path
    names: dict[str, str]

    def taken(self, home: Path) -> tuple[Loaded, FaultyShell]:
        """The world anew, with a home of its own at `home`."""
        shutil.copytree(self.directory / "home", home)
        sandbox = Loaded(self.directory / "world")
        return sandbox, FaultyShell(home, sandbox, workers=1, build=build_at_once, scrub=_scrub)

    def line(self, words: str) -> str:
        """The words of a command with the ground's own names in them."""
        for name, value in self.names.items():
            words = words.replace(f"{{{name}}}", value)
        return words


class _Watched:
    """Whichever sandbox is looked at: a client costs as much as all that it then asks."""

    def __init__(self) -> None:
        self.app: SandboxApp | None = None
        self.client = cache(lambda service: direct_client(cast(SandboxApp, self), service))

    @property
    def hooks(self) -> Hooks:
        assert self.app is not None
        return self.app.hooks

    def answer(self, request: Request, on_call: Callable[[Call], None]) -> Answer:
        assert self.app is not None
        return self.app.answer(request, on_call)


_WATCHED = _Watched()
_ATTEMPT = re.compile(r'("ec2kit:run": "RUN/[^"@]+)@\d+')


def world_of(sandbox: InProcess) -> World:
    """Everything that is there, without chance and time, and without the number of the attempt that made it."""
    _WATCHED.app = sandbox.app
    read: World = json.loads(_ATTEMPT.sub(r"\1", json.dumps(read_world(_WATCHED.client))))
    return read | {"images told": _told(_WATCHED.client("ec2"))}


def _told(ec2: Any) -> list[Any]:
    """Of each image who may use it, and whether it goes out of date."""
    return sorted(
        [each["Name"], "DeprecationTime" in each, _users(ec2, each["ImageId"])]
        for each in ec2.describe_images(Owners=["self"])["Images"]
    )


def _users(ec2: Any, image: str) -> list[str]:
    asked = ec2.describe_image_attribute(ImageId=image, Attribute="launchPermission")
    return sorted(each.get("UserId", "all") for each in asked["LaunchPermissions"])


@dataclass
class Grounds:
    """The grounds by name, each made when it is first asked for: each process of a test run needs only some."""

    directory: Path
    _made: dict[str, Ground] = field(default_factory=dict)

    def of(self, name: str) -> Ground:
        """`fleet` is well, `failed` has a failed machine, in `healed` that one was recovered; `images` has two images,
        two sets, two bundles, and a disk in a file; `priced` is the fleet with a price book."""
        if name not in self._made:
            fill = {
                "fleet": _fleet,
                "failed": _failed,
                "healed": _healed,
                "images": _images,
                "priced": _priced,
            }[name]
            self._made[name] = _filled(self.directory / name, fill)
        return self._made[name]


def _filled(directory: Path, fill: Callable[[Seeded, Shell], None]) -> Ground:
    home = directory / "home"
    home.mkdir(parents=True)
    sandbox = Seeded()
    sandbox.tick(600)
    fill(sandbox, FaultyShell(home, sandbox, workers=1))
    sandbox.tick(600)
    store.save(sandbox.app, directory / "world")
    return Ground(directory, _names(sandbox))


def _names(sandbox: Seeded) -> dict[str, str]:
    addresses = sandbox.ec2.describe_addresses()["Addresses"]
    snapshots = sandbox.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    tags = [{tag["Key"]: tag["Value"] for tag in each.get("Tags", [])} for each in snapshots]
    of_web_1 = [each["ec2kit:set"] for each in tags if each.get("ec2kit:set", "").startswith("web-1@")]
    spare = [each["PublicIp"] for each in addresses if each["PublicIp"] != ADDRESS]
    return {"set": of_web_1[0], **({"spare": spare[0]} if spare else {})}


def _typed(shell: Shell, lines: tuple[str, ...]) -> None:
    for line in lines:
        screen = shell.run(line)
        assert screen.exit == 0, f"{line}\n{screen}"


def _fleet(sandbox: Seeded, shell: Shell) -> None:
    _typed(shell, FLEET)


def _failed(sandbox: Seeded, shell: Shell) -> None:
    _typed(shell, FAILED)
    sandbox.app.world.conditions.impair(sandbox.id("web-1"), "instance", sandbox.now - timedelta(minutes=4))


def _healed(sandbox: Seeded, shell: Shell) -> None:
    _failed(sandbox, shell)
    _typed(shell, ("recover all",))


def _images(sandbox: Seeded, shell: Shell) -> None:
    with TemporaryDirectory() as place:
        attach(sandbox, write_disk(Path(place) / "raw", FEW), DISK)
    # Of no whole GiB, as small as a disk can be: it is copied for each cell.
    (shell.home / "disk.raw").write_bytes(b"\xeb" + bytes(509) + b"\x55\xaa" + bytes(510 << 10))
    shell.build = build_at_once
    _typed(shell, IMAGES)


def _priced(sandbox: Seeded, shell: Shell) -> None:
    _typed(shell, (*FLEET, "cost prices --update"))


def _scrub(disk: Path, _name: str) -> None:
    """What the appliance does, as far as AWS can see: a block changes."""
    with disk.open("r+b") as file:
        file.write(b"scrubbed")
