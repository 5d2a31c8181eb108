"""Which images words mean, who uses each, and what its tags say of it."""

from __future__ import annotations

import pytest

from ec2kit.errors import NotFound
from ec2kit.images.choose import chosen, newest_first
from ec2kit.images.labels import labels_of
from ec2kit.images.uses import Users, users_of
from ec2kit.model.ids import ImageId
from ec2kit.model.instances import State
from ec2kit.model.tags import KEEP, RECIPE, TESTED, UNSCRUBBED, Tags
from tests.images.made import image, template
from tests.support.fleet import instance

OLD, NEW, OTHER = image(1, 30), image(2, 1), image(3, 2, name="golden [web]", tags={})
ALL = newest_first([OLD, NEW, OTHER])


def test_the_newest_comes_first_and_one_without_a_date_last() -> None:
    undated = image(4, created=None)

    assert newest_first([OLD, undated, NEW, OTHER]) == (NEW, OTHER, OLD, undated)


@pytest.mark.parametrize(
    "words,found",
    [
        ([], ALL),
        (["debian-*"], (NEW, OLD)),
        ([OLD.id, "golden [web]"], (OTHER, OLD)),
        (["golden [web]", "golden*"], (OTHER,)),
        (["nothing-*"], ()),
    ],
)
def test_words_are_ids_names_and_patterns(words: list[str], found: tuple[object, ...]) -> None:
    assert chosen(ALL, words) == found


@pytest.mark.parametrize("word", ["golden", "ami-99999999"])
def test_a_name_or_an_id_that_no_image_has_is_an_error(word: str) -> None:
    with pytest.raises(NotFound, match=word):
        chosen(ALL, ["debian-*", word])


def test_living_instances_templates_and_profiles_use_images() -> None:
    living, gone = instance(1, image=NEW.id), instance(2, image=OLD.id, state=State.TERMINATED)

    users = users_of(
        ALL,
        [living, gone, instance(3, image=ImageId("ami-of-somebody-else"))],
        [template(7, OLD.id), template(8, NEW.id)],
        {"web": "debian-12-*", "db": OLD.id, "old": "nothing-*"},
    )

    assert users[NEW.id].words == (living.id, "lt-00000001:8", "profile web")
    assert users[OLD.id].words == ("lt-00000001:7", "profile db")
    assert users.keys() == {NEW.id, OLD.id}
    assert users[NEW.id].lines == (
        f"instance web-1 ({living.id}, running)",
        "launch template ec2kit-web-1 (lt-00000001:8)",
        "launch profile web",
    )


def test_a_profile_means_the_newest_image_that_can_be_launched() -> None:
    pending = image(9, 0, state="pending")

    assert list(users_of([pending, NEW, OLD], [], [], {"web": "debian-12-*"})) == [NEW.id]


def test_many_users_are_counted() -> None:
    many = Users(tuple(instance(number) for number in range(1, 6)), (template(7, NEW.id),))

    assert many.brief == many.counted == "5 instances, lt-00000001:7"
    assert Users(many.instances[:1]).counted == "1 instance"
    assert Users(many.instances[:2]).brief == ", ".join(each.id for each in many.instances[:2])
    assert not Users()


@pytest.mark.parametrize(
    "tags,labels",
    [
        ({}, ()),
        ({RECIPE: "debian-12"}, ("untested",)),
        ({RECIPE: "debian-12", TESTED: "bios,uefi"}, ("tested: bios,uefi",)),
        ({UNSCRUBBED: "billing code", KEEP: ""}, ("unscrubbed", "kept")),
    ],
)
def test_labels(tags: Tags, labels: tuple[str, ...]) -> None:
    assert labels_of(image(1, tags=tags)) == labels


def test_a_billing_code_is_a_label() -> None:
    assert labels_of(image(1, tags={}, usage_operation="RunInstances:0010")) == ("billing code",)
