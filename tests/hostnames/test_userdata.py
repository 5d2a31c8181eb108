"""The boot hook beside other user data: both parts as they were, in the room that there is."""

from __future__ import annotations

import base64
import email
import gzip
import random
from email.message import Message

import pytest
from hypothesis import example, given
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
        ("\n#Cloud-Config\npackages: [nginx]\n", "text/cloud-config"),
    ],
)
def test_both_parts_are_as_they_were(text: str, kind: str) -> None:
    assert parts(with_hook(HOOK, text)) == [
        ("text/cloud-boothook", HOOK.encode()),
        (kind, text.encode()),
    ]


@pytest.mark.slow
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


SEVERAL = """\
Subject: for all
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="inner"

--inner
MIME-Version: 1.0
Content-Type: text/cloud-config; charset="us-ascii"; name="first thing.yaml"
Content-Transfer-Encoding: base64
Content-Disposition: attachment;
 filename="20 first.yaml"
Merge-Type: list(append)+dict(recurse_array)+str()
X-Merge-Type: dict(replace)
Launch-Index: 3
X-Ours: kept as well

I2Nsb3VkLWNvbmZpZwpwYWNrYWdlczogW25naW54XQo=
--inner
Content-Type: text/x-shellscript

#!/bin/sh
--inner--
"""


def messages(text: str) -> list[Message]:
    return [part for part in email.message_from_string(text).walk() if not part.is_multipart()]


def test_what_cloud_init_is_told_of_a_part_stays_with_it() -> None:
    _, config, script = messages(with_hook(HOOK, SEVERAL))

    assert config.items() == [
        ("Content-Type", 'text/cloud-config; charset="utf-8"; name="first thing.yaml"'),
        ("Content-Disposition", 'attachment; filename="20 first.yaml"'),
        ("Merge-Type", "list(append)+dict(recurse_array)+str()"),
        ("X-Merge-Type", "dict(replace)"),
        ("Launch-Index", "3"),
        ("X-Ours", "kept as well"),
        ("Content-Transfer-Encoding", "7bit"),
    ]
    assert config.get_payload() == "#cloud-config\npackages: [nginx]\n"
    assert config.get_filename() == "20 first.yaml"
    assert script.items() == [
        ("Content-Type", 'text/x-shellscript; charset="utf-8"'),
        ("Content-Transfer-Encoding", "7bit"),
    ]


def test_a_message_of_one_part_keeps_its_headers_too() -> None:
    one = "Launch-Index: 1\nContent-Type: text/cloud-config\nMIME-Version: 1.0\n\n#cloud-config\n{}\n"

    _, config = messages(with_hook(HOOK, one))
    assert (config["Launch-Index"], config.get_content_type()) == ("1", "text/cloud-config")


def test_a_message_of_no_part_is_refused() -> None:
    with pytest.raises(UsageError, match="several parts, and has none"):
        with_hook(HOOK, "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n#!/bin/sh\n")


HEADERS = st.sampled_from(["Merge-Type", "Launch-Index", "Content-Disposition", "X-Ours", "Subject"])
VALUES = st.lists(
    st.sampled_from([*"ab1 =;\"'()+\\\t\x0b\u00e9\u2028\udcff", "\n ", "\r\n\t"]), max_size=40
).map("".join)
PARAMETERS = st.dictionaries(st.sampled_from(["name", "NAME", "x-y", "charset", "name*"]), VALUES, max_size=3)


@pytest.mark.slow
@given(st.lists(st.tuples(HEADERS, VALUES), max_size=4), PARAMETERS, st.sampled_from(["", "\u00e9", "\r\n"]))
@example([("Subject", "\n a")], {"name*": "utf-8''a%20b"}, "")
def test_merging_twice_is_merging_once(
    headers: list[tuple[str, str]], parameters: dict[str, str], more: str
) -> None:
    kind = "text/x-shellscript" + "".join(f"; {name}={value}" for name, value in parameters.items())
    lines = [
        f"{name}: {value}" for name, value in [("MIME-Version", "1.0"), ("Content-Type", kind), *headers]
    ]
    text = "\n".join([*lines, "", f"#!/bin/sh\n{more}"])

    once = with_hook(HOOK, text)
    assert with_hook(HOOK, text) == once
    assert with_hook(HOOK, once) == once
    assert once.isascii()
    assert [data for _, data in parts(once)][1] == f"#!/bin/sh\n{more}".encode()


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


PACKED = base64.b64encode(gzip.compress(NAMES.encode())).decode()
PATCH = '[{"op": "add", "path": "/fqdn", "value": "a.b"}]'
SETTING = [
    "## template: jinja\n#cloud-config\nhostname: web-{{ v1.local_hostname }}\n",
    "## template: jinja\n#cloud-config\n{% if v1.region == 'eu' %}\n'fqdn': a.b\n{% endif %}\nruncmd: [a]\n",
    "## template: jinja\n{# {{ #}#cloud-config\n{fqdn: a.b, runcmd: [{{ one }}]}\n",
    "## Template: jinja\n#cloud-config\nruncmd: {% raw %}[a]{% endraw %}\n{%- set x = 1 %}preserve_hostname : true\n",
    "#cloud-config-archive\n- |\n  #cloud-config\n  hostname: a\n",
    "#cloud-config-archive\n- 'hostname: a'\n",
    "#cloud-config-archive\n- {type: text/cloud-config, content: 'manage_etc_hosts: true', filename: x}\n",
    "#cloud-config-archive\n- {content: '## template: jinja\n\n    #cloud-config\n\n    fqdn: {{ a }}'}\n",
    "#cloud-config-archive\n- content: !!binary aG9zdG5hbWU6IGE=\n  type: text/cloud-config\n",
    f"#cloud-config-archive\n- [a]\n- {{type: text/cloud-config-jsonp, content: {PATCH!r}}}\n",
    '#cloud-config-jsonp\n[{"op": "add", "path": "/hostname", "value": "a"}]\n',
    '#cloud-config-jsonp\n[{"op": "replace", "path": "", "value": {"hostname": "a"}}]\n',
    '#cloud-config-jsonp\n[{"op": "test", "path": "/hostname"}, {"op": "move", "from": "/a", "path": "/fqdn"}]',
    "MIME-Version: 1.0\nContent-Type: text/plain\n\n#Cloud-Config\nhostname: a\n",
    "MIME-Version: 1.0\nContent-Type: text/x-shellscript\n\n#cloud-config\nhostname: a\n",
    f"MIME-Version: 1.0\nContent-Type: application/x-gzip\nContent-Transfer-Encoding: base64\n\n{PACKED}\n",
]


@pytest.mark.parametrize(
    "text",
    [
        "## template: jinja\n#cloud-config\nruncmd:\n- echo {{ v1.hostname }}\n# hostname: a\nx: {hostname: b}\n",
        "## template: jinja\n#!/bin/sh\nhostname: a\n",
        "#cloud-config-archive\n- {type: text/x-shellscript, content: 'hostname: a'}\n- 7\n- runcmd: [a]\n",
        "#cloud-config-archive\nfqdn: a.b\n",
        "#cloud-config-archive\n- type: text/cloud-config-archive\n  content: '[\"fqdn: a\"]'\n",
        '#cloud-config-jsonp\n[{"op": "add", "path": "/x/hostname", "value": 1}, {"op": "remove", "path": "/fqdn"}]',
        "#cloud-config-jsonp\n{}\n",
        "#cloud-config\n- hostname\n",
        "#!/bin/sh\nhostname: a\n",
        "#include\nhttps://example.com/hostname\n",
    ],
)
def test_what_only_looks_like_a_name_goes_beside_it(text: str) -> None:
    assert parts(with_hook(HOOK, text))[1][1] == text.encode()


def test_the_hosts_file_is_others_where_the_hook_leaves_it_alone() -> None:
    ours = boot_hook(HookSettings("https://names.example.com:8443", etc_hosts=False))
    own = "#cloud-config\nmanage_etc_hosts: false\n"

    assert parts(with_hook(ours, own, etc_hosts=False))[1][1] == own.encode()
    with pytest.raises(UsageError, match="'hostname'"):
        with_hook(ours, NAMES, etc_hosts=False)


@pytest.mark.parametrize("text", SETTING)
def test_a_name_is_found_in_every_form(text: str) -> None:
    with pytest.raises(UsageError, match="which is the boot hook's to say"):
        with_hook(HOOK, text)


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
        "#cloud-config-jsonp\n[\n",
        "#cloud-config-archive\n{\n",
    ],
)
def test_what_cannot_go_beside_it_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        with_hook(HOOK, text)
