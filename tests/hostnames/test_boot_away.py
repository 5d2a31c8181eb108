"""The boot hook when it is not told a name: by whom it is not, and what the machine is then called."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.hostnames.certificates import Pair, self_signed
from tests.hostnames.machine import (
    BOUND,
    ID,
    SECRET,
    Machine,
    Said,
    Server,
    Service,
    closed_port,
    only_wget,
)

NEUTRAL = (ID, ID)
WEB = ("web-1", "web-1.shop.example.com")

# Each waits for a deadline.
pytestmark = pytest.mark.slow


def test_not_yet_is_asked_again(machine: Machine) -> None:
    machine.service = Service([Said(202, b"dns-away\n", (("Retry-After", "1"),)), BOUND])

    assert machine.boot(patience=10) == 0
    assert machine.named == WEB
    assert len(machine.asked) == 2


def test_not_yet_until_the_deadline_fails_closed_and_asks_on(machine: Machine) -> None:
    machine.service = Service([Said(202, b"ca-away\n", (("Retry-After", "1"),))])
    machine.metadata.tags["ec2kit:hostname"] = WEB[1]

    assert machine.boot() == 1
    assert machine.named == NEUTRAL
    assert machine.locked()
    assert machine.retries()
    assert "not yet: ca-away" in machine.console


@pytest.mark.parametrize("status", [400, 403, 404, 302])
def test_refused_is_refused_whatever_the_tag_says(machine: Machine, status: int) -> None:
    machine.service = Service([Said(status, b"held: by another\n", (("Location", "https://127.0.0.1/"),))])
    machine.metadata.tags["ec2kit:hostname"] = WEB[1]

    assert machine.boot() == 1
    assert machine.named == NEUTRAL
    assert machine.locked()
    assert not machine.retries()
    assert len(machine.asked) == 1
    assert f"Puppet is locked: the service answers {status}: held: by another" in machine.console


@pytest.mark.parametrize("says", [None, Said(503, b"upstream"), Said(200, BOUND.body, cut=True)])
def test_away_with_a_tag(machine: Machine, says: Said | None) -> None:
    machine.service = Service([says]) if says else None
    machine.metadata.tags["ec2kit:hostname"] = "Web-1.Shop.example.com"

    assert machine.boot() == 0
    assert machine.named == WEB
    assert machine.locked(), "nobody vouched for the name"
    assert machine.retries()

    machine.service = Service()
    assert machine.boot(2, "again") == 0
    assert machine.named == WEB
    assert not machine.locked()
    assert not machine.retries()
    assert machine.console.strip().endswith("ec2kit: this is web-1.shop.example.com")


def test_away_without_a_tag(machine: Machine) -> None:
    machine.service = None

    assert machine.boot() == 1
    assert machine.named == NEUTRAL
    assert machine.locked()
    assert machine.retries()
    assert "Puppet is locked: the service does not answer: nobody listens there" in machine.console
    assert machine.console.strip().endswith("(curl 7)")

    assert machine.boot(2, "again") == 0
    assert machine.named == NEUTRAL
    assert machine.retries()

    machine.service = Service()
    assert machine.boot(2, "again") == 0
    assert machine.named == WEB
    assert not machine.locked()


def test_back_and_refusing_takes_the_name_of_the_tag_away(machine: Machine) -> None:
    machine.service = None
    machine.metadata.tags["ec2kit:hostname"] = WEB[1]
    machine.boot()

    machine.service = Service([Said(403, b"no-name\n")])
    assert machine.boot(2, "again") == 0
    assert machine.named == NEUTRAL
    assert machine.locked()
    assert not machine.retries()


HELD = Said(409, b"refused: held: another has it\n")


def test_a_name_that_another_has_is_asked_for_until_that_is_gone(machine: Machine) -> None:
    machine.service = Service([HELD])
    machine.metadata.tags["ec2kit:hostname"] = WEB[1]

    assert machine.boot(patience=10) == 1
    assert len(machine.asked) == 1, "a boot does not wait for it"
    for _ in range(2):
        assert machine.named == NEUTRAL
        assert machine.locked()
        assert machine.retries()
        assert machine.boot(2, "again") == 0
    [line] = machine.console.strip().splitlines()
    assert "Puppet is locked: the service answers 409: refused: held: another has it" in line

    machine.service = Service()
    assert machine.boot(2, "again") == 0
    assert machine.named == WEB
    assert not machine.locked()
    assert not machine.retries()


def test_a_name_by_its_tag_that_another_has_is_taken_away_and_asked_for(machine: Machine) -> None:
    machine.service = None
    machine.metadata.tags["ec2kit:hostname"] = WEB[1]
    machine.boot()

    machine.service = Service([HELD])
    assert machine.boot(2, "again") == 0
    assert machine.named == NEUTRAL
    assert machine.locked()
    assert machine.retries()
    assert "has no name any more" in machine.console


@pytest.mark.parametrize("says", [Said(202, b"ca-away\n"), HELD])
def test_what_a_boot_was_called_by_its_tag_is_forgotten_with_the_name(machine: Machine, says: Said) -> None:
    """A name that is given afterwards is another than the machine has then, though it was the tag's."""
    machine.service = None
    machine.metadata.tags["ec2kit:hostname"] = WEB[1]
    machine.boot()

    machine.service = Service([says])
    assert machine.boot() == 1
    assert machine.named == NEUTRAL
    assert not machine.has("var/lib/ec2kit/hostname/state")


def test_a_name_that_cannot_be_written_down_is_asked_for_again(machine: Machine) -> None:
    blocked = machine.root / "etc/puppet/csr_attributes.yaml.new"
    blocked.mkdir(parents=True)
    assert machine.boot() == 1
    assert machine.named == NEUTRAL
    assert machine.retries()

    blocked.rmdir()
    assert machine.boot(2, "again") == 0
    assert machine.named == WEB


@pytest.mark.parametrize("tag", ["web_1", "web-1; reboot", "a." * 130, ""])
def test_a_tag_that_is_no_name_is_none(machine: Machine, tag: str) -> None:
    machine.service = None
    machine.metadata.tags["ec2kit:hostname"] = tag

    assert machine.boot() == 1
    assert machine.named == NEUTRAL


HOSTILE = {
    "empty": b"",
    "json": b'{"name": "web-1"}\n',
    "no end": BOUND.body[:-1],
    "a line more": BOUND.body + b"x\n",
    "an empty line more": BOUND.body + b"\n",
    "carriage returns": BOUND.body.replace(b"\n", b"\r\n"),
    "nul": BOUND.body.replace(b"web-1\n", b"web-1\0\n", 1),
    "blank": BOUND.body.replace(b"web-1\n", b" web-1\n", 1),
    "command": b"$(touch${IFS}owned)\n$(touch${IFS}owned).example.com\n" + SECRET.encode() + b"\n",
    "quote": b"web-1\nweb-1.example.com\n" + b"x'; touch owned; echo 'aaaaaaaa\n",
    "yaml": b"web-1\nweb-1.example.com\naaaaaaaaaaaaaaaaaaaa: {x: y}\n",
    "other": b"web-1\nweb-2.shop.example.com\n" + SECRET.encode() + b"\n",
    "no domain": b"web-1\nweb-1\n" + SECRET.encode() + b"\n",
    "upper": b"WEB-1\nWEB-1.example.com\n" + SECRET.encode() + b"\n",
    "long label": b"%s\n%s.example.com\n%s\n" % (b"a" * 64, b"a" * 64, SECRET.encode()),
    "long name": b"a\n%s\n%s\n" % (b"a." * 130 + b"com", SECRET.encode()),
    "short token": b"web-1\nweb-1.shop.example.com\nabc\n",
    "long token": b"web-1\nweb-1.shop.example.com\n" + b"a" * 300 + b"\n",
    "endless": BOUND.body + b"x" * 200_000,
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_an_answer_that_is_none_gives_no_name(machine: Machine, body: bytes) -> None:
    machine.service = Service([Said(200, body)])
    machine.metadata.tags["ec2kit:hostname"] = WEB[1]

    assert machine.boot() == 1
    assert machine.named == NEUTRAL
    assert machine.locked()
    assert machine.retries()
    assert not list(machine.root.rglob("owned"))
    assert not Path("owned").exists()


def test_what_a_refusal_says_is_one_short_line_on_the_console(machine: Machine) -> None:
    machine.service = Service([Said(403, b"\x1b]0;hello\x07" + b"y" * 5000 + b"\nsecond\n")])

    machine.boot()

    [line] = machine.console.strip().splitlines()
    assert line.isprintable()
    assert len(line) < 300
    assert "second" not in line


def test_no_network_until_the_deadline(machine: Machine) -> None:
    machine.metadata.silent_for = 1000

    assert machine.boot(INSTANCE_ID=ID) == 1
    assert machine.named == NEUTRAL
    assert machine.locked()
    assert machine.retries()
    assert machine.asked == []
    assert "the metadata service does not tell its id" in machine.console


def test_an_id_that_is_none_is_not_taken(machine: Machine) -> None:
    machine.metadata.id = "i-$(reboot)"

    assert machine.boot(INSTANCE_ID="i-../../x") == 1
    assert machine.named == ("ec2kit-unnamed", "ec2kit-unnamed")


def test_a_service_that_is_another_is_away(machine: Machine, tmp_path: Path) -> None:
    machine.trusted = self_signed(tmp_path / "other").certificate.read_text()

    assert machine.boot() == 1
    assert machine.asked == []
    assert machine.named == NEUTRAL
    assert "Puppet is locked: the certificate of the service is not trusted here" in machine.console
    assert "(curl 60)" in machine.console


@pytest.mark.parametrize("tool", ["curl", "wget"])
@pytest.mark.parametrize(
    "place, says, codes",
    [
        ("https://127.0.0.1:{shut}", "does not answer: nobody listens there", (7, 4)),
        # No resolver is asked for a name of more than 255 characters.
        (f"https://{'.'.join(['a' * 60] * 5)}", "the host of the service is not found in DNS", (6, 4)),
        ("https://127.0.0.1:{plain}", "the service does not speak TLS with this machine", (35, 4)),
        ("https://127.0.0.1:{mute}", "the service does not answer in time", (28, 124)),
    ],
)
def test_why_nobody_answers_is_told_in_words(
    machine: Machine, tmp_path: Path, tool: str, place: str, says: str, codes: tuple[int, int]
) -> None:
    machine.path = only_wget(tmp_path / "bin") if tool == "wget" else ""
    plain = Server(lambda _: Said(400))
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        ports = {"shut": closed_port(), "plain": plain.port, "mute": mute.getsockname()[1]}
        machine.place = place.format(**ports)
        assert machine.boot(patience=3) == 1
    plain.close()
    assert says in machine.console
    assert machine.console.strip().endswith(f"({tool} {codes[tool == 'wget']})")


def test_a_document_that_is_none_is_not_sent(machine: Machine) -> None:
    machine.metadata.blob = b'"}, "x": {"'

    assert machine.boot() == 1
    assert machine.asked == []


def test_with_neither(tmp_path: Path, pair: Pair) -> None:
    path = only_wget(tmp_path / "bin")
    (tmp_path / "bin/wget").unlink()
    machine = Machine(tmp_path / "root", pair, path=path)

    assert machine.boot(INSTANCE_ID=ID) == 1
    assert machine.named == NEUTRAL
    assert machine.locked()
