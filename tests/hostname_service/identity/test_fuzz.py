"""Hostile bytes: whatever is sent, the answer is the very content that was signed, or a refusal, and nothing else.

An exception that is not a refusal ends a test here as it would end a request there. The inputs are the same in every
run but for the keys. `FUZZ_INPUTS` is how many there are, 100,000 if it is not set.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from random import Random
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostname_service.errors import Refused
from hostname_service.identity import cms
from hostname_service.identity.document import read_document
from tests.hostname_service.authority import ACCOUNT, REGION, Shape, authority, document, foreigner, neighbour

T = TypeVar("T")

SHARES = 2
INPUTS = int(os.environ.get("FUZZ_INPUTS", "100000"))
DEEP_SHARES = 20
DEEP_INPUTS = 10_000_000

CONTENT = document()
OTHER = document(instanceId="i-0fedcba9876543210")


@dataclass
class Node:
    """A value of a blob taken apart, so that lengths are right again when it is put together."""

    tag: int
    inside: bytes | list[Node]

    def __bytes__(self) -> bytes:
        content = self.inside if isinstance(self.inside, bytes) else b"".join(map(bytes, self.inside))
        size = len(content)
        length = bytes([size]) if size < 0x80 else b"\x82" + size.to_bytes(2, "big")
        return bytes([self.tag]) + length + content

    def indefinite(self, random: Random) -> bytes:
        """The same in BER, where each constructed value may have an indefinite length."""
        if isinstance(self.inside, bytes):
            return bytes(self)
        content = b"".join(one.indefinite(random) for one in self.inside)
        if random.random() < 0.5:
            return bytes([self.tag, 0x80]) + content + b"\0\0"
        return bytes([self.tag, 0x82]) + len(content).to_bytes(2, "big") + content

    def copy(self) -> Node:
        """The same value, with nothing shared."""
        return Node(
            self.tag, self.inside if isinstance(self.inside, bytes) else [one.copy() for one in self.inside]
        )

    def all(self) -> list[Node]:
        """This value and all inside."""
        inner = [] if isinstance(self.inside, bytes) else self.inside
        return [self, *(one for node in inner for one in node.all())]


def taken_apart(data: bytes) -> list[Node]:
    """Given DER, return its values."""
    nodes: list[Node] = []
    at = 0
    while at < len(data):
        tag, size, begins = data[at], data[at + 1], at + 2
        if size & 0x80:
            begins += size & 0x7F
            size = int.from_bytes(data[at + 2 : begins], "big")
        content = data[begins : begins + size]
        nodes.append(Node(tag, taken_apart(content) if tag & 0x20 else content))
        at = begins + size
    return nodes


@cache
def seeds() -> tuple[bytes, ...]:
    """Blobs that verify, and some that speak of another document under other keys and shapes."""
    shapes = (Shape(), Shape(algorithm="sha256_rsa"), Shape(leave_out=frozenset({"signing_time"})))
    good = [authority().blob(CONTENT, shape) for shape in shapes]
    random = Random(1)
    chunked = [taken_apart(blob)[0].indefinite(random) for blob in good]
    return (*good, *chunked, foreigner().blob(OTHER), neighbour().blob(OTHER))


@cache
def trees() -> tuple[Node, ...]:
    """The seeds in DER taken apart, three that verify and two of other keys; to be copied before they are changed."""
    return tuple(taken_apart(blob)[0] for blob in (*seeds()[:3], *seeds()[-2:]))


def flipped(random: Random) -> bytes:
    """A blob with a few bytes changed."""
    blob = bytearray(random.choice(seeds()))
    for _ in range(random.randint(1, 4)):
        blob[random.randrange(len(blob))] = random.choice((0, 0x80, 0xFF, random.randrange(256)))
    return bytes(blob)


def spliced(random: Random) -> bytes:
    """The beginning of one blob, something, and the end of another."""
    head, tail = random.choice(seeds()), random.choice(seeds())
    cut = random.randrange(len(head))
    again = max(0, cut + random.randint(-12, 12))
    return head[:cut] + random.randbytes(random.choice((0, 0, 1, 4))) + tail[again:]


def rearranged(random: Random) -> bytes:
    """A blob whose values are left out, doubled, exchanged or retagged, with lengths that are right."""
    root = trees()[random.randrange(3)].copy()
    donors = trees()[-random.randint(1, 2)].all()
    for _ in range(random.randint(1, 3)):
        parents = [node for node in root.all() if isinstance(node.inside, list) and node.inside]
        if not parents:
            break
        children = random.choice(parents).inside
        assert isinstance(children, list)
        at = random.randrange(len(children))
        match random.randrange(5):
            case 0:
                del children[at]
            case 1:
                children.insert(at, children[at].copy())
            case 2:
                children[at] = random.choice(donors).copy()
            case 3:
                children[at].tag = random.choice((0x02, 0x04, 0x05, 0x06, 0x24, 0x30, 0x31, 0xA0, 0xA1, 0x80))
            case _:
                children[at].inside = random.randbytes(random.choice((0, 1, 4, 20)))
    return root.indefinite(random) if random.random() < 0.5 else bytes(root)


def invented(random: Random) -> bytes:
    """Values of any tag inside each other."""

    def value(depth: int) -> bytes:
        tag = random.choice(
            (0x02, 0x04, 0x05, 0x06, 0x17, 0x24, 0x30, 0x31, 0xA0, 0xA1, random.randrange(256))
        )
        if tag & 0x20 and depth < 20:
            content = b"".join(value(depth + 1) for _ in range(random.randint(0, 3)))
            return (
                bytes([tag, 0x80]) + content + b"\0\0" if random.random() < 0.5 else bytes(Node(tag, content))
            )
        return bytes(Node(tag, random.randbytes(random.randint(0, 12))))

    signed_data = bytes.fromhex("06092a864886f70d010702")
    return bytes(Node(0x30, signed_data + bytes(Node(0xA0, value(0)))))


def noise(random: Random) -> bytes:
    """Any bytes."""
    return random.randbytes(random.randint(0, 200))


KINDS: Sequence[Callable[[Random], bytes]] = (flipped, spliced, rearranged, invented, noise)


def asked(ask: Callable[[], T]) -> T | Refused:
    """What is answered; any other exception than a refusal goes on."""
    try:
        return ask()
    except Refused as refused:
        return refused


def fuzz(share: str, inputs: int) -> Counter[str]:
    """Try so many inputs, and return how often each answer was given."""
    trusted = (neighbour().signer("us-east-1"), authority().signer(REGION))
    answers: Counter[str] = Counter()
    for number in range(inputs):
        random = Random(f"{share} {number}")
        blob = KINDS[number % len(KINDS)](random)
        answer = asked(partial(cms.verify, blob, trusted))
        if isinstance(answer, Refused):
            answers[f"{answer.reason}: {answer.message}"] += 1
            continue
        expected = CONTENT if answer.signer.regions == {REGION} else OTHER
        assert answer.content == expected, f"{share} {number}: {blob.hex()}"
        answers["verified"] += 1
    assert all(answer == "verified" or answer.startswith("forged: ") for answer in answers)
    return answers


@pytest.mark.slow
@pytest.mark.parametrize("share", range(SHARES))
def test_hostile_bytes_are_refused_or_the_same_content(share: int) -> None:
    answers = fuzz(f"share {share}", INPUTS // SHARES)
    # The inputs come as far as the last check, and past it: BER has many spellings of one value.
    assert answers["verified"]
    assert any("not what was signed" in answer for answer in answers)
    assert any("not of the key" in answer for answer in answers)


@pytest.mark.deep
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("share", range(DEEP_SHARES))
def test_ten_million_hostile_inputs(share: int) -> None:
    assert fuzz(f"deep {share}", DEEP_INPUTS // DEEP_SHARES)["verified"]


@pytest.mark.parametrize("number", range(200))
def test_hostile_text_is_refused_or_the_same_content(number: int) -> None:
    random = Random(number)
    text = bytearray(authority().text(CONTENT).encode())
    for _ in range(random.randint(1, 3)):
        text[random.randrange(len(text))] = random.choice(b"\0 \n=+/AZ\x80\xff")
    answer = asked(lambda: cms.verify(cms.decode(bytes(text)), [authority().signer()]))
    assert answer.reason == "forged" if isinstance(answer, Refused) else answer.content == CONTENT


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
KEYS = (
    "accountId",
    "instanceId",
    "region",
    "privateIp",
    "pendingTime",
    "availabilityZone",
    "imageId",
    "architecture",
)


@given(st.sampled_from(KEYS), JSON)
def test_any_value_in_a_signed_document_is_read_or_refused(key: str, value: object) -> None:
    answer = asked(lambda: read_document(document(**{key: value}), {REGION}))
    if isinstance(answer, Refused):
        assert answer.reason in ("document", "region")
    else:
        assert (answer.account, answer.region) == (ACCOUNT, REGION)


@given(st.binary() | st.text().map(str.encode))
def test_any_signed_bytes_are_no_document(content: bytes) -> None:
    with pytest.raises(Refused) as refused:
        read_document(content, {REGION})
    assert refused.value.reason == "document"
