"""Recipes: what a file may say, what it builds upon, and how it is told what is wrong in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ec2kit.errors import NotFound, UsageError
from ec2kit.images.recipes.architectures import Architecture, parse_architecture
from ec2kit.images.recipes.layers import Layer
from ec2kit.images.recipes.load import load_recipe, shipped_names
from ec2kit.images.recipes.recipe import DEFAULT_SIZE_GIB, PlacedFile, Recipe, User
from ec2kit.images.recipes.releases import Release
from ec2kit.images.recipes.schema import KEYS
from ec2kit.screen.recipes import RECIPE_COLUMNS, recipe_json, recipe_pairs
from tests.repository.files import ROOT

Write = Callable[[str, str], Path]
BASE = "release: debian/bookworm\narchitectures: [amd64]\n"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def refused(write: Write, text: str) -> UsageError:
    """What a recipe with this text is answered."""
    path = write("my.yaml", text)
    with pytest.raises(UsageError) as caught:
        load_recipe(str(path))
    assert caught.value.message.startswith(str(path))
    return caught.value


def test_a_recipe_says_all_that_an_image_is_to_hold(write: Write) -> None:
    write("motd", "welcome\n")
    path = write(
        "web.yaml",
        """
description: a web server
release: debian/bookworm
architectures: [amd64, aarch64]
size: 8
packages: [nginx, php-fpm=2:8.2+93]
remove: [exim4-base]
kernel-arguments: [quiet, panic=10]
puppet: agent
mirror: http://mirror.example/debian
tested: amd64
services: {enable: [nginx], disable: [apt-daily.timer]}
users:
  - {name: ops, groups: [sudo, adm], ssh-keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 ops@example]}
files:
  - {path: /etc/motd, source: motd, mode: 0600, owner: ops}
  - path: /etc/issue
    content: |
      hello
hooks:
  - echo one
  - |
    echo two
""",
    )

    recipe = load_recipe(str(path))

    assert recipe == Recipe(
        name="web",
        description="a web server",
        release=Release("debian", "bookworm"),
        architectures=(Architecture.X86_64, Architecture.ARM64),
        packages=("nginx", "php-fpm=2:8.2+93"),
        remove=("exim4-base",),
        files=(
            PlacedFile("/etc/motd", b"welcome\n", 0o600, "ops:ops"),
            PlacedFile("/etc/issue", b"hello\n", 0o644, "root:root"),
        ),
        users=(User("ops", "/bin/bash", ("sudo", "adm"), ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 ops@example",)),),
        kernel_arguments=("quiet", "panic=10"),
        size_gib=8,
        enable=("nginx",),
        disable=("apt-daily.timer",),
        puppet="agent",
        hooks=("echo one\n", "echo two\n"),
        mirror="http://mirror.example/debian",
        tested=(Architecture.X86_64,),
    )


def test_what_a_recipe_does_not_say_comes_from_those_it_extends_in_order(write: Write) -> None:
    write("base.yaml", BASE + "packages: [a1, b1]\nsize: 4\nservices: {enable: [x, y]}\npuppet: agent\n")
    write("other.yaml", "packages: [c1, a1]\nsize: 6\nremove: [z1]\nfiles: [{path: /f, content: old}]\n")
    path = write(
        "top.yaml",
        "extends: [./base.yaml, ./other.yaml]\npackages: [d1, z1]\nremove: [b1]\n"
        "services: {disable: [x]}\nfiles: [{path: /f, content: new}]\n",
    )

    recipe = load_recipe(str(path))

    assert recipe.packages == ("a1", "c1", "d1", "z1")
    assert recipe.remove == ("b1",)
    assert (recipe.size_gib, recipe.puppet) == (6, "agent")
    assert (recipe.enable, recipe.disable) == (("y",), ("x",))
    assert [(file.path, file.content) for file in recipe.files] == [("/f", b"new")]


def test_its_own_name_description_and_tests_are_not_inherited(write: Write) -> None:
    write("base.yaml", BASE + "description: the base\ntested: [amd64]\n")
    recipe = load_recipe(str(write("top.yaml", "extends: ./base.yaml\n")))

    assert (recipe.name, recipe.description, recipe.tested) == ("top", "", ())


def test_two_recipes_may_build_upon_the_same_one(write: Write) -> None:
    write("base.yaml", BASE + "packages: [a1]\nhooks: [make once]\n")
    write("left.yaml", "extends: ./base.yaml\npackages: [b1]\n")
    write("right.yaml", "extends: ./base.yaml\npackages: [c1]\n")
    recipe = load_recipe(str(write("top.yaml", "extends: [./left.yaml, ./right.yaml]\n")))

    assert recipe.packages == ("a1", "b1", "c1")
    assert recipe.hooks == ("make once\n",)


@pytest.mark.parametrize(
    "text, message, hint",
    [
        ("packges: [a]\n", ":3: unknown key 'packges'", "did you mean `packages`?"),
        ("kernel: quiet\n", ":3: unknown key 'kernel'", "did you mean `kernel-arguments`?"),
        ("xyzzy: 1\n", ":3: unknown key 'xyzzy'", "the keys here are: description"),
        ("size: 4\nsize: 5\n", ":4: 'size' is given twice", "keep one"),
        ("size: large\n", ":3: 'size' wants whole GiB, at least 1, and has 'large'", ""),
        ("size: [1]\n", ":3: 'size' wants one value, and has a list", ""),
        ("puppet: server\n", ":3: 'puppet' is `no` or `agent`", ""),
        ("packages: [ok1, '-o Foo']\n", ":3: '-o Foo' is no package", ""),
        ("packages:\n  - {a: b}\n", ":4: 'packages' wants one value, and has `key: value` lines", ""),
        ("services: [nginx]\n", ":3: 'services' wants `key: value` lines, and has a list", "enable, disable"),
        ("services: {start: nginx}\n", ":3: unknown key 'start'", "the keys here are: enable, disable"),
        ("services: {enable: [on]}\n", ":3: 'on' is a word of YAML", "nginx"),
        ("remove: [cloud-init]\n", ":3: cloud-init cannot be removed", "user data"),
        ("users: [{name: a}, {name: a}]\n", ":3: the user 'a' is given twice", "keep one"),
        ('kernel-arguments: ["a\\nb"]\n', ":3: 'a\\nb' is no argument", ""),
        ("kernel-arguments: ['a b']\n", ":3: 'a b' is no argument for the kernel", ""),
        ("kernel-arguments: ['$(x)']\n", ":3: '$(x)' is no argument for the kernel", ""),
        ("users:\n  - {shell: /bin/sh}\n", ":4: a user wants a `name`", ""),
        ("users:\n  - {name: Ops}\n", ":4: 'Ops' is no name of an account", ""),
        ("users:\n  - {name: ops, ssh-keys: [x]}\n", ":4: 'x' is no public SSH key", ""),
        ("files:\n  - {path: /a}\n", ":4: a file wants a `path`, and either `content` or `source`", ""),
        ("files:\n  - {path: /a, content: x, source: y}\n", ":4: a file wants", ""),
        ("files:\n  - {path: etc/motd, content: x}\n", ":4: 'etc/motd' is no path in the image", "from /"),
        ("files:\n  - {path: /a, content: x, mode: rw}\n", ":4: 'rw' is no mode", "octal"),
        ("files:\n  - {path: /a, content: x, owner: 'a b'}\n", ":4: 'a b' is no owner", ""),
        ("files:\n  - {path: /a, source: ./none}\n", "cannot be read: no such file", ""),
        ("mirror: mirror.example\n", ":3: 'mirror.example' is no mirror", "its URL"),
        ("architectures: []\n", ":3: 'architectures' is given twice", ""),
        ("extends: nothing-like-it\n", ":3: there is no recipe 'nothing-like-it'", "ec2kit image recipes"),
        ("tested: [amd46]\n", ":3: there is no architecture 'amd46'", "did you mean `amd64`?"),
        ("a: b: c\n", ":3: not YAML", "quote text with colons"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(write: Write, text: str, message: str, hint: str) -> None:
    error = refused(write, BASE + text)

    assert message in error.message
    assert hint in error.hint


@pytest.mark.parametrize(
    "text, message, hint",
    [
        ("release: debian\n", ":1: 'debian' is not a release", "debian/bookworm"),
        ("release: debain/bookworm\n", ":1: 'debain/bookworm' is not a release", "`debian/SUITE`"),
        ("release: debian/bokworm\n", ":1: there is no release 'bokworm' of debian", "`debian/bookworm`"),
        ("release: debian/bookworm\n", "has no `architectures`", "extends: debian-12-minimal"),
        ("architectures: [amd64]\n", "has no `release`", "extends: debian-12-minimal"),
        ("- a\n", ":1: a recipe is `key: value` lines, and has a list", ""),
        ("", "is empty", ""),
    ],
)
def test_a_recipe_wants_a_release_and_architectures(write: Write, text: str, message: str, hint: str) -> None:
    error = refused(write, text)

    assert message in error.message
    assert hint in error.hint


def test_i386_ends_with_bookworm_and_the_error_says_what_would_work(write: Write) -> None:
    error = refused(write, "extends: debian-13\narchitectures: [amd64, i386]\n")

    assert error.message.endswith(":2: debian/trixie has no kernel for i386")
    assert error.hint == "the newest with one is debian/bookworm; debian/trixie has amd64, arm64"


def test_a_recipe_says_which_architectures_it_is_for() -> None:
    recipe = load_recipe("debian-13")

    assert recipe.require(Architecture.ARM64) is Architecture.ARM64
    with pytest.raises(UsageError, match="debian/trixie has no kernel for i386"):
        recipe.require(Architecture.I386)


def test_an_architecture_left_out_though_it_has_a_kernel_is_told_apart(write: Write) -> None:
    recipe = load_recipe(str(write("my.yaml", BASE)))

    with pytest.raises(UsageError) as caught:
        recipe.require(Architecture.I386)
    assert (caught.value.message, caught.value.hint) == ("recipe 'my' is not for i386", "it is for amd64")


def test_recipes_that_extend_each_other_are_refused(write: Write) -> None:
    write("one.yaml", "extends: ./two.yaml\n")
    write("two.yaml", "extends: ./three.yaml\n")
    path = write("three.yaml", "extends: ./one.yaml\n")

    with pytest.raises(UsageError, match="recipes that extend each other: three -> one -> two -> three"):
        load_recipe(str(path))


def test_a_name_is_a_shipped_recipe_and_a_path_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("extends: debian-12\n")

    assert load_recipe("./mine.yaml", tmp_path).name == "mine"
    assert load_recipe("mine.yaml", tmp_path).name == "mine"
    with pytest.raises(NotFound) as caught:
        load_recipe("mine", tmp_path)
    assert caught.value.hint == "a file is named by its path: ./mine.yaml"
    with pytest.raises(NotFound) as caught:
        load_recipe("debian12")
    assert caught.value.hint == "did you mean `debian-12`?"
    with pytest.raises(UsageError, match="there is no file"):
        load_recipe("./none.yaml", tmp_path)


@pytest.mark.parametrize("name", shipped_names())
def test_every_shipped_recipe_can_be_read_and_shown(name: str) -> None:
    recipe = load_recipe(name)

    assert recipe.description
    assert set(recipe.tested) <= set(recipe.architectures)
    assert json.loads(json.dumps(recipe_json(recipe)))["id"] == name
    assert dict(recipe_pairs(recipe))["release"] == str(recipe.release)
    assert all(column.value(recipe) is not None for column in RECIPE_COLUMNS)


def test_the_shipped_recipes_are_those_that_the_documentation_promises() -> None:
    kinds = ("", "-minimal", "-puppet", "-web")

    assert set(shipped_names()) == {f"debian-{release}{kind}" for release in (12, 13) for kind in kinds}
    assert {found.debian for found in load_recipe("debian-12").architectures} == {"amd64", "i386", "arm64"}
    assert load_recipe("debian-12-puppet").puppet == "agent"
    assert "nginx" in load_recipe("debian-13-web").packages
    assert load_recipe("debian-12-minimal").size_gib == DEFAULT_SIZE_GIB


def test_the_digest_is_of_what_is_made_and_of_nothing_else(write: Write) -> None:
    plain = load_recipe(str(write("a.yaml", BASE + "packages: [a1, b1]\n")))
    told = load_recipe(
        str(write("b.yaml", BASE + "packages: [b1, a1]\ndescription: other\ntested: [amd64]\n"))
    )
    other = load_recipe(str(write("c.yaml", BASE + "packages: [a1, b1]\nhooks: [x]\n")))

    assert plain.digest == told.digest != other.digest


def test_every_key_of_the_table_ends_up_in_the_recipe() -> None:
    kept = {field.replace("_", "-") for field in Layer.__dataclass_fields__}
    elsewhere = {"description", "extends", "tested", "services"}

    assert {key.name for key in KEYS} == (kept - {"enable", "disable"}) | elsewhere


@pytest.mark.parametrize("typed, found", [("amd64", "x86_64"), ("X86_64", "x86_64"), ("aarch64", "arm64")])
def test_architectures_have_more_than_one_name(typed: str, found: str) -> None:
    assert parse_architecture(typed) == found


def test_an_unknown_architecture_is_told() -> None:
    with pytest.raises(UsageError) as caught:
        parse_architecture("armd64")
    assert caught.value.hint in ("did you mean `arm64`?", "did you mean `amd64`?")


def test_the_example_in_the_documentation_is_a_recipe(tmp_path: Path) -> None:
    page = (ROOT / "docs/reference/recipes.md").read_text(encoding="utf-8")
    (tmp_path / "shop.yaml").write_text(page.split("```yaml\n")[1].split("```")[0])
    (tmp_path / "shop.conf").write_text("server {}\n")

    recipe = load_recipe("./shop.yaml", tmp_path)

    assert {"nginx", "postgresql-client"} <= set(recipe.packages)
    assert recipe.disable == ("apt-daily.timer",)
