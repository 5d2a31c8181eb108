"""The application of the operators."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from hostname_service.operators import application
from hostname_service.serving.logs import Log
from hostname_service.serving.metrics import Metrics
from hostname_service.serving.watching import Watcher
from tests.hostname_service.serving.ground import ID, FakeDesk, Lines, StillClock, binding


class Asked:
    """The application over a desk with three names."""

    def __init__(self) -> None:
        rows = [binding(f"web-{number}.shop.example.com") for number in (1, 2, 3)]
        self.desk, self.lines = FakeDesk({row.fqdn: row for row in rows}), Lines()
        clock = StillClock()
        self.app = application(
            self.desk, Watcher(Log(clock, self.lines.texts.append), Metrics(), clock), clock
        )

    def ask(self, method: str, path: str, body: str = "", **environ: str) -> tuple[int, Any]:
        path, _, query = path.partition("?")
        told: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REMOTE_USER": "uid:0",
            "CONTENT_TYPE": "application/json" if body else "",
            "CONTENT_LENGTH": str(len(body)) if body else "",
            "wsgi.input": io.BytesIO(body.encode()),
            **environ,
        }
        started: list[Any] = []
        chunks = self.app(told, lambda status, headers: started.extend((status, headers)))
        assert ("Content-Type", "application/json") in started[1]
        return int(started[0][:3]), json.loads(b"".join(chunks))


def test_names_come_in_pages() -> None:
    asked = Asked()
    status, first = asked.ask("GET", "/v1/names?limit=2")
    assert status == 200
    assert [name["fqdn"] for name in first["names"]] == ["web-1.shop.example.com", "web-2.shop.example.com"]
    rest = asked.ask("GET", f"/v1/names?limit=2&after={first['next']}")[1]
    assert [name["fqdn"] for name in rest["names"]] == ["web-3.shop.example.com"]
    assert rest["next"] is None
    assert asked.ask("GET", "/v1/names")[1]["next"] is None


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=1001",
        "limit=%2B1",
        "limit=1&limit=2",
        "x=1",
        "after=..",
        "after=a;b",
        "limit",
        "after=%00",
    ],
)
def test_an_odd_query_is_refused(query: str) -> None:
    assert Asked().ask("GET", f"/v1/names?{query}")[0] == 400


def test_one_name() -> None:
    asked = Asked()
    status, told = asked.ask("GET", "/v1/names/Web-1.shop.example.com.")
    assert status == 200
    assert told == {
        "fqdn": "web-1.shop.example.com",
        "account": "123456789012",
        "instance_id": ID,
        "region": "eu-west-1",
        "addresses": ["10.0.0.5"],
        "state": "bound",
        "since": "2026-05-01T12:00:00+00:00",
        "dns_done": True,
        "token_used": False,
    }
    assert asked.ask("GET", "/v1/names/db-1.shop.example.com") == (
        404,
        {"error": "unknown", "message": "nobody has 'db-1.shop.example.com'"},
    )


def test_a_name_is_assigned_released_and_a_machine_reset() -> None:
    asked = Asked()
    status, told = asked.ask("PUT", "/v1/names/web-9.shop.example.com", json.dumps({"instance_id": ID}))
    assert (status, told["by"], told["at"]) == (200, "uid:0", "2026-05-01T12:00:00+00:00")
    assert asked.ask("DELETE", "/v1/names/web-1.shop.example.com")[1]["instance_id"] == ID
    assert asked.ask("DELETE", "/v1/names/web-1.shop.example.com")[0] == 404
    assert asked.ask("POST", f"/v1/machines/{ID}/reset") == (200, {"reset": True})
    assert asked.desk.did == [
        ("assign", "web-9.shop.example.com", ID, "uid:0"),
        ("release", "web-1.shop.example.com", "uid:0"),
        ("reset", ID, "uid:0"),
    ]


def test_garbage_is_shown_before_it_is_let_go() -> None:
    asked = Asked()
    status, told = asked.ask("POST", "/v1/gc")
    assert (status, told["dry_run"]) == (200, True)
    assert [(name["reason"], name["released"]) for name in told["names"]] == [("terminated", False)] * 3
    assert asked.ask("POST", "/v1/gc", '{"dry_run": false}')[1]["names"][0]["released"] is True
    assert asked.ask("POST", "/v1/gc", '{"dry_run": false, "force": true}')[0] == 200
    assert asked.desk.did == [
        ("gc", "True", "uid:0"),
        ("gc", "False", "uid:0"),
        ("gc", "False", "uid:0", "force"),
    ]


@pytest.mark.parametrize(
    "method, path, body",
    [
        ("PUT", "/v1/names/web-1.shop.example.com", ""),
        ("PUT", "/v1/names/web-1.shop.example.com", "{}"),
        ("PUT", "/v1/names/web-1.shop.example.com", '{"instance_id": "i-1\'; DROP TABLE names; --"}'),
        ("PUT", "/v1/names/web-1.shop.example.com", '{"instance_id": "$(reboot)"}'),
        ("PUT", "/v1/names/web-1;reboot", json.dumps({"instance_id": ID})),
        ("PUT", "/v1/names/-a.example.com", json.dumps({"instance_id": ID})),
        ("GET", "/v1/names/" + "a" * 64, ""),
        ("GET", "/v1/names/" + ".".join(["a" * 60] * 5), ""),
        ("GET", "/v1/names/a\n", ""),
        ("GET", "/v1/names/a b", ""),
        ("POST", "/v1/machines/i-1/reset", ""),
        ("POST", f"/v1/machines/{ID}\n/reset", ""),
        ("POST", "/v1/gc", '{"dry_run": "no"}'),
        ("POST", "/v1/gc", '{"dry_run": false, "force": 1}'),
        ("POST", "/v1/gc", '{"dry_run": false, "all": true}'),
    ],
)
def test_what_is_not_understood_does_nothing(method: str, path: str, body: str) -> None:
    asked = Asked()
    status, told = asked.ask(method, path, body)
    assert status in (400, 415)
    assert told["message"].isprintable()
    assert asked.desk.did == []


def test_whoever_the_server_does_not_know_is_nobody() -> None:
    asked = Asked()
    assert asked.ask("GET", "/v1/names", REMOTE_USER="")[1]["error"] == "nobody"
    assert asked.ask("GET", "/v1/names", REMOTE_USER="", HTTP_REMOTE_USER="uid:0")[0] == 403


def test_the_log_says_who() -> None:
    asked = Asked()
    asked.ask("DELETE", "/v1/names/web-1.shop.example.com")
    (line,) = asked.lines.told
    assert (line["listener"], line["source"], line["reason"]) == ("operators", "uid:0", "released")


def test_no_such_method() -> None:
    assert Asked().ask("PATCH", "/v1/names/web-1.shop.example.com")[0] == 405
