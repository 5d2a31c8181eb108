"""QEMU's monitor, with a machine that says what the test wants."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ec2kit.errors import Ec2kitError
from ec2kit.host.qmp import Monitor, MonitorGone


class Machine:
    """Answers each command with what it has been given, one list of lines for each."""

    def __init__(self, path: Path) -> None:
        self.answers: list[list[Any]] = [[{"return": {}}]]
        self.asked: list[dict[str, Any]] = []
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(path))
        self._listening.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self._listening.accept()
        with connection, connection.makefile("r") as lines:
            connection.sendall(b'{"QMP": {"version": {}}}\r\n')
            for line in lines:
                self.asked.append(json.loads(line))
                if not self.answers:
                    return
                for said in self.answers.pop(0):
                    connection.sendall(json.dumps(said).encode() + b"\r\n")

    def close(self) -> None:
        self._listening.close()
        self._thread.join(timeout=5)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path / "monitor")
    yield made
    made.close()


def test_what_is_asked_is_answered_and_what_happens_is_kept(machine: Machine, tmp_path: Path) -> None:
    reset = {"event": "RESET", "data": {"guest": True}}
    machine.answers += [[reset, {"return": {"running": True}}], [{"return": "text\r\n"}]]
    with Monitor(tmp_path / "monitor") as monitor:
        assert monitor.ask("query-status") == {"running": True}
        assert monitor.human("info usernet") == "text\r\n"
        assert monitor.events() == [reset]
        assert monitor.events() == []
    assert [one["execute"] for one in machine.asked] == [
        "qmp_capabilities",
        "query-status",
        "human-monitor-command",
    ]
    assert machine.asked[2]["arguments"] == {"command-line": "info usernet"}


def test_a_refusal_has_qemus_words(machine: Machine, tmp_path: Path) -> None:
    machine.answers.append([{"error": {"class": "GenericError", "desc": "no such device"}}])
    with (
        Monitor(tmp_path / "monitor") as monitor,
        pytest.raises(Ec2kitError, match="QEMU refused `eject`: no such device"),
    ):
        monitor.ask("eject", device="cd0")


def test_a_machine_that_has_ended_is_gone(machine: Machine, tmp_path: Path) -> None:
    with Monitor(tmp_path / "monitor") as monitor:
        with pytest.raises(MonitorGone, match="QEMU did not answer `stop`"):
            monitor.ask("stop")
        assert monitor.events() == []


def test_one_that_never_listens_is_not_waited_for_longer_than_it_lives(tmp_path: Path) -> None:
    with pytest.raises(MonitorGone, match="did not open its monitor"):
        Monitor(tmp_path / "none", lambda: True)
    with pytest.raises(MonitorGone, match="did not open its monitor"):
        Monitor(tmp_path / "none", seconds=0.1)
