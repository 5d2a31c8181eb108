"""The runner of the console blocks itself, before it judges a page."""

from pathlib import Path

import pytest

from tests.docs.blocks import Step, matches, steps
from tests.docs.terminal import Terminal

PAGE = Path("page.md")


def test_a_block_is_its_commands_with_what_each_shows() -> None:
    text = (
        "Text\n```console exit=4\n$ ec2kit ls\nweb-1\nweb-2\n$ ec2kit show \\\n    nobody\nerror: ...\n```\n"
    )

    assert steps(PAGE, text) == [
        Step(PAGE, 3, "ec2kit ls", ("web-1", "web-2"), 0),
        Step(PAGE, 6, "ec2kit show \\\n    nobody", ("error: ...",), 4),
    ]


def test_what_is_typed_goes_on_to_the_end_of_a_here_document() -> None:
    text = "```console\n$ cat >zone <<'END'\n$TTL 60\n@ NS ns\nEND\nshown\n$ true\n```\n"

    assert steps(PAGE, text) == [
        Step(PAGE, 2, "cat >zone <<'END'\n$TTL 60\n@ NS ns\nEND", ("shown",), 0),
        Step(PAGE, 7, "true", (), 0),
    ]


def test_blocks_of_other_kinds_are_not_run_and_an_indented_one_is() -> None:
    text = "```sh\n$ rm -rf everything\n```\n\n1. First\n\n   ```console\n   $ true\n   ```\n"

    assert steps(PAGE, text) == [Step(PAGE, 8, "true", (), 0)]


@pytest.mark.parametrize(
    "text",
    [
        "```console\n$ true\n",
        "```console\nno prompt\n```\n",
        "```console\n```\n",
        "```console\n$ cat <<END\nno end\n```\n",
    ],
)
def test_a_block_that_cannot_be_read_is_an_error_and_not_an_empty_page(text: str) -> None:
    with pytest.raises(ValueError, match=r"page\.md:"):
        steps(PAGE, text)


@pytest.mark.parametrize(
    "expected,shown,agree",
    [
        (("i-... running",), "i-0a1b   running\n", True),
        (("i-... running",), "i-0a1b   stopped\n", False),
        (("first", "...", "last"), "first\nlast\n", True),
        (("first", "...", "last"), "first\nsecond\nthird\nlast\n", True),
        (("first", "...", "last"), "second\nlast\n", False),
        ((), "", True),
        ((), "something\n", False),
        (("...",), "", True),
        (("cost 1.00 (a+b)",), "cost 1.00 (a+b)", True),
        (("cost 1.00",), "cost 1x00", False),
        (("one",), "one\ntwo\n", False),
    ],
)
def test_the_screen_is_compared_with_what_the_page_shows(
    expected: tuple[str, ...], shown: str, agree: bool
) -> None:
    assert matches(expected, shown) is agree


def test_a_page_has_a_terminal_a_home_of_its_own_and_a_memory(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, {"NAME": "web"})

    assert terminal.run("test -t 1 && test -t 2 && echo a terminal of $(stty size <&2)") == (
        0,
        "a terminal of 50 110\n",
    )
    assert terminal.run("export COUNT=3; echo talk") == (0, "talk\n")
    assert terminal.run('echo "$NAME-$COUNT" >&2; exit 5') == (5, "web-3\n")
    assert terminal.run('test "$HOME" = "$PWD"') == (0, "")
