"""What a launch on the practice AWS takes when its words leave something open."""

from __future__ import annotations

from dataclasses import fields, replace

from ec2kit.cli.commands.launch_layers import WORDS, added
from ec2kit.config import LaunchProfile, parse_config
from ec2kit.sandbox import seed
from ec2kit.sandbox.launch_defaults import LAUNCH_DEFAULTS


def test_the_defaults_name_what_the_seeded_account_has() -> None:
    assert LAUNCH_DEFAULTS.image in seed.IMAGES
    assert replace(LAUNCH_DEFAULTS, image="") == LaunchProfile(
        type=(seed.TYPE,), key=seed.KEY, groups=(seed.GROUP,), instance_profile=seed.PROFILE
    )


def test_every_part_that_has_a_default_can_be_told_of() -> None:
    given = {item.name for item in fields(LaunchProfile) if getattr(LAUNCH_DEFAULTS, item.name)}

    assert given == set(WORDS)


def test_only_what_nobody_said_is_taken_and_told() -> None:
    config = parse_config(
        "defaults: {key: deploy}\nlaunch: {web: {type: [m5.large], groups: [web, ssh]}}", "f"
    )
    typed = LaunchProfile(image="ami-0123456789abcdef0")

    assert added(typed.over(config.profile("web")), LAUNCH_DEFAULTS) == ["instance profile web"]
    assert added(LaunchProfile(), LAUNCH_DEFAULTS)[:2] == ["image debian-12-amd64", "type t3.micro"]
    assert added(LaunchProfile(), LaunchProfile()) == []
