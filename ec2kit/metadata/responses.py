"""The answers of the metadata service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus


@dataclass(frozen=True)
class MetadataResponse:
    """An HTTP answer, complete: a server only has to write it down."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def reason(self) -> str:
        """The status line's words."""
        return HTTPStatus(self.status).phrase

    def without_body(self) -> MetadataResponse:
        """Return what HEAD gets: the same headers, Content-Length included."""
        return MetadataResponse(self.status, self.headers)


def answer(body: str | bytes, content_type: str = "text/plain", **more: str) -> MetadataResponse:
    """Given a body, return 200 with it; header names are written with `_` for `-`."""
    return _respond(HTTPStatus.OK, body, content_type, more)


def refusal(status: HTTPStatus, **more: str) -> MetadataResponse:
    """Given an error status, return the small XHTML page that the service sends with each of them."""
    title = f"{status.value} - {status.phrase}"
    page = (
        '<?xml version="1.0" encoding="iso-8859-1"?>\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">\n'
        f" <head>\n  <title>{title}</title>\n </head>\n"
        f" <body>\n  <h1>{title}</h1>\n </body>\n</html>\n"
    )
    return _respond(status, page, "text/html", more)


def _respond(
    status: HTTPStatus, body: str | bytes, content_type: str, more: dict[str, str]
) -> MetadataResponse:
    content = body.encode() if isinstance(body, str) else body
    headers = {
        "Content-Type": content_type,
        "Content-Length": str(len(content)),
        "Server": "EC2ws",
    }
    headers.update({name.replace("_", "-"): value for name, value in more.items()})
    return MetadataResponse(status.value, headers, content)
