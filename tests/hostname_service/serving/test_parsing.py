"""What is a request and what is none; and that no bytes at all lead to anything else."""

from __future__ import annotations

import http.client
import io
import os
import random

import pytest

from hostname_service.serving.parsing import HEAD, LINES, TARGET, Head, cut, parse
from hostname_service.wsgi import Fault

INPUTS = int(os.environ.get("FUZZ_INPUTS", "100000"))
DEEP_SHARES = 20
GET = b"GET /healthz HTTP/1.1\r\nHost: names\r\n"
POST = b"POST /v1/claim HTTP/1.1\r\nHost: names\r\n"


def whole(data: bytes) -> Head:
    found = cut(data)
    assert found is not None
    return parse(found[0])


def test_a_request_is_read() -> None:
    head = whole(
        b"POST /v1/claim%20x?a=b%2Fc HTTP/1.1\r\nHost: [::1]:8080\r\nContent-LENGTH:\t12 \r\n"
        b"X-Forwarded-For: 10.0.0.1\r\nx-forwarded-for: 10.0.0.2\r\nAccept:\r\n\r\nQUJD"
    )
    assert (head.method, head.path, head.query, head.length) == ("POST", "/v1/claim x", "a=b%2Fc", 12)
    assert head.header("x-forwarded-for") == "10.0.0.1, 10.0.0.2"
    assert head.header("accept") == ""
    assert head.header("host") == "[::1]:8080"


def test_an_old_client_needs_no_host() -> None:
    assert whole(b"GET / HTTP/1.0\r\n\r\n").version == "HTTP/1.0"


def test_what_follows_the_head_is_given_back_untouched() -> None:
    assert cut(GET + b"\r\n\n\0body") == (GET[:-2], b"\n\0body")


@pytest.mark.parametrize("length", range(len(GET) + 1))
def test_a_part_of_a_request_is_waited_for(length: int) -> None:
    assert cut(GET[:length]) is None


REFUSED = {
    "bare LF": (b"GET / HTTP/1.1\nHost: a\n\n", "bare-line-end"),
    "bare LF hides a header": (GET + b"X: a\nContent-Length: 5\r\n\r\n", "bare-line-end"),
    "bare CR": (GET + b"X: a\rContent-Length: 5\r\n\r\n", "bare-line-end"),
    "NUL": (GET + b"X: a\0b\r\n\r\n", "nul"),
    "folded": (GET + b"X: a\r\n Content-Length: 5\r\n\r\n", "folded"),
    "folded with a tab": (GET + b"X: a\r\n\tb\r\n\r\n", "folded"),
    "folded first line": (b"GET / HTTP/1.1\r\n Host: names\r\n\r\n", "folded"),
    "space before the colon": (POST + b"Content-Length : 5\r\n\r\n", "bad-header"),
    "no colon": (GET + b"what\r\n\r\n", "bad-header"),
    "no name": (GET + b": a\r\n\r\n", "bad-header"),
    "underscore": (GET + b"X_Forwarded_For: 10.0.0.1\r\n\r\n", "bad-header"),
    "control character": (GET + b"X: a\x0bb\r\n\r\n", "bad-header"),
    "odd name": (GET + b"X\xe9: a\r\n\r\n", "bad-header"),
    "two lengths": (POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n", "twice"),
    "the same length twice": (POST + b"Content-Length: 5\r\ncontent-length: 5\r\n\r\n", "twice"),
    "two lengths in one": (POST + b"Content-Length: 5, 5\r\n\r\n", "bad-length"),
    "length with a sign": (POST + b"Content-Length: +5\r\n\r\n", "bad-length"),
    "negative length": (POST + b"Content-Length: -5\r\n\r\n", "bad-length"),
    "length in hexadecimal": (POST + b"Content-Length: 0x5\r\n\r\n", "bad-length"),
    "length with an underscore": (POST + b"Content-Length: 1_0\r\n\r\n", "bad-length"),
    "length in other digits": (POST + b"Content-Length: \xb2\r\n\r\n", "bad-length"),
    "empty length": (POST + b"Content-Length:\r\n\r\n", "bad-length"),
    "huge length": (POST + b"Content-Length: 99999999999999999999\r\n\r\n", "too-big"),
    "chunks": (POST + b"Transfer-Encoding: chunked\r\n\r\n", "no-length"),
    "chunks, oddly": (POST + b"Transfer-Encoding: xchunked\r\n\r\n", "no-length"),
    "chunks and a length": (
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
        "two-lengths",
    ),
    "two hosts": (GET + b"Host: other\r\n\r\n", "twice"),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", "no-host"),
    "odd host": (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "bad-host"),
    "odd expectation": (POST + b"Expect: tea\r\n\r\n", "bad-expect"),
    "absolute": (b"GET http://names/ HTTP/1.1\r\nHost: names\r\n\r\n", "bad-path"),
    "a proxy's CONNECT": (b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", "bad-path"),
    "asterisk": (b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "bad-path"),
    "fragment": (b"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", "bad-path"),
    "not ASCII": (b"GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n", "bad-path"),
    "hidden slash": (b"GET /v1%2Fclaim HTTP/1.1\r\nHost: a\r\n\r\n", "bad-path"),
    "escaped escape": (b"GET /%252e HTTP/1.1\r\nHost: a\r\n\r\n", "bad-path"),
    "escaped NUL": (b"GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", "bad-path"),
    "escaped line end": (b"GET /%0d%0aX HTTP/1.1\r\nHost: a\r\n\r\n", "bad-path"),
    "half an escape": (b"GET /%2 HTTP/1.1\r\nHost: a\r\n\r\n", "bad-path"),
    "HTTP/0.9": (b"GET /\r\n\r\n", "bad-request-line"),
    "two spaces": (b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "bad-request-line"),
    "a tab": (b"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", "bad-request-line"),
    "empty first line": (b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "bad-request-line"),
    "lower-case method": (b"get / HTTP/1.1\r\nHost: a\r\n\r\n", "bad-method"),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\n", "bad-version"),
    "no version": (b"GET / HTTP/x\r\nHost: a\r\n\r\n", "bad-version"),
    "TLS": (b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\r\n\r\n", "nul"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_two_readers_could_read_differently_is_refused(name: str) -> None:
    data, reason = REFUSED[name]
    with pytest.raises(Fault) as caught:
        whole(data)
    assert caught.value.reason == reason
    assert 400 <= caught.value.status < 600


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"GET / HTTP/1.1\r\nX: " + b"a" * HEAD, id="head"),
        pytest.param(b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * (LINES + 1) + b"\r\n", id="lines"),
        pytest.param(b"GET /" + b"a" * TARGET + b" HTTP/1.1\r\nHost: a\r\n\r\n", id="path"),
    ],
)
def test_what_is_too_long_is_refused(data: bytes) -> None:
    with pytest.raises(Fault) as caught:
        whole(data)
    assert caught.value.status in (414, 431)


PIECES = [
    GET + b"\r\n",
    POST + b"Content-Type: application/json\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nQUJD",
    b"DELETE /v1/names/web-1.shop.example.com?x=%41 HTTP/1.0\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n",
    *(data for data, _ in REFUSED.values()),
]
BYTES = [
    b"\r",
    b"\n",
    b"\0",
    b" ",
    b"\t",
    b":",
    b"%",
    b"\r\n",
    b"\r\n\r\n",
    b"\x80",
    b"+",
    b"Content-Length: 7\r\n",
]


def mutant(chance: random.Random) -> bytes:
    """A request with a few things changed."""
    data = bytearray(chance.choice(PIECES))
    for _ in range(chance.randrange(4)):
        at = chance.randrange(len(data) + 1)
        kind = chance.randrange(4)
        if kind == 0:
            data[at : at + 1] = bytes([chance.randrange(256)])
        elif kind == 1:
            data[at:at] = chance.choice(BYTES)
        elif kind == 2:
            del data[at : at + chance.randrange(1, 9)]
        else:
            other = chance.choice(PIECES)
            data[at:] = other[chance.randrange(len(other)) :]
    return bytes(data)


def understood(data: bytes) -> Head | None:
    """The head, or None: it is refused, or not all there."""
    try:
        return whole(data) if cut(data) else None
    except Fault:
        return None


def read_or_refuse(data: bytes) -> bool:
    """Whether it is a request. The standard library's reader, which is another, must see the same lengths in it."""
    head = understood(data)
    if head is None:
        return False
    assert head.path.startswith("/")
    assert head.length >= 0
    assert not {"\r", "\n", "\0"} & set(head.method + head.path + head.query + str(head.headers))
    lines = data.partition(b"\r\n\r\n")[0].partition(b"\r\n")[2]
    other = http.client.parse_headers(io.BytesIO(lines + b"\r\n\r\n"))
    assert {name.lower() for name in other} == set(dict(head.headers))
    assert [int(value) for value in other.get_all("content-length", [])] in ([], [head.length])
    return True


def test_no_bytes_lead_to_anything_but_a_request_or_a_refusal() -> None:
    chance = random.Random(4)
    read = sum(read_or_refuse(mutant(chance)) for _ in range(INPUTS))
    assert 0 < read < INPUTS


@pytest.mark.deep
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("share", range(DEEP_SHARES))
def test_ten_million_inputs(share: int) -> None:
    chance = random.Random(f"deep {share}")
    assert sum(read_or_refuse(mutant(chance)) for _ in range(10_000_000 // DEEP_SHARES)) > 0
