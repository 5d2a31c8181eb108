"""A mirror that drops what it is asked for, with mmdebstrap and apt themselves: told, and nothing is left."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from ec2kit.images.recipes.architectures import Architecture
from ec2kit.images.recipes.load import load_recipe
from ec2kit.images.root.build import build_root
from ec2kit.images.root.failures import MirrorFailed
from ec2kit.images.root.workshop import Workshop

pytestmark = pytest.mark.skipif(shutil.which("mmdebstrap") is None, reason="needs mmdebstrap")

PROMISED = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n-----BEGIN PGP SIGNED"


@pytest.fixture
def dropping() -> Iterator[str]:
    """The address of a server that promises a file, sends its beginning, and hangs up."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection, suppress(OSError):
                        connection.recv(65536)
                        connection.sendall(PROMISED)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/debian"
        server.shutdown(socket.SHUT_RDWR)
    thread.join(10)


@pytest.mark.slow
def test_a_mirror_that_hangs_up_midway_is_told_and_nothing_is_left(dropping: str, tmp_path: Path) -> None:
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TMPDIR": str(scratch)}
    work = Workshop(tmp_path / "cache", environ, as_root=os.geteuid() == 0)
    recipe = replace(load_recipe("debian-12-minimal"), mirror=dropping)

    with pytest.raises(MirrorFailed) as caught:
        build_root(recipe, Architecture.X86_64, work)

    assert "the package mirror failed" in caught.value.message
    assert f"E: Failed to fetch {dropping}" in caught.value.message
    assert "mirror: URL" in caught.value.hint
    log = caught.value.message.split("all of its output: ")[1].splitlines()[0]
    assert Path(log).is_file()
    left = {path.suffix for path in (tmp_path / "cache/roots").iterdir()}
    assert left == {".work"}
    assert [path for path in scratch.rglob("*") if path.is_file()] == []
