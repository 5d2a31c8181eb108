"""A name server that hangs, lies, answers unsigned, or does as it is told and loses its answer."""

from __future__ import annotations

import socket
import struct

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from hostname_service.clock import SystemClock
from hostname_service.dns.exchange import Server, tsig_key
from hostname_service.dns.keeping import Keeper
from hostname_service.dns.port import Records
from hostname_service.dns.rfc2136 import Updates
from hostname_service.dns.zones import Zones
from hostname_service.errors import Unavailable
from tests.hostname_service.dns.ground import of_server, owner
from tests.hostname_service.dns.liar import Lie, lying
from tests.hostname_service.dns.rigs.serving import NameServer, secret

SECRET = secret()
KEY = tsig_key("hostname-service", SECRET)
FQDN = "web-1.shop.example.com"


def keeper(port: int, deadline: float = 5.0, key_secret: str = SECRET) -> Keeper:
    server = Server("127.0.0.1", port, tsig_key("hostname-service", key_secret), deadline)
    return Keeper(Updates(server, Zones(("shop.example.com",), ("0.10.in-addr.arpa",)), 60, SystemClock()))


def answer_to(wire: bytes, signed: bool = True, rcode: int = 0, flags: int = 0) -> bytes:
    """What a server with the key would say."""
    asked = dns.message.from_wire(wire, keyring=KEY)
    said = dns.message.make_response(asked)
    said.set_rcode(dns.rcode.Rcode(rcode))
    said.flags |= dns.flags.AA | flags
    if not signed:
        said.tsig = None
        said.keyring = None
    return said.to_wire()


def other_id(wire: bytes) -> bytes:
    said = answer_to(wire)
    return bytes([said[0] ^ 1]) + said[1:]


def other_question(wire: bytes) -> bytes:
    asked = dns.message.from_wire(wire, keyring=KEY)
    said = dns.message.make_response(asked)
    said.question = [dns.rrset.from_text("db-1.shop.example.com.", 0, "IN", "A")]
    return said.to_wire()


def other_secret(wire: bytes) -> bytes:
    said = bytearray(answer_to(wire))
    said[-20] ^= 1
    return bytes(said)


LIES: dict[str, tuple[Lie, str]] = {
    "unsigned": (lambda wire: answer_to(wire, signed=False), "not signed"),
    "unsigned refusal": (lambda wire: answer_to(wire, signed=False, rcode=5), "not signed"),
    "unsigned conflict": (lambda wire: answer_to(wire, signed=False, rcode=7), "not signed"),
    "another id": (other_id, "not the answer|no DNS message|signature is wrong"),
    "another signature": (other_secret, "signature is wrong"),
    "cut short": (lambda wire: answer_to(wire, flags=dns.flags.TC), "cut short"),
    "no message": (lambda wire: b"\x00" * 5, "no DNS message"),
    "noise": (lambda wire: wire[:2] + b"\xff" * 60, "no DNS message|not the answer"),
    "its own question": (lambda wire: wire, "not the answer|signature"),
    "servfail": (lambda wire: answer_to(wire, rcode=2), "it failed"),
    "an rcode that is none": (lambda wire: answer_to(wire, rcode=11), "it answered"),
}


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("what", ["claim", "look", "release"])
def test_a_lie_is_not_believed(lie: str, what: str) -> None:
    made, why = LIES[lie]
    records = Records(FQDN, ("10.0.0.5",), owner(1))
    with lying(made) as server:
        asked = keeper(server.port)
        with pytest.raises(Unavailable, match=why):
            asked.look(FQDN) if what == "look" else getattr(asked, what)(records)


def test_another_question_is_not_believed() -> None:
    with lying(other_question) as server, pytest.raises(Unavailable, match="not the answer"):
        keeper(server.port).look(FQDN)


def test_who_is_not_the_primary_is_not_believed() -> None:
    def secondhand(wire: bytes) -> bytes:
        return dns.message.make_response(dns.message.from_wire(wire, keyring=KEY)).to_wire()

    with lying(secondhand) as server, pytest.raises(Unavailable, match="not the primary"):
        keeper(server.port).look(FQDN)


def test_who_says_conflict_and_shows_nothing_for_ever_is_left() -> None:
    def changing(wire: bytes) -> bytes:
        asked = dns.message.from_wire(wire, keyring=KEY)
        return answer_to(wire, rcode=dns.rcode.YXRRSET if asked.opcode() == 5 else 0)

    with lying(changing) as server, pytest.raises(Unavailable, match="try again") as caught:
        keeper(server.port).claim(Records(FQDN, ("10.0.0.5",), owner(1)))
    assert caught.value.reason == "dns-busy"


@pytest.mark.parametrize("lie", [lambda wire: None, lambda wire: b""])
def test_who_hangs_or_hangs_up_is_asked_twice_and_left(lie: Lie) -> None:
    with lying(lie) as server:
        with pytest.raises(Unavailable) as caught:
            keeper(server.port, deadline=0.4).claim(Records(FQDN, ("10.0.0.5",), owner(1)))
        assert server.heard == 2
    assert caught.value.reason == "dns-away"


def test_an_answer_that_was_lost_does_no_harm(bind_server: NameServer) -> None:
    """The server does what it is told, and every first answer is lost on the way."""
    lost: list[bool] = []

    ground = of_server(bind_server)
    records = Records(ground.fqdn, (ground.v4,), owner(1))

    def losing(wire: bytes) -> bytes:
        """Pass bytes on as they are, so that signatures hold."""
        with socket.create_connection((bind_server.host, bind_server.port), 10) as link:
            link.sendall(struct.pack("!H", len(wire)) + wire)
            file = link.makefile("rb")
            said = file.read(struct.unpack("!H", file.read(2))[0])
        lost.append(len(lost) % 2 == 0)
        return b"" if lost[-1] else said

    with lying(losing) as server:
        asked = keeper(server.port, 10.0, bind_server.secret)
        asked.claim(records)
        assert ground.dns.look(ground.fqdn) == records
        asked.claim_reverse(records)
        assert ground.dns.look_reverse(ground.v4) == ground.fqdn
        asked.release(records)
    assert ground.dns.look(ground.fqdn) is None
    assert ground.dns.look_reverse(ground.v4) == ""
    assert lost.count(True) >= 5
