"""`ec2kit image ls` and `show`: what images there are, and who uses them."""

from __future__ import annotations

import click

from ec2kit.cli.context import Context
from ec2kit.cli.options import reads
from ec2kit.images.choose import chosen, one_shown, own_images
from ec2kit.images.uses import NOBODY, observe_users
from ec2kit.screen.images import IMAGE_COLUMNS, ImageRow, image_json, image_pairs


def profiles(context: Context) -> dict[str, str]:
    """The image of each launch profile that names one; `defaults` is one too."""
    named = {"defaults": context.config.defaults, **context.config.launch}
    return {name: profile.image for name, profile in named.items() if profile.image}


@reads
@click.argument("images", nargs=-1, metavar="[IMAGE]…")
@click.option("--shared", is_flag=True, help="ask with which accounts each is shared (a call for each image)")
def ls(context: Context, images: tuple[str, ...], shared: bool) -> None:
    """List images of this account, newest first: how old, how large, who uses them.

    IMAGE is an id, a name, or a pattern of names. Used by: instances, the default and latest versions of launch
    templates, launch profiles.

    \b
    ec2kit image ls
    ec2kit image ls 'debian-*' --shared
    """
    words = context.expand(images)
    rows: list[ImageRow] = []
    regions = context.everywhere()
    for aws in regions:
        found = own_images(aws)
        users = observe_users(aws, found, profiles(context))
        rows += [
            ImageRow(
                each,
                aws.now(),
                users.get(each.id, NOBODY),
                aws.region,
                aws.sharing.of_image(each.id) if shared else None,
            )
            for each in chosen(found, words)
        ]
    context.announce(regions[0])
    context.show(IMAGE_COLUMNS, rows)


@reads
@click.argument("which", metavar="IMAGE")
def show(context: Context, which: str) -> None:
    """Show an image: its attributes, its disks, who uses it and with whom it is shared.

    One of this account by id or name; somebody else's by its id.

    \b
    ec2kit image show debian-12-amd64
    """
    aws = context.aws()
    image = one_shown(aws, which)
    users = observe_users(aws, [image], profiles(context)).get(image.id, NOBODY)
    shared = aws.sharing.of_image(image.id) if image.owner == aws.account else None
    row = ImageRow(image, aws.now(), users, aws.region, shared)
    context.announce()
    context.show_one(image_json(row), image_pairs(row))
