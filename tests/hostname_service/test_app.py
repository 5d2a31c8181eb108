"""The application of the machines, under the standard library's own judge of WSGI."""

from __future__ import annotations

import io
import json
from typing import Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest

from hostname_service.app import Parts, application
from hostname_service.errors import BadRequest, Held, Later, Refused, ServiceError, Unavailable
from hostname_service.serving.logs import Log
from hostname_service.serving.metrics import Metrics
from hostname_service.serving.proxies import source_by
from hostname_service.serving.watching import Watcher
from hostname_service.wsgi import prefers_json, shown
from tests.hostname_service.serving.ground import Claims, Lines, Name, StillClock

Answer = tuple[int, dict[str, str], str]


class Asked:
    """The application, and how it is asked."""

    def __init__(self, claims: Claims | None = None, wait: float = 0.0, ill: tuple[str, ...] = ()) -> None:
        self.claims, self.lines = claims or Claims(), Lines()
        clock = StillClock()
        watch = Watcher(Log(clock, self.lines.texts.append), Metrics(), clock)
        parts = Parts(self.claims, lambda _: wait, source_by(()), lambda: ill, watch, clock)
        self.bare = application(parts)
        self.app = validator(self.bare)

    def ask(self, method: str, path: str, body: bytes = b"", **environ: str) -> Answer:
        told: dict[str, Any] = {"REQUEST_METHOD": method, "PATH_INFO": path, "REMOTE_ADDR": "10.0.0.5"}
        told["wsgi.input"], told["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
        told |= {"SCRIPT_NAME": "", "QUERY_STRING": "", **environ}
        setup_testing_defaults(told)
        started: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Any:
            started.extend((status, headers))
            return lambda _: None

        chunks = self.app(told, start)
        try:
            text = b"".join(chunks).decode("ascii")
        finally:
            chunks.close()  # type: ignore[attr-defined]  # the judge's own
        return int(started[0][:3]), dict(started[1]), text

    def claim(self, body: bytes = b"QUJD", kind: str = "text/plain", **environ: str) -> Answer:
        return self.ask("POST", "/v1/claim", body, CONTENT_TYPE=kind, **environ)


def test_a_shell_gets_three_lines() -> None:
    asked = Asked()
    status, headers, text = asked.claim(b"QUJD\nREVG\n", "text/plain; charset=utf-8")
    assert (status, text) == (200, "web-1\nweb-1.shop.example.com\nt0ken\n")
    assert headers["Content-Type"] == "text/plain; charset=us-ascii"
    assert headers["Cache-Control"] == "no-store"
    assert asked.claims.asked == [("QUJD\nREVG\n", "10.0.0.5")]


def test_a_program_gets_json() -> None:
    asked = Asked(Claims(Name(dns_done=False)))
    status, headers, text = asked.claim(
        b'{"rsa2048": "QUJD"}', "application/json", HTTP_ACCEPT="application/json"
    )
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert json.loads(text) == {
        "name": "web-1",
        "fqdn": "web-1.shop.example.com",
        "token": "t0ken",
        "dns_done": False,
    }
    assert asked.claims.asked == [("QUJD", "10.0.0.5")]


@pytest.mark.parametrize(
    "error, status, retry, text",
    [
        (Later("dns-away", "ask again", retry_after=7), 202, "7", "later: dns-away: ask again\n"),
        (BadRequest("bad-blob", "no blob"), 400, None, "refused: bad-blob: no blob\n"),
        (Refused("forged", "no"), 403, None, "refused: forged: no\n"),
        (Held("held", "i-1 has it"), 409, None, "refused: held: i-1 has it\n"),
        (Unavailable("registry", "away"), 503, "5", "refused: registry: away\n"),
        (ServiceError("odd", "hm"), 500, None, "refused: odd: hm\n"),
    ],
)
def test_every_end_of_a_claim(error: ServiceError, status: int, retry: str | None, text: str) -> None:
    asked = Asked(Claims(error))
    got, headers, body = asked.claim()
    assert (got, headers.get("Retry-After"), body) == (status, retry, text)
    as_json = json.loads(asked.claim(HTTP_ACCEPT="application/json")[2])
    assert as_json == {"error": error.reason, "message": error.message}
    assert [line["reason"] for line in asked.lines.told] == [error.reason] * 2


def test_hostile_text_in_an_error_is_escaped() -> None:
    asked = Asked(Claims(Refused("forged", "\x1b[2J\r\nSet-Cookie: a\xe9\udc80" + "x" * 1000)))
    text = asked.claim()[2]
    assert text.startswith("refused: forged: \\x1b[2J\\r\\nSet-Cookie: a\\xe9")
    assert text.count("\n") == 1
    assert text.isascii()
    assert len(text) < 500


def test_a_fault_of_ours_is_not_shown() -> None:
    asked = Asked(Claims(RuntimeError("secret")))
    status, _, text = asked.claim()
    assert status == 500
    assert "secret" not in text
    assert "Traceback" not in text
    assert [line["event"] for line in asked.lines.told] == ["crash", "request"]


def test_who_asks_too_often_is_told_when_to_come_again() -> None:
    asked = Asked(wait=1.2)
    status, headers, text = asked.claim()
    assert (status, headers["Retry-After"]) == (429, "2")
    assert text.startswith("refused: too-often: ")
    assert asked.claims.asked == []


@pytest.mark.parametrize(
    "body, kind, environ, status",
    [
        (b"QUJD", "application/x-www-form-urlencoded", {}, 415),
        (b"QUJD", "", {}, 415),
        (b"QUJD", "text/plain", {"CONTENT_LENGTH": ""}, 411),
        (b"QUJD", "text/plain", {"HTTP_TRANSFER_ENCODING": "chunked"}, 411),
        (b"QUJ", "text/plain", {"CONTENT_LENGTH": "4"}, 400),
        (b"Q" * 20000, "text/plain", {}, 413),
        (b"", "text/plain", {}, 400),
        (b" \n", "text/plain", {}, 400),
        (b"Q\xc3\xa9", "text/plain", {}, 400),
        (b"{", "application/json", {}, 400),
        (b"[]", "application/json", {}, 400),
        (b"[" * 16000, "application/json", {}, 400),
        (b"\xff", "application/json", {}, 400),
        (b"{}", "application/json", {}, 400),
        (b'{"rsa2048": 1}', "application/json", {}, 400),
        (b'{"rsa2048": "QQ==", "name": "db-1"}', "application/json", {}, 400),
        (b'{"rsa2048": "QQ==", "rsa2048": "Qg=="}', "application/json", {}, 400),
        (b'{"rsa2048": "Q\\u00e9"}', "application/json", {}, 400),
    ],
)
def test_a_body_that_is_none(body: bytes, kind: str, environ: dict[str, str], status: int) -> None:
    asked = Asked()
    got, _, text = asked.claim(body, kind, **environ)
    assert got == status
    assert text.startswith("refused: ")
    assert asked.claims.asked == []


@pytest.mark.parametrize("length", ["+4", "-4", " 4", "4 ", "4,4", "0x4", "1_0", "4.0", "²", "9" * 12])
def test_a_length_that_other_servers_let_through(length: str) -> None:
    """The judge of WSGI reads numbers as Python does, so it is left out here."""
    asked = Asked()
    environ = {"CONTENT_TYPE": "text/plain", "CONTENT_LENGTH": length}
    told: dict[str, Any] = {"REQUEST_METHOD": "POST", "PATH_INFO": "/v1/claim", **environ}
    told["wsgi.input"] = io.BytesIO(b"QUJD" * 10)
    started: list[str] = []
    asked.bare(told, lambda status, _: started.append(status))
    assert started == ["400 Bad Request"]


def test_health_and_figures() -> None:
    assert Asked().ask("GET", "/healthz")[::2] == (200, "ok\n")
    assert Asked(ill=("registry", "dns")).ask("GET", "/healthz")[::2] == (503, "away: registry dns\n")
    status, headers, body = Asked().ask("HEAD", "/healthz")
    assert (status, headers["Content-Length"], body) == (200, "3", "")
    asked = Asked()
    asked.claim()
    assert 'route="/v1/claim",status="200",reason="bound"} 1' in asked.ask("GET", "/metrics")[2]


def test_no_such_path_and_no_such_method() -> None:
    asked = Asked()
    assert asked.ask("GET", "/v1/claim/")[0] == 404
    assert asked.ask("GET", "/v1/names")[0] == 404
    status, headers, _ = asked.ask("GET", "/v1/claim")
    assert (status, headers["Allow"]) == (405, "POST")
    status, headers, _ = asked.ask("POST", "/healthz")
    assert (status, headers["Allow"]) == (405, "GET, HEAD")
    assert asked.lines.told[0]["path"] == "/v1/claim/"


@pytest.mark.parametrize(
    "accept, expected",
    [
        ("", False),
        ("*/*", False),
        ("application/json", True),
        ("Application/JSON; charset=utf-8", True),
        ("text/plain, application/json;q=0.5", False),
        ("text/plain;q=0.1, application/json", True),
        ("application/json;q=0", False),
        ("application/json;q=nan", False),
    ],
)
def test_what_is_preferred(accept: str, expected: bool) -> None:
    assert prefers_json(accept) is expected


def test_shown_is_one_line_of_ascii() -> None:
    text = shown("".join(map(chr, range(0x180))), 1000)
    assert text.isascii()
    assert text.isprintable()
