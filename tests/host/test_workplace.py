"""Directories of one piece of work: gone with it, and gone with the next when it was killed."""

from __future__ import annotations

from pathlib import Path

from ec2kit.host.workplace import left_behind, remove, workplace


def test_what_a_killed_run_left_is_removed_and_what_a_living_one_has_is_not(tmp_path: Path) -> None:
    dead = tmp_path / "work-dead"
    dead.mkdir()
    (dead / "initrd").write_bytes(b"x")
    (tmp_path / "work-dead.lock").touch()
    (tmp_path / "work-older").mkdir()
    (tmp_path / "somebody").mkdir()
    assert left_behind("work", tmp_path) == [dead, tmp_path / "work-older"]
    with workplace("work", tmp_path) as first:
        assert left_behind("work", tmp_path) == []
        with workplace("work", tmp_path) as second:
            assert first.is_dir()
            assert second.is_dir()
            assert not dead.exists()
        assert not second.exists()
        remove(first)
        assert first.is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["somebody"]
