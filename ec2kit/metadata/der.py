"""Writing ASN.1: the few encodings that a signed identity document needs."""

from __future__ import annotations

from datetime import UTC, datetime

INTEGER = 0x02
OCTET_STRING = 0x04
NULL = 0x05
OBJECT_IDENTIFIER = 0x06
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18
SEQUENCE = 0x30
SET = 0x31
CONTEXT_0 = 0xA0
"""[0], constructed: EXPLICIT content, or IMPLICIT signedAttrs."""
CONSTRUCTED_OCTET_STRING = 0x24


def encode(tag: int, *parts: bytes) -> bytes:
    """Given a tag and its content in parts, return the definite-length encoding."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def encode_indefinite(tag: int, *parts: bytes) -> bytes:
    """Given a constructed tag and its encoded members, return the BER form that ends with two zeros."""
    return bytes([tag, 0x80]) + b"".join(parts) + b"\0\0"


def encode_integer(value: int) -> bytes:
    """Given a number that is not negative, return its INTEGER (a zero in front keeps the sign bit clear)."""
    return encode(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def encode_oid(dotted: str) -> bytes:
    """Given `1.2.840…`, return its OBJECT IDENTIFIER."""
    first, second, *rest = (int(part) for part in dotted.split("."))
    content = bytearray([first * 40 + second])
    for number in rest:
        septets = [number & 0x7F]
        while number := number >> 7:
            septets.append(number & 0x7F | 0x80)
        content.extend(reversed(septets))
    return encode(OBJECT_IDENTIFIER, bytes(content))


def encode_time(moment: datetime) -> bytes:
    """Given an aware time, return a UTCTime until 2049 and a GeneralizedTime after (RFC 5652, 11.3)."""
    moment = moment.astimezone(UTC)
    if moment.year < 2050:
        return encode(UTC_TIME, moment.strftime("%y%m%d%H%M%SZ").encode())
    return encode(GENERALIZED_TIME, moment.strftime("%Y%m%d%H%M%SZ").encode())


def encode_set(members: list[bytes]) -> bytes:
    """Given encoded members, return the DER SET OF, whose members are sorted by their bytes."""
    return encode(SET, *sorted(members))
