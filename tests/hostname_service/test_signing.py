"""The application that puppetserver's policy executable talks to, and what is written down of each answer."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from hostname_service.claims.vouching import vouch
from hostname_service.errors import Held, Refused
from hostname_service.model import Deed
from hostname_service.puppet.csr import parse
from hostname_service.serving.logs import Log
from hostname_service.serving.metrics import Metrics
from hostname_service.serving.watching import Watcher
from hostname_service.signing import application
from tests.hostname_service.puppet.ground import ID, NAME, Wish
from tests.hostname_service.puppet.rows import Rows, Vouching, ground
from tests.hostname_service.serving.ground import Lines, StillClock


def test_a_token_signs_one_key_and_that_one_again() -> None:
    rows, wish = Rows(), Wish()
    pem = wish.pem()
    assert vouch(ground(rows), NAME, pem, "uid:0").signed_key == parse(pem).key
    # Made anew by the same key: its signature is another, as an agent's is that lost the answer.
    vouch(ground(rows), NAME, wish.pem(), "uid:0")
    with pytest.raises(Refused) as caught:
        vouch(ground(rows), NAME, Wish().pem(), "uid:0")
    assert caught.value.reason == "used"
    assert rows.told == [(Deed.SIGN, "signed"), (Deed.SIGN, "signed"), (Deed.REFUSE, "used")]
    assert (rows.lines[0].fqdn, rows.lines[0].source) == (NAME, "uid:0")


def test_a_row_that_is_changed_meanwhile_is_judged_again() -> None:
    rows, pem = Rows(races=2), Wish().pem()
    assert vouch(ground(rows), NAME, pem, "uid:0").signed_key == parse(pem).key
    rows = Rows(races=9)
    with pytest.raises(Held):
        vouch(ground(rows), NAME, pem, "uid:0")
    assert rows.rows[NAME].signed_key == ""


def test_a_name_of_nobody_is_not_written_down() -> None:
    rows = Rows()
    for certname, pem, reason in (("x\n", Wish().pem(), "no-such-name"), (NAME, b"rubbish", "csr-pem")):
        with pytest.raises(Refused) as caught:
            vouch(ground(rows), certname, pem, "uid:0")
        assert caught.value.reason == reason
    assert [line.fqdn for line in rows.lines] == ["", NAME]


def ask(
    voucher: Vouching, body: bytes, user: str = "uid:52", kind: str = "application/json"
) -> tuple[int, str]:
    clock = StillClock()
    app = application(
        voucher, Watcher(Log(clock, Lines().texts.append), Metrics(), clock), clock, ["puppet.a"]
    )
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/v1/sign",
        "REMOTE_USER": user,
        "CONTENT_TYPE": kind,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    started: list[Any] = []
    text = b"".join(app(environ, lambda status, headers: started.append(status))).decode()
    return int(started[0][:3]), text


RIGHT = json.dumps({"certname": NAME, "csr": "PEM"}).encode()


@pytest.mark.parametrize("user", ["uid:52", "uid:0", "cert:CN=puppet.a"])
def test_yes(user: str) -> None:
    voucher = Vouching()
    assert ask(voucher, RIGHT, user) == (200, "sign\n")
    assert voucher.asked == [(NAME, b"PEM", user)]


@pytest.mark.parametrize("user", ["", "cert:CN=web-1.a", "cert:CN=puppet.a,O=x", "cert:"])
def test_an_agents_certificate_lets_nobody_in(user: str) -> None:
    voucher = Vouching()
    assert ask(voucher, RIGHT, user)[0] == 403
    assert voucher.asked == []


@pytest.mark.parametrize(
    "body, kind, status",
    [
        (RIGHT, "text/plain", 415),
        (b"[]", "application/json", 400),
        (b'{"certname": "a"}', "application/json", 400),
        (b'{"certname": 1, "csr": "x"}', "application/json", 400),
        (b'{"certname": "a", "csr": "x", "by": "y"}', "application/json", 400),
        (b'{"certname": "a;reboot", "csr": "x"}', "application/json", 403),
        (b'{"certname": "' + b"a" * 20000 + b'", "csr": "x"}', "application/json", 413),
    ],
)
def test_what_is_odd_is_no(body: bytes, kind: str, status: int) -> None:
    voucher = Vouching()
    assert ask(voucher, body, kind=kind)[0] == status
    assert voucher.asked == []


def test_no() -> None:
    refusal = Refused("token", f"the token is not that of {ID}")
    assert ask(Vouching(refusal), RIGHT) == (403, f"refused: token: the token is not that of {ID}\n")
