"""Recipes as rows, and one with everything that it extends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ec2kit.images.recipes.recipe import Recipe
from ec2kit.screen.columns import Column


def tested_words(recipe: Recipe) -> str:
    """Given a recipe, return the architectures of which an image was booted; `untested` for none."""
    return ", ".join(found.debian for found in recipe.tested) or "untested"


RECIPE_COLUMNS: tuple[Column[Recipe], ...] = (
    Column("name", lambda recipe: recipe.name),
    Column("release", lambda recipe: str(recipe.release)),
    Column(
        "architectures",
        lambda recipe: [found.value for found in recipe.architectures],
        shown=lambda recipe: ", ".join(found.debian for found in recipe.architectures),
    ),
    Column("tested", lambda recipe: [found.value for found in recipe.tested], shown=tested_words),
    Column("size_gib", lambda recipe: recipe.size_gib or None),
    Column("description", lambda recipe: recipe.description),
    Column("digest", lambda recipe: recipe.digest, extra=True),
)


def recipe_json(recipe: Recipe) -> dict[str, Any]:
    """Given a recipe, return the documented JSON object; of files only where they are and how large."""
    return {
        "id": recipe.name,
        **{column.name: column.value(recipe) for column in RECIPE_COLUMNS},
        "packages": recipe.packages,
        "remove": recipe.remove,
        "files": [
            {
                "path": file.path,
                "mode": f"{file.mode:04o}",
                "owner": file.owner,
                "size_bytes": len(file.content),
            }
            for file in recipe.files
        ],
        "users": [
            {"name": user.name, "shell": user.shell, "groups": user.groups, "ssh_keys": len(user.ssh_keys)}
            for user in recipe.users
        ],
        "enable": recipe.enable,
        "disable": recipe.disable,
        "puppet": recipe.puppet,
        "hooks": len(recipe.hooks),
        "kernel_arguments": recipe.kernel_arguments,
        "mirror": recipe.mirror or None,
    }


def recipe_pairs(recipe: Recipe) -> Sequence[tuple[str, str]]:
    """Given a recipe, return labels and texts; what it does not set is left out."""
    pairs = [
        ("recipe", recipe.name),
        ("description", recipe.description),
        ("release", str(recipe.release)),
        ("architectures", ", ".join(found.debian for found in recipe.architectures)),
        ("tested", tested_words(recipe)),
        ("size", f"{recipe.size_gib} GiB" if recipe.size_gib else "the image's"),
        ("packages", ", ".join(recipe.packages)),
        ("removed", ", ".join(recipe.remove)),
        ("files", ", ".join(file.path for file in recipe.files)),
        ("users", ", ".join(user.name for user in recipe.users)),
        ("services", ", ".join((*recipe.enable, *(f"not {unit}" for unit in recipe.disable)))),
        ("puppet", "" if recipe.puppet == "no" else recipe.puppet),
        ("hooks", str(len(recipe.hooks) or "")),
        ("kernel arguments", " ".join(recipe.kernel_arguments)),
        ("mirror", recipe.mirror),
        ("digest", recipe.digest),
    ]
    return [pair for pair in pairs if pair[1]]
