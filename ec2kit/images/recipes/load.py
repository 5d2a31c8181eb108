"""Recipes from their files: a shipped one by its name, anybody's by its path, each with all that it extends."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ec2kit.errors import NotFound, UsageError
from ec2kit.host.files import read_text
from ec2kit.images.recipes.architectures import Architecture
from ec2kit.images.recipes.layers import Layer
from ec2kit.images.recipes.recipe import DEFAULT_SIZE_GIB, Recipe
from ec2kit.images.recipes.releases import ANY, require_kernel
from ec2kit.images.recipes.schema import read_keys
from ec2kit.images.recipes.spot import Spot, read_yaml

SHIPPED = Path(__file__).parent / "shipped"
ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True)
class Source:
    """A recipe's file: its name for people, where it is, and what stands in it."""

    name: str
    path: Path
    text: str
    values: Mapping[str, object]
    places: Mapping[str, Spot]


def shipped_names() -> tuple[str, ...]:
    """The names of the recipes that come with ec2kit."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.yaml")))


def load_recipe(word: str, beside: Path | None = None) -> Recipe:
    """Given a shipped recipe's name, or the path of a file, return the recipe with all that it extends.

    `beside` is the directory that a relative path starts from (the current one when not given).
    Raises `UsageError` with file and line for what is wrong in it, `NotFound` for a name that is not shipped.
    """
    source = load_source(word, beside or Path())
    layer = _merged(source, ())
    _require_ground(source, layer)
    return _finished(source, layer)


def load_changes(word: str, beside: Path | None = None) -> Recipe:
    """The same of a recipe that goes over an image that there is: it wants neither `release` nor `architectures`, and
    says a size only to have a larger one."""
    source = load_source(word, beside or Path())
    return _finished(source, _merged(source, ()), smallest=1)


def load_shown(word: str, beside: Path | None = None) -> Recipe:
    """The same for people: of a recipe without a `release` and a `size` the size is 0, since it is the image's."""
    source = load_source(word, beside or Path())
    layer = _merged(source, ())
    return _finished(source, layer, smallest=DEFAULT_SIZE_GIB if layer.release else 0)


def load_source(word: str, beside: Path) -> Source:
    """Given a shipped recipe's name or a path, return what its own file says; raises as `load_recipe`."""
    path = _path_of(word, beside)
    shown = f"{path.stem}.yaml" if path.parent == SHIPPED else str(path)
    text = read_text(path)
    root = read_yaml(text, shown, path.parent)
    if root is None:
        raise UsageError(f"{shown} is empty", hint="it wants at least `extends` or `release`")
    return Source(path.stem, path, text, read_keys(root), _places(root))


def _path_of(word: str, beside: Path) -> Path:
    if "\0" in word:
        raise UsageError("a recipe's path has no NUL in it")
    if "/" in word or word.endswith(ENDINGS):
        with suppress(RuntimeError):  # `~nobody`: then it is a directory of that name
            return beside / Path(word).expanduser()
        return beside / word
    if word in shipped_names():
        return SHIPPED / f"{word}.yaml"
    near = get_close_matches(word, shipped_names(), 1)
    hint = f"did you mean `{near[0]}`?" if near else "`ec2kit image recipes` lists those there are"
    with suppress(OSError):  # no file has a name as long as words can be
        if any((beside / f"{word}{ending}").is_file() for ending in ENDINGS):
            hint = f"a file is named by its path: ./{word}.yaml"
    raise NotFound(f"there is no recipe '{word}'", hint=hint, resource=word)


def _merged(source: Source, above: tuple[Path, ...]) -> Layer:
    """The file over all that it extends; `above` are the files that extend it, which it must not extend."""
    chain = (*above, source.path.resolve())
    below = Layer()
    spots = source.places["extends"].items() if "extends" in source.places else ()
    for spot in spots:
        try:
            base = load_source(spot.text(), source.path.parent)
        except NotFound as error:
            raise spot.wrong(error.message, error.hint) from error
        if base.path.resolve() in chain:
            names = " -> ".join(path.stem for path in (*chain, base.path))
            raise spot.wrong(f"recipes that extend each other: {names}", "take one `extends` away")
        below = _merged(base, chain).over(below)
    return _layer(source.values).over(below)


def _layer(values: Mapping[str, object]) -> Layer:
    known = {item.name for item in fields(Layer)}
    flat = {name.replace("-", "_"): value for name, value in values.items()}
    services: Any = values.get("services", ((), ()))
    taken = {name: value for name, value in flat.items() if name in known}
    return Layer(**taken, enable=services[0], disable=services[1])  # type: ignore[arg-type]


def _require_ground(source: Source, layer: Layer) -> None:
    """What a root file system cannot be built without."""
    if layer.release is None or not layer.architectures:
        missing = "release" if layer.release is None else "architectures"
        hint = f"give it a `{missing}`, or extend a recipe that has one: `extends: debian-12-minimal`"
        if layer.release is None:
            hint += "; `image build --from IMAGE` goes without"
        raise UsageError(f"{source.path} has no `{missing}`", hint=hint, resource=str(source.path))


def _finished(source: Source, layer: Layer, smallest: int = DEFAULT_SIZE_GIB) -> Recipe:
    name = source.name
    for architecture in layer.architectures:
        _require(source, layer, architecture)
    return Recipe(
        name=name,
        description=str(source.values.get("description", "")),
        release=layer.release or ANY,
        architectures=layer.architectures,
        packages=layer.packages,
        remove=layer.remove,
        files=layer.files,
        users=layer.users,
        kernel_arguments=layer.kernel_arguments,
        size_gib=layer.size or smallest,
        enable=layer.enable,
        disable=layer.disable,
        puppet=layer.puppet or "no",
        hooks=layer.hooks,
        mirror=layer.mirror,
        tested=source.values.get("tested", ()),  # type: ignore[arg-type]
    )


def _require(source: Source, layer: Layer, architecture: Architecture) -> None:
    if layer.release is None:
        return
    try:
        require_kernel(layer.release, architecture)
    except UsageError as error:
        spot = source.places.get("architectures") or source.places.get("release")
        if spot is None:
            raise
        raise spot.wrong(error.message, error.hint) from error


def _places(root: Spot) -> dict[str, Spot]:
    from ec2kit.images.recipes.schema import KEYS

    return root.entries([key.name for key in KEYS])
