"""BIND: `named` in the foreground."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.hostname_service.dns.rigs.serving import (
    ADDRESS,
    FORWARD,
    REVERSE,
    NameServer,
    free_port,
    program,
    running,
    secret,
    write_zones,
)

_OPTIONS = """
options {{
    directory "{directory}";
    listen-on port {port} {{ {address}; }};
    listen-on-v6 {{ none; }};
    pid-file "{directory}/named.pid";
    session-keyfile "{directory}/session.key";
    managed-keys-directory "{directory}";
    dnssec-validation no;
    recursion no;
    notify no;
    allow-transfer {{ none; }};
}};
controls {{ }};
"""
_KEY = 'key "{name}" {{ algorithm hmac-sha256; secret "{secret}"; }};\n'
_ZONE = """
zone "{zone}" {{
    type primary;
    file "{directory}/{file}";
    update-policy {{ grant hostname-service zonesub A AAAA TXT PTR; grant operator zonesub ANY; }};
}};
"""


@contextmanager
def bind(directory: Path) -> Iterator[NameServer]:
    """A BIND with the zones `FORWARD` and `REVERSE`, and the keys `hostname-service`, `operator` and `nobody` (who may
    nothing) that have one secret."""
    named = program("named")
    if named is None:
        pytest.skip("BIND is not installed")
    # Debian's AppArmor profile goes by the path, and would keep named out of our directory.
    copy = directory / "named"
    shutil.copy(named, copy)
    port, key = free_port(), secret()
    files = write_zones(directory, (*FORWARD, *REVERSE))
    text = _OPTIONS.format(directory=directory, port=port, address=ADDRESS)
    text += "".join(_KEY.format(name=name, secret=key) for name in ("hostname-service", "operator", "nobody"))
    text += "".join(_ZONE.format(zone=zone, file=file, directory=directory) for zone, file in files.items())
    (directory / "named.conf").write_text(text)
    command = [str(copy), "-f", "-g", "-n", "1", "-c", str(directory / "named.conf")]
    with running(command, (directory, port, key)) as server:
        yield server
