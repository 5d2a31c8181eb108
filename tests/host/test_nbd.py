"""The NBD server, read by QEMU's own tools: they are the second opinion."""

from __future__ import annotations

import random
import socket
import struct
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ec2kit.errors import Ec2kitError
from ec2kit.host.nbd import NbdServer
from ec2kit.host.nbd_messages import GREETING
from ec2kit.host.processes import attempt, run
from ec2kit.host.unix_sockets import receive_all

SIZE = 3 * (1 << 20) + 512


@dataclass
class Bytes:
    """A source in memory, which writes down what was asked, and fails where it is told to."""

    content: bytes
    broken: range = range(0)
    asked: list[tuple[int, int]] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.content)

    def read(self, offset: int, length: int) -> bytes:
        self.asked.append((offset, length))
        if offset < self.broken.stop and self.broken.start < offset + length:
            raise Ec2kitError("the block cannot be had")
        return self.content[offset : offset + length]


@pytest.fixture
def source() -> Bytes:
    return Bytes(random.Random(7).randbytes(SIZE))


def url(server: NbdServer, name: str = "vol-1") -> str:
    return f"nbd+unix:///{name}?socket={server.path}"


def test_a_disk_is_the_same_through_the_server(tmp_path: Path, source: Bytes) -> None:
    raw = tmp_path / "disk.raw"
    raw.write_bytes(source.content)
    with NbdServer(tmp_path / "s", {"vol-1": source, "other": Bytes(bytes(4096))}) as server:
        run(["qemu-img", "compare", "-f", "raw", "-F", "raw", str(raw), url(server)], 60)
        changed = attempt(
            ["qemu-img", "compare", "-f", "raw", "-F", "raw", str(raw), url(server, "other")], 60
        )
    assert changed.code == 1
    assert server.failure is None
    assert not (tmp_path / "s").exists()


def test_any_piece_is_read_and_nothing_is_written(tmp_path: Path, source: Bytes) -> None:
    source.content = bytes(1 << 20) + b"\x55" * (1 << 20) + bytes(1 << 20)
    with NbdServer(tmp_path / "s", {"vol-1": source}) as server:
        pattern = ["-c", "read -P 0x55 1M 1M", "-c", "read -P 0x55 1048577 3", "-c", "read -P 0 2M 512"]
        right = run(["qemu-io", "-r", "-f", "raw", *pattern, url(server)], 60)
        wrong = attempt(["qemu-io", "-r", "-f", "raw", "-c", "read -P 0x55 1048575 2", url(server)], 60)
        written = attempt(["qemu-io", "-f", "raw", "-c", "write 0 512", url(server)], 60)
    assert right.stdout.count(" ops; ") == 3
    assert "failed" not in right.stdout
    assert wrong.code == 1
    assert written.code == 1
    assert "Permission denied" in written.stderr


def test_a_source_that_fails_is_an_error_of_the_client_and_told_to_us(tmp_path: Path, source: Bytes) -> None:
    source.broken = range(1 << 20, 2 << 20)
    with NbdServer(tmp_path / "s", {"vol-1": source}) as server:
        read = ["-c", "read 0 512", "-c", "read 1M 512", "-c", "read 2M 512"]
        ended = attempt(["qemu-io", "-r", "-f", "raw", *read, url(server)], 60)
    assert ended.stdout.count("read 512/512") == 2
    assert "Input/output error" in ended.stdout + ended.stderr
    assert str(server.failure) == "the block cannot be had"


def test_a_source_that_gives_too_little_is_one_that_fails(tmp_path: Path, source: Bytes) -> None:
    class Short(Bytes):
        def read(self, offset: int, length: int) -> bytes:
            return super().read(offset, length)[:-1]

    with NbdServer(tmp_path / "s", {"vol-1": Short(source.content)}) as server:
        ended = attempt(["qemu-io", "-r", "-f", "raw", "-c", "read 512 512", url(server)], 60)
    assert ended.code == 1
    assert str(server.failure) == "511 bytes at 512, where 512 were asked for"


def test_an_export_that_there_is_not_is_refused(tmp_path: Path, source: Bytes) -> None:
    with NbdServer(tmp_path / "s", {"vol-1": source}) as server:
        ended = attempt(["qemu-img", "info", url(server, "vol-2")], 60)
        listed = attempt(["qemu-nbd", "--list", "--socket", str(server.path)], 60)
    assert ended.code == 1
    assert "vol-2" in ended.stderr or "not available" in ended.stderr
    assert "'vol-1'" in listed.stdout
    assert f"size:  {SIZE}" in listed.stdout


def test_an_old_client_names_its_export_without_a_reply(tmp_path: Path, source: Bytes) -> None:
    with NbdServer(tmp_path / "s", {"vol-1": source}) as server:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(server.path))
            assert receive_all(client, len(GREETING)) == GREETING
            client.sendall(struct.pack(">I", 1) + b"IHAVEOPT" + struct.pack(">II", 1, 5) + b"vol-1")
            size, _ = struct.unpack(">QH", receive_all(client, 10))
            assert receive_all(client, 124) == bytes(124)
            # Two requests at once, one beyond the end, and one that would write.
            for cookie, offset in ((11, 0), (12, 100), (13, SIZE)):
                client.sendall(struct.pack(">IHHQQI", 0x25609513, 0, 0, cookie, offset, 10))
            client.sendall(struct.pack(">IHHQQI", 0x25609513, 0, 1, 14, 0, 3) + b"new")
            answers = {}
            for _ in range(4):
                _, error, cookie = struct.unpack(">IIQ", receive_all(client, 16))
                answers[cookie] = error or receive_all(client, 10)
        # A client that talks of something else is left alone, and does not disturb the next.
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(server.path))
            client.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
            receive_all(client, len(GREETING))
            with pytest.raises((EOFError, ConnectionResetError)):
                receive_all(client, 1)
    assert size == SIZE
    assert answers == {11: source.content[:10], 12: source.content[100:110], 13: 22, 14: 1}
    assert server.failure is None


def test_a_path_that_no_socket_can_have_is_told(tmp_path: Path) -> None:
    with pytest.raises(Ec2kitError) as caught:
        NbdServer(tmp_path / ("x" * 100), {})
    assert "TMPDIR" in caught.value.hint
