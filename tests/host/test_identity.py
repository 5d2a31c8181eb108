"""Who and where we are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ec2kit.host.identity import host_name, self_instance, this_user, who


def test_this_user_is_the_one_of_the_process_with_the_home_of_the_environment() -> None:
    user = this_user({"HOME": "/elsewhere"})
    assert (user.uid, user.home) == (os.getuid(), Path("/elsewhere"))
    assert this_user({}).home.is_absolute()


def test_the_person_behind_sudo_is_named_only_when_we_are_root() -> None:
    name = "alice" if os.getuid() == 0 else this_user({}).name
    assert who({"SUDO_USER": "alice"}) == f"{name}@{host_name()}"
    assert who({}) == f"{this_user({}).name}@{host_name()}"


@pytest.mark.parametrize(
    "environ, board, expected",
    [
        ({}, "i-0123456789abcdef0\n", "i-0123456789abcdef0"),
        ({"EC2KIT_SELF_INSTANCE": "i-0fedcba9876543210"}, "i-0123456789abcdef0\n", "i-0fedcba9876543210"),
        ({}, "Not Specified\n", None),
        ({}, None, None),
        ({"EC2KIT_SELF_INSTANCE": "i-0fedcba9876543210"}, None, "i-0fedcba9876543210"),
    ],
)
def test_the_instance_we_run_on(
    environ: dict[str, str], board: str | None, expected: str | None, tmp_path: Path
) -> None:
    asset_tag = tmp_path / "board_asset_tag"
    if board is not None:
        asset_tag.write_text(board, encoding="ascii")
    assert self_instance(environ, asset_tag) == expected
