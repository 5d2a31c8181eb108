"""`Names at boot`, typed as it stands but for its ports: with a real name server, the service, and the practice AWS."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.docs.blocks import matches, steps
from tests.docs.terminal import Terminal

PAGE = Path(__file__).parents[2] / "docs" / "tutorial" / "names-at-boot.md"
PORTS = ("5300", "8443")
SEARCHED = f"{os.environ.get('PATH', '')}:/usr/sbin"
WANTED = ("named", "tsig-keygen", "dig", "curl", "openssl")


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    opened = Terminal(tmp_path, {"EC2KIT_SANDBOX": "1"})
    (tmp_path / "run").mkdir(mode=0o700)
    try:
        yield opened
    finally:
        opened.end()
        for pid in tmp_path.glob("shop/**/*.pid"):
            with suppress(ProcessLookupError, ValueError):
                os.kill(int(pid.read_text()), signal.SIGKILL)


def free_ports() -> list[str]:
    """As many as the page has, for TCP and for UDP."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in PORTS]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [str(each.getsockname()[1]) for each in sockets]


@pytest.mark.docs
@pytest.mark.timeout(300)
@pytest.mark.skipif(
    not all(shutil.which(name, path=SEARCHED) for name in WANTED), reason=f"it wants {', '.join(WANTED)}"
)
def test_the_page_shows_what_a_reader_will_see(terminal: Terminal) -> None:
    text = PAGE.read_text()
    for there, free in zip(PORTS, free_ports(), strict=True):
        text = text.replace(there, free)
    for step in steps(PAGE, text):
        if step.command.startswith("ec2kit terminate"):
            # Nothing looks at the clock any more; a machine takes half a minute to go.
            terminal.run("ec2kit sandbox start --speed 60")
        code, shown = terminal.run(step.command)
        where = f"{PAGE.name}:{step.line}: $ {step.command}"
        assert code == step.exit_code, f"{where}\nended with {code}, not {step.exit_code}:\n{shown}"
        assert matches(step.expected, shown), f"{where}\nshowed:\n{shown}"
