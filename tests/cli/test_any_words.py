"""Any words at all: no command ends with a traceback, or with an exit code that its page does not name."""

from __future__ import annotations

import re
import shlex

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ec2kit.cli.overview import exit_line
from ec2kit.cli.registry import COMMANDS, Command
from ec2kit.cli.running import load
from tests.cli.screens import Shell
from tests.support.inprocess import InProcess

# `demo` and `sandbox start` start processes, which is what `--sandbox` does too; a traceback is what `--debug` is for.
STARTING = (("demo",), ("sandbox", "start"))
LEFT_OUT = {"--sandbox", "--debug"}
WORDS = (
    *(
        "web-1",
        "web-*",
        "all",
        "-",
        "--",
        "last",
        "role=web",
        "state:running",
        "state:dead",
        "az:",
        "older:2h",
        "x:y",
    ),
    *(
        "i-0123456789abcdef0",
        "vol-0123456789abcdef0",
        "eipalloc-0123456789abcdef0",
        "i-",
        "203.0.113.9",
        "::1",
    ),
    *(
        "web-1@20260102T030405Z",
        "web-1@2h",
        "@",
        "a=b",
        "=",
        "aws:a=b",
        "ec2kit:keep=",
        "web-{n}",
        "{",
        "%s",
        "[a",
    ),
    *(
        "",
        " ",
        "\t",
        "\n",
        "\x1b[31m",
        "\udcff",
        "ü",
        "𝄞",
        "'",
        "x" * 300,
        "../..",
        "/",
        "http:80/",
        "banner:x",
    ),
    *(
        "0",
        "-1",
        "3",
        "1e3",
        "٣",
        "9" * 30,
        "9" * 5000,
        "30%",
        "30m",
        "99999999999d",
        "running",
        "json",
        "eu-west-1b",
    ),
)
LINES = ("", "\n", "web-1\n", "i-0123456789abcdef0\tweb-1\nrole=web\n", "\udcff\n", " \n-\n--yes\n")


def options_of(entry: Command) -> list[str]:
    """Every option of a command as it is typed, and one that it does not have."""
    known = {name for param in load(entry).params for name in param.opts if name.startswith("-")}
    return [*sorted(known - LEFT_OUT), "--nonsense", "-n", "-o", "--help"]


TRIED = [entry for entry in COMMANDS if entry.words not in STARTING]
# Half of the words are options: they are where most of the parsing is.
lines = st.sampled_from(TRIED).flatmap(
    lambda entry: st.tuples(
        st.just(entry), st.lists(st.sampled_from(options_of(entry)) | st.sampled_from(WORDS), max_size=5)
    )
)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    return Shell(tmp_path_factory.mktemp("home"), InProcess())


def documented(entry: Command) -> set[int]:
    """The exit codes on a command's page."""
    return {int(code) for code in re.findall(r"(?:: |· )(\d+) ", load(entry).exit_codes or exit_line())}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(line=lines, stdin=st.sampled_from(LINES))
def test_no_words_end_in_a_traceback_or_an_unknown_exit_code(
    shell: Shell, line: tuple[Command, list[str]], stdin: str
) -> None:
    entry, words = line

    screen = shell.run(shlex.join((*entry.words, *words)), stdin=stdin)

    assert screen.exit in documented(entry)
    assert "Traceback" not in screen.stderr
    assert "unexpected" not in screen.stderr.replace("unexpected extra argument", "")
    if screen.exit and load(entry).unsure is None:
        assert "error" in screen.stderr


@given(words=st.lists(st.sampled_from(WORDS) | st.text(max_size=10), min_size=1, max_size=3))
def test_what_is_no_command_is_usage(tmp_path_factory: pytest.TempPathFactory, words: list[str]) -> None:
    assume(words[0] not in {entry.words[0] for entry in COMMANDS})

    screen = Shell(tmp_path_factory.getbasetemp()).run(shlex.join(words))

    assert screen.exit == 2
    assert screen.stderr.startswith("error: ")
    assert "\nhint: " in screen.stderr or "UTF-8" in screen.stderr
