"""The process around a command: environment, directory, streams, terminal. A test makes its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from ec2kit.host.clock import Clock
    from ec2kit.host.network import Dialer
    from ec2kit.images.building import Order
    from ec2kit.images.finishing import Built
    from ec2kit.images.root.workshop import Workshop
    from ec2kit.images.vendor.building import VendorOrder
    from ec2kit.model.runs import Journal
    from ec2kit.objects.sources import ReadsDirectories


@dataclass(frozen=True)
class Surroundings:
    """Everything that a command may know of the process it runs in."""

    environ: MutableMapping[str, str]
    """The real one in a real process: choosing the sandbox takes AWS's variables out of it."""
    cwd: Path
    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    stdin_is_terminal: bool = False
    stdout_is_terminal: bool = False
    stderr_is_terminal: bool = False
    width: int = 100
    """Columns of the terminal."""
    ask: Callable[[str], str] | None = None
    """Shows a question on the terminal and returns the line typed; None where there is no terminal."""
    clock: Clock | None = None
    """None: the real one."""
    session: Callable[[], Any] | None = None
    """Makes the botocore session, for those who bring their own transport; None: botocore's own."""
    dialer: Dialer | None = None
    """What probes dial through; None: what the settings say."""
    journal: Callable[[Journal], Journal] | None = None
    """Put around the journal, for those who look at what is written when; None: the journal as it is."""
    scrub: Callable[[Path, str], None] | None = None
    """Scrubs the raw disk in a file, given what its machine calls it; None: in the appliance, which takes minutes."""
    build: Callable[[Order, Workshop, Path, Callable[[str], None]], Built] | None = None
    """Builds a disk; None: `ec2kit.images.building.build`, which takes minutes."""
    build_from: Callable[[VendorOrder, Workshop, Path, Callable[[str], None]], Built] | None = None
    """The same of a vendor's image; None: `ec2kit.images.vendor.building.build_from`."""
    directories: ReadsDirectories | None = None
    """Reads directories off the disks of snapshots; None: in the appliance, which takes a minute."""
    workers: int = 8
    """Calls to AWS at the same time; with 1 a run makes the same calls in the same order each time."""
    signals: bool = False
    """Whether SIGTERM is ours to handle: only in a process of our own."""
    program: str = ""
    """The full path of the `ec2kit` that belongs to this Python, for lines that cron runs; empty when unknown."""

    @classmethod
    def of_this_process(cls) -> Surroundings:
        """The real ones."""
        from shutil import get_terminal_size

        from ec2kit.host.terminal import asker, here, is_terminal, standard_streams

        stdin, stdout, stderr = standard_streams()
        beside = Path(sys.executable).with_name("ec2kit")
        return cls(
            environ=os.environ,
            cwd=here(),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            stdin_is_terminal=is_terminal(stdin),
            stdout_is_terminal=is_terminal(stdout),
            stderr_is_terminal=is_terminal(stderr),
            width=get_terminal_size((100, 24)).columns,
            ask=asker(),
            signals=True,
            program=str(beside) if os.access(beside, os.X_OK) else "",
        )

    @property
    def colour(self) -> bool:
        """Whether stdout may have colours: a terminal that is not dumb, and NO_COLOR is not set (no-color.org)."""
        plain = self.environ.get("NO_COLOR") or self.environ.get("TERM", "") == "dumb"
        return self.stdout_is_terminal and not plain

    @property
    def moving(self) -> bool:
        """Whether stderr may have lines that are drawn again (progress)."""
        return self.stderr_is_terminal and self.environ.get("TERM", "") != "dumb"
