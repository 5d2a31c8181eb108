"""With a real puppetserver and real agents: who gets a certificate, and what cleaning does."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography import x509

from hostname_service.claims.vouching import vouch
from hostname_service.clock import SystemClock
from hostname_service.errors import Unavailable
from hostname_service.model import Binding, Deed, MachineKey
from hostname_service.puppet.ca import PuppetCa
from hostname_service.puppet.csr import INSTANCE_ID
from hostname_service.puppet.tokens import token_of
from hostname_service.serving.connection import Ways
from hostname_service.serving.listening import listen
from hostname_service.serving.logs import Log
from hostname_service.serving.metrics import Metrics
from hostname_service.serving.server import Server
from hostname_service.serving.watching import Watcher
from hostname_service.signing import application
from tests.hostname_service.puppet.ground import ID, SECRET, held, utf8
from tests.hostname_service.puppet.rig import Agent, PuppetServer, needs_puppet, puppetserver
from tests.hostname_service.puppet.rows import Rows, ground

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), needs_puppet]
SECOND = "i-0fedcba9876543210"


@dataclass
class World:
    """The server, and the rows that its requests are judged by."""

    server: PuppetServer
    rows: Rows
    ca: PuppetCa

    def vouch(self, certname: str, pem: bytes, by: str) -> Binding:
        return vouch(ground(self.rows), certname, pem, by)

    def give(self, fqdn: str, instance_id: str) -> str:
        """Bind a name to a machine, and return the token."""
        row = held(fqdn=fqdn, machine=MachineKey("123456789012", instance_id))
        self.rows.rows[fqdn] = row
        return token_of(SECRET, row.machine, row.pending_time, fqdn)

    @property
    def last(self) -> tuple[Deed, str]:
        return self.rows.told[-1]

    def status(self, agent: Agent) -> int:
        """What the server answers to whoever shows this certificate; 0: the handshake fails."""
        context = ssl.create_default_context(cafile=self.server.ca)
        context.load_cert_chain(agent.certificate, agent.key)
        to = http.client.HTTPSConnection(self.server.certname, self.server.port, timeout=30, context=context)
        try:
            to.request("GET", "/puppet-ca/v1/expirations")
            return to.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            to.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directory = tmp_path_factory.mktemp("puppet")
    rows, clock = Rows({}), SystemClock()
    where = f"unix:{directory / 'sign.sock'}"
    with puppetserver(directory / "server", where) as server:
        made = World(server, rows, PuppetCa(server.settings()))
        watch = Watcher(Log(clock, lambda _: None), Metrics(), clock)
        signing = Server(listen(where, {}, 0), Ways("signing", application(made, watch, clock)), watch, clock)
        signing.start()
        try:
            yield made
        finally:
            signing.stop(within=5.0)


def test_a_machine_is_enrolled_and_its_successor_too(world: World, tmp_path: Path) -> None:
    """The whole life of a name at the CA: signed, revoked and deleted, signed for another machine."""
    fqdn = "web-1.shop.example.com"
    first = world.server.agent(fqdn, tmp_path / "first")
    first.tell(ID, world.give(fqdn, ID))
    done = first.enrol()
    assert done.returncode == 0, done.stdout + done.stderr + world.server.log[-3000:]
    certificate = x509.load_pem_x509_certificate(first.certificate.read_bytes())
    extension = certificate.extensions.get_extension_for_oid(x509.ObjectIdentifier(INSTANCE_ID))
    assert isinstance(extension.value, x509.UnrecognizedExtension)
    assert extension.value.value == utf8(ID)
    assert world.last == (Deed.SIGN, "signed")
    assert world.status(first) == 200

    second = world.server.agent(fqdn, tmp_path / "second")
    second.tell(SECOND, world.give(fqdn, SECOND))
    assert second.enrol().returncode != 0, "the old certificate is in the way until the CA is cleaned"
    second.forget()
    world.ca.clean(fqdn)
    world.ca.clean(fqdn)
    done = second.enrol()
    assert done.returncode == 0, done.stdout + done.stderr
    assert world.status(second) == 200
    assert world.status(first) in (0, 403), "it is revoked, not only deleted"


def test_a_poisoned_name_is_mended_by_cleaning(world: World, tmp_path: Path) -> None:
    fqdn = "web-2.shop.example.com"
    token = world.give(fqdn, ID)
    thief = world.server.agent(fqdn, tmp_path / "thief")
    thief.tell(SECOND, "t" + "0" * 64)
    assert thief.enrol().returncode != 0
    assert world.last == (Deed.REFUSE, "token")
    right = world.server.agent(fqdn, tmp_path / "right")
    right.tell(ID, token)
    asked = len(world.rows.lines)
    assert right.enrol().returncode != 0
    assert len(world.rows.lines) == asked, "puppetserver does not even ask"
    world.ca.clean(fqdn)
    done = right.enrol()
    assert done.returncode == 0, done.stdout + done.stderr
    assert world.last == (Deed.SIGN, "signed")


def test_a_token_is_of_one_name_one_machine_and_one_key(world: World, tmp_path: Path) -> None:
    fqdn, other = "web-3.shop.example.com", "web-4.shop.example.com"
    token = world.give(fqdn, ID)
    world.give(other, SECOND)
    for certname, instance_id, reason in (
        (other, ID, "token"),
        ("db-1.shop.example.com", ID, "no-such-name"),
        (fqdn, SECOND, "instance"),
    ):
        agent = world.server.agent(certname, tmp_path / f"{certname}-{reason}")
        agent.tell(instance_id, token)
        assert agent.enrol().returncode != 0
        assert world.last == (Deed.REFUSE, reason)
    world.ca.clean(fqdn)
    world.rows.rows[fqdn] = replace(world.rows.rows[fqdn], signed_key="ab" * 32)
    late = world.server.agent(fqdn, tmp_path / "late")
    late.tell(ID, token)
    assert late.enrol().returncode != 0
    assert world.last == (Deed.REFUSE, "used")


def test_an_ordinary_agent_cleans_nobody(world: World, tmp_path: Path) -> None:
    fqdn = "web-5.shop.example.com"
    agent = world.server.agent(fqdn, tmp_path / "agent")
    agent.tell(ID, world.give(fqdn, ID))
    assert agent.enrol().returncode == 0
    settings = replace(world.server.settings(), certificate=agent.certificate, key=agent.key)
    with pytest.raises(Unavailable, match=r"auth\.conf wants a rule"):
        PuppetCa(settings).clean("web-1.shop.example.com")
    world.ca.clean("nobody.shop.example.com")
