"""Tokens of the EBS direct APIs: of one block, good for a week, and of the next page of a list."""

import base64
import binascii
import hashlib
from datetime import UTC, datetime, timedelta

from ec2kit.sandbox.rules.blocks_refusals import BlocksRefused, invalid

LIFE = timedelta(days=7)
"""EBS User Guide, "Read snapshots with EBS direct APIs": block tokens expire after seven days."""

_STAMP = 8
_PAGE = b"ec2kit-page:"


def of_block(snapshot_id: str, index: int, digest: bytes, expires: datetime) -> str:
    """Given a block of a snapshot and until when, return its token."""
    stamp = int(expires.timestamp()).to_bytes(_STAMP, "big")
    return base64.b64encode(stamp + _mark(snapshot_id, index, digest)).decode()


def check_block(token: str, snapshot_id: str, index: int, digest: bytes, now: datetime) -> None:
    """Given a token, raise ValidationException (INVALID_BLOCK_TOKEN) unless it is of this block and still good."""
    try:
        told = base64.b64decode(token, validate=True)
    except binascii.Error:
        raise _bad_block(index) from None
    expires = datetime.fromtimestamp(int.from_bytes(told[:_STAMP], "big") % (1 << 37), UTC)
    if told[_STAMP:] != _mark(snapshot_id, index, digest) or expires < now:
        raise _bad_block(index)


def of_page(index: int) -> str:
    """Given the index at which the next page begins, return its token."""
    return base64.b64encode(_PAGE + str(index).encode()).decode()


def page_start(token: str) -> int:
    """Given a page's token, return the index at which it begins. Raises ValidationException."""
    try:
        told = base64.b64decode(token, validate=True)
    except binascii.Error:
        told = b""
    if not told.startswith(_PAGE) or not told[len(_PAGE) :].isdigit():
        raise invalid("The page token is not valid", "INVALID_PAGE_TOKEN")
    return int(told[len(_PAGE) :])


def _mark(snapshot_id: str, index: int, digest: bytes) -> bytes:
    return hashlib.sha256(f"{snapshot_id}/{index}/".encode() + digest).digest()[:24]


def _bad_block(index: int) -> BlocksRefused:
    return invalid(f"The block token of block {index} is not valid or has expired", "INVALID_BLOCK_TOKEN")
