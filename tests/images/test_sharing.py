"""Who gets an image, who loses it, and what AWS would refuse."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ec2kit.engine.plan import Plan
from ec2kit.errors import UsageError
from ec2kit.images.sharing import Shared, Wish, holders_text, parse_accounts, share_plan
from tests.images.made import image, snapshot

ALICE, BOB = "444455556666", "111122223333"
IMAGE, SNAPSHOT = image(1), snapshot(1)
ALONE = Shared(IMAGE, snapshots=(SNAPSHOT,))
WITH_BOB = Shared(IMAGE, frozenset({BOB, "all"}), (SNAPSHOT,), {SNAPSHOT.id: frozenset({BOB})})


def steps(plan: Plan) -> list[tuple[str, tuple[str, ...]]]:
    return [(planned.step.kind, vars(planned.step)["accounts"]) for planned in plan.steps]


@pytest.mark.parametrize(
    "shared,wish,wanted",
    [
        (ALONE, Wish((ALICE,)), [("share-image", (ALICE,)), ("share-snapshot", (ALICE,))]),
        (ALONE, Wish(public=True), [("share-image", ("all",))]),
        (WITH_BOB, Wish((BOB, ALICE)), [("share-image", (ALICE,)), ("share-snapshot", (ALICE,))]),
        (WITH_BOB, Wish((BOB,), public=True), []),
        (WITH_BOB, Wish(off=True), [("unshare-image", (BOB, "all")), ("unshare-snapshot", (BOB,))]),
        (WITH_BOB, Wish((BOB,), off=True), [("unshare-image", (BOB,)), ("unshare-snapshot", (BOB,))]),
        (WITH_BOB, Wish(public=True, off=True), [("unshare-image", ("all",))]),
        (WITH_BOB, Wish((ALICE,), off=True), []),
        # Cut between the two: only the snapshots are missing.
        (replace(ALONE, holders=frozenset({BOB})), Wish((BOB,)), [("share-snapshot", (BOB,))]),
    ],
)
def test_only_what_differs_is_done(
    shared: Shared, wish: Wish, wanted: list[tuple[str, tuple[str, ...]]]
) -> None:
    plan = share_plan(shared, wish)

    assert steps(plan) == wanted
    assert bool(plan.unchanged) is not bool(wanted)


def test_an_encrypted_image_is_never_public() -> None:
    encrypted = replace(ALONE, snapshots=(replace(SNAPSHOT, encrypted=True),))

    plan = share_plan(encrypted, Wish(public=True))

    assert not plan.steps
    assert plan.refused[0].rule == "encryption"


def test_of_an_encrypted_image_the_others_need_the_key() -> None:
    encrypted = replace(ALONE, snapshots=(replace(SNAPSHOT, encrypted=True, kms_key="arn:key"),))

    assert (
        "encrypted with arn:key: the others need that key too" in share_plan(encrypted, Wish((BOB,))).notes[0]
    )
    assert share_plan(ALONE, Wish((BOB,))).notes == ()
    assert "read all that is on its disks" in share_plan(ALONE, Wish(public=True)).notes[0]


def test_accounts_as_people_write_them() -> None:
    assert parse_accounts(["4444-5555-6666", ALICE, BOB]) == (ALICE, BOB)
    for bad in ("alice", "123", "all", "١٢٣٤٥٦٧٨٩٠١٢"):
        with pytest.raises(UsageError, match=bad):
            parse_accounts([bad])


def test_holders_as_words() -> None:
    assert holders_text({"all", BOB}) == f"account {BOB}, everybody"
    assert holders_text(()) == ""
