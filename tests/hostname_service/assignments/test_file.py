"""The file as it changes under a running service."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from hostname_service.assignments.file import AssignmentsFile
from hostname_service.errors import BadConfig

ZONES = ("shop.example.com",)
ONE = "i-0123456789abcdef0"


def named(name: str) -> str:
    return f"- instance: {ONE}\n  name: {name}\n"


def replaced(path: Path, text: str) -> None:
    """As editors and Puppet do it: another file takes the place."""
    other = path.with_suffix(".new")
    other.write_text(text)
    os.replace(other, path)  # noqa: PTH105  the call that this is about


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "assignments.yaml"
    made.write_text(named("db"))
    return made


def test_it_is_read_again_when_it_changes_and_only_then(path: Path) -> None:
    file = AssignmentsFile(path, ZONES)
    first = file.current()
    assert first.instances == {ONE: "db.shop.example.com"}
    assert file.current() is first
    replaced(path, named("dc"))
    assert file.current().instances == {ONE: "dc.shop.example.com"}
    path.write_text(named("longer"))
    assert file.current().instances == {ONE: "longer.shop.example.com"}


def test_while_it_is_wrong_the_last_right_one_counts_and_it_is_told_once(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = AssignmentsFile(path, ZONES)
    replaced(path, named("Db") + "- nonsense\n")
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            assert file.current().instances == {ONE: "db.shop.example.com"}
    [told] = caplog.messages
    assert f"{path}: line 2: 'Db' has upper case; " in told
    assert f"{path}: line 3: " in told
    assert told.endswith("what it said before counts on")
    replaced(path, named("dc"))
    assert file.current().instances == {ONE: "dc.shop.example.com"}


def test_while_it_is_gone_too(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = AssignmentsFile(path, ZONES)
    path.unlink()
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            assert file.current().instances == {ONE: "db.shop.example.com"}
    assert len(caplog.messages) == 1
    path.write_text(named("db"))
    assert file.current().instances == {ONE: "db.shop.example.com"}


def test_a_service_does_not_start_with_a_wrong_one(path: Path) -> None:
    path.write_bytes(b"- instance: \n\xff\n")
    with pytest.raises(BadConfig, match="line 2: is not UTF-8"):
        AssignmentsFile(path, ZONES)
    path.write_text("- a\n- b\n")
    with pytest.raises(BadConfig) as bad:
        AssignmentsFile(path, ZONES)
    assert all(line.startswith(f"assignments: {path}: line ") for line in str(bad.value).splitlines())
    path.unlink()
    with pytest.raises(BadConfig, match="No such file"):
        AssignmentsFile(path, ZONES)


TAGGED = "- match: {region: eu-west-1}\n  name: west-{n}\n- match: {tags: {role: db}}\n  name: db-{n}\n"


def test_rules_for_tags_that_nobody_reads_are_refused(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    untagged = AssignmentsFile(path, ZONES, tags_are_read=False)
    replaced(path, TAGGED)

    with pytest.raises(BadConfig) as wrong:
        AssignmentsFile(path, ZONES, tags_are_read=False)
    assert (
        str(wrong.value) == f"assignments: {path}: line 3: asks for tags, and `aws` is off: nobody reads them"
    )
    with caplog.at_level(logging.ERROR):
        assert untagged.current().instances == {ONE: "db.shop.example.com"}, "what it said before"
    assert "line 3: asks for tags" in caplog.text
    assert AssignmentsFile(path, ZONES).current().read_tags
