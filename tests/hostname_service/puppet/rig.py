"""A real puppetserver and real agents, as plain processes with their own directories, on loopback and a free port."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from hostname_service.config.settings import Puppet
from tests.hostname_service.puppet.server_files import LOGBACK, SERVICE, configuration

JAR = Path("/usr/share/puppetserver/puppetserver.jar")
SERVICES = Path("/etc/puppet/puppetserver/services.d")
PROJECT = Path(__file__).parents[3]
PATIENCE = 300.0
"""Seconds to start: 40 to 80 on an idle machine of two cores."""
needs_puppet = pytest.mark.skipif(
    not JAR.exists() or shutil.which("puppet") is None, reason="puppetserver and puppet-agent are not here"
)


@dataclass(frozen=True)
class Agent:
    """One machine's Puppet: directories of its own."""

    certname: str
    directory: Path
    server: str
    port: int

    @property
    def certificate(self) -> Path:
        """What the CA signed."""
        return self.directory / "ssl" / "certs" / f"{self.certname}.pem"

    @property
    def key(self) -> Path:
        """Its private key."""
        return self.directory / "ssl" / "private_keys" / f"{self.certname}.pem"

    def tell(self, instance_id: str, token: str) -> None:
        """Write what goes into the request, as the boot hook does."""
        told = {
            "custom_attributes": {"1.2.840.113549.1.9.7": token},
            "extension_requests": {"pp_instance_id": instance_id},
        }
        self.directory.mkdir(parents=True, exist_ok=True)
        # JSON is YAML.
        (self.directory / "csr_attributes.yaml").write_text(json.dumps(told))

    def forget(self) -> None:
        """Lose the key and everything signed, as a machine that is made anew does."""
        shutil.rmtree(self.directory / "ssl", ignore_errors=True)

    def enrol(self) -> subprocess.CompletedProcess[str]:
        """Ask for a certificate once, and take it if it is signed; exits 0 only then."""
        return self.run("ssl", "bootstrap", "--waitforcert", "0")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`puppet` with this machine's directories."""
        told = {
            "confdir": self.directory,
            "vardir": self.directory / "var",
            "ssldir": self.directory / "ssl",
            "rundir": self.directory / "run",
            "logdir": self.directory / "log",
            "certname": self.certname,
            "server": self.server,
            "serverport": self.port,
            "keylength": 2048,
        }
        options = [f"--{name}={value}" for name, value in told.items()]
        environ = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(self.directory)}
        return subprocess.run(
            ["puppet", *arguments, *options],
            env=environ,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )


@dataclass(frozen=True)
class PuppetServer:
    """A puppetserver that runs."""

    directory: Path
    certname: str
    port: int

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"https://{self.certname}:{self.port}"

    @property
    def log(self) -> str:
        """All that it said."""
        return (self.directory / "log").read_text("utf-8", "replace")

    @property
    def ca(self) -> Path:
        """The certificate of its CA."""
        return self.directory / "ca" / "ca_crt.pem"

    def agent(self, certname: str, directory: Path) -> Agent:
        """A machine that asks this server."""
        return Agent(certname, directory, self.certname, self.port)

    def settings(self) -> Puppet:
        """What the service is told, with a certificate of its own that the rule in auth.conf lets clean."""
        certificate, key = self.directory / "service.pem", self.directory / "service.key"
        if not key.exists():
            self._issue(certificate, key)
        return Puppet(self.url, self.ca, certificate, key, timedelta(seconds=30))

    def _issue(self, certificate: Path, key: Path) -> None:
        """By the CA's own key, as `puppetserver ca generate --ca-client` does it while the server is down."""
        ca = x509.load_pem_x509_certificates(self.ca.read_bytes())[0]
        signer = load_pem_private_key((self.directory / "ca" / "ca_key.pem").read_bytes(), None)
        assert isinstance(signer, rsa.RSAPrivateKey)
        own = ec.generate_private_key(ec.SECP256R1())
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SERVICE)]))
            .issuer_name(ca.subject)
            .public_key(own.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(ca.not_valid_before_utc)
            .not_valid_after(ca.not_valid_after_utc)
        )
        certificate.write_bytes(builder.sign(signer, hashes.SHA256()).public_bytes(Encoding.PEM))
        key.write_bytes(own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


@contextmanager
def puppetserver(
    directory: Path, sign: str, certname: str = "localhost", host: str = "127.0.0.1", also: str = ""
) -> Iterator[PuppetServer]:
    """A puppetserver whose policy executable asks `sign` (`unix:/PATH`); it takes a minute of CPU to start. `also` is
    another name of it."""
    server = PuppetServer(directory, certname, _free_port(host))
    _write(server, sign, (host, also))
    restart = directory / "restart"
    restart.write_text("0")
    # C1 alone, and the serial collector: what a server that lives for a minute needs.
    java = [
        "-Xmx512m",
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        f"-Djava.io.tmpdir={directory / 'tmp'}",
    ]
    java += ["-Djruby.logger.class=com.puppetlabs.jruby_utils.jruby.Slf4jLogger"]
    arguments = ["--config", str(directory / "conf.d"), "--bootstrap-config", str(SERVICES)]
    command = ["java", *java, "-jar", str(JAR), *arguments, "--restart-file", str(restart)]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=directory)
    try:
        _wait(server, process, restart)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(server: PuppetServer, process: subprocess.Popen[bytes], restart: Path) -> None:
    until = time.monotonic() + PATIENCE  # noqa: TID251  a real process starts
    while not restart.read_text().startswith("1"):
        late = time.monotonic() > until  # noqa: TID251
        if process.poll() is not None or late:
            raise AssertionError(f"puppetserver does not start:\n{server.log[-6000:]}")
        time.sleep(0.5)  # noqa: TID251


def _write(server: PuppetServer, sign: str, names: tuple[str, str]) -> None:
    (host, also), directory = names, server.directory
    for name in (
        "conf.d",
        "conf",
        "var",
        "run",
        "logs",
        "tmp",
        "code/environments/production/manifests",
        "gems",
    ):
        (directory / name).mkdir(parents=True)
    (directory / "logback.xml").write_text(LOGBACK)
    program = directory / "autosign"
    program.write_text(
        "#!/bin/sh\n"
        f"export PYTHONPATH='{PROJECT}' HOSTNAME_SERVICE_SIGN='{sign}'\n"
        f"exec '{sys.executable}' -m hostname_service.puppet.autosign \"$@\"\n"
    )
    program.chmod(0o755)
    (directory / "conf" / "puppet.conf").write_text(
        f"[main]\ncertname = {server.certname}\nssldir = {directory / 'ssl'}\nvardir = {directory / 'var'}\n"
        f"cadir = {directory / 'ca'}\nkeylength = 2048\n"
        f"dns_alt_names = {also}\n[server]\nautosign = {program}\n"
    )
    told = configuration(directory, server.certname, (host, server.port))
    for name, value in told.items():
        (directory / "conf.d" / f"{name}.conf").write_text(json.dumps(value, indent=1))


def _free_port(host: str) -> int:
    with socket.socket() as sock:
        sock.bind((host, 0))
        return int(sock.getsockname()[1])
