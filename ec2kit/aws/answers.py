"""EC2's answers read quickly: what takes most of the time of listing thousands of instances.

botocore walks the whole model for each element: DescribeInstances' instance has a hundred members, most of them
missing from any answer. Here each structure of the model becomes, when it is first met, a table from the name in the
XML to what reads it, and only what is in the answer is looked at. The values are the same; errors, and shapes that
EC2 does not use (maps, flattened lists), are left to botocore.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element

import botocore.session
from botocore.parsers import EC2QueryParser, ResponseParserFactory
from botocore.utils import parse_timestamp

Reader = Callable[[Element], Any]
"""Given an element, return its value."""


def read_quickly(session: botocore.session.Session) -> None:
    """Have the clients that this session makes from now on read EC2's answers with this module."""
    session.register_component("response_parser_factory", _Parsers())


class _Parsers(ResponseParserFactory):  # type: ignore[misc]  # botocore has no annotations
    """botocore's choice of a parser by protocol, with ours for EC2's own."""

    def create_parser(self, protocol_name: str) -> Any:
        return QuickParser() if protocol_name == "ec2" else super().create_parser(protocol_name)


class QuickParser(EC2QueryParser):  # type: ignore[misc]  # botocore has no annotations
    """Parses what `EC2QueryParser` parses, to the same values."""

    def __init__(self) -> None:
        super().__init__(timestamp_parser=timestamp)
        # By the shape's name: a client has one model, and threads that compile the same shape twice do no harm.
        self._readers: dict[str, Reader] = {}
        self._texts: dict[str, Callable[[str], Any]] = {
            "string": str,
            "character": str,
            "boolean": "true".__eq__,
            "integer": int,
            "long": int,
            "float": float,
            "double": float,
            "timestamp": self._timestamp_parser,
            "blob": self._blob_parser,
        }

    def _parse_shape(self, shape: Any, node: Any) -> Any:
        return self._reader(shape)(node) if isinstance(node, Element) else super()._parse_shape(shape, node)

    def _reader(self, shape: Any) -> Reader:
        found = self._readers.get(shape.name)
        if found is None:
            found = self._readers[shape.name] = self._made(shape)
        return found

    def _made(self, shape: Any) -> Reader:
        kind: str = shape.type_name
        if kind == "structure" and not shape.metadata.get("exception") and not shape.is_tagged_union:
            return self._structure(shape)
        if kind == "list" and not shape.serialization.get("flattened"):
            return self._list(shape)
        convert = self._texts.get(kind)
        if convert is None:
            return lambda node: super(QuickParser, self)._parse_shape(shape, node)
        if convert is str:
            return lambda node: node.text or ""
        return lambda node: convert(node.text or "")

    def _list(self, shape: Any) -> Reader:
        item: Reader | None = None

        def read(node: Element) -> list[Any]:
            # Not before the first item: a shape may hold itself.
            nonlocal item
            item = item or self._reader(shape.member)
            return [item(child) for child in node]

        return read

    def _structure(self, shape: Any) -> Reader:
        names = {
            member.serialization.get("name", name): (name, member) for name, member in shape.members.items()
        }
        # By the tag as it stands in the answer, namespace included; None for what the model does not know.
        table: dict[str, tuple[str, Reader] | None] = {}

        def meet(tag: str) -> tuple[str, Reader] | None:
            known = names.get(tag.rpartition("}")[2])
            entry = table[tag] = (known[0], self._reader(known[1])) if known else None
            return entry

        def read(node: Element) -> dict[str, Any]:
            parsed: dict[str, Any] = {}
            for child in node:
                tag = child.tag
                entry = table[tag] if tag in table else meet(tag)
                if entry is not None:
                    parsed[entry[0]] = entry[1](child)
            return parsed

        return read


def timestamp(value: Any) -> datetime:
    """EC2's times are ISO 8601, for which botocore's own parser is slow; anything else is left to it."""
    if isinstance(value, str) and value[4:5] == "-":
        return datetime.fromisoformat(value)
    moment: datetime = parse_timestamp(value)
    return moment
