"""What a real BIND and a real Knot refuse, what is read from the configuration, and a second opinion by `dig`."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from hostname_service.clock import SystemClock
from hostname_service.config.settings import Rfc2136
from hostname_service.dns.exchange import Server, tsig_key
from hostname_service.dns.keeping import Keeper
from hostname_service.dns.port import Records
from hostname_service.dns.rfc2136 import Updates, rfc2136
from hostname_service.dns.zones import Zones
from hostname_service.errors import BadConfig, Held, Unavailable
from tests.hostname_service.dns.ground import Ground, of_server, owner
from tests.hostname_service.dns.rigs.serving import NameServer, free_port, secret

RACERS = 64


def keeper(server: Server, forward: tuple[str, ...] = ("shop.example.com",)) -> Keeper:
    return Keeper(Updates(server, Zones(forward, ("0.10.in-addr.arpa",)), 60, SystemClock()))


@pytest.fixture(params=["bind_server", "knot_server"])
def ground(request: pytest.FixtureRequest) -> Ground:
    server: NameServer = request.getfixturevalue(request.param)
    return of_server(server)


def test_of_64_machines_one_gets_the_name(bind_server: NameServer) -> None:
    ground = of_server(bind_server, deadline=60.0)
    wanted = [
        replace(ground.records(number), addresses=(f"10.0.3.{number}",)) for number in range(1, RACERS + 1)
    ]

    def claim(records: Records) -> bool:
        try:
            ground.dns.claim(records)
        except Held:
            return False
        return True

    with ThreadPoolExecutor(RACERS) as pool:
        won = list(pool.map(claim, wanted))
    assert won.count(True) == 1
    assert ground.dns.look(ground.fqdn) == wanted[won.index(True)]


def test_claims_and_releases_that_meet_leave_one_owner_or_none(ground: Ground) -> None:
    mine, other = ground.records(1), ground.records(2, ground.other_v4)

    def both(records: Records) -> None:
        for _ in range(5):
            try:
                ground.dns.claim(records)
            except (Held, Unavailable):
                continue
            ground.dns.release(records)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(both, (mine, other)))
    assert ground.dns.look(ground.fqdn) is None


@pytest.mark.skipif(shutil.which("dig") is None, reason="dig is not installed")
def test_dig_sees_the_same(ground: Ground) -> None:
    wanted = ground.records(1, ground.v4, ground.v6)
    ground.dns.claim(wanted)
    ground.dns.claim_reverse(wanted)
    server = ground.past
    assert isinstance(server, NameServer)

    def dig(*question: str) -> str:
        command = [
            "dig",
            "+noall",
            "+answer",
            "+time=5",
            f"@{server.host}",
            "-p",
            str(server.port),
            *question,
        ]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30)
        return " ".join(done.stdout.split())

    assert dig(ground.fqdn, "A") == f"{ground.fqdn}. 60 IN A {ground.v4}"
    assert dig(ground.fqdn, "AAAA") == f"{ground.fqdn}. 60 IN AAAA {ground.v6}"
    assert dig(f"_ec2kit.{ground.fqdn}", "TXT") == f'_ec2kit.{ground.fqdn}. 60 IN TXT "{owner(1)}"'
    assert dig("-x", ground.v4).endswith(f"60 IN PTR {ground.fqdn}.")
    assert dig("-x", ground.v6).endswith(f"60 IN PTR {ground.fqdn}.")


def test_who_may_not_is_told_what_to_mend(ground: Ground) -> None:
    server = ground.past
    assert isinstance(server, NameServer)
    right = server.server()
    wrong = {
        "nobody": (replace(right, key=tsig_key("nobody", server.secret)), {"dns-refused", "dns-key"}),
        "unknown": (replace(right, key=tsig_key("unknown", server.secret)), {"dns-key"}),
        "secret": (replace(right, key=tsig_key("hostname-service", secret())), {"dns-key", "dns-refused"}),
    }
    for about, (made, reasons) in wrong.items():
        with pytest.raises(Unavailable) as caught:
            keeper(made).claim(ground.records())
        assert caught.value.reason in reasons, (about, caught.value)
    assert ground.dns.look(ground.fqdn) is None


def test_a_zone_of_others_and_no_zone(ground: Ground) -> None:
    server = ground.past
    assert isinstance(server, NameServer)
    elsewhere = Records("web-1.elsewhere.example.org", ("10.0.1.1",), owner(1))
    with pytest.raises(Unavailable) as caught:
        keeper(server.server(), ("elsewhere.example.org",)).claim(elsewhere)
    assert caught.value.reason in ("dns-notauth", "dns-unsigned")
    with pytest.raises(Unavailable, match=r"no zone for 'web-1\.elsewhere"):
        ground.dns.claim(elsewhere)


def test_hostile_owners_and_names_are_data(ground: Ground) -> None:
    hostile = replace(ground.records(), owner='ec2kit/1/"; \\ $(reboot)')
    ground.dns.claim(hostile)
    assert ground.dns.look(ground.fqdn) == hostile
    ground.dns.release(hostile)
    for fqdn in (f"{'a' * 64}.shop.example.com", "a..b.shop.example.com"):
        with pytest.raises(Unavailable) as caught:
            ground.dns.claim(replace(hostile, fqdn=fqdn))
        assert caught.value.reason == "dns-name"


def test_a_server_that_is_stopped_and_goes_on(bind_server: NameServer) -> None:
    ground = of_server(bind_server, deadline=0.5)
    bind_server.process.send_signal(signal.SIGSTOP)
    os.waitpid(bind_server.process.pid, os.WUNTRACED)
    try:
        with pytest.raises(Unavailable, match=r"does not answer \(deadline\)") as caught:
            ground.dns.claim(ground.records())
        assert caught.value.reason == "dns-away"
    finally:
        os.kill(bind_server.process.pid, signal.SIGCONT)
    # What it was told while it stood still may have been done: the claim made again is none the worse.
    patient = of_server(bind_server)
    patient.dns.claim(ground.records())
    assert patient.dns.look(ground.fqdn) == ground.records()


def test_no_server_at_all() -> None:
    with pytest.raises(Unavailable, match="Connection refused"):
        keeper(Server("127.0.0.1", free_port(), tsig_key("k", secret()))).look("web-1.shop.example.com")


def test_it_is_made_from_the_configuration(bind_server: NameServer) -> None:
    told = Rfc2136(
        bind_server.host,
        bind_server.key_name,
        bind_server.key_file(),
        bind_server.reverse,
        bind_server.port,
    )
    ground = of_server(bind_server)
    rfc2136(told, bind_server.forward, SystemClock()).claim(ground.records())
    assert ground.dns.look(ground.fqdn) == ground.records()
    with pytest.raises(BadConfig, match="cannot be read"):
        rfc2136(replace(told, key_file=Path("/nonexistent")), bind_server.forward, SystemClock())


@pytest.mark.parametrize(
    "key, text",
    [
        (("k", "c2VjcmV0c2VjcmV0c2VjcmV0", "hmac-md5"), "'hmac-md5' is not safe"),
        (("k", "c2VjcmV0c2VjcmV0c2VjcmV0", "hmac-sha1"), "'hmac-sha1' is not safe"),
        (("k", "not base64!", "hmac-sha256"), "not base64"),
        (("k", "c2hvcnQ=", "hmac-sha256"), "has 5 bytes"),
        (("k..k", "c2VjcmV0c2VjcmV0c2VjcmV0", "hmac-sha256"), "no name for a key"),
    ],
)
def test_a_key_that_is_none(key: tuple[str, str, str], text: str) -> None:
    with pytest.raises(BadConfig, match=text):
        tsig_key(*key)
