"""`K=V` and keys as people type them, checked by AWS's rules before anything is sent. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ec2kit.errors import UsageError
from ec2kit.model.tags import MAX_KEY, MAX_VALUE, PREFIX, Tags

RESERVED = "aws:"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What EC2's answers cannot carry (XML 1.0, 2.2 "Characters")."""


def parse_pairs(words: Iterable[str]) -> dict[str, str]:
    """Given `K=V` words, return the tags; an empty value is a value. Raises `UsageError`."""
    tags: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise UsageError(f"'{word}' is not a tag", hint="write it as KEY=VALUE")
        check_key(key)
        if len(value) > MAX_VALUE:
            raise UsageError(
                f"the value of the tag '{key}' has {len(value)} characters, and AWS allows {MAX_VALUE}"
            )
        if _NO_XML.search(value):
            raise UsageError(
                f"the value {value!r} of the tag '{key}' has control characters",
                hint="AWS's answers cannot carry them: leave them out",
            )
        if key in tags:
            raise UsageError(f"the tag '{key}' is given twice", hint="give it once")
        tags[key] = value
    return tags


def check_key(key: str) -> None:
    """Raise `UsageError` for a key that AWS refuses (EC2 user guide, "Tag restrictions")."""
    if not key:
        raise UsageError("a tag has a key", hint="write it as KEY=VALUE")
    if key.lower().startswith(RESERVED):
        raise UsageError(
            f"the tag '{key}' is AWS's own", hint=f"keys that begin with `{RESERVED}` cannot be changed"
        )
    if len(key) > MAX_KEY:
        raise UsageError(f"the key '{key[:20]}…' has {len(key)} characters, and AWS allows {MAX_KEY}")
    if _CONTROL.search(key):
        raise UsageError(f"the key {key!r} has control characters")


def notes_for(keys: Iterable[str]) -> tuple[str, ...]:
    """Given keys, return what a person should know of those that ec2kit itself goes by."""
    own = sorted(key for key in keys if key.startswith(PREFIX))
    return (f"ec2kit goes by {', '.join(own)}: docs/reference/tags.md says how",) if own else ()


def counted(tags: Tags) -> int:
    """How many of a resource's tags count against the limit: AWS's own do not."""
    return sum(not key.lower().startswith(RESERVED) for key in tags)
