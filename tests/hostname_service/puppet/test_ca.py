"""The CA is cleaned of a name: revoked first, then deleted, and again without harm; or what to mend is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from hostname_service.errors import Unavailable
from hostname_service.puppet.ca import NoCa, PuppetCa
from tests.hostname_service.puppet.ground import NAME, FakeCa, Files, Issuer, served


class Ground:
    """A CA that is a fake, and the service's certificate."""

    def __init__(self, fake: FakeCa, issuer: Issuer, own: Files) -> None:
        self.fake, self.issuer, self.own = fake, issuer, own
        self.ca = PuppetCa(fake.settings(issuer, own))

    def fault(self, ca: PuppetCa | None = None) -> str:
        with pytest.raises(Unavailable) as caught:
            (ca or self.ca).clean(NAME)
        assert caught.value.reason == "ca-away"
        return caught.value.message


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    issuer = Issuer(tmp_path / "ssl")
    with served(FakeCa(), issuer) as fake:
        yield Ground(fake, issuer, issuer.issue("names.shop.example.com"))


def test_revoked_first_then_deleted(ground: Ground) -> None:
    ground.fake.states = {NAME: "signed", "web-2.shop.example.com": "signed"}
    ground.ca.clean(NAME)
    assert [method for method, _ in ground.fake.asked] == ["GET", "PUT", "DELETE"]
    assert ground.fake.states == {"web-2.shop.example.com": "signed"}
    ground.ca.clean(NAME)
    assert ground.fake.asked[3:] == [("GET", NAME)]


@pytest.mark.parametrize("name", ["127.0.0.1", "names.shop.example.com"])
def test_the_certificates_of_the_server_and_of_the_service_stay(ground: Ground, name: str) -> None:
    ground.fake.states = {name: "signed"}
    ground.ca.clean(name)
    assert ground.fake.states == {name: "signed"}
    assert ground.fake.asked == []


def test_certificates_that_were_named_stay(ground: Ground) -> None:
    settings = replace(ground.fake.settings(ground.issuer, ground.own), protect=("puppetdb.example.com",))
    ground.fake.states = {"puppetdb.example.com": "signed", NAME: "signed"}
    for name in ("puppetdb.example.com", NAME):
        PuppetCa(settings).clean(name)
    assert ground.fake.states == {"puppetdb.example.com": "signed"}


@pytest.mark.parametrize("state", ["requested", "revoked"])
def test_a_request_and_what_was_cut_go_too(ground: Ground, state: str) -> None:
    ground.fake.states = {NAME: state}
    ground.ca.clean(NAME)
    assert ground.fake.states == {}


def test_a_name_is_one_word_of_the_path(ground: Ground) -> None:
    """Names come from the registry; should one ever hold a slash, it still reaches no other path."""
    ground.ca.clean("../web-2?x=1#y")
    assert ground.fake.asked == [("GET", "../web-2?x=1#y")]


def test_what_could_not_be_revoked_is_not_deleted(ground: Ground) -> None:
    ground.fake.states, ground.fake.answers = {NAME: "signed"}, {"PUT": 500}
    assert ground.fault().endswith(f"to revoke '{NAME}' and answered 500: its log has why")
    assert ground.fake.states == {NAME: "signed"}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_missing_rule_is_told(ground: Ground, method: str) -> None:
    ground.fake.states, ground.fake.answers = {NAME: "signed"}, {method: 403}
    assert "auth.conf wants a rule" in ground.fault()


def test_a_ca_that_does_not_answer(ground: Ground) -> None:
    gone = threading.Event()

    def trickle(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not gone.wait(0.05):
            handler.wfile.write(b"X: y\r\n")

    ground.fake.before = trickle
    short = PuppetCa(ground.fake.settings(ground.issuer, ground.own, seconds=0.5))
    try:
        assert "did not answer within 0.5 seconds" in ground.fault(short)
    finally:
        gone.set()


def test_a_ca_that_is_not_there(ground: Ground) -> None:
    ground.fake.url = "https://127.0.0.1:1"
    assert "refused" in ground.fault(PuppetCa(ground.fake.settings(ground.issuer, ground.own)))


def test_certificates_of_another_ca(ground: Ground, tmp_path: Path) -> None:
    other = Issuer(tmp_path / "other")
    foreign = other.issue("names.shop.example.com")
    ground.fake.states = {NAME: "signed"}
    assert "its certificate is not right" in ground.fault(PuppetCa(ground.fake.settings(other, ground.own)))
    ground.fault(PuppetCa(ground.fake.settings(ground.issuer, foreign)))
    assert ground.fake.states == {NAME: "signed"}
    missing = Files(tmp_path / "none.pem", tmp_path / "none.key")
    assert "do not serve to ask" in ground.fault(PuppetCa(ground.fake.settings(ground.issuer, missing)))


def test_no_ca() -> None:
    NoCa().clean(NAME)
