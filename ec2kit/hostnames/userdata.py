"""User data of two parts: the boot hook, and what the machine was to run anyway.

cloud-init takes several parts as MIME multipart, and any of it gzipped (cloud-init, "User-data formats"); EC2 takes 16
KiB as they are before base64. The same parts always make the same bytes, since a run that was cut looks for what it
wrote already. Text here may hold bytes that are no UTF-8, as surrogates. Pure.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.parser import BytesParser
from email.policy import compat32

from ec2kit.errors import UsageError
from ec2kit.hostnames.hook import MARK
from ec2kit.hostnames.hook import PREFIX as HOOK

MOST_BYTES = 16_384
"""RunInstances (EC2 API reference, "UserData"): 16 KB before base64."""
MOST_UNPACKED = 1 << 22
"""Gzipped text can be a thousand times as long as it looks."""
CONTENT_TYPES = {
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
OURS = ("hostname", "fqdn", "preserve_hostname", "manage_etc_hosts", "prefer_fqdn_over_hostname")
"""Keys of cloud-config that user data must leave to the hook: what user data says comes before any file."""


def with_hook(hook: str, user_data: str = "") -> str:
    """Given a hook and other user data, return both as user data, gzipped where they are too long as they are.

    A hook of ours that was in it is replaced. Raises `UsageError` when the other data sets the host name itself, is
    nothing that cloud-init knows, or when both are too long gzipped too.
    """
    others = [part for part in _parts(_unpacked(user_data)) if not is_hook(part[1])]
    for kind, text in others:
        _check_names(kind, text)
    whole = hook if not others else _multipart([("text/cloud-boothook", hook), *others])
    raw = whole.encode(errors="surrogateescape")
    if len(raw) <= MOST_BYTES:
        return whole
    # Its time would make other bytes each second.
    packed = gzip.compress(raw, 9, mtime=0)
    if len(packed) > MOST_BYTES:
        raise UsageError(
            f"the user data has {len(packed)} bytes with the boot hook, gzipped; EC2 takes {MOST_BYTES}",
            hint="let it fetch the rest at boot",
        )
    return packed.decode(errors="surrogateescape")


def is_hook(text: str) -> bool:
    """Whether this part is a boot hook of ours."""
    return text.startswith(HOOK) and MARK in text


def _unpacked(text: str) -> str:
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


def _parts(text: str) -> list[tuple[str, str]]:
    """Each part's type and text."""
    if not text.strip():
        return []
    if not text.lower().startswith(("content-type:", "mime-version:", "from ")):
        return [(_kind(text), text)]
    message = BytesParser(policy=compat32).parsebytes(text.encode(errors="surrogateescape"))
    return [(part.get_content_type(), _payload(part)) for part in message.walk() if not part.is_multipart()]


def _payload(part: Message) -> str:
    found = part.get_payload(decode=True)
    return found.decode(errors="surrogateescape") if isinstance(found, bytes) else ""


def _kind(text: str) -> str:
    for beginning, kind in CONTENT_TYPES.items():
        if text.startswith(beginning):
            return kind
    raise UsageError(
        "the user data is nothing that cloud-init knows, and so cannot go beside the boot hook",
        hint="it begins with `#!`, `#cloud-config` or another of cloud-init's first lines",
    )


def _check_names(kind: str, text: str) -> None:
    import yaml

    if kind != "text/cloud-config" and not (kind == "text/plain" and text.startswith("#cloud-config\n")):
        return
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError("the user data is no YAML, though it says that it is cloud-config") from error
    if taken := [key for key in OURS if isinstance(found, dict) and key in found]:
        raise UsageError(
            f"the user data sets '{taken[0]}', which is the boot hook's to say",
            hint=f"take `{taken[0]}` out of it; --no-etc-hosts leaves /etc/hosts alone",
        )


def _multipart(parts: list[tuple[str, str]]) -> str:
    seen = hashlib.sha256("\0".join(text for _, text in parts).encode(errors="surrogateescape")).hexdigest()
    whole = MIMEMultipart(boundary=f"=={seen[:24]}==")
    for kind, text in parts:
        part = Message(policy=compat32)
        part["Content-Type"] = f'{kind}; charset="utf-8"'
        raw = text.encode(errors="surrogateescape")
        if (
            raw.isascii()
            and b"\r" not in raw
            and not any(line.startswith(b"From ") for line in raw.split(b"\n"))
        ):
            part["Content-Transfer-Encoding"] = "7bit"
            part.set_payload(text)
        else:
            part["Content-Transfer-Encoding"] = "base64"
            part.set_payload(_base64_lines(raw))
        whole.attach(part)
    return whole.as_string()


def _base64_lines(raw: bytes) -> str:
    import base64

    return base64.encodebytes(raw).decode()
