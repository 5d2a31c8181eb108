"""What the reference pages are made of: a command or an option that nobody explained is found here."""

import click

from docs.generate import commands, entries, exit_codes, options, root


@click.group(name="kit")
def kit() -> None:
    """Does things."""


@kit.command()
@click.argument("name")
@click.option("--region", help="where; a|b")
@click.option("-n", "--count", default=1, show_default=True, help="how many")
def make(name: str, region: str, count: int) -> None:
    """Make some.

    They are made
    side by side.

    \b
    kit make web
    """


@kit.group()
def disk() -> None:
    """Disks."""


@disk.command(name="ls")
@click.option("--region", help="where; a|b")
def list_disks(region: str) -> None:
    """List disks."""


@disk.command(hidden=True)
def internal() -> None:
    """Never shown."""


def test_commands_page_has_each_command_once_and_the_common_options_apart() -> None:
    assert commands(kit) == (
        "## Options that most commands take\n\n"
        "| option | what it does |\n| --- | --- |\n| `--region TEXT` | where; a\\|b |\n\n"
        "## kit disk ls\n\n```text\nkit disk ls [OPTIONS]\n```\n\n"
        "List disks.\n\nTakes the common options.\n\n"
        "## kit make\n\n```text\nkit make [OPTIONS] NAME\n```\n\n"
        "Make some.\n\nThey are made side by side.\n\n"
        "```text\nkit make web\n```\n\n"
        "| option | what it does |\n| --- | --- |\n"
        "| `-n, --count INTEGER` | how many [default: 1] |\n\n"
        "Takes the common options.\n"
    )


def test_exit_codes_page_has_both_tables() -> None:
    page = exit_codes()

    assert "| 9 | no capacity |" in page
    assert page.index("| 143 |") < page.index("`ec2kit check`") < page.index("| 3 | the monitor")


def test_every_command_and_every_option_of_ec2kit_is_explained() -> None:
    found = entries(root())
    silent = [entry.words for entry in found if not (entry.command.help or "").strip()]
    silent += [
        f"{entry.words} {name}" for entry in found for name, text in options(entry) if not text.strip()
    ]

    assert len(found) > 20
    assert silent == []
