"""Manifests that somebody wrote to do harm, and bundles that are not what they say."""

from __future__ import annotations

import copy
import io
import json
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ec2kit.engine.steps.objects import manifest_text, sums_text
from ec2kit.errors import Ec2kitError, UsageError
from ec2kit.host.feeding import feed
from ec2kit.host.processes import ProcessFailed
from ec2kit.images.bundles.manifest import Head, compose, parse_manifest, untar
from ec2kit.images.bundles.places import Shelf, bundle_name, is_bundle, parse_bundle, parse_shelf
from ec2kit.inventory.description import DiskSpec, Spec

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NAME = bundle_name("web-1", NOW)
GIB = 1 << 30
SUM = "ab" * 32
SPEC = Spec("i-1", "web-1", "/dev/xvda", "x86_64", (DiskSpec("/dev/xvda", "vol-1", 65),))


def stored(raw_size: int) -> dict[str, Any]:
    return {
        "size": 100,
        "sha256": SUM,
        "raw_size": raw_size,
        "content_sha256": SUM,
        "etag": '"x-1"',
        "checksum": "",
        "parts": [[100, raw_size, SUM]],
    }


def piece(number: int, first: int, size: int) -> dict[str, Any]:
    name = f"xvda.raw.zst.{number:04}"
    about = {"device": "/dev/xvda", "volume": "vol-1", "first_gib": first, "size_gib": size}
    return {"name": name, "holds": "volume", **about, "stored": stored(size * GIB)}


GOOD = compose(
    Head(Shelf("backups", "m/"), NAME, NOW, "2026-01-02T03:04:05Z", "web-1@x", SPEC, {"ImageId": "ami-1"}),
    [
        piece(0, 0, 64),
        piece(1, 64, 1),
        {
            "name": "paths.tar.zst",
            "holds": "paths",
            "paths": ["/etc"],
            "left_out": [],
            "stored": stored(10240),
        },
    ],
)


def test_one_that_is_good_is_read() -> None:
    manifest = parse_manifest(manifest_text(GOOD).encode(), NAME)
    assert [each.first_gib for each in manifest.volumes["/dev/xvda"]] == [0, 64]
    assert manifest.spec == SPEC
    assert manifest.taken == manifest.created == NOW
    assert f'[100, 10240, "{SUM}"]' in manifest_text(GOOD)
    assert len(sums_text(GOOD, "x").splitlines()) == 4
    assert len(GOOD["restore"]) <= 10


Change = Callable[[dict[str, Any]], None]


def at(path: str, value: object) -> Change:
    """Put a value at a place such as `objects.0.name`."""

    def change(manifest: dict[str, Any]) -> None:
        place: Any = manifest
        *way, last = [int(word) if word.isdigit() else word for word in path.split(".")]
        for word in way:
            place = place[word]
        place[last] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        at("version", 2),
        at("format", "zip"),
        at("name", "web-2-20260102T030405Z.bundle"),
        at("created", "yesterday"),
        at("objects", []),
        at("objects", "all"),
        at("objects.0", "all"),
        at("objects.0.name", "../../etc/passwd"),
        at("objects.0.name", "/etc/passwd"),
        at("objects.0.name", "..\\x"),
        at("objects.0.name", ".ssh"),
        at("objects.0.name", "x\n"),
        at("objects.0.name", "manifest.json"),
        at("objects.0.name", "xvda.raw.zst.0001"),
        at("objects.0.name", 7),
        at("objects.0.holds", "secrets"),
        at("objects.0.device", "xvda"),
        at("objects.0.device", "/dev/x\x1b[2J"),
        at("objects.0.size_gib", 63),
        at("objects.0.size_gib", -64),
        at("objects.0.size_gib", 1 << 40),
        at("objects.0.size_gib", True),
        at("objects.1.first_gib", 63),
        at("objects.1.device", "/dev//xvda"),
        at("objects.0.stored.size", 99),
        at("objects.0.stored.size", "100"),
        at("objects.0.stored.raw_size", 64 * GIB - 1),
        at("objects.0.stored.sha256", "x" * 64),
        at("objects.0.stored.content_sha256", None),
        at("objects.0.stored.parts", [[100, 64 * GIB + 1, SUM]]),
        at("objects.0.stored.parts", [[1 << 30, 64 * GIB, SUM]]),
        at("objects.0.stored.parts", [[100, 64 * GIB]]),
        at("objects.0.stored.parts", [[0, 0, SUM]] * 10_001),
        at("objects.2.paths", []),
        at("objects.2.paths", [7]),
        at("machine", None),
        at("machine.disks", [7]),
        at("machine.name", {"a": 1}),
        at("machine.disks.0.size_gib", 1e9),
    ],
)
def test_one_that_cannot_be_true_is_refused(change: Change) -> None:
    bad = copy.deepcopy(GOOD)
    change(bad)
    with pytest.raises(Ec2kitError, match="cannot be used"):
        parse_manifest(json.dumps(bad).encode(), NAME)


@pytest.mark.parametrize("written", [b"", b"[]", b"\xff", b"7", b"[" * 100_000, b'{"format": 1}'])
def test_what_is_no_manifest_is_refused(written: bytes) -> None:
    with pytest.raises(Ec2kitError, match="cannot be used"):
        parse_manifest(written, NAME)


@pytest.mark.parametrize(
    "word", ["backups/m", "s3://", "s3://B/m", "s3://a/m", "http://backups/m", "s3://bb//m//n"]
)
def test_what_is_no_place_is_refused(word: str) -> None:
    with pytest.raises(UsageError):
        parse_shelf(word)


def test_places_and_names() -> None:
    assert str(parse_shelf("s3://backups/")) == "s3://backups"
    assert parse_bundle(f"s3://backups/m/{NAME}") == (Shelf("backups", "m/"), NAME)
    assert parse_bundle("s3://backups/web-1") == (Shelf("backups"), "web-1")
    assert bundle_name("web 1/ü", NOW) == "web-1-20260102T030405Z.bundle"
    assert is_bundle(bundle_name("../..", NOW))
    assert not is_bundle("web-1.bundle")


def test_a_tar_goes_nowhere_else(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, str(outside)
        tar.addfile(link)
        for name in ("link/through", "../beside", f"{outside}/absolute"):
            entry = tarfile.TarInfo(name)
            entry.size = 4
            tar.addfile(entry, io.BytesIO(b"evil"))

    with pytest.raises(ProcessFailed), feed(untar(str(inside)), 60) as fed:
        fed.write(made.getvalue())

    assert list(outside.iterdir()) == []
    assert not (tmp_path / "beside").exists()


def test_a_program_that_stops_reading_says_why() -> None:
    with (
        pytest.raises(ProcessFailed, match="no room"),
        feed(["sh", "-c", "echo no room >&2; exit 3"], 60) as fed,
    ):
        fed.write(bytes(64 << 20))
    with pytest.raises(ProcessFailed, match="cannot be run"), feed(["no-such-program"], 60):
        pass
