"""The life of the process: a real one, that gets real signals."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

from hostname_service.serving.running import notify
from tests.hostname_service.serving.ground import post

CHILD = """
import os, sys
from hostname_service.clock import SystemClock
from hostname_service.errors import BadConfig
from hostname_service.serving.connection import Bounds, Ways
from hostname_service.serving.listening import listen
from hostname_service.serving.logs import Log
from hostname_service.serving.metrics import Metrics
from hostname_service.serving.running import Life, run
from hostname_service.serving.server import Server
from hostname_service.serving.watching import Watcher
from tests.hostname_service.serving.ground import Claims, machines

clock = SystemClock()
log = Log(clock)
watch = Watcher(log, Metrics(), clock)
def wait():
    log.tell("inside")
    sys.stdin.readline()
ways = Ways("machines", machines(Claims(before=wait), watch), bounds=Bounds(linger=0.2))
server = Server(listen("127.0.0.1:0", {}, 0), ways, watch, clock)
def broken():
    raise BadConfig("tls: junk")
clean = run(Life([server], log, clock, [broken, lambda: None], os.environ))
sys.exit(0 if clean and clock.stop.is_set() else 1)
"""


def test_ready_reloaded_and_stopped_without_cutting(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(30)
        process = subprocess.Popen(
            [sys.executable, "-c", CHILD],
            env={"NOTIFY_SOCKET": str(tmp_path / "notify")},
            cwd=Path(__file__).parents[3],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdin is not None
        assert process.stderr is not None
        assert systemd.recv(100) == b"READY=1"
        where = json.loads(process.stderr.readline())["listeners"].rpartition(":")[2]
        process.send_signal(signal.SIGHUP)
        assert [systemd.recv(100) for _ in range(2)] == [b"RELOADING=1", b"READY=1"]
        assert [json.loads(process.stderr.readline())["event"] for _ in range(2)] == [
            "not-reloaded",
            "reloaded",
        ]

        with socket.create_connection(("127.0.0.1", int(where)), timeout=30) as sock:
            sock.sendall(post())
            assert json.loads(process.stderr.readline())["event"] == "inside"
            process.send_signal(signal.SIGTERM)
            assert systemd.recv(100) == b"STOPPING=1"
            process.stdin.write("\n")
            process.stdin.flush()
            answer = b""
            while data := sock.recv(4096):
                answer += data
        assert answer.endswith(b"t0ken\n")
        rest = [json.loads(line)["event"] for line in process.communicate(timeout=30)[1].splitlines()]
        assert sorted(rest) == ["request", "stopped", "stopping"]
        assert rest[-1] == "stopped"
        assert process.returncode == 0


def test_nobody_is_told_when_nobody_asked(tmp_path: Path) -> None:
    notify({}, "READY=1")
    notify({"NOTIFY_SOCKET": str(tmp_path / "nobody")}, "READY=1")
    notify({"NOTIFY_SOCKET": "@nobody-listens-here"}, "READY=1")
