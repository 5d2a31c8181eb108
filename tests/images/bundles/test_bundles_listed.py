"""How bundles are listed and named: what one command prints, another takes."""

from __future__ import annotations

import json

import pytest

from tests.cli.screens import Shell
from tests.images.bundles.ground import LIGHT, bundle_of
from tests.sandbox.seeded import Seeded

pytestmark = pytest.mark.slow


def test_prune_names_bundles_as_ls_does(shell: Shell, sandbox: Seeded) -> None:
    made = []
    for _ in range(2):
        made.append(bundle_of(shell, f"--volume {LIGHT}", "s3://backups/ids"))
        sandbox.tick(3600)
    listed = {
        row["id"]: row["name"] for row in json.loads(shell.run("bundle ls s3://backups/ids -o json").stdout)
    }
    assert [*listed] == made
    rows = json.loads(shell.run("bundle prune s3://backups/ids --keep-last 1 -y -o json").stdout)

    assert {row["id"]: row["name"] for row in rows} == listed
    assert {row["id"]: row["result"] for row in rows} == {made[0]: "done", made[1]: "unchanged"}
    [row] = json.loads(shell.run("bundle prune s3://backups/ids --keep-last 1 -y -o json").stdout)
    assert (row["id"], row["name"]) == (made[1], listed[made[1]])


def test_how_it_was_verified_is_in_every_format(shell: Shell, sandbox: Seeded, bundle: str) -> None:
    [row] = json.loads(shell.run("bundle ls s3://backups/m -o json").stdout)
    assert (row["verified"], row["verified_how"]) == (None, "")

    assert shell.run(f"bundle verify {bundle} --deep").exit == 0

    [row] = json.loads(shell.run("bundle ls s3://backups/m -o json").stdout)
    assert row["verified_how"] == "deep"
    assert shell.run("bundle ls s3://backups/m").stdout.rstrip("\n").split("\t")[-1] == "deep"
    assert "VERIFIED_HOW" in shell.run("bundle ls s3://backups/m -o table").stdout.upper()


def test_a_name_that_is_taken_says_with_what_another_is_given(shell: Shell, bundle: str) -> None:
    taken = shell.run(f"bundle restore {bundle} --to image --name debian-12-amd64")
    assert taken.exit == 5
    assert "choose another with --name" in taken.stdout
