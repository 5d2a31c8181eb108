"""From what was typed to the files that are read: files, directories, manifests; each once, and one version of a
period.

A CUR is delivered below `PREFIX/NAME/20240901-20241001/`, in a directory for each version when old ones are kept,
with a manifest beside them that names the files of the newest (CUR User Guide, "Cost and Usage Reports manifest
files").
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from ec2kit.errors import NotFound, UsageError

ENDINGS = (".csv", ".csv.gz", ".zip", ".parquet", ".snappy.parquet", ".gz.parquet", ".xml", ".xml.gz")
"""What is taken of a directory; a file that is named may be called anything."""
PERIOD = re.compile(r"\d{8}-\d{8}|BILLING_PERIOD=\d{4}-\d{2}|billing_period=\d{4}-\d{2}")
MOST_MANIFEST = 16 << 20
MOST_NOTES = 5
"""Doubles that are named."""
LONGEST = 120
"""Characters of a name that are shown: what is piped by mistake may be a line of a report."""


@dataclass(frozen=True)
class Named:
    """A file, and how a person knows it."""

    path: Path
    shown: str


@dataclass
class Found:
    """The files, and what is to be said of those that are left out."""

    files: list[Named] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def find(words: Sequence[str], cwd: Path) -> Found:
    """Given what was typed, return the files to read, in that order.

    Raises `NotFound` for what does not exist, `UsageError` for a directory without reports or with several versions.
    """
    found = Found()
    for word in words:
        path = cwd / word
        if path.is_dir():
            found.files += _in_directory(path, word, found.notes)
        elif not path.exists():
            hint = "`-` reads the names of files, one a line" if "," in word else ""
            raise NotFound(f"there is no file '{_cut(word)}'", hint=hint, resource=_cut(word))
        elif word.lower().endswith(".json"):
            found.files += _of_manifest(path, word)
        elif path.is_file():
            found.files.append(Named(path, word))
        else:
            raise UsageError(
                f"'{_cut(word)}' is no file: a report is read more than once",
                hint="write what comes out of a pipe to a file first",
                resource=_cut(word),
            )
    _drop_doubles(found)
    return found


def _cut(word: str) -> str:
    return word if len(word) <= LONGEST else f"{word[: LONGEST - 1]}…"


def _in_directory(path: Path, word: str, notes: list[str]) -> list[Named]:
    every = sorted(each for each in path.rglob("*") if each.is_file() and not _hidden(each, path))
    reports = [each for each in every if each.name.lower().endswith(ENDINGS)]
    if not reports:
        raise UsageError(
            f"'{word}' is a directory without reports",
            hint=f"they end in {', '.join(ENDINGS[:5])}; name a file that is called otherwise",
            resource=word,
        )
    kept = list(_newest(reports, every, word, notes))
    return [Named(each, str(Path(word) / each.relative_to(path))) for each in kept]


def _hidden(path: Path, below: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.relative_to(below).parts)


def _newest(reports: list[Path], every: list[Path], word: str, notes: list[str]) -> Iterator[Path]:
    """Of a period that is there in several versions, the one that its manifest names."""
    by_period: dict[Path, dict[Path, list[Path]]] = {}
    for each in reports:
        period = next((up for up in each.parents if PERIOD.fullmatch(up.name)), None)
        by_period.setdefault(period or Path(), {}).setdefault(each.parent, []).append(each)
    for period, versions in by_period.items():
        if period == Path() or len(versions) == 1:
            yield from (each for files in versions.values() for each in files)
            continue
        manifest = next((each for each in every if each.parent == period and _is_manifest(each)), None)
        if manifest is None:
            raise UsageError(
                f"'{word}' has {period.name} in {len(versions)} versions: {', '.join(v.name for v in versions)}",
                hint="each version takes the place of the one before: name the newest one's directory",
                resource=word,
            )
        chosen = [named.path for named in _of_manifest(manifest, manifest.name)]
        yield from chosen
        left = len([each for files in versions.values() for each in files if each not in chosen])
        notes.append(f"{period.name}: the version that its manifest names; {left} files of others left out")


def _is_manifest(path: Path) -> bool:
    return path.name.endswith("anifest.json")


def _of_manifest(path: Path, word: str) -> list[Named]:
    """The files that a manifest names, beside it or below a directory that has the bucket's layout."""
    try:
        if path.stat().st_size > MOST_MANIFEST:
            raise UsageError(f"'{word}' is too large for a manifest", resource=word)
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, OSError) as error:
        raise UsageError(f"'{word}' is no manifest: {error}", resource=word) from error
    keys = _keys(content)
    if not keys:
        hint = "a manifest of a CUR or of a data export names them"
        raise UsageError(f"'{word}' names no reports", hint=hint, resource=word)
    return [Named(_local(key, path, word), PurePosixPath(key).name) for key in keys]


def _keys(content: object) -> list[str]:
    if not isinstance(content, dict):
        return []
    named = content.get("reportKeys") or content.get("dataFiles") or []
    if not isinstance(named, list) or not all(isinstance(key, str) for key in named):
        return []
    return [re.sub(r"^s3://[^/]+/", "", key) for key in named]


def _local(key: str, manifest: Path, word: str) -> Path:
    """The longest end of its key that is a file below a directory above the manifest; never outside of that."""
    parts = PurePosixPath(key).parts
    if ".." in parts or key.startswith("/"):
        raise UsageError(f"'{word}' names '{key}', which is no key of S3", resource=word)
    for up in (manifest.parent, *manifest.parent.parents):
        for start in range(len(parts)):
            if (up / Path(*parts[start:])).is_file():
                return up / Path(*parts[start:])
    raise NotFound(
        f"'{word}' names '{key}', which is not here",
        hint="download all of the report: aws s3 sync s3://BUCKET/PREFIX .",
        resource=key,
    )


def _drop_doubles(found: Found) -> None:
    """The same file twice, by its name or by what is in it, is read once."""
    alike = Counter(named.path.stat().st_size for named in found.files)
    kept: dict[object, Named] = {}
    doubles: list[tuple[Named, Named]] = []
    for named in found.files:
        first = kept.setdefault(_identity(named.path, compared=alike[named.path.stat().st_size] > 1), named)
        if first is not named:
            doubles.append((named, first))
    found.files = list(kept.values())
    found.notes += [
        f"'{named.shown}' is the same as '{first.shown}', and is read once"
        for named, first in doubles[:MOST_NOTES]
    ]
    if len(doubles) > MOST_NOTES:
        found.notes.append(f"so are {len(doubles) - MOST_NOTES:,} more files")


def _identity(path: Path, *, compared: bool) -> object:
    """What is in it, where another has the same size; else which file it is."""
    status = path.stat()
    if compared and status.st_size:
        with suppress(OSError):
            return _digest(path)
    return status.st_dev, status.st_ino


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
