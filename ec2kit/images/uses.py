"""Who uses an image: machines that were made from it, and what would make more of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ec2kit.images.choose import newest_first
from ec2kit.inventory.selectors import matches_any
from ec2kit.model.disks import Image, TemplateVersion
from ec2kit.model.instances import Instance

if TYPE_CHECKING:
    from ec2kit.aws import Aws


FEW = 3
"""As many instances as are named one by one."""


@dataclass(frozen=True)
class Users:
    """The users of one image: living instances, current versions of launch templates, launch profiles."""

    instances: tuple[Instance, ...] = ()
    templates: tuple[TemplateVersion, ...] = ()
    profiles: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.instances or self.templates or self.profiles)

    @property
    def words(self) -> tuple[str, ...]:
        """Each user as one word or two: `i-…`, `lt-…:7`, `profile web`."""
        return (
            *(each.id for each in self.instances),
            *(each.reference for each in self.templates),
            *(f"profile {name}" for name in self.profiles),
        )

    @property
    def lines(self) -> tuple[str, ...]:
        """Each user with its name."""
        return (
            *(f"instance {each.name} ({each.id}, {each.state})" for each in self.instances),
            *(f"launch template {each.name} ({each.reference})" for each in self.templates),
            *(f"launch profile {name}" for name in self.profiles),
        )

    @property
    def brief(self) -> str:
        """Each user as one word, or where they are many how many."""
        return ", ".join(self.words) if len(self.instances) <= FEW else self.counted

    @property
    def counted(self) -> str:
        """All of them in a few words: `4 instances, lt-…:7`."""
        number = len(self.instances)
        machines = [f"{number} instance{'' if number == 1 else 's'}"] if number else []
        return ", ".join((*machines, *self.words[number:]))


NOBODY = Users()


def users_of(
    images: Sequence[Image],
    instances: Iterable[Instance],
    templates: Iterable[TemplateVersion],
    profiles: Mapping[str, str],
) -> dict[str, Users]:
    """Given images, living instances, current template versions and the image of each launch profile, return
    who uses each image, by its id; an image that nobody uses is not in it.

    A profile may name an image by its id, its name or a pattern, which means the newest one that fits.
    """
    found: dict[str, Users] = {}
    for instance in instances:
        if not instance.state.is_gone:
            was = found.get(instance.image, NOBODY)
            found[instance.image] = Users((*was.instances, instance), was.templates, was.profiles)
    for version in templates:
        image = str(version.data.get("ImageId", ""))
        was = found.get(image, NOBODY)
        found[image] = Users(was.instances, (*was.templates, version), was.profiles)
    for profile, word in profiles.items():
        meant = _meant(images, word)
        if meant is not None:
            was = found.get(meant.id, NOBODY)
            found[meant.id] = Users(was.instances, was.templates, (*was.profiles, profile))
    known = {each.id for each in images}
    return {id: users for id, users in found.items() if id in known}


def _meant(images: Sequence[Image], word: str) -> Image | None:
    fitting = (each for each in newest_first(images) if word == each.id or matches_any(each.name, [word]))
    return next((each for each in fitting if each.state == "available"), None)


def observe_users(aws: Aws, images: Sequence[Image], profiles: Mapping[str, str]) -> dict[str, Users]:
    """Ask AWS who uses these images: one page set of instances, one of launch templates."""
    if not images:
        return {}
    return users_of(images, aws.instances.describe(), aws.templates.current(), profiles)
