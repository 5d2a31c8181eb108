"""Boot an image and see what becomes of it. The image is not written to, and nothing of the machine stays."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from ec2kit.errors import UsageError
from ec2kit.host.clock import Clock, Deadline
from ec2kit.host.files import storing
from ec2kit.host.following import Running, start
from ec2kit.host.processes import ProcessFailed, run
from ec2kit.host.serving import Answered, Asked, LoopbackServer
from ec2kit.host.workplace import workplace
from ec2kit.images.boot.console import Circumstances, Seen, complete, judge, look
from ec2kit.images.boot.ground import (
    accelerated,
    forwarder,
    own_firmware,
    require_emulator,
    scratch_place,
)
from ec2kit.images.boot.guest import guest_metadata
from ec2kit.images.boot.machine import Machine, overlay_argv, qemu_argv
from ec2kit.images.boot.spec import GIB, PATIENCE_SECONDS, BootReport, BootSpec

KIND = "ec2kit-boot"
"""How the directory of a machine that is tried begins."""
IDENTITY = "ec2b0070-0000-4000-8000-000000000001"
GLANCE_SECONDS = 1.0
"""How often the console is judged while it speaks: the whole of it is read each time."""

Watch = Callable[[str], None]


def boot_test(disk: Path, wanted: BootSpec, clock: Clock, watch: Watch = lambda _: None) -> BootReport:
    """Boot the image in QEMU on a disk that is larger than it, and report what it reached.

    `watch` is given the console's text as it comes. The console is kept beside the image when the boot fails, and
    where `wanted` says in any case. Raises `Ec2kitError` for missing tools, and `UsageError` for a file that is
    no image; a boot that fails is a report.
    """
    kvm = accelerated(wanted.architecture)
    form, size = _image(disk)
    log = wanted.keep_log or disk.with_name(f"{disk.name}.console.log")
    with _metadata(wanted, clock) as (asked, port), workplace(KIND, scratch_place()) as scratch:
        machine = _machine(disk, form, size, wanted, scratch)
        machine = replace(machine, kvm=kvm, forwarder=forwarder(port))
        deadline = Deadline(wanted.timeout or PATIENCE_SECONDS[kvm])
        with storing(log), log.open("wb") as kept, start(qemu_argv(machine)) as running:
            followed = _Followed(running, kept.write, watch, wanted)
            stopped = followed.until(deadline, lambda: _empty(scratch))
        around = Circumstances(size, len(asked), deadline.passed, stopped)
    report = judge(followed.seen, around, wanted)
    if report.succeeded and wanted.keep_log is None:
        log.unlink(missing_ok=True)
        return report
    return replace(report, log=log)


class _Followed:
    """A console that is followed."""

    def __init__(
        self, running: Running, keep: Callable[[bytes], object], watch: Watch, wanted: BootSpec
    ) -> None:
        self.seen = Seen()
        self._running = running
        self._keep = keep
        self._watch = watch
        self._wanted = wanted
        self._text = ""

    def until(self, deadline: Deadline, opened: Callable[[], None]) -> str:
        """Follow until all was reached, or nothing more will be; returns why it was given up, if it was.

        `opened` is called once the machine runs, and has all its files open.
        """
        judged = 0.0
        while True:
            try:
                piece = self._running.read(min(GLANCE_SECONDS, deadline.left()))
            except TimeoutError:
                self._judge()
                return f"it was not done within {deadline.seconds:g} s"
            if piece:
                if not self._text:
                    opened()
                self._take(piece)
            if piece == b"":
                self._judge()
                return self._end()
            if piece is None or deadline.passed - judged > GLANCE_SECONDS:
                judged = deadline.passed
                self._judge()
                if self.seen.dead_end or complete(self.seen, self._wanted):
                    return ""

    def _take(self, piece: bytes) -> None:
        self._keep(piece)
        text = piece.decode(errors="replace")
        self._text += text
        self._watch(text)

    def _judge(self) -> None:
        self.seen = look(self._text)

    def _end(self) -> str:
        code = self._running.ended(10)
        if code:
            raise ProcessFailed(
                f"QEMU ended with {code}: {self._running.complaint() or 'it said nothing'}", code=code
            )
        return "the machine switched itself off or restarted"


def _machine(disk: Path, form: str, size: int, wanted: BootSpec, scratch: Path) -> Machine:
    require_emulator(wanted.architecture)
    overlay = scratch / "disk.qcow2"
    # A quarter more, so that a file system that grew is larger than the disk was, whatever it needs for itself.
    larger = size + max(GIB, size // 4 // GIB * GIB)
    run(overlay_argv(str(disk.absolute()), form, str(overlay), larger), 60)
    firmware = own_firmware(wanted.firmware, wanted.architecture, scratch)
    return Machine(wanted.architecture, str(overlay), IDENTITY, (), wanted.memory_mib, firmware=firmware)


def _image(disk: Path) -> tuple[str, int]:
    """A disk's format as QEMU names it, and the size in bytes that a machine sees."""
    if not disk.is_file():
        raise UsageError(f"there is no file '{disk}'", resource=str(disk))
    told = json.loads(run(["qemu-img", "info", "--output", "json", str(disk.absolute())], 60).stdout)
    return str(told["format"]), int(told["virtual-size"])


@contextmanager
def _metadata(wanted: BootSpec, clock: Clock) -> Iterator[tuple[list[str], int]]:
    """The guest's metadata service on this machine: the paths that were asked for, and the port."""
    from ec2kit.metadata.authority import make_authority
    from ec2kit.metadata.service import MetadataService

    def now() -> datetime:
        return clock.now()

    service = MetadataService(
        guest_metadata(wanted.architecture, wanted.user_data, now()), make_authority(), now
    )
    asked: list[str] = []

    def answer(request: Asked) -> Answered:
        asked.append(request.path)
        answered = service.respond(request.method, request.path, request.headers)
        return Answered(answered.status, answered.headers, answered.body)

    with LoopbackServer(answer) as server:
        yield asked, server.port


def _empty(scratch: Path) -> None:
    """The machine has its files open: without names they end with it, even when we are killed."""
    for path in scratch.iterdir():
        path.unlink()
    scratch.rmdir()
