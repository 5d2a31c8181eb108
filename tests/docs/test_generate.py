"""What the reference pages are made of: a command or an option that nobody explained is found here."""

import click

from docs.generate import Entry, commands_page, entries, exit_codes, options

REGION = click.Option(["--region"], metavar="NAME", help="where; a|b")


@click.command(params=[REGION])
@click.argument("name")
@click.option("-n", "--count", default=1, show_default=True, help="how many")
def make(name: str, count: int, region: str) -> None:
    """Make some.

    They are made
    side by side.

    \b
    kit make web
    """


@click.command(params=[REGION])
def disks(region: str) -> None:
    """List disks."""


def test_commands_page_has_the_shared_options_once_and_each_command_in_its_section() -> None:
    found = [Entry("kit make", "fleet", make), Entry("kit disk ls", "disks", disks)]

    assert commands_page(found, {"disks": "what is on disks", "fleet": "machines"}, {"region"}) == (
        "## Shared options\n\nAccepted after the command.\n\n"
        "| option | what it does |\n| --- | --- |\n| `--region NAME` | where; a\\|b |\n\n"
        "## disks\n\nWhat is on disks.\n\n"
        "### kit disk ls\n\n```text\nkit disk ls [OPTIONS]\n```\n\n"
        "List disks.\n\nShared options: `--region`.\n\n"
        "## fleet\n\nMachines.\n\n"
        "### kit make\n\n```text\nkit make [OPTIONS] NAME\n```\n\n"
        "Make some.\n\nThey are made side by side.\n\n```text\nkit make web\n```\n\n"
        "| option | what it does |\n| --- | --- |\n| `-n, --count INTEGER` | how many [default: 1] |\n\n"
        "Shared options: `--region`.\n"
    )


def test_exit_codes_page_has_both_tables() -> None:
    page = exit_codes()

    assert "| 9 | no capacity |" in page
    assert page.index("| 143 |") < page.index("`ec2kit check`") < page.index("| 3 | the monitor")


def test_every_command_and_every_option_of_ec2kit_is_explained() -> None:
    found = entries()
    silent = [entry.typed for entry in found if not (entry.command.help or "").strip()]
    silent += [
        f"{entry.typed} {taken.flag}" for entry in found for taken in options(entry) if not taken.text.strip()
    ]

    assert found
    assert silent == []
