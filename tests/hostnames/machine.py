"""A machine that boots: a root of its own, a metadata service, and the hostname service, both on loopback."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from ec2kit.hostnames.hook import HookSettings, boot_hook
from ec2kit.hostnames.userdata import with_hook
from tests.hostnames.certificates import Pair

ID, OTHER = "i-0123456789abcdef0", "i-0fedcba9876543210"
TOKEN = "AQAEAK0bcd_1234-x=="
SECRET = "kJ8s7Yt_3-Qw1zXc5vB9nM0p"
BLOB = "MIAGCSqGSIb3DQEHAqCAMIACAQExDzANBglghkgBZQMEAgEFADCABgkqhkiG9w0BBwGg"


@dataclass(frozen=True)
class Said:
    """An answer of a server; `cut`: the connection ends before all of it was sent."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    cut: bool = False


@dataclass(frozen=True)
class Heard:
    """A request that a server got."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


BOUND = Said(200, f"web-1\nweb-1.shop.example.com\n{SECRET}\n".encode())


class Server:
    """Answers what `answer` says, and keeps what it was asked."""

    def __init__(self, answer: Callable[[Heard], Said], pair: Pair | None = None) -> None:
        self.heard: list[Heard] = []
        seen = self.heard

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                heard = Heard(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
                seen.append(heard)
                said = answer(heard)
                self.send_response(said.status)
                for name, value in said.headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(said.body) + (10 if said.cut else 0)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(said.body)
                self.close_connection = True

            do_GET = do_PUT = do_POST = handle_any  # noqa: N815  its own names

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  its own name
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass

        self._server = Quiet(("127.0.0.1", 0), Handler)
        if pair:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(pair.both)
            # Not in the thread that accepts: who trusts nobody must hold up nobody.
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass
class Metadata:
    """What the metadata service of a machine says; `silent_for`: so many requests get no good answer at first."""

    id: str = ID
    tags: dict[str, str] = field(default_factory=dict)
    blob: bytes = (BLOB + "\n" + BLOB).encode()
    silent_for: int = 0

    def answer(self, heard: Heard) -> Said:
        if self.silent_for:
            self.silent_for -= 1
            return Said(503)
        if heard.path == "/latest/api/token":
            seconds = int(heard.headers.get("x-aws-ec2-metadata-token-ttl-seconds", 0))
            # An hour is the longest deadline of a hook, which has one token for all of it; EC2 gives six at most.
            good = heard.method == "PUT" and 3600 < seconds <= 21_600
            return Said(200, TOKEN.encode()) if good else Said(400)
        if heard.headers.get("x-aws-ec2-metadata-token") != TOKEN:
            return Said(401)
        below = heard.path.removeprefix("/latest/")
        tags = {f"meta-data/tags/instance/{key}": value for key, value in self.tags.items()}
        known = {"meta-data/instance-id": self.id, **tags}
        if below == "dynamic/instance-identity/rsa2048":
            return Said(200, self.blob)
        return Said(200, known[below].encode()) if below in known else Said(404)


@dataclass
class Service:
    """What the hostname service says, one answer after the other; the last one again and again."""

    says: list[Said] = field(default_factory=lambda: [BOUND])

    def answer(self, _: Heard) -> Said:
        return self.says.pop(0) if len(self.says) > 1 else self.says[0]


@dataclass
class Machine:
    """A root directory, and what is around it. `service` None: nothing listens where it should be."""

    root: Path
    pair: Pair
    metadata: Metadata = field(default_factory=Metadata)
    service: Service | None = field(default_factory=Service)
    trusted: str | None = None
    """Other certificates than the service's own."""
    path: str = ""
    """PATH, when it is not the test's."""
    place: str = ""
    """Where the hook is told that the service is, when it is somewhere else."""
    asked: list[Heard] = field(default_factory=list)
    """What the service was asked in all boots."""
    settings: dict[str, Any] = field(default_factory=dict)
    command: str = ""
    """How a person runs it, with the user data in the file `hook`; else it is run as by cloud-init."""

    def __post_init__(self) -> None:
        for below in ("dev", "run", "etc"):
            (self.root / below).mkdir(parents=True, exist_ok=True)

    def boot(self, patience: int = 2, *words: str, **environ: str) -> int:
        """Run the hook once; its exit code."""
        metadata = Server(self.metadata.answer)
        service = Server(self.service.answer, self.pair) if self.service else None
        port = service.port if service else closed_port()
        trusted = self.pair.certificate.read_text() if self.trusted is None else self.trusted
        text = boot_hook(
            HookSettings(
                self.place or f"https://127.0.0.1:{port}", trusted, deadline_seconds=5, **self.settings
            )
        )
        script = self.root / "run" / "part-001"
        # cloud-init takes the first line off.
        text = text.replace("patience='5'", f"patience='{patience}'")
        text = text.replace("patience=20", f"patience={patience}")
        script.write_text(text.partition("\n")[2])
        home = self.root / "root"
        home.mkdir(exist_ok=True)
        (home / "hook").write_bytes(with_hook(text).encode(errors="surrogateescape"))
        try:
            done = subprocess.run(
                ["sh", "-c", self.command] if self.command else ["sh", str(script), *words],
                cwd=home,
                env={
                    "PATH": self.path or os.environ["PATH"],
                    "EC2KIT_ROOT": str(self.root),
                    "EC2KIT_METADATA": f"http://127.0.0.1:{metadata.port}",
                    **environ,
                },
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        finally:
            metadata.close()
            if service:
                service.close()
                self.asked += service.heard
        script.unlink()
        self.stderr = done.stderr
        left = [path.name for path in (self.root / "run").iterdir()]
        assert left == [], "the hook leaves nothing behind"
        return done.returncode

    def read(self, path: str) -> str:
        return (self.root / path).read_text()

    def has(self, path: str) -> bool:
        return (self.root / path).exists()

    @property
    def configured(self) -> dict[str, Any]:
        """What cloud-init is told."""
        found: dict[str, Any] = yaml.safe_load(self.read("etc/cloud/cloud.cfg.d/95_ec2kit.cfg"))
        return found

    @property
    def named(self) -> tuple[str, str]:
        return self.configured["hostname"], self.configured["fqdn"]

    @property
    def console(self) -> str:
        return self.read("dev/console") if self.has("dev/console") else ""

    def locked(self) -> bool:
        """Whether no Puppet agent would run, wherever it comes from."""
        found = {
            self.has(f"{place}/agent_disabled.lock")
            for place in (
                "opt/puppetlabs/puppet/cache/state",
                "var/cache/puppet/state",
                "var/lib/puppet/state",
            )
        }
        assert len(found) == 1
        return found.pop()

    def retries(self) -> bool:
        units = {self.has(f"etc/systemd/system/ec2kit-claim.{kind}") for kind in ("timer", "service")}
        assert len(units) == 1
        return units.pop()


def closed_port() -> int:
    """A port of loopback where nobody listens."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    port: int = server.server_address[1]
    server.server_close()
    return port


def only_wget(directory: Path) -> str:
    """A PATH with what every machine has, and wget instead of curl."""
    directory.mkdir()
    for name in (
        *(
            "sh",
            "sed",
            "head",
            "tail",
            "cat",
            "mkdir",
            "chmod",
            "mv",
            "cp",
            "rm",
            "rmdir",
            "mktemp",
            "wc",
            "tr",
        ),
        *("cut", "grep", "sleep", "sync", "timeout", "wget"),
    ):
        found = shutil.which(name)
        assert found is not None, f"'{name}' is not on this machine"
        (directory / name).symlink_to(found)
    return str(directory)
