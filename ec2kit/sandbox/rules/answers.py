"""The large answers of EC2 are written at once, instead of through two general layers.

moto turns a result into nested dictionaries (asking six alias providers for each of the hundred-odd members of an
instance) and those into XML with xmltodict: 2 to 6 ms an instance. Here the shape of an answer is compiled once into
functions that go straight from the value to text, with the names under which a member may be found remembered for
each class. The text is the same, byte for byte, and nothing of the values is remembered, so nothing can be stale.
"""

from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from moto.core.serialize import AttributePickerContext, EC2Serializer, XFormedAttributePicker
from moto.core.utils import MISSING
from moto.ec2.responses import EC2Response

from ec2kit.sandbox.rules import patching

COMPILED = frozenset(
    {
        "DescribeAddresses",
        "DescribeImages",
        "DescribeInstanceTypes",
        "DescribeInstances",
        "DescribeInstanceStatus",
        "DescribeSnapshots",
        "DescribeTags",
        "DescribeVolumes",
        "RunInstances",
    }
)
"""The answers worth compiling. One whose members moto switches on and off at run time must not be here."""

Write = Callable[[Any], str]

_writers: dict[str, Write] = {}


def install() -> None:
    """Write the answers of COMPILED directly; every other answer and every error goes through moto's serialiser."""
    patching.replace(EC2Serializer, "_serialize_result", _serialize_directly)
    patching.replace(EC2Response, "_enrich_response", _without_search)


def _without_search(original: Any) -> Any:
    def _enrich_response(headers: dict[str, str], body: Any) -> Any:
        # moto looks for a RequestId in all of it; EC2's element is requestId, which the application fills in.
        if isinstance(body, str) and "<RequestId>" not in body:
            return original(headers, "")[0], body
        return original(headers, body)

    return staticmethod(_enrich_response)


def _serialize_directly(original: Any) -> Any:
    def _serialize_result(self: Any, resp: dict[str, Any], result: Any) -> Any:
        operation = self.operation_model.name
        if operation not in COMPILED:
            return original(self, resp, result)
        if operation not in _writers:
            _writers[operation] = Compiler(self).writer()
        name = f"{operation}Response"
        namespace = escape(self.operation_model.metadata["xmlNamespace"])
        resp["body"] = (
            '<?xml version="1.0" encoding="utf-8"?>\n'
            f'<{name} xmlns="{namespace}">{_writers[operation](result)}'
            f"<requestId>{escape(self.context.request_id)}</requestId></{name}>"
        )
        resp["headers"]["Content-Type"] = self.CONTENT_TYPE
        return resp

    return _serialize_result


class Compiler:
    """Turns the output shape of an operation into a function from its result to the XML inside the root element.

    Given one of moto's serialisers, for its names, its formats of time and its transformers of single members.
    """

    def __init__(self, serializer: Any) -> None:
        self.serializer = serializer
        self.transformers: dict[str, Callable[[Any], Any]] = serializer._value_picker.response_transformers

    def writer(self) -> Write:
        """Return the function for the whole answer."""
        operation = self.serializer.operation_model
        return self._structure(operation.output_shape, (operation.name, operation.output_shape.name))

    def _content(self, shape: Any, path: tuple[str, ...]) -> Write:
        match shape.type_name:
            case "structure":
                return self._structure(shape, path)
            case "list":
                return self._list(shape, path)
            case "boolean":
                return lambda value: "true" if value is True or str(value).lower() == "true" else "false"
            case "integer" | "long":
                return lambda value: str(int(value))
            case "timestamp":
                return self._timestamp(shape)
            case "string":
                return lambda value: escape(str(value))
            case _:
                return self._as_moto_does(shape)

    def _timestamp(self, shape: Any) -> Write:
        serializer = self.serializer._timestamp_serializer
        form = shape.serialization.get("timestampFormat", serializer.default_format)
        return lambda value: str(serializer._convert_timestamp_to_str(value, form))

    def _as_moto_does(self, shape: Any) -> Write:
        def write(value: Any) -> str:
            serialized: dict[str, Any] = {}
            self.serializer._serialize(serialized, value, shape, "value")
            (text,) = serialized.values()
            return escape(str(text))

        return write

    def _list(self, shape: Any, path: tuple[str, ...]) -> Write:
        member = shape.member
        content = self._content(member, (*path, member.name))
        name = self.serializer.get_serialized_name(member, "member")
        # moto drops items that are structures without any member.
        empty = "" if member.type_name == "structure" else f"<{name}/>"

        def write(value: Any) -> str:
            texts = [content(item) for item in value]
            return "".join(f"<{name}>{text}</{name}>" if text else empty for text in texts)

        return write

    def _structure(self, shape: Any, path: tuple[str, ...]) -> Write:
        members = [self._member(shape, key, member, path) for key, member in shape.members.items()]
        by_kind: dict[type, list[tuple[Member, tuple[str, ...]]]] = {}

        def write(value: Any) -> str:
            if value is None:
                return ""
            kind = type(value)
            if kind not in by_kind:
                by_kind[kind] = [(member, member.names(value)) for member in members]
            pick = _of_mapping if hasattr(kind, "__getitem__") else _of_object
            parts = []
            for member, names in by_kind[kind]:
                picked = pick(value, names)
                if member.transform is not None:
                    picked = member.transform(picked)
                if picked is not None:
                    text = member.content(picked)
                    parts.append(f"{member.start}{text}{member.end}" if text else member.empty)
            return "".join(parts)

        return write

    def _member(self, shape: Any, key: str, member: Any, path: tuple[str, ...]) -> "Member":
        member.parent = shape  # moto's alias providers look at it
        full = ".".join((*path, key))
        transform = next((found for end, found in self.transformers.items() if full.endswith(end)), None)
        name = self.serializer.get_serialized_name(member, key)
        return Member(key, member, name, transform, self._content(member, (*path, key)))


class Member:
    """A member of a structure: what it is called in the answer, and how its value is found and written."""

    __slots__ = ("content", "empty", "end", "key", "shape", "start", "transform")

    def __init__(
        self, key: str, shape: Any, name: str, transform: Callable[[Any], Any] | None, content: Write
    ) -> None:
        self.key, self.shape = key, shape
        self.start, self.end, self.empty = f"<{name}>", f"</{name}>", f"<{name}/>"
        self.transform, self.content = transform, content

    def names(self, value: Any) -> tuple[str, ...]:
        """The names that moto allows for it in a value of this class, in moto's order."""
        context = AttributePickerContext(obj=value, key=self.key, shape=self.shape)
        return tuple(dict.fromkeys(XFormedAttributePicker().get_possible_keys(context)))


def _of_mapping(value: Any, names: tuple[str, ...]) -> Any:
    for name in names:
        if name in value:
            return value[name]
    return None


def _of_object(value: Any, names: tuple[str, ...]) -> Any:
    for name in names:
        picked = getattr(value, name, MISSING)
        if picked is not MISSING:
            return picked
    return None
