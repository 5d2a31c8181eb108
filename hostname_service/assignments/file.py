"""The file of assignments as it is now: read again when it changes; while it is wrong, the last right one counts."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from pathlib import Path

from hostname_service.assignments.reading import LARGEST, read_assignments
from hostname_service.assignments.rules import Assignments
from hostname_service.errors import BadConfig

log = logging.getLogger(__name__)

Stamp = tuple[int, int, int, int]


class AssignmentsFile:
    """A file that operators edit while the service runs. Any thread may ask."""

    def __init__(self, path: Path, zones: Sequence[str], *, tags_are_read: bool = True) -> None:
        """Read it; raises `BadConfig` with every fault: a service does not start with half of its names.

        `tags_are_read`: False when EC2 is never asked: a rule that wants a tag would never hold then.
        """
        self.path, self.zones, self.tags_are_read = path, zones, tags_are_read
        self._lock = threading.Lock()
        self._stamp: Stamp | None = None
        try:
            self._good = self._read()
        except OSError as error:
            raise BadConfig(f"assignments: {path}: {error.strerror}") from error

    def current(self) -> Assignments:
        """What the file says, or said before it was made wrong; what is wrong with it is logged once."""
        with self._lock:
            try:
                if _stamp(self.path.stat()) != self._stamp:
                    self._good = self._read()
                    log.info("assignments: read %s again", self.path)
            except OSError as error:
                if self._stamp is not None:
                    log.error("assignments: %s: %s; what it said before counts on", self.path, error.strerror)
                self._stamp = None
            except BadConfig as error:
                log.error("%s; what it said before counts on", str(error).replace("\n", "; "))
            return self._good

    def _read(self) -> Assignments:
        with self.path.open("rb") as stream:
            # Before the reading: a change while it is read makes another stamp, and another reading.
            self._stamp = _stamp(os.fstat(stream.fileno()))
            raw = stream.read(LARGEST + 1)
        try:
            found = read_assignments(raw.decode("utf-8"), self.zones)
            if found.read_tags and not self.tags_are_read:
                raise BadConfig(_no_tags(found))
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            raise BadConfig(f"assignments: {self.path}: line {line}: is not UTF-8") from error
        except BadConfig as error:
            faults = str(error).splitlines()
            raise BadConfig("\n".join(f"assignments: {self.path}: {fault}" for fault in faults)) from error
        return found


def _no_tags(assignments: Assignments) -> str:
    lines = [rule.line for rule in assignments.rules if rule.match.tags]
    return "\n".join(f"line {line}: asks for tags, and `aws` is off: nobody reads them" for line in lines)


def _stamp(told: os.stat_result) -> Stamp:
    """What changes when a file does, even within one tick of its time: another size, or another file in its place."""
    return told.st_mtime_ns, told.st_ctime_ns, told.st_size, told.st_ino
