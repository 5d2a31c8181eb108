"""Where it is listened, and the sockets that systemd opens."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from hostname_service.errors import BadConfig
from hostname_service.serving.listening import inherited, listen


@pytest.mark.parametrize(
    "where",
    [
        "8080",
        "localhost:80",
        "127.0.0.1",
        "127.0.0.1:65536",
        "127.0.0.1:+80",
        "[::1]",
        "::1:80",
        "[::g]:80",
        "1.2.3:4",
    ],
)
def test_no_place(where: str) -> None:
    with pytest.raises(BadConfig, match="is not ADDRESS:PORT"):
        listen(where, {}, 0)


def test_a_port_that_is_taken() -> None:
    place = listen("127.0.0.1:0", {}, 0)
    with pytest.raises(BadConfig, match="cannot be listened on: Address already in use"):
        listen(place.url, {}, 0)
    place.close()


def test_all_addresses_take_both_families() -> None:
    place = listen("[::]:0", {}, 0)
    with socket.create_connection(("127.0.0.1", place.socket.getsockname()[1]), timeout=10) as sock:
        taken, peer = place.socket.accept()
        taken.close()
        assert peer[0] == "::ffff:127.0.0.1"
        assert sock.getpeername()[0] == "127.0.0.1"
    place.close()


def test_a_unix_socket_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "operator.sock"
    before = os.umask(0)
    try:
        place = listen(f"unix:{path}", {}, 0)
        assert os.umask(0) == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert place.url == ""
    with pytest.raises(BadConfig, match="somebody listens"):
        listen(f"unix:{path}", {}, 0)
    place.close()
    assert not path.exists()


def test_what_a_killed_process_left_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "operator.sock"
    listen(f"unix:{path}", {}, 0).socket.close()
    assert path.exists()
    old = listen(f"unix:{path}", {}, 0)
    path.unlink()
    new = listen(f"unix:{path}", {}, 0)
    old.close()
    assert path.exists()
    new.close()
    path.write_text("a file")
    with pytest.raises(BadConfig, match="is no socket"):
        listen(f"unix:{path}", {}, 0)
    assert path.read_text() == "a file"


def test_a_unix_socket_that_cannot_be() -> None:
    with pytest.raises(BadConfig, match="begins with a slash"):
        listen("unix:operator.sock", {}, 0)
    with pytest.raises(BadConfig, match="cannot be listened on"):
        listen("unix:/nonexistent/operator.sock", {}, 0)


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"LISTEN_FDS": "1"},
        {"LISTEN_PID": "41", "LISTEN_FDS": "1"},
        {"LISTEN_PID": "42", "LISTEN_FDS": "0"},
        {"LISTEN_PID": "42", "LISTEN_FDS": "x"},
        {"LISTEN_PID": "42", "LISTEN_FDS": "2"},
        {"LISTEN_PID": "42", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "a"},
    ],
)
def test_systemd_handed_over_nothing(environ: dict[str, str]) -> None:
    with pytest.raises(BadConfig, match="systemd handed over"):
        inherited(environ, 42, "" if "LISTEN_FDNAMES" not in environ else "b")


CHILD = """
import os, sys
from hostname_service.errors import BadConfig
from hostname_service.serving.listening import listen
try:
    place = listen("systemd:" + sys.argv[1], os.environ, os.getpid())
except BadConfig as error:
    sys.exit(f"refused: {error}")
connection, _ = place.socket.accept()
connection.sendall(sys.argv[1].encode())
"""
START = """
import os, sys
high = [os.dup2(int(fd), 100 + at) for at, fd in enumerate(sys.argv[1].split(","))]
for at, fd in enumerate(high):
    os.dup2(fd, 3 + at, inheritable=True)
os.environ["LISTEN_PID"] = str(os.getpid())
os.execv(sys.executable, [sys.executable, "-c", *sys.argv[2:]])
"""


def start(name: str, sockets: list[socket.socket]) -> subprocess.Popen[str]:
    """A process that is started as systemd does it: the sockets are its descriptors from 3 on."""
    fds = [sock.fileno() for sock in sockets]
    return subprocess.Popen(
        [sys.executable, "-c", START, ",".join(map(str, fds)), CHILD, name],
        env={**os.environ, "LISTEN_FDS": str(len(sockets)), "LISTEN_FDNAMES": "machines:operators"},
        pass_fds=fds,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )


def test_the_sockets_of_systemd_are_found_by_name() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as machines,
        socket.create_server(("127.0.0.1", 0)) as operators,
    ):
        process = start("operators", [machines, operators])
        with socket.create_connection(operators.getsockname(), timeout=20) as sock:
            sock.settimeout(20)
            assert sock.recv(100) == b"operators"
        assert process.communicate(timeout=20)[1] == ""
        assert process.returncode == 0


def test_a_socket_that_does_not_listen_is_refused() -> None:
    with socket.socket() as machines, socket.socket() as operators:
        process = start("machines", [machines, operators])
        assert "does not listen" in process.communicate(timeout=20)[1]
