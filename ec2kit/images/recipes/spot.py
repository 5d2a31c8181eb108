"""A place in a YAML file: what stands there as one of a few plain kinds, or an error with its file and line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from ec2kit.errors import UsageError

if TYPE_CHECKING:
    import yaml


@dataclass(frozen=True)
class Spot:
    """A node of the file, the key it stands under (`files.mode`), and the file."""

    node: yaml.Node
    key: str
    file: str
    directory: Path

    @property
    def line(self) -> int:
        """Counted from 1, as editors do."""
        return int(self.node.start_mark.line) + 1

    def wrong(self, problem: str, hint: str = "") -> UsageError:
        """The error about this place."""
        # A value may have lines; an error is one.
        told = problem.replace("\n", "\\n")
        return UsageError(f"{self.file}:{self.line}: {told}", hint=hint, resource=self.file)

    def text(self) -> str:
        """One value, not empty; numbers and yes are texts too."""
        import yaml

        if not isinstance(self.node, yaml.ScalarNode) or self.is_null or not str(self.node.value):
            raise self.wrong(f"'{self.key}' wants one value, and has {self._what()}")
        return str(self.node.value)

    def words(self) -> tuple[str, ...]:
        """A list of texts, or one text."""
        return tuple(item.text() for item in self.items())

    def items(self) -> tuple[Spot, ...]:
        """The items of a list; one value is a list of one."""
        import yaml

        if isinstance(self.node, yaml.SequenceNode):
            return tuple(Spot(item, self.key, self.file, self.directory) for item in self.node.value)
        if self.is_null:
            return ()
        return (self,)

    def entries(self, known: Sequence[str]) -> dict[str, Spot]:
        """The keys and what stands under each; each only once, and only those that are known."""
        import yaml

        if self.is_null:
            return {}
        if not isinstance(self.node, yaml.MappingNode):
            what = f"'{self.key}' wants" if self.key else "a recipe is"
            raise self.wrong(
                f"{what} `key: value` lines, and has {self._what()}", f"keys: {', '.join(known)}"
            )
        found: dict[str, Spot] = {}
        for name, node in self.node.value:
            here = Spot(name, self.key, self.file, self.directory)
            key = str(name.value)
            if key not in known:
                raise here.wrong(f"unknown key '{key}'", _nearest(key, known))
            if key in found:
                raise here.wrong(f"'{key}' is given twice", "keep one of them")
            inner = f"{self.key}.{key}" if self.key else key
            found[key] = Spot(node, inner, self.file, self.directory)
        return found

    @property
    def is_null(self) -> bool:
        """Whether nothing stands here."""
        return bool(self.node.tag == "tag:yaml.org,2002:null")

    def _what(self) -> str:
        import yaml

        if self.is_null:
            return "nothing"
        if isinstance(self.node, yaml.SequenceNode):
            return "a list"
        if isinstance(self.node, yaml.MappingNode):
            return "`key: value` lines"
        return f"'{self.node.value}'"


def read_yaml(text: str, file: str, directory: Path) -> Spot | None:
    """Given the text of a file, return its root, None when it is empty; raises `UsageError` with the line."""
    import yaml

    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        hint = "indent with spaces, and quote text with colons"
        raise UsageError(f"{file}{line}: not YAML: {problem}", hint=hint, resource=file) from error
    return Spot(root, "", file, directory) if root is not None else None


def _nearest(key: str, known: Sequence[str]) -> str:
    near = get_close_matches(key, known, 1) or [name for name in known if key and name.startswith(key)]
    return f"did you mean `{near[0]}`?" if near else f"the keys here are: {', '.join(known)}"
