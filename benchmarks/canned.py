"""An endpoint that answers from memory, so that what a benchmark measures is the client and not a server.

DescribeInstances gives pages that were made before the first request: a reservation of one instance as EC2 writes it
(`reservation.xml`), again and again with other ids, names and addresses. GetCallerIdentity is answered too; anything
else is a 400, which ends the client that asked.
"""

from __future__ import annotations

from collections import Counter
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import parse_qs

from benchmarks.serving import Served

PAGE = 1000
"""DescribeInstances gives at most 1,000 instances a page."""
_RESERVATION = Template(Path(__file__).with_name("reservation.xml").read_text(encoding="utf-8"))
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_WHO = (
    f'{_HEAD}<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
    "<Arn>arn:aws:iam::123456789012:user/bench</Arn><UserId>AIDA0123456789ABCDEFG</UserId>"
    "<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
).encode()
_REFUSED = (
    f"{_HEAD}<Response><Errors><Error><Code>InvalidAction</Code><Message>not canned</Message></Error></Errors>"
    "<RequestID>canned</RequestID></Response>"
).encode()


class Endpoint(Served):
    """Answers on a free loopback port inside `with`; `calls` counts the requests by action."""

    def __init__(self, instances: int) -> None:
        self.pages = _pages(instances)
        self.calls: Counter[str] = Counter()

    def handler(self) -> type[BaseHTTPRequestHandler]:
        """Answers for this endpoint."""
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                status, body = endpoint.answer({name: values[0] for name, values in asked.items()})
                self.send_response(status)
                self.send_header("Content-Type", "text/xml;charset=UTF-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any, **__: Any) -> None:
                """Silent: the table is all that is printed."""

        return Handler

    def answer(self, asked: dict[str, str]) -> tuple[int, bytes]:
        """Given the parameters of a request, return the status and the body."""
        action = asked.get("Action", "")
        self.calls[action] += 1
        if action == "DescribeInstances":
            return 200, self.pages[int(asked.get("NextToken", "0"))]
        return (200, _WHO) if action == "GetCallerIdentity" else (400, _REFUSED)


def _pages(instances: int) -> list[bytes]:
    """The bodies in order; the token of a page is its number."""
    bodies = []
    for start in range(0, instances, PAGE):
        end = min(start + PAGE, instances)
        items = "".join(_reservation(number) for number in range(start, end))
        token = f"<nextToken>{end // PAGE}</nextToken>" if end < instances else ""
        bodies.append(
            f'{_HEAD}<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
            f"<requestId>canned</requestId><reservationSet>{items}</reservationSet>{token}"
            "</DescribeInstancesResponse>".encode()
        )
    return bodies


def _reservation(number: int) -> str:
    return _RESERVATION.substitute(
        plain=number + 1, number=f"{number:05x}", high=number // 250 + 1, low=number % 250 + 1
    )
