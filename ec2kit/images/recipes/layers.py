"""What one recipe file says, and how it goes over the recipes that it extends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ec2kit.images.recipes.architectures import Architecture
from ec2kit.images.recipes.recipe import PlacedFile, User
from ec2kit.images.recipes.releases import Release


@dataclass(frozen=True)
class Layer:
    """The keys of a file that images are made of; None and empty mean not said."""

    release: Release | None = None
    architectures: tuple[Architecture, ...] = ()
    packages: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    files: tuple[PlacedFile, ...] = ()
    users: tuple[User, ...] = ()
    enable: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()
    puppet: str = ""
    hooks: tuple[str, ...] = ()
    kernel_arguments: tuple[str, ...] = ()
    size: int = 0
    mirror: str = ""

    def over(self, below: Layer) -> Layer:
        """This layer on top of another: one value replaces, lists go on, and what is said last counts."""
        return replace(
            self,
            release=self.release or below.release,
            architectures=self.architectures or below.architectures,
            packages=_joined(below.packages, self.packages, without=self.remove),
            remove=_joined(below.remove, self.remove, without=self.packages),
            files=tuple({file.path: file for file in (*below.files, *self.files)}.values()),
            users=tuple({user.name: user for user in (*below.users, *self.users)}.values()),
            enable=_joined(below.enable, self.enable, without=self.disable),
            disable=_joined(below.disable, self.disable, without=self.enable),
            puppet=self.puppet or below.puppet,
            hooks=_joined(below.hooks, self.hooks),
            kernel_arguments=_joined(below.kernel_arguments, self.kernel_arguments),
            size=self.size or below.size,
            mirror=self.mirror or below.mirror,
        )


def _joined(below: Iterable[str], own: Iterable[str], without: Iterable[str] = ()) -> tuple[str, ...]:
    """Each once, in order: two recipes may build upon the same one."""
    gone = set(without)
    return tuple(dict.fromkeys((*(item for item in below if item not in gone), *own)))
