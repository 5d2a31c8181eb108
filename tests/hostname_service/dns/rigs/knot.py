"""Knot: `knotd` in the foreground."""

from __future__ import annotations

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

_SERVER = """
server:
  rundir: "{directory}"
  listen: {address}@{port}
  udp-workers: 1
  tcp-workers: 2
  background-workers: 1
control:
  listen: "{directory}/knot.sock"
database:
  storage: "{directory}"
log:
  - target: stderr
    any: info
key:
"""
_KEY = """
  - id: {name}
    algorithm: hmac-sha256
    secret: "{secret}"
"""
_ACL = """
acl:
  - id: updates
    key: hostname-service
    action: [query, update]
    update-type: [A, AAAA, TXT, PTR]
  - id: all
    key: operator
    action: [query, update]
zone:
"""
_ZONE = """
  - domain: "{zone}"
    storage: "{directory}"
    file: "{file}"
    acl: [updates, all]
    zonefile-sync: -1
    zonefile-load: whole
"""


@contextmanager
def knot(directory: Path) -> Iterator[NameServer]:
    """A Knot with the zones `FORWARD` and `REVERSE`, and the keys `hostname-service`, `operator` and `nobody` (who may
    nothing) that have one secret."""
    knotd = program("knotd")
    if knotd is None:
        pytest.skip("Knot is not installed")
    port, key = free_port(), secret()
    files = write_zones(directory, (*FORWARD, *REVERSE))
    text = _SERVER.format(directory=directory, port=port, address=ADDRESS)
    text += "".join(_KEY.format(name=name, secret=key) for name in ("hostname-service", "operator", "nobody"))
    text += _ACL
    text += "".join(_ZONE.format(zone=zone, file=file, directory=directory) for zone, file in files.items())
    path = directory / "knot.conf"
    path.write_text(text)
    with running([knotd, "-c", str(path)], (directory, port, key)) as server:
        yield server
