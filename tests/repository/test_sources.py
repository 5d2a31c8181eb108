"""What may not be in any file of the repository, whoever writes it."""

import re

from tests.repository.files import ROOT, python_files, text_files

# Written in pieces, so that this file does not break its own rules.
MACHINE_PATHS = re.compile(
    "|".join(("/" + name + "/[A-Za-z.]") for name in ("work", "root", "home", "Users"))
)
SCRATCH_PATHS = re.compile("/" + "tmp/[A-Za-z.]")
REGISTRIES = re.compile(
    "|".join(
        re.escape(name)
        for name in (
            "pypi" + ".org",
            "python" + "hosted.org",
            "registry.npm" + "js",
            "/opt/" + "pypi",
            "index" + "-url",
        )
    )
)
ACCOUNT = re.compile(r"(?<![\w.:/-])[0-9]{12}(?![\w.-])")
EXAMPLE_ACCOUNTS = {"123456789012", "000000000000", "111122223333", "444455556666", "999999999999"}
PATCHING = re.compile(r"mock\.patch|mock import .*\bpatch\b|mocker\.patch")
VAGUE = re.compile(r"(^|_)(utils?|helpers?|managers?|common|misc)(_|$)")
LINES = 300


def found(pattern: re.Pattern[str]) -> list[str]:
    """Return `FILE:LINE: text` for each line of the repository in which `pattern` is found."""
    return [
        f"{name}:{number}: {match.group()}"
        for name, text in text_files()
        for number, line in enumerate(text.splitlines(), 1)
        if (match := pattern.search(line))
    ]


def test_no_path_of_a_machine_is_committed() -> None:
    assert found(MACHINE_PATHS) + found(SCRATCH_PATHS) == []


def test_no_address_of_a_package_registry_is_committed() -> None:
    assert found(REGISTRIES) == []


def test_account_ids_are_those_of_examples() -> None:
    assert [line for line in found(ACCOUNT) if line.rsplit(": ", 1)[1] not in EXAMPLE_ACCOUNTS] == []


def test_a_module_is_about_one_thing() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in python_files()
        if (lines := len(path.read_text().splitlines())) > LINES
    }

    assert long == {}, f"over {LINES} lines: what is the second thing in it?"


def test_modules_are_named_for_what_they_hold() -> None:
    assert [str(path.relative_to(ROOT)) for path in python_files() if VAGUE.search(path.stem)] == []


def test_nothing_is_patched_in_tests() -> None:
    own = "tests/repository/test_sources.py"

    assert [line for line in found(PATCHING) if line.split(":")[0].endswith(".py") and own not in line] == []


def test_every_package_of_the_tests_belongs_to_one_of_ec2kit() -> None:
    of_the_project = {"contracts", "docs", "hostname_service", "repository", "support"}
    of_all_together = {"examples", "faults", "kill", "second_opinion"}
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name[0] not in "._"}
    packages = {path.stem for path in (ROOT / "ec2kit").iterdir() if path.name[0] not in "._"}

    assert folders - of_the_project - of_all_together - packages == set()
