"""A request and an answer as plain values, between sockets, WSGI and clients in this process."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes


@dataclass(frozen=True)
class Request:
    """One HTTP request; `target` is the path and query as they arrived, still percent-encoded."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path, decoded."""
        return unquote_to_bytes(self.target.split("?", 1)[0]).decode("utf-8", "replace")

    @property
    def query(self) -> str:
        """The query, still encoded, without the question mark."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str:
        """A header's value whatever the case of its name, or the empty string."""
        wanted = name.lower()
        return next((value for key, value in self.headers.items() if key.lower() == wanted), "")


@dataclass(frozen=True)
class Answer:
    """One HTTP answer, whole."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def header(self, name: str) -> str:
        """A header's value whatever the case of its name, or the empty string."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), "")

    def with_headers(self, extra: Mapping[str, str]) -> "Answer":
        """The same answer with these headers in the place of those of the same name."""
        names = {name.lower() for name in extra}
        kept = tuple((name, value) for name, value in self.headers if name.lower() not in names)
        return Answer(self.status, (*kept, *extra.items()), self.body)


def to_environ(request: Request, host: str) -> dict[str, Any]:
    """Given a request, return the WSGI environment that moto's Flask applications read."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        # PEP 3333: the bytes of the path as if they were latin-1.
        "PATH_INFO": unquote_to_bytes(request.target.split("?", 1)[0]).decode("latin-1"),
        "QUERY_STRING": request.query,
        # moto's S3 reads the undecoded path here: a key may hold an encoded slash.
        "RAW_URI": request.target,
        "REQUEST_URI": request.target,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": host,
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(request.body),
        "wsgi.errors": _Nowhere(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        # The body is whole here, so how it was cut into chunks on the wire no longer applies.
        if key in {"CONTENT_LENGTH", "TRANSFER_ENCODING", "HOST"}:
            continue
        environ["CONTENT_TYPE" if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    return environ


def from_environ(environ: dict[str, Any]) -> Request:
    """Given a WSGI environment, return the request."""
    headers = {
        name[5:].replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")
    }
    if environ.get("CONTENT_TYPE"):
        headers["Content-Type"] = environ["CONTENT_TYPE"]
    length = int(environ.get("CONTENT_LENGTH") or 0)
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI") or _rebuilt_target(environ)
    body = environ["wsgi.input"].read(length) if length else b""
    return Request(environ["REQUEST_METHOD"], target, headers, body)


def _rebuilt_target(environ: dict[str, Any]) -> str:
    query = environ.get("QUERY_STRING")
    return str(environ.get("PATH_INFO", "/")) + (f"?{query}" if query else "")


@dataclass
class Collected:
    """`start_response` of WSGI as an object that keeps what it was told."""

    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    _written: list[bytes] = field(default_factory=list)

    def __call__(self, status: str, headers: list[tuple[str, str]], _error: Any = None) -> Any:
        self.status = int(status.split(" ", 1)[0])
        self.headers = tuple(headers)
        return self._written.append

    def answer(self, chunks: Iterable[bytes]) -> Answer:
        """The whole answer, once the application has returned `chunks`."""
        body = b"".join([*self._written, *chunks])
        return Answer(self.status, self.headers, body)


class _Nowhere:
    """A stream for WSGI errors: what moto raises is answered and logged by the application itself."""

    def write(self, text: str) -> int:
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        pass

    def flush(self) -> None:
        pass
