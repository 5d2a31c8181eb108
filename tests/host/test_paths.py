"""Where files are, as a table of environments and users."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.host import paths
from ec2kit.host.identity import User

ALICE = User(1000, "alice", Path("/users/alice"))
ROOT = User(0, "root", Path("/users/root"))
MEMBER = User(1001, "bob", Path("/users/bob"), in_group=True)
SYSTEM = Path("/etc/ec2kit/ec2kit.yaml")


@pytest.mark.parametrize(
    "environ, user, expected",
    [
        ({}, ALICE, "/users/alice/.local/state/ec2kit"),
        ({"XDG_STATE_HOME": "/state"}, ALICE, "/state/ec2kit"),
        ({"XDG_STATE_HOME": "relative"}, ALICE, "/users/alice/.local/state/ec2kit"),
        ({"XDG_STATE_HOME": "/state"}, ROOT, "/var/lib/ec2kit"),
        ({"EC2KIT_STATE_DIR": "/elsewhere"}, ROOT, "/elsewhere"),
        ({"EC2KIT_STATE_DIR": "~/kit", "XDG_STATE_HOME": "/state"}, ALICE, "/users/alice/kit"),
        ({"EC2KIT_STATE_DIR": ""}, ALICE, "/users/alice/.local/state/ec2kit"),
    ],
)
def test_state_directory(environ: dict[str, str], user: User, expected: str) -> None:
    assert paths.state_directory(environ, user) == Path(expected)


def test_a_member_of_the_group_shares_roots_state_once_it_is_there(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    assert paths.state_directory({}, MEMBER, shared) == Path("/users/bob/.local/state/ec2kit")
    shared.mkdir()
    assert paths.state_directory({}, MEMBER, shared) == shared
    assert paths.state_directory({}, ALICE, shared) == Path("/users/alice/.local/state/ec2kit")


def test_a_state_directory_is_made_private(tmp_path: Path) -> None:
    made = paths.make_state_directory(tmp_path / "a" / "b", ALICE)
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert paths.make_state_directory(made, ALICE) == made


@pytest.mark.parametrize(
    "environ, expected",
    [
        ({"XDG_RUNTIME_DIR": "/run/user/1000"}, "/run/user/1000/ec2kit"),
        ({"XDG_RUNTIME_DIR": "run", "EC2KIT_STATE_DIR": "/elsewhere"}, "/elsewhere"),
        ({}, "/users/alice/.local/state/ec2kit"),
    ],
)
def test_runtime_directory(environ: dict[str, str], expected: str) -> None:
    assert paths.runtime_directory(environ, ALICE) == Path(expected)


def test_the_nearest_project_file_counts_and_none_beyond_the_checkout(tmp_path: Path) -> None:
    checkout, deep = tmp_path / "checkout", tmp_path / "checkout" / "a" / "b"
    deep.mkdir(parents=True)
    (tmp_path / "ec2kit.yaml").touch()
    home = {"HOME": "/users/alice"}
    personal = Path("/users/alice/.config/ec2kit/ec2kit.yaml")

    assert paths.config_files(home, deep) == (tmp_path / "ec2kit.yaml", personal, SYSTEM)
    (checkout / ".git").mkdir()
    assert paths.config_files(home, deep)[0] == deep / "ec2kit.yaml"
    (checkout / "ec2kit.yaml").touch()
    assert paths.config_files(home, deep)[0] == checkout / "ec2kit.yaml"
    (checkout / "a" / "ec2kit.yaml").touch()
    assert paths.config_files(home, deep)[0] == checkout / "a" / "ec2kit.yaml"


def test_the_users_file_is_where_xdg_says(tmp_path: Path) -> None:
    environ = {"HOME": "/users/alice", "XDG_CONFIG_HOME": "/config"}
    assert paths.config_files(environ, tmp_path)[1] == Path("/config/ec2kit/ec2kit.yaml")


STATE = Path("/state")


def test_stores_of_two_places_are_two() -> None:
    places = [
        ("", "123456789012", "eu-west-1"),
        ("", "123456789012", "eu-west-2"),
        ("", "111122223333", "eu-west-1"),
        ("http://127.0.0.1:4566", "123456789012", "eu-west-1"),
        ("http://127.0.0.1:4567", "123456789012", "eu-west-1"),
        ("https://127.0.0.1:4566", "123456789012", "eu-west-1"),
    ]
    stores = [paths.store_directory(STATE, *place) for place in places]

    assert len(set(stores)) == len(places)
    assert stores[0] == STATE / "123456789012-eu-west-1"
    assert all(store.parent == STATE for store in stores)
    files = {make(STATE, *places[0]) for make in (paths.journal_path, paths.leases_path, paths.evidence_path)}
    assert len({*files, paths.locks_directory(STATE, *places[0])}) == 4


@given(st.text(), st.text())
def test_any_name_has_a_lock_file_of_its_own(one: str, other: str) -> None:
    names = [paths.lock_file_name("lease", name) for name in (one, other)]

    assert (names[0] == names[1]) == (one == other)
    assert all("/" not in name and len(name.encode()) < 256 and "\0" not in name for name in names)
