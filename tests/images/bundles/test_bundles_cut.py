"""Bundles that were cut off: gone on with, nothing sent or fetched twice, nothing left by what was given up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.screens import Shell
from tests.images.bundles.ground import (
    LIGHT,
    is_same,
    manifest,
    put,
    sets,
)
from tests.sandbox.seeded import Seeded

pytestmark = pytest.mark.slow


def test_a_restore_that_was_killed_fetches_nothing_twice(
    shell: Shell, sandbox: Seeded, bundle: str, disk: Path
) -> None:
    shell.workers = 1
    fetched: list[str] = []

    def die(call: Any) -> None:
        if call.action == "GetObject" and call.params["path"].endswith("sdg.raw.zst"):
            fetched.append(call.name)
            if len(fetched) == 2:
                raise KeyboardInterrupt

    sandbox.before(die)
    assert shell.run(f"bundle restore {bundle} --to out").exit == 130
    assert not (shell.home / "out/sdg.raw").exists()

    assert shell.run(f"bundle restore {bundle} --to out").exit == 0

    sandbox.app.hooks.before.remove(die)
    assert is_same(shell.home / "out/sdg.raw", disk)
    assert [each.name for each in (shell.home / "out").iterdir()] == ["sdg.raw"]
    parts = len(manifest(sandbox, bundle)["objects"][0]["stored"]["parts"])
    assert parts == 3
    assert len(fetched) == parts + 1


def test_a_restore_that_met_damage_goes_on_when_it_is_mended(
    shell: Shell, sandbox: Seeded, bundle: str, disk: Path
) -> None:
    key = f"{bundle.removeprefix('s3://backups/')}/sdg.raw.zst"
    data = sandbox.client("s3").get_object(Bucket="backups", Key=key)["Body"].read()
    put(sandbox, bundle, "sdg.raw.zst", data[:-1] + bytes([data[-1] ^ 1]))

    screen = shell.run(f"bundle restore {bundle} --to out")

    assert screen.exit == 1, screen
    assert "hint: restore an older one: ec2kit bundle ls s3://backups/m; what is in " in screen.stderr
    sandbox.app.calls.clear()
    put(sandbox, bundle, "sdg.raw.zst", data)
    assert shell.run(f"bundle restore {bundle} --to out").exit == 0
    assert is_same(shell.home / "out/sdg.raw", disk)
    read = [call.params["path"] for call in sandbox.app.calls if call.name == "s3:GetObject"]
    assert len([path for path in read if path.endswith("sdg.raw.zst")]) == 1


@pytest.mark.kill
@pytest.mark.parametrize(
    "when, call",
    [
        ("after", "ec2:CreateSnapshots"),
        ("before", "ebs:GetSnapshotBlock"),
        ("after", "s3:CreateMultipartUpload"),
        ("after", "s3:UploadPart"),
        ("after", "s3:CompleteMultipartUpload"),
        ("after", "s3:PutObject"),
    ],
)
def test_killed_at_a_call_it_is_gone_on_with(
    shell: Shell, sandbox: Seeded, light: Path, when: str, call: str
) -> None:
    shell.workers = 1
    line = f"bundle create web-1 s3://backups/killed-{when}-{call.partition(':')[2].lower()} --volume {LIGHT}"
    hooks = sandbox.app.hooks.before if when == "before" else sandbox.app.hooks.after

    def die(made: Any) -> None:
        if made.name == call:
            hooks.remove(die)
            raise KeyboardInterrupt

    before = sets(shell)
    hooks.append(die)
    assert shell.run(line).exit == 130
    sandbox.app.calls.clear()

    screen = shell.run(line)

    assert screen.exit == 0, screen
    again = sandbox.app.calls.names()
    assert "ec2:CreateSnapshots" not in again
    assert len(json.loads(shell.run(f"bundle ls {line.split()[3]} -o json").stdout)) == 1
    assert sets(shell) == before
    assert "Uploads" not in sandbox.client("s3").list_multipart_uploads(Bucket="backups", Prefix="killed")
    url = screen.stdout.split("\t")[0]
    assert shell.run(f"bundle restore {url} --to out").exit == 0
    assert is_same(shell.home / "out/sdh.raw", light)


def test_gc_removes_what_a_run_given_up_has_left(shell: Shell, sandbox: Seeded) -> None:
    shell.workers = 1
    url = "s3://backups/given-up"

    def die(made: Any) -> None:
        if made.name == "s3:CompleteMultipartUpload":
            sandbox.app.hooks.before.remove(die)
            raise KeyboardInterrupt

    sandbox.before(die)
    assert shell.run(f"bundle create web-1 {url} --volume {LIGHT}").exit == 130
    s3 = sandbox.client("s3")
    assert len(s3.list_multipart_uploads(Bucket="backups", Prefix="given-up")["Uploads"]) == 1
    assert shell.run("gc --dry-run -o json").exit == 0
    assert "abort-upload" not in shell.run("gc --dry-run -o json").stdout
    assert shell.run("resume --abandon").exit == 0

    assert shell.run("gc -y").exit == 0

    assert "Uploads" not in s3.list_multipart_uploads(Bucket="backups", Prefix="given-up")
    assert shell.run("gc -y").exit == 0
    sandbox.tick(8 * 24 * 3600)
    assert shell.run("gc -y").exit == 0
    assert sets(shell) == []
