"""`ec2kit image recipes`: the list, one recipe, a file of one's own, and words that are none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ec2kit.images.recipes.load import shipped_names
from tests.cli.screens import Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_all_recipes_are_listed_without_any_aws(shell: Shell) -> None:
    screen = shell.run("image recipes -q")

    assert (screen.exit, screen.stderr) == (0, "")
    assert screen.stdout.split() == list(shipped_names())


def test_programs_get_architectures_as_ec2_writes_them(shell: Shell) -> None:
    listed = json.loads(shell.run("image recipes -o json").stdout)

    (minimal,) = [recipe for recipe in listed if recipe["name"] == "debian-12-minimal"]
    assert minimal["architectures"] == ["x86_64", "i386", "arm64"]
    assert minimal["tested"] == ["x86_64", "i386", "arm64"]
    assert minimal["size_gib"] == 2


def test_one_is_shown_with_all_that_it_extends(shell: Shell) -> None:
    shown = dict(line.split("\t") for line in shell.run("image recipes debian-12-web").stdout.splitlines())

    assert "nginx" in shown["packages"]
    assert "openssh-server" in shown["packages"]
    assert shown["files"] == "/etc/chrony/sources.d/ec2.sources"


@pytest.mark.parametrize("name", shipped_names())
def test_a_recipe_has_the_size_that_the_list_says(shell: Shell, name: str) -> None:
    listed = {each["name"]: each for each in json.loads(shell.run("image recipes -o json").stdout)}
    shown = json.loads(shell.run(f"image recipes {name} -o json").stdout)

    assert shown["size_gib"] == listed[name]["size_gib"] == 2


def test_a_recipe_for_an_image_has_that_ones_size(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text("files: [{path: /etc/shop, content: x}]\n")
    (tmp_path / "large.yaml").write_text("size: 9\n")

    assert "size\tthe image's" in shell.run("image recipes ./shop.yaml").stdout
    assert json.loads(shell.run("image recipes ./shop.yaml -o json").stdout)["size_gib"] is None
    assert "size\t9 GiB" in shell.run("image recipes ./large.yaml").stdout


def test_a_file_is_looked_for_from_where_one_stands(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("extends: debian-12\nremove: [chrony]\n")

    shown = json.loads(shell.run("image recipes ./mine.yaml -o json").stdout)

    assert shown["id"] == "mine"
    assert "chrony" not in shown["packages"]
    assert shown["remove"] == ["chrony"]


@pytest.mark.parametrize(
    "word, code, message",
    [
        ("debian-21", 4, "there is no recipe 'debian-21'"),
        ("./none.yaml", 2, "there is no file"),
        ("'~nobody-at-all/x.yaml'", 2, "there is no file"),
        ("'a\0b'", 2, "no NUL"),
        ("x" * 5000, 4, "there is no recipe"),
        ("/", 2, "cannot be read"),
        ("''", 4, "there is no recipe ''"),
    ],
)
def test_words_that_are_no_recipe(shell: Shell, word: str, code: int, message: str) -> None:
    screen = shell.run(f"image recipes {word}")

    assert screen.exit == code
    assert message in screen.stderr
    assert screen.stdout == ""
