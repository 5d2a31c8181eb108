"""The names and ids that completion offers: what was listed last, kept in a small file of the user's cache."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

MOST = 5000
"""Enough for the largest fleets; the file stays below a quarter of a megabyte."""


def names_file(environ: Mapping[str, str]) -> Path:
    """Where the names are kept (XDG base directory specification: the cache)."""
    from ec2kit.host.identity import this_user

    cache = environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else this_user(environ).home / ".cache") / "ec2kit" / "names"


def known_names(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The names that were listed last; none when there is no such file."""
    try:
        return tuple(names_file(environ).read_text(encoding="utf-8").splitlines())
    except (OSError, UnicodeDecodeError):
        return ()


def keep_names(environ: Mapping[str, str], names: Iterable[str]) -> None:
    """Keep these names for completion. A cache that cannot be written is no reason to fail."""
    path = names_file(environ)
    lines = [name for name in dict.fromkeys(names) if name and name.isprintable()][:MOST]
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    except OSError:
        return
