"""`ec2kit image recipes`: the recipes that images are built from."""

from __future__ import annotations

import click

from ec2kit.cli.context import Context
from ec2kit.cli.options import stays
from ec2kit.images.recipes.load import load_recipe, load_shown, shipped_names
from ec2kit.screen.recipes import RECIPE_COLUMNS, recipe_json, recipe_pairs


@stays
@click.argument("name", required=False, metavar="[RECIPE]")
def recipes(context: Context, name: str | None) -> None:
    """List the recipes that come with ec2kit, or show one, or a file of yours, with all that it extends.

    `tested` names the architectures of which an image was built and booted.

    \b
    ec2kit image recipes
    ec2kit image recipes debian-12-web
    ec2kit image recipes ./my.yaml
    """
    if name is None:
        context.show(RECIPE_COLUMNS, [load_recipe(shipped) for shipped in shipped_names()])
        return
    recipe = load_shown(name, context.surroundings.cwd)
    context.show_one(recipe_json(recipe), recipe_pairs(recipe))
