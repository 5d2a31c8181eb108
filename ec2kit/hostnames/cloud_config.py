"""Which keys of cloud-config a part of user data sets, in whichever of its forms (cloud-init, "User-data formats").

As far as the text itself tells: what a template makes of instance data, and what `#include` fetches, is known at boot
alone. Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from ec2kit.errors import UsageError
from ec2kit.hostnames.parts import Part, kind_of, unpacked

FOUND_OUT = frozenset({"text/plain", "text/x-not-multipart", "text/x-shellscript"})
"""Types that cloud-init does not take at their word: it looks how the text begins."""
CONFIG, ARCHIVE, PATCH, TEMPLATE = (
    "text/cloud-config",
    "text/cloud-config-archive",
    "text/cloud-config-jsonp",
    "text/jinja2",
)
WRITES = frozenset({"add", "replace", "copy", "move"})
"""Operations of a JSON patch (RFC 6902) that leave something at their path."""
_BEGINS_TEMPLATE = re.compile(r"\s*##\s*template:[^\n]*\n", re.IGNORECASE)
_NOT_MADE = re.compile(r"\{#.*?#\}|\{%.*?%\}", re.DOTALL)
"""What a template leaves nothing of where it stands."""
_MADE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_KEY_OF_LINE = re.compile(r"""^["']?([A-Za-z_-]+)["']?[ \t]*:(?=\s|$)""", re.MULTILINE)


def keys_of(part: Part) -> frozenset[str]:
    """Given a part, return the keys of cloud-config that it sets, the topmost alone; none when it is something else.

    Raises `UsageError` when it is not of the form that it says.
    """
    text = unpacked(part.text)
    packed = text is not part.text
    kind = kind_of(text) or part.kind if packed or part.kind in FOUND_OUT else part.kind
    if kind == TEMPLATE or (kind == CONFIG and _BEGINS_TEMPLATE.match(text)):
        return _of_template(text)
    if kind == CONFIG:
        return _topmost(_yaml(text))
    if kind == PATCH:
        return _of_patch(text)
    if kind == ARCHIVE:
        return _of_archive(_yaml(text))
    return frozenset()


def _yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError("the user data is no YAML, though it says that it is cloud-config") from error


def _topmost(found: object) -> frozenset[str]:
    return frozenset(map(str, found)) if isinstance(found, dict) else frozenset()


def _of_archive(entries: object) -> frozenset[str]:
    """A list of texts, or of mappings with `type` and `content`; what has no type and no beginning is cloud-config."""
    if not isinstance(entries, Iterable) or isinstance(entries, (str, bytes, dict)):
        return frozenset()
    found: frozenset[str] = frozenset()
    for entry in entries:
        one = entry if isinstance(entry, dict) else {"content": entry}
        content = one.get("content", "")
        text = content.decode(errors="surrogateescape") if isinstance(content, bytes) else str(content)
        kind = str(one.get("type") or "") or kind_of(text) or CONFIG
        # cloud-init opens no archive in an archive.
        if kind != ARCHIVE:
            found |= keys_of(Part(kind, text))
    return found


def _of_patch(text: str) -> frozenset[str]:
    """A JSON patch of the cloud-config that the parts before it make."""
    try:
        deeds = json.loads(text.lstrip().removeprefix("#cloud-config-jsonp"))
    except ValueError as error:
        raise UsageError("the user data is no JSON patch, though it says that it is one") from error
    found: frozenset[str] = frozenset()
    for deed in deeds if isinstance(deeds, list) else ():
        if isinstance(deed, dict) and deed.get("op") in WRITES:
            path = str(deed.get("path", ""))
            first = path.split("/")[1] if path.startswith("/") else ""
            key = first.replace("~1", "/").replace("~0", "~")
            found |= {key} if path else _topmost(deed.get("value"))
    return found


def _of_template(text: str) -> frozenset[str]:
    """What stands at the beginning of a line, and what YAML sees when nothing is made of the template's own words."""
    text = _NOT_MADE.sub("", _BEGINS_TEMPLATE.sub("", text, count=1)).lstrip()
    if kind_of(text) not in ("", CONFIG, PATCH):
        return frozenset()
    try:
        seen = _topmost(_yaml(_MADE.sub("x", text)))
    except UsageError:
        seen = frozenset()
    return seen | frozenset(_KEY_OF_LINE.findall(text))
