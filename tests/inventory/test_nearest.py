"""The hint beside a name that does not exist."""

from __future__ import annotations

from ec2kit.inventory.nearest import meant, near_names, nearest_hint


def test_what_is_nearly_spelled_so_comes_alone() -> None:
    assert nearest_hint("opps", ["ops", "mail"], "key pairs") == "did you mean `ops`?"


def test_what_has_the_word_in_it_is_near() -> None:
    names = [f"shop-web-{zone}" for zone in "abcd"]
    assert (
        nearest_hint("Web", names, "subnets") == "did you mean `shop-web-a` or `shop-web-b` or `shop-web-c`?"
    )


def test_without_a_near_one_all_are_listed_as_far_as_anybody_reads() -> None:
    assert nearest_hint("zzz", ["b", "a", ""], "groups") == "the groups are: a, b"
    assert nearest_hint("zzz", map(str, range(100, 120)), "groups").endswith(", 111 and 8 more")
    assert nearest_hint("zzz", [], "groups") == "there are no groups"


def test_of_many_near_names_three_are_told_in_order() -> None:
    assert near_names("web-9", ["web-4", "web-1", "db", "web-3", "web-2"]) == ["web-2", "web-3", "web-4"]
    assert meant(["web-2", "web-3"]) == "did you mean `web-2` or `web-3`?"
