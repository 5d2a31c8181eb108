"""How bundles are listed and named: what one command prints, another takes."""

from __future__ import annotations

import json

import pytest

from tests.cli.screens import Shell
from tests.images.bundles.ground import LIGHT, bundle_of, put
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


def test_where_there_are_none_it_says_where_there_are(shell: Shell, sandbox: Seeded) -> None:
    for prefix in ("m", "deep/er", "m/later"):
        put(sandbox, f"s3://backups/{prefix}/web-2-20260101T000000Z.bundle", "x.raw.zst", b"half")
    put(sandbox, "s3://backups/other/web-2", "x.raw.zst", b"no bundle")
    sandbox.client("s3").create_multipart_upload(
        Bucket="backups", Key="begun/web-2-20260101T000000Z.bundle/x.raw.zst"
    )

    top = shell.run("bundle ls s3://backups")
    assert (top.exit, top.stdout) == (0, "")
    places = "s3://backups/begun, s3://backups/deep/er, s3://backups/m, s3://backups/m/later"
    assert f"no bundles in s3://backups; there are in {places}\n" in top.stderr
    assert "no bundles in s3://backups/deep; there are in s3://backups/deep/er\n" in (
        shell.run("bundle ls s3://backups/deep").stderr
    )
    none = shell.run("bundle ls s3://backups/other")
    assert (none.exit, none.stdout) == (0, "")
    assert "no bundles in s3://backups/other\n" in none.stderr


def test_ls_takes_a_machine_as_verify_does(shell: Shell, sandbox: Seeded) -> None:
    names = [f"{name}-20260101T000000Z.bundle" for name in ("web-1", "web-1-b", "web-10", "web-2")]
    for name in names:
        put(sandbox, f"s3://backups/m/{name}", "x.raw.zst", b"half")

    def listed(place: str) -> list[str]:
        return [row["name"] for row in json.loads(shell.run(f"bundle ls {place} -o json").stdout)]

    assert listed("s3://backups/m/") == names
    assert listed("s3://backups/m/web-1") == listed("s3://backups/m/web-1/") == names[:1]
    assert listed(f"s3://backups/m/{names[3]}") == names[3:]
    assert listed("s3://backups/m/web") == []


def test_what_still_arrives_is_left_although_it_was_begun_long_ago(shell: Shell, sandbox: Seeded) -> None:
    s3 = sandbox.client("s3")
    where = {"Bucket": "backups", "Key": "slow/web-2-20260101T000000Z.bundle/x.raw.zst"}
    upload = s3.create_multipart_upload(**where)["UploadId"]
    sandbox.tick(30 * 3600)
    s3.upload_part(**where, UploadId=upload, PartNumber=1, Body=b"so far")
    sandbox.tick(3600)
    assert shell.run("bundle prune s3://backups/slow --keep-last 1 -y").exit == 0
    assert len(s3.list_multipart_uploads(Bucket="backups")["Uploads"]) == 1
    sandbox.tick(24 * 3600)
    assert shell.run("bundle prune s3://backups/slow --keep-last 1 -y").exit == 0
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="backups")
