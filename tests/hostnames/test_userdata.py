"""The boot hook beside other user data: both parts as they were, in the room that there is."""

from __future__ import annotations

import email
import gzip
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.errors import UsageError
from ec2kit.hostnames.hook import HookSettings, boot_hook
from ec2kit.hostnames.userdata import MOST_BYTES, with_hook

HOOK = boot_hook(HookSettings("https://names.example.com:8443"))
NEWER = boot_hook(HookSettings("https://other.example.com:8443"))
SCRIPT = "#!/bin/sh\necho hello\n"
NAMES = "#cloud-config\npackages: [nginx]\nhostname: web-1\n"


def parts(text: str) -> list[tuple[str, bytes]]:
    """What cloud-init makes of it."""
    raw = text.encode(errors="surrogateescape")
    message = email.message_from_bytes(gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw)
    found = []
    for part in message.walk():
        if not part.is_multipart():
            data = part.get_payload(decode=True)
            assert isinstance(data, bytes)
            found.append((part.get_content_type(), data))
    return found


def test_alone_it_is_as_it_is() -> None:
    assert with_hook(HOOK) == HOOK
    assert with_hook(HOOK, " \n") == HOOK


@pytest.mark.parametrize(
    "text, kind",
    [
        (SCRIPT, "text/x-shellscript"),
        ("#cloud-config\npackages: [nginx]\n", "text/cloud-config"),
        ("#include\nhttps://example.com/more\n", "text/x-include-url"),
        ("## template: jinja\n#cloud-config\nruncmd: []\n", "text/jinja2"),
        ("#cloud-boothook\n#!/bin/sh\ntrue\n", "text/cloud-boothook"),
        ("#cloud-config\n# grüße\npackages: [nginx]\n", "text/cloud-config"),
        ("#!/bin/sh\r\necho\r\nFrom here\n", "text/x-shellscript"),
    ],
)
def test_both_parts_are_as_they_were(text: str, kind: str) -> None:
    assert parts(with_hook(HOOK, text)) == [
        ("text/cloud-boothook", HOOK.encode()),
        (kind, text.encode()),
    ]


@given(st.binary(max_size=300))
def test_any_bytes_of_a_script_come_through(data: bytes) -> None:
    text = b"#!/bin/sh\n".decode() + data.decode(errors="surrogateescape")

    whole = with_hook(HOOK, text)
    assert parts(whole)[1][1] == b"#!/bin/sh\n" + data
    assert with_hook(HOOK, text) == whole, "the same each time"


def test_an_older_hook_is_replaced() -> None:
    both = with_hook(HOOK, SCRIPT)

    assert with_hook(NEWER, both) == with_hook(NEWER, SCRIPT)
    assert with_hook(NEWER, HOOK) == NEWER
    assert with_hook(HOOK, both) == both


def test_many_parts_stay_many() -> None:
    both = with_hook("#cloud-boothook\n#!/bin/sh\n", SCRIPT)

    assert [kind for kind, _ in parts(with_hook(HOOK, both))] == [
        "text/cloud-boothook",
        "text/cloud-boothook",
        "text/x-shellscript",
    ]


def test_gzipped_user_data_is_understood() -> None:
    packed = gzip.compress(SCRIPT.encode()).decode(errors="surrogateescape")

    assert with_hook(HOOK, packed) == with_hook(HOOK, SCRIPT)
    with pytest.raises(UsageError, match="broken"):
        with_hook(HOOK, packed[:10] + "\x01\x02")


def test_what_is_too_long_is_gzipped() -> None:
    long = "#!/bin/sh\n" + "echo the same line again and again\n" * 600

    whole = with_hook(HOOK, long)
    raw = whole.encode(errors="surrogateescape")
    assert len(raw) <= MOST_BYTES
    assert parts(whole)[1][1] == long.encode()
    assert with_hook(NEWER, whole) == with_hook(NEWER, long)


def test_what_is_too_long_gzipped_too_is_refused() -> None:
    noise = random.Random(7).randbytes(15_000).hex()

    with pytest.raises(UsageError, match=r"\d+ bytes with the boot hook, gzipped; EC2 takes 16384"):
        with_hook(HOOK, f"#!/bin/sh\n# {noise}\n")


@pytest.mark.parametrize(
    "text",
    [
        NAMES,
        "#cloud-config\nmanage_etc_hosts: false\n",
        with_hook("#cloud-boothook\n#!/bin/sh\n", "#cloud-config\npackages: []\n").replace(
            "packages: []", "fqdn: a.b"
        ),
        "hello\n",
        "#cloud-config\n{\n",
    ],
)
def test_what_cannot_go_beside_it_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        with_hook(HOOK, text)
