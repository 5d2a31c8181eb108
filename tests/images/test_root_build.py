"""Building and keeping roots, with a stand-in for mmdebstrap: once, safely, and nothing left behind."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from ec2kit.errors import Ec2kitError, UsageError
from ec2kit.images.root.cache import LARGEST, LONGEST, Root, RootCache
from ec2kit.images.root.manifest import Package
from ec2kit.images.root.scratch import Scratch
from tests.images.shop import MONDAY, NOW, RECIPE, Shop
from tests.support.clocks import FakeClock

pytestmark = pytest.mark.slow


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_a_root_is_made_with_its_manifest_and_nothing_is_left_beside_it(shop: Shop) -> None:
    root = shop.build()

    assert root.tar.read_bytes() == b"the root"
    assert root.sha256 == hashlib.sha256(b"the root").hexdigest()
    assert root.kernel == root.manifest.kernel == "6.1.0-1-amd64"
    assert root.manifest.packages == (Package("base-files", "amd64", "12"), Package("nginx", "amd64", "1.2"))
    assert root.manifest.recipe_digest == RECIPE.digest
    assert shop.files() == {".tar", ".json"}
    assert [path for path in (shop.directory / "tmp").rglob("*") if path.is_file()] == []
    told = json.loads(root.tar.with_suffix(".json").read_text())
    assert (told["sha256"], told["size_bytes"]) == (root.sha256, 8)


def test_without_root_the_files_of_other_ids_are_removed_by_mmdebstrap_too(shop: Shop) -> None:
    assert shop.build(as_root=False).tar.read_bytes() == b"the root"
    assert [path for path in (shop.directory / "tmp").rglob("*") if path.is_file()] == []


def test_the_same_again_comes_from_the_cache_and_fresh_does_not(shop: Shop) -> None:
    first = shop.build()

    assert shop.build() == first
    assert shop.calls == 1
    assert shop.build(fresh=True) == first
    assert shop.calls == 2


def test_another_week_another_root_unless_the_date_is_given(shop: Shop) -> None:
    first = shop.build()
    assert first.manifest.source_date == MONDAY
    shop.clock.advance(7 * 24 * 3600)
    second = shop.build()
    assert second.tar != first.tar

    given = {**shop.workshop.environ, "SOURCE_DATE_EPOCH": "86400"}
    assert shop.build(environ=given).manifest.source_date == 86400
    assert (shop.directory / "calls").read_text().splitlines().count("86400") == 1
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH is 'today'"):
        shop.build(environ={**given, "SOURCE_DATE_EPOCH": "today"})


@pytest.mark.parametrize("spoil", ["truncate the tar", "no json", "half a json", "another version"])
def test_a_root_that_is_not_whole_is_made_again(shop: Shop, spoil: str) -> None:
    root = shop.build()
    told = root.tar.with_suffix(".json")
    if spoil == "truncate the tar":
        os.truncate(root.tar, 3)
    elif spoil == "no json":
        told.unlink()
    elif spoil == "half a json":
        os.truncate(told, 40)
    else:
        told.write_text(told.read_text().replace('"version": 1', '"version": 99'))

    assert shop.build() == root
    assert shop.calls == 2


def test_what_a_killed_build_left_is_removed_by_the_next(shop: Shop) -> None:
    root = shop.build()
    key = root.tar.stem
    for name in (f"{key}.partial", "other-amd64-0.partial"):
        (shop.roots / name).write_text("half")
    for name in (f"{key}.work", "other-amd64-0.work"):
        (shop.roots / name).mkdir()
        (shop.roots / name / "log").write_text("x")
    (shop.roots / "orphan.tar").write_text("a tar that got no json")
    (scratch,) = (shop.directory / "tmp").glob("*/*")
    for name in (key, "other-amd64-0"):
        (scratch / name / "deep").mkdir(parents=True)

    shop.build(fresh=True)

    assert {path.name for path in shop.roots.iterdir()} == {f"{key}.tar", f"{key}.json"}
    assert list(scratch.iterdir()) == []


def test_what_a_build_left_that_was_killed_at_its_very_end_goes_when_its_root_is_used(shop: Shop) -> None:
    key = shop.build().tar.stem
    cache = RootCache(shop.roots)
    work, lock = cache.work(key), cache.lock(key)
    work.mkdir()
    (work / "log").touch()
    lock.touch()

    assert shop.build().tar.stem == key
    assert not work.exists()
    assert not lock.exists()


def test_a_build_under_way_with_another_cache_is_left_alone(shop: Shop) -> None:
    """The tests of a checkout have one of their own, and the same user's TMPDIR."""
    other = replace(shop.workshop, directory=shop.directory / "other")
    with Scratch.of(other, RootCache(other.directory / "roots")).of_build("a-root") as under_way:
        shop.build()
        assert under_way.is_dir()
    assert not under_way.exists()


def test_two_builds_of_the_same_root_are_one(shop: Shop) -> None:
    gate = threading.Event()
    cache = RootCache(shop.roots)
    first = shop.build()
    key = first.tar.stem
    (shop.roots / f"{key}.json").unlink()
    found: list[Root] = []

    class Waiting(FakeClock):
        def sleep(self, seconds: float) -> None:
            gate.set()
            threading.Event().wait(0.02)

    second = threading.Thread(target=lambda: found.append(shop.build(clock=Waiting(NOW))))
    with cache.building(key, shop.clock):
        second.start()
        assert gate.wait(20)
        # What the first of the two does at its end.
        cache.partial(key).write_bytes(b"the root")
        kept = cache.keep(key, first.manifest)
    second.join(20)

    assert found == [kept]
    assert shop.calls == 1


def test_a_stopped_wait_ends(shop: Shop) -> None:
    key = shop.build().tar.stem
    shop.clock.stop.set()
    with (
        RootCache(shop.roots).building(key, FakeClock(NOW)),
        pytest.raises(Ec2kitError, match="stopped waiting"),
    ):
        shop.build(fresh=True)


def test_roots_unused_for_long_go_and_the_longest_unused_go_when_there_are_too_many(shop: Shop) -> None:
    roots = {name: shop.build(replace(RECIPE, packages=(name,))) for name in ("old1", "big1", "big2", "new1")}
    now = 2_000_000_000.0
    ages = {"old1": LONGEST + 1, "big1": 7200, "big2": 5400, "new1": 60}
    for name, age in ages.items():
        told = roots[name].tar.with_suffix(".json")
        if name != "new1":
            os.truncate(roots[name].tar, LARGEST // 2 - 100)
        os.utime(told, (now - age, now - age))

    gone = RootCache(shop.roots).evict(now, spare=roots["new1"].tar.stem)

    assert gone == (roots["old1"].tar.stem,)
    os.truncate(roots["new1"].tar, LARGEST // 2)
    assert RootCache(shop.roots).evict(now) == (roots["big1"].tar.stem,)
    os.truncate(roots["big2"].tar, LARGEST * 2)
    os.utime(roots["big2"].tar.with_suffix(".json"), (now - 60, now - 60))
    assert RootCache(shop.roots).evict(now) == (), "somebody may be reading it"
