"""The keys of a recipe: one table, from which files are read and the reference page is written."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ec2kit.errors import UsageError
from ec2kit.images.recipes.architectures import Architecture, parse_architecture
from ec2kit.images.recipes.recipe import PlacedFile, User
from ec2kit.images.recipes.releases import Release, parse_release
from ec2kit.images.recipes.spot import Spot

LARGEST_FILE = 4 * 1024 * 1024
"""Bytes: more belongs in a package, or is fetched by a hook."""
LARGEST_GIB = 65536
"""EBS: the largest volume (io2) is 64 TiB."""

PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+(:[a-z0-9]+)?(/[a-z0-9-]+|=[A-Za-z0-9.+:~-]+)?")
"""Debian policy 5.6.1; `/SUITE` and `=VERSION` as apt-get install takes them."""
ACCOUNT = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
UNIT = re.compile(r"[A-Za-z0-9:_.@\\-]+")
YAML_WORDS = frozenset({"on", "off", "yes", "no", "true", "false"})
ARGUMENT = re.compile(r"[A-Za-z0-9_.,:=/@+%-]+")
"""Without blanks, quotes and `$`: an argument goes through GRUB's own shell."""
KEY = re.compile(r"[a-z0-9@.-]+ [A-Za-z0-9+/=]+( [^\n]*)?")


@dataclass(frozen=True)
class Key:
    """A key: what it takes and means for the reference page, and how it is read."""

    name: str
    takes: str
    meaning: str
    read: Callable[[Spot], object]
    inherited: str = "added to"
    """What becomes of the value of the recipe that this one extends: `added to`, `replaced`, or `own`."""


def _matching(pattern: re.Pattern[str], what: str) -> Callable[[Spot], tuple[str, ...]]:
    def read(spot: Spot) -> tuple[str, ...]:
        for item in spot.items():
            if not pattern.fullmatch(item.text()):
                raise item.wrong(f"'{item.text()}' is no {what}")
        return spot.words()

    return read


def _one(pattern: re.Pattern[str], what: str) -> Callable[[Spot], str]:
    def read(spot: Spot) -> str:
        if not pattern.fullmatch(spot.text()):
            raise spot.wrong(f"'{spot.text()}' is no {what}")
        return spot.text()

    return read


def _release(spot: Spot) -> Release:
    try:
        return parse_release(spot.text())
    except UsageError as error:
        raise spot.wrong(error.message, error.hint) from error


def _architectures(spot: Spot) -> tuple[Architecture, ...]:
    found = []
    for item in spot.items():
        try:
            found.append(parse_architecture(item.text()))
        except UsageError as error:
            raise item.wrong(error.message, error.hint) from error
    if not found:
        raise spot.wrong(f"'{spot.key}' names none", "such as: [amd64, i386]")
    return tuple(dict.fromkeys(found))


def _size(spot: Spot) -> int:
    text = spot.text()
    if not text.isdecimal() or not 1 <= int(text) <= LARGEST_GIB:
        raise spot.wrong(f"'{spot.key}' wants whole GiB, at least 1, and has '{text}'")
    return int(text)


def _puppet(spot: Spot) -> str:
    if spot.text() not in ("no", "agent"):
        raise spot.wrong(f"'{spot.key}' is `no` or `agent`, and not '{spot.text()}'")
    return spot.text()


def _mirror(spot: Spot) -> str:
    if not re.fullmatch(r"(https?|file|copy)://\S+|/\S+", spot.text()):
        raise spot.wrong(
            f"'{spot.text()}' is no mirror", "write its URL, such as http://mirror.example/debian"
        )
    return spot.text()


def _hooks(spot: Spot) -> tuple[str, ...]:
    return tuple(text if text.endswith("\n") else text + "\n" for text in spot.words())


def _remove(spot: Spot) -> tuple[str, ...]:
    found = _matching(PACKAGE, "package")(spot)
    if "cloud-init" in found:
        raise spot.wrong(
            "cloud-init cannot be removed",
            "without it no machine of the image gets its keys, name and user data",
        )
    return found


def _services(spot: Spot) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found = spot.entries([key.name for key in SERVICE_KEYS])
    units = _matching(UNIT, "unit of systemd")
    for item in (item for each in found.values() for item in each.items()):
        if item.text().lower() in YAML_WORDS:
            raise item.wrong(
                f"'{item.text()}' is a word of YAML, and no unit of systemd", "name it: nginx, ssh.socket"
            )
    return tuple(units(found[name]) if name in found else () for name in ("enable", "disable"))  # type: ignore[return-value]


def _mode(spot: Spot) -> int:
    if not re.fullmatch(r"0?[0-7]{3,4}", spot.text()):
        raise spot.wrong(f"'{spot.text()}' is no mode", "write it in octal, such as 0644")
    return int(spot.text(), 8)


def _owner(spot: Spot) -> str:
    user, _, group = spot.text().partition(":")
    if not ACCOUNT.fullmatch(user) or not ACCOUNT.fullmatch(group or user):
        raise spot.wrong(f"'{spot.text()}' is no owner", "write USER or USER:GROUP")
    return f"{user}:{group or user}"


def _path(spot: Spot) -> str:
    text = spot.text()
    parts = text.split("/")
    if not text.startswith("/") or "\n" in text or "" in parts[1:] or {".", ".."} & set(parts):
        raise spot.wrong(f"'{text}' is no path in the image", "write it from / on, without . and ..")
    return text


def _source(spot: Spot) -> bytes:
    path = spot.directory / Path(spot.text())
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise spot.wrong(f"'{path}' cannot be read: {(error.strerror or str(error)).lower()}") from error
    if len(content) > LARGEST_FILE:
        raise spot.wrong(f"'{path}' is larger than {LARGEST_FILE >> 20} MiB", "fetch it in a hook")
    return content


def _content(spot: Spot) -> bytes:
    return b"" if spot.is_null else spot.text().encode()


def _files(spot: Spot) -> tuple[PlacedFile, ...]:
    return tuple(_file(item) for item in spot.items())


def _file(spot: Spot) -> PlacedFile:
    given = spot.entries([key.name for key in FILE_KEYS])
    if "path" not in given or ("content" in given) is ("source" in given):
        raise spot.wrong("a file wants a `path`, and either `content` or `source`")
    found: dict[str, Any] = {name: key.read(item) for name, item, key in _read(spot, FILE_KEYS)}
    content = found.pop("content", b"") or found.pop("source", b"")
    return PlacedFile(content=content, **found)


def _users(spot: Spot) -> tuple[User, ...]:
    found: dict[str, User] = {}
    for item in spot.items():
        user = _user(item)
        if user.name in found:
            raise item.wrong(f"the user '{user.name}' is given twice", "keep one of them")
        found[user.name] = user
    return tuple(found.values())


def _user(spot: Spot) -> User:
    found: dict[str, Any] = {
        name.replace("-", "_"): key.read(item) for name, item, key in _read(spot, USER_KEYS)
    }
    if "name" not in found:
        raise spot.wrong("a user wants a `name`")
    return User(**found)


def _read(spot: Spot, keys: tuple[Key, ...]) -> list[tuple[str, Spot, Key]]:
    entries = spot.entries([key.name for key in keys])
    return [(key.name, entries[key.name], key) for key in keys if key.name in entries]


FILE_KEYS: tuple[Key, ...] = (
    Key("path", "a path", "where it is in the image; directories above it are made", _path),
    Key("content", "text", "what it holds; or", _content),
    Key("source", "a path", "a file beside the recipe that is copied, 4 MiB at most", _source),
    Key("mode", "octal", "its mode; `0644` when not given", _mode),
    Key("owner", "USER[:GROUP]", "whose it is; `root:root` when not given", _owner),
)
USER_KEYS: tuple[Key, ...] = (
    Key("name", "a name", "the account", _one(ACCOUNT, "name of an account")),
    Key("shell", "a path", "its shell; `/bin/bash` when not given", _path),
    Key("groups", "names", "groups besides its own; made when missing", _matching(ACCOUNT, "group")),
    Key(
        "ssh-keys",
        "public keys",
        "who may log in as it; it has no password",
        _matching(KEY, "public SSH key"),
    ),
)
SERVICE_KEYS: tuple[Key, ...] = (
    Key("enable", "units", "started at boot", _matching(UNIT, "unit of systemd")),
    Key("disable", "units", "not started at boot", _matching(UNIT, "unit of systemd")),
)
KEYS: tuple[Key, ...] = (
    Key("description", "text", "one line for `image recipes`", Spot.text, "own"),
    Key("extends", "recipes", "the recipes that this one builds upon, in order", Spot.words, "own"),
    Key(
        "release",
        "DISTRIBUTION/SUITE",
        "such as `debian/bookworm`; with `--from` it may be left out",
        _release,
        "replaced",
    ),
    Key("architectures", "amd64, i386, arm64", "what it can be built for", _architectures, "replaced"),
    Key(
        "packages",
        "package names",
        "what is installed, with what it depends on",
        _matching(PACKAGE, "package"),
    ),
    Key(
        "remove",
        "package names",
        "what must not be there, whoever asked for it",
        _remove,
    ),
    Key("files", "a list", "files of the image, below", _files),
    Key("users", "a list", "accounts of the image, below", _users),
    Key("services", "`enable`, `disable`", "units of systemd", _services),
    Key(
        "puppet",
        "`no`, `agent`",
        "whether Puppet's agent is installed; it is not started at boot",
        _puppet,
        "replaced",
    ),
    Key(
        "hooks",
        "shell texts",
        "run in the image by `sh -eu` when all else is there, before it is cleaned",
        _hooks,
    ),
    Key(
        "kernel-arguments",
        "arguments",
        "added to the kernel's command line",
        _matching(ARGUMENT, "argument for the kernel"),
    ),
    Key("size", "GiB", "the size of the disk; it grows to its volume at boot", _size, "replaced"),
    Key(
        "mirror",
        "a URL",
        "where packages come from; else where this machine's own come from",
        _mirror,
        "replaced",
    ),
    Key("tested", "architectures", "those of which an image was built and booted", _architectures, "own"),
)


def read_keys(root: Spot) -> dict[str, object]:
    """Given a recipe's root, return the value of every key that is there; raises `UsageError` with the line."""
    return {name: key.read(item) for name, item, key in _read(root, KEYS)}
