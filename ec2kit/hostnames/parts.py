"""The parts of user data: each with its type, its text, and the headers that cloud-init reads of it.

cloud-init takes several as MIME multipart (cloud-init, "User-data formats"). `Merge-Type`, `Launch-Index` and the file
name of `Content-Disposition` tell it what to do with a part, so a part keeps every header but those that say how it is
packed. The same parts always make the same bytes. Text here may hold bytes that are no UTF-8, as surrogates. Pure.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.parser import BytesParser
from email.policy import compat32
from email.utils import collapse_rfc2231_value, encode_rfc2231

from ec2kit.errors import UsageError

TYPES = {
    "#!": "text/x-shellscript",
    "#cloud-config-archive": "text/cloud-config-archive",
    "#cloud-config-jsonp": "text/cloud-config-jsonp",
    "#cloud-config": "text/cloud-config",
    "#cloud-boothook": "text/cloud-boothook",
    "#include-once": "text/x-include-once-url",
    "#include": "text/x-include-url",
    "#part-handler": "text/part-handler",
    "## template: jinja": "text/jinja2",
}
"""What user data begins with, and its type as a part; the longer beginnings come first."""
ANEW = frozenset({"content-type", "content-transfer-encoding", "mime-version"})
"""Headers that say how a part is packed: it is packed anew."""
MOST_UNPACKED = 1 << 22
"""Gzipped text can be a thousand times as long as it looks."""
HEAD = 4096
"""Where cloud-init looks for `MIME-Version:` in user data."""
_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_PLAIN = re.compile(r"[A-Za-z0-9 _.,:;/+=()@'-]+")


@dataclass(frozen=True)
class Part:
    """One part of user data."""

    kind: str
    text: str
    parameters: tuple[tuple[str, str], ...] = ()
    """Those of its Content-Type, but for the character set."""
    headers: tuple[tuple[str, str], ...] = ()


def unpacked(text: str) -> str:
    """Given a text, return it as it is, or as it was before gzip; raises `UsageError` when that is broken."""
    raw = text.encode(errors="surrogateescape")
    if not raw.startswith(b"\x1f\x8b"):
        return text
    # 31: a gzip header is there (zlib.decompressobj).
    unpacking = zlib.decompressobj(31)
    try:
        found = unpacking.decompress(raw, MOST_UNPACKED)
    except zlib.error as error:
        raise UsageError(f"the user data is gzipped, and broken: {error}") from error
    if not unpacking.eof:
        raise UsageError("the user data is gzipped, and broken: it has no end, or is far too long")
    return found.decode(errors="surrogateescape")


def kind_of(text: str) -> str:
    """What cloud-init takes a text for by its beginning, in either case; empty: for nothing."""
    beginning = text.lstrip()[:32].lower()
    return next((kind for begins, kind in TYPES.items() if beginning.startswith(begins)), "")


def parts_of(text: str) -> list[Part]:
    """Given user data that is not gzipped, return its parts; raises `UsageError` for what cloud-init does not know."""
    if not text.strip():
        return []
    if not _is_mime(text):
        return [Part(_known(text), text)]
    message = BytesParser(policy=compat32).parsebytes(text.encode(errors="surrogateescape"))
    return [_part(each) for each in message.walk() if not each.is_multipart()]


def multipart(parts: Sequence[Part]) -> str:
    """Given parts, return them as one text."""
    seen = hashlib.sha256("\0".join(part.text for part in parts).encode(errors="surrogateescape")).hexdigest()
    whole = MIMEMultipart(boundary=f"=={seen[:24]}==")
    for part in parts:
        whole.attach(_message(part))
    return whole.as_string()


def _is_mime(text: str) -> bool:
    if text.lower().startswith(("content-type:", "mime-version:", "from ")):
        return True
    return "mime-version:" in text[:HEAD].lower() and not kind_of(text)


def _known(text: str) -> str:
    if kind := kind_of(text):
        return kind
    raise UsageError(
        "the user data is nothing that cloud-init knows, and so cannot go beside the boot hook",
        hint="it begins with `#!`, `#cloud-config` or another of cloud-init's first lines",
    )


def _part(message: Message) -> Part:
    if message.get_content_maintype() == "multipart":
        raise UsageError("the user data says that it has several parts, and has none")
    raw = message.get_payload(decode=True)
    return Part(
        message.get_content_type(),
        raw.decode(errors="surrogateescape") if isinstance(raw, bytes) else "",
        tuple(sorted(_parameters(message).items())),
        tuple(
            (name, _one_line(str(value))) for name, value in message.raw_items() if name.lower() not in ANEW
        ),
    )


def _parameters(message: Message) -> dict[str, str]:
    """Each once, the first one of a name, as text whichever way it was written (RFC 2231); without the characters that
    are read in more ways than one there."""
    found: dict[str, str] = {}
    try:
        params = (message.get_params() or [])[1:]
    except TypeError as error:
        # What is said twice, in pieces and as a whole, cannot be sorted (email.utils.decode_params).
        raise UsageError(
            f"the user data has a part of {message.get_content_type()} that says something twice"
        ) from error
    for name, value in params:
        text = collapse_rfc2231_value(value)
        plain = "".join(each for each in text if each.isprintable() and each not in '"\\').strip()
        fits = _PLAIN.fullmatch(plain) or (plain and name.isalpha())
        if _NAME.fullmatch(name) and name.lower() != "charset" and fits:
            found.setdefault(name.lower(), plain)
    return found


def _written(name: str, value: str) -> str:
    if _PLAIN.fullmatch(value):
        return f'; {name}="{value}"'
    return f"; {name}*={encode_rfc2231(value, 'utf-8')}"


def _one_line(value: str) -> str:
    """Without the ends of lines that a long one was folded at."""
    return " ".join(line.strip() for line in value.splitlines()).strip()


def _message(part: Part) -> Message:
    message = Message(policy=compat32)
    more = "".join(_written(name, value) for name, value in part.parameters)
    message["Content-Type"] = f'{part.kind}; charset="utf-8"{more}'
    for name, value in part.headers:
        message[name] = value
    raw = part.text.encode(errors="surrogateescape")
    if raw.isascii() and b"\r" not in raw and not any(line.startswith(b"From ") for line in raw.split(b"\n")):
        message["Content-Transfer-Encoding"] = "7bit"
        message.set_payload(part.text)
    else:
        message["Content-Transfer-Encoding"] = "base64"
        message.set_payload(base64.encodebytes(raw).decode())
    return message
