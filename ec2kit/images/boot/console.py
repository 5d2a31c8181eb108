"""What a console says of a boot: what was reached, and what will never be. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ec2kit.images.boot.guest import HOSTNAME, MARK
from ec2kit.images.boot.spec import BootReport, BootSpec

_CONTROL = re.compile(r"\x1b(?:\[[0-9;?=]*[A-Za-z]|[()][A-Z0-9]|[c78=>])")

DEAD_ENDS: tuple[tuple[str, str], ...] = (
    (r"Kernel panic - not syncing: ?(?P<said>[^\n]*)", "the kernel panicked"),
    (r"^\(initramfs\) ?", "the initramfs found no root file system"),
    (
        r"You are in emergency mode|Give root password for maintenance|the root account is locked",
        "the system went into emergency mode",
    ),
    (r"^grub(?: rescue)?> ", "GRUB stopped at its prompt"),
    (
        r"^error: (?P<said>[^\n]+)\n(?:[^\n]*\n){0,3}?\s*Press any key to continue",
        "GRUB could not start the kernel",
    ),
    (
        r"No bootable device|not a bootable disk|No bootable option or device|UEFI Interactive Shell",
        "the firmware found nothing to boot",
    ),
)
"""What a machine does not come back from, and what to call it. Patterns over lines without escape sequences."""

_DEAD_ENDS = tuple((re.compile(pattern, re.MULTILINE), meaning) for pattern, meaning in DEAD_ENDS)
_LOGIN = re.compile(r"^(?P<host>[A-Za-z0-9.-]+) login: ", re.MULTILINE)
_FINAL = re.compile(r"Cloud-init v\. \S+ finished at (?P<rest>[^\n]*)")
_REPORT = re.compile(re.escape(MARK) + r" hostname=(?P<host>\S+) root_kib=(?P<kib>\d+) end")
_NO_SOURCE = re.compile(r"DataSourceNone")


@dataclass(frozen=True)
class Seen:
    """What a console says so far."""

    login: bool = False
    final: bool = False
    found_source: bool = True
    reported: bool = False
    hostname: str = ""
    root_bytes: int | None = None
    dead_end: str = ""
    """Why nothing more will come; empty while something may."""


def plain(text: str) -> str:
    """Given a console's text, return it without escape sequences and carriage returns."""
    return _CONTROL.sub("", text).replace("\r", "")


class ForPeople:
    """A console that goes on to a terminal: lines as they come, without what would move the cursor."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._held = ""

    def take(self, piece: str) -> None:
        """Take a piece of the console; a line goes on when it is whole, since an escape sequence may be cut."""
        *lines, self._held = (self._held + piece).split("\n")
        for line in lines:
            self._write(_visible(line) + "\n")

    def end(self) -> None:
        """Show the last line, which is often a prompt."""
        if self._held:
            self._write(_visible(self._held) + "\n")
        self._held = ""


def _visible(line: str) -> str:
    return "".join(char for char in plain(line) if char.isprintable() or char == "\t")


def look(console: str) -> Seen:
    """Given everything that came from a console, return what it says."""
    text = plain(console)
    login, final, report = _LOGIN.search(text), _FINAL.search(text), _REPORT.search(text)
    host = report["host"] if report else login["host"] if login else ""
    return Seen(
        login=login is not None,
        final=final is not None,
        found_source=not (final and _NO_SOURCE.search(final["rest"])),
        reported=report is not None,
        hostname=host,
        root_bytes=int(report["kib"]) << 10 if report else None,
        dead_end=_dead_end(text),
    )


def _dead_end(text: str) -> str:
    for pattern, meaning in _DEAD_ENDS:
        if found := pattern.search(text):
            said = found.groupdict().get("said")
            return f"{meaning}: {said.strip().rstrip('.')}" if said else meaning
    return ""


def complete(seen: Seen, wanted: BootSpec) -> bool:
    """Whether nothing more is to be waited for, because all was reached."""
    return seen.login and seen.final and (seen.reported or wanted.user_data is not None)


@dataclass(frozen=True)
class Circumstances:
    """What is known of a boot from elsewhere than its console."""

    disk_bytes: int
    """The image's own size; its disk was larger."""
    metadata_requests: int
    seconds: float
    stopped: str = ""
    """Why it was not waited for longer, when not everything was reached and the console says no reason."""


def judge(seen: Seen, around: Circumstances, wanted: BootSpec) -> BootReport:
    """Given what was seen and what was wanted, return the report; each thing that is missing is told by name."""
    ours = wanted.user_data is None
    return BootReport(
        login=seen.login,
        cloud_init_final=seen.final,
        user_data_ran=seen.reported if ours else None,
        hostname=seen.hostname,
        grown_to=seen.root_bytes,
        metadata_requests=around.metadata_requests,
        seconds=around.seconds,
        failed=tuple(_failures(seen, around, ours)),
    )


def _failures(seen: Seen, around: Circumstances, ours: bool) -> list[str]:
    failed = [each for each in (seen.dead_end, around.stopped) if each][:1]
    if not seen.login:
        failed.append("there was no login prompt")
    if not around.metadata_requests:
        failed.append("the metadata service was never asked")
    if not seen.final:
        failed.append("cloud-init did not reach its final stage")
    elif not seen.found_source:
        failed.append("cloud-init found no data source")
    if ours and not seen.reported:
        failed.append("the user data did not run")
    if seen.hostname and seen.hostname != HOSTNAME:
        failed.append(f"the hostname is '{seen.hostname}', and not '{HOSTNAME}'")
    if seen.root_bytes is not None and seen.root_bytes <= around.disk_bytes:
        failed.append(f"the root file system did not grow: it has {seen.root_bytes >> 20} MiB")
    return failed
