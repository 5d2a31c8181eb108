"""The machine at work: a script goes in, its output comes out, and how it ended is known for certain."""

from __future__ import annotations

import io
import secrets
import tempfile
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ec2kit.errors import Ec2kitError, Interrupted
from ec2kit.host.clock import Clock, Deadline
from ec2kit.host.files import storing
from ec2kit.host.following import Running, start
from ec2kit.host.kvm import usable_kvm
from ec2kit.host.unix_sockets import Line
from ec2kit.host.workplace import workplace
from ec2kit.images.appliance.argv import Hardware, Places, qemu
from ec2kit.images.appliance.build import Parts, parts
from ec2kit.images.appliance.disks import Job
from ec2kit.images.appliance.job import job_archive
from ec2kit.images.appliance.trailer import Trailer

KIND = "ec2kit-appliance"
"""How the directory of a run begins."""
START_SECONDS = 120.0
"""Added to a job's time: in emulation, on a busy machine, the script has begun after a fraction of this."""
SWITCHING_OFF_SECONDS = 20.0
"""After the last word everything is on the disks: a machine that hangs then may be killed."""
A_LOOK = 0.5
"""Seconds between looks at whether QEMU is still there and Ctrl-C was pressed."""
PIECE = 1 << 18
LAST_LINES = 8


class Writes(Protocol):
    """Where the output goes: a file, a pipe, a compressor."""

    def write(self, data: bytes, /) -> object:
        """Take the next bytes; what it raises ends the machine."""


class Reads(Protocol):
    """Where the input comes from."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes, empty at the end; what it raises ends the machine."""


@dataclass(frozen=True)
class Done:
    """How a script ended: its exit code, what it wrote on stderr, and on stdout when nobody else took that."""

    code: int
    log: str
    out: bytes = b""


@dataclass(frozen=True)
class Appliance:
    """The machine, made already: `appliance(cache, clock)` finds or makes it."""

    parts: Parts
    stop: threading.Event
    start_seconds: float = START_SECONDS

    def run(self, job: Job, out: Writes | None = None, input: Reads | None = None) -> Done:  # noqa: A002  as subprocess calls it
        """Run a script, with `input` as its stdin and its stdout written to `out`; returns whatever its code.

        Raises `Ec2kitError` when the machine dies, hangs or cannot be started, and what `out` and `input`
        raise. The machine is gone afterwards, however that comes; a disk that is not writable is as it was.
        """
        secret = secrets.token_hex(16)
        collected = io.BytesIO()
        with workplace(KIND, Path(tempfile.gettempdir())) as directory:
            places = Places(directory)
            with storing(places.initrd):
                places.initrd.write_bytes(
                    self.parts.initrd.read_bytes() + job_archive(job, secret, input is not None)
                )
            words = qemu(self.parts.kernel, places, job.disks, Hardware(accelerator(), job.memory))
            with (
                closing(Line(places.input)) as going_in,
                closing(Line(places.out)) as coming_out,
                start(words) as running,
            ):
                run = _Run(running, places, Deadline(self.start_seconds + job.seconds), self.stop)
                run.wait_for(going_in)
                run.wait_for(coming_out)
                feeder = _Feeder(going_in, input)
                code = run.listen(coming_out, Trailer(secret), (out or collected).write, feeder)
                running.ended(SWITCHING_OFF_SECONDS)
            return Done(code, _text(places.log), collected.getvalue())


def accelerator() -> str:
    """QEMU's own fallback complains each time, so we look first."""
    return "kvm" if usable_kvm("qemu-system-x86_64") else "tcg"


def appliance(cache: Path, clock: Clock) -> Appliance:
    """The machine from the cache of images, made when it is not there; raises as `build.parts` does."""
    return Appliance(parts(cache, clock), clock.stop)


@dataclass(frozen=True)
class _Run:
    """A machine that was started."""

    running: Running
    places: Places
    deadline: Deadline
    stop: threading.Event

    def wait_for(self, line: Line) -> None:
        """QEMU connects before it starts the machine."""
        while not line.connected(self._a_moment()):
            if self.running.code is not None:
                raise self.died("could not be started")

    def listen(self, line: Line, trailer: Trailer, write: Callable[[bytes], object], feeder: _Feeder) -> int:
        """Pass the output on until the trailer came; its code."""
        while trailer.code is None:
            feeder.check()
            piece = line.receive(self._a_moment())
            if piece == b"":
                raise self.died("ended before its script did")
            if piece and (words := trailer.take(piece)):
                write(words)
        feeder.check()
        return trailer.code

    def died(self, how: str) -> Ec2kitError:
        """With what was said last by QEMU, the script or the kernel."""
        said = (self.running.complaint(), _text(self.places.log), _text(self.places.console))
        lines = [line for text in said for line in text.strip().splitlines()[-LAST_LINES:]]
        return Ec2kitError("\n".join([f"the appliance {how}:", *(lines or ["it said nothing"])]))

    def _a_moment(self) -> float:
        if self.stop.is_set():
            raise Interrupted("the appliance was stopped")
        try:
            return min(A_LOOK, self.deadline.left())
        except TimeoutError:
            raise self.died(f"did not end within {self.deadline.seconds:g} s") from None


class _Feeder:
    """Sends the input from a thread of its own: the script may write before it has read all."""

    def __init__(self, line: Line, source: Reads | None) -> None:
        self._failure: BaseException | None = None
        if source is not None:
            threading.Thread(target=self._send, args=(line, source), name="appliance-in", daemon=True).start()

    def _send(self, line: Line, source: Reads) -> None:
        try:
            while piece := source.read(PIECE):
                if not line.send(piece):
                    return
        except BaseException as error:  # noqa: BLE001  raised by `check`, in the thread that waits
            self._failure = error
        else:
            line.finish()

    def check(self) -> None:
        """Raise what the source raised."""
        if self._failure is not None:
            raise self._failure


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
