"""What is wrong with the words, the account or this machine: whole screens, with the exit code and what to do next."""

from __future__ import annotations

import resource
import socket
import sqlite3
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from ec2kit.sandbox import breaks
from ec2kit.sandbox.calls import Call
from ec2kit.sandbox.fault_words import parse_order
from tests.cli.screens import Screen, Shell, changing, check_golden
from tests.sandbox.seeded import Seeded
from tests.support.users import as_nobody


@pytest.fixture(scope="module")
def sandbox() -> Seeded:
    seeded = Seeded()
    for _ in range(2):
        seeded.launch("twin")
    seeded.tick(600)
    return seeded


@pytest.fixture
def shell(sandbox: Seeded, tmp_path: Path) -> Shell:
    return Shell(tmp_path, sandbox)


def golden(name: str, screen: Screen, home: Path) -> None:
    """Compare with a golden in which the test's directory has a name."""
    named = replace(screen, stderr=screen.stderr.replace(str(home), "HOME"))
    check_golden(f"bad/{name}", named)


WORDS = [
    ("ambiguous", "stop twin -y"),
    ("ambiguous_json", "eip assign 203.0.113.9 twin -o json"),
    ("no_force", "stop web-1 --force"),
    ("set_word", "snapshot restore web-1@nonsense"),
    ("foreign_address", "eip assign 198.18.0.1 web-1"),
    ("address_id", "eip assign eipalloc-0123456789abcdef0 web-1"),
    ("too_many_tags", "tag set web-1 " + " ".join(f"k{number}=v" for number in range(50))),
    ("control_in_a_tag", "tag set web-1 'colour=\x1b[31m'"),
    ("not_utf8", "ls web-\udcff"),
    ("no_type", "launch db --like web-1 --type t9.mega"),
    ("no_region", "ls --region mars-1"),
    ("too_long_a_time", "ls older:99999999d"),
    ("no_time", "stop web-1 -y --timeout soon"),
    ("too_many", "eip allocate -n 99999999999999999999"),
    ("minus_n", "eip allocate -n --dry-run"),
    ("no_choice", "wait web-1"),
    ("stopped_sandbox", "sandbox start --speed 0"),
]


@pytest.mark.parametrize("name,line", WORDS, ids=[name for name, _ in WORDS])
def test_words(shell: Shell, tmp_path: Path, name: str, line: str) -> None:
    golden(name, shell.run(line), tmp_path)


ANSWERS = [
    ("denied_read", "ls", "error:UnauthorizedOperation", "ec2:DescribeInstances"),
    ("denied_change", "stop web-1 -y", "error:UnauthorizedOperation", "ec2:StopInstances"),
    ("denied_two_json", "stop web-1 web-2 -y -o json", "error:UnauthorizedOperation", "ec2:StopInstances"),
    ("denied_protect", "protect web-1", "error:UnauthorizedOperation", "ec2:CreateTags"),
    ("expired", "ls", "error:ExpiredToken", "ec2"),
    ("wrong_clock", "ls", "error:RequestExpired", "ec2"),
    ("not_accepted", "ls", "error:AuthFailure", "ec2"),
    ("quota", "eip allocate", "error:AddressLimitExceeded", "ec2:AllocateAddress"),
]


@pytest.mark.parametrize("name,line,what,where", ANSWERS, ids=[each[0] for each in ANSWERS])
def test_what_aws_refuses(shell: Shell, sandbox: Seeded, name: str, line: str, what: str, where: str) -> None:
    broken = breaks.make(sandbox.app.world, parse_order(what, where))
    try:
        screen = shell.run(line)
    finally:
        breaks.mend(sandbox.app.world, broken)

    golden(name, screen, shell.home)


def test_who_may_not_list_profiles_may_still_launch_with_one(shell: Shell, sandbox: Seeded) -> None:
    line = "launch web --image debian-12-amd64 --type t3.micro --role nothing --dry-run"
    assert shell.run(line).exit == 4
    breaks.make(sandbox.app.world, parse_order("error:AccessDenied", "iam:ListInstanceProfiles"))
    try:
        assert shell.run(line).exit == 0
    finally:
        breaks.mend(sandbox.app.world, "all")


SELECTING = (
    *(
        "ls",
        "show",
        "wait --for running",
        "start",
        "stop -y",
        "reboot -y",
        "terminate -y",
        "tag ls",
        "protect",
    ),
    *("snapshot create", "snapshot ls", "snapshot delete -y", "eip ls", "eip unassign -y", "eip release -y"),
    *("recover", "recovery status", "recovery pause --reason x", "recovery resume", "recovery ack"),
)


@pytest.mark.parametrize(
    "line", [*(f"{words} -" for words in SELECTING), "tag set - a=b", "tag delete - role"]
)
def test_a_pipe_that_names_nothing_selects_nothing(shell: Shell, sandbox: Seeded, line: str) -> None:
    made = changing(sandbox)

    screen = shell.run(line, stdin="\n")

    assert (screen.exit, screen.stdout, made) == (0, "", [])
    assert screen.stderr == "nothing to do: stdin names nothing\n"
    assert shell.run(f"{line} -o json", stdin="\n").stdout == "[]\n"


@pytest.mark.parametrize(
    "form, said", [("json", "JSON"), ("csv", "CSV"), ("table", "a table with a heading")]
)
def test_what_a_pipe_does_not_read_is_said(shell: Shell, form: str, said: str) -> None:
    listed = shell.run(f"ls role=web -o {form}").stdout

    screen = shell.run("stop - -y", stdin=listed)

    assert screen.exit == 2
    assert screen.stderr == (
        f"error: `-` reads names or ids, one on each line, and stdin is {said}\n"
        "hint: before the pipe, leave `-o` away, or write `-q` for ids only\n"
    )


def test_a_time_without_a_unit_is_refused(shell: Shell) -> None:
    screen = shell.run("terminate older:7 -y")

    assert screen.exit == 2
    assert screen.stderr == ("error: '7' is a number without a unit\nhint: write 7s, 7m, 7h or 7d\n")


def test_a_filter_does_not_fill_an_empty_pipe(shell: Shell, tmp_path: Path) -> None:
    assert shell.run("stop - role=web -y", stdin="\n").stderr == "nothing to do: stdin names nothing\n"
    assert shell.run("stop web-1 - --dry-run -q", stdin="\n").stdout.count("\n") == 1
    assert shell.run("ls web-1 --except - -q", stdin="\n").stdout.count("\n") == 1
    golden("empty_pipe_plan", shell.run("terminate - --dry-run -o json", stdin="\n"), tmp_path)
    golden("empty_pipe_check", shell.run("check -", stdin="\n"), tmp_path)


def journal(shell: Shell) -> Path:
    """The journal of the sandbox, made."""
    assert shell.run("history").exit == 0
    (found,) = (shell.home / "state").rglob("journal.sqlite")
    return found


def test_a_journal_of_a_newer_version_is_left_alone(shell: Shell, sandbox: Seeded, tmp_path: Path) -> None:
    with sqlite3.connect(journal(shell)) as connection:
        connection.execute("PRAGMA user_version = 99")
    made = changing(sandbox)

    golden("newer_journal", shell.run("stop web-1 -y"), tmp_path)
    golden("newer_journal_dry_run_json", shell.run("stop web-1 --dry-run -o json"), tmp_path)
    assert made == []
    assert shell.run("ls -q").exit == 0


def test_a_state_directory_that_is_a_file(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")

    golden("state_is_a_file", shell.run("stop web-1 -y"), tmp_path)
    assert shell.run("check").exit == 3


@pytest.mark.parametrize("name,closed", [("other_state", "state"), ("other_home", ".")])
def test_a_directory_of_another_user(sandbox: Seeded, name: str, closed: str) -> None:
    """Everything is imported before, because the program's own files may be closed to nobody."""
    with TemporaryDirectory() as directory:
        # pytest's own directories are closed to others.
        home = Path(directory)
        home.chmod(0o755)
        shell = Shell(home, sandbox)
        journal(shell)
        assert shell.run("stop twin").exit == 2
        made = changing(sandbox)
        (home / closed).chmod(0o000)
        with as_nobody():
            screen = shell.run("stop web-1 -y")
            assert shell.run("ls -q").exit == 0
            assert shell.run("check").exit == 3
        (home / closed).chmod(0o755)

        golden(name, screen, home)
        assert made == []


@pytest.mark.parametrize("size", [0, 20_000, 50_000])
def test_a_full_disk_stops_before_the_first_change(shell: Shell, sandbox: Seeded, size: int) -> None:
    """A limit of a file's size answers as a full disk does: no write, no effect."""
    made = changing(sandbox)
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    try:
        screen = shell.run("stop web-1 -y")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    golden("full_disk", screen, shell.home)
    assert made == []


def test_two_runs_at_once_are_one(shell: Shell, sandbox: Seeded, tmp_path: Path) -> None:
    second: list[Screen] = []

    def meanwhile(call: Call) -> None:
        if call.action == "StopInstances" and not second:
            second.append(Shell(tmp_path, sandbox).run("stop web-4 -y"))

    sandbox.before(meanwhile)
    first = shell.run("stop web-4 -y")

    golden("busy", second[0], tmp_path)
    assert first.exit == 0


def test_an_endpoint_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        # Bound and not listening: whoever connects is refused, and nobody else gets the port.
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        screen = Shell(tmp_path).run("ls --region eu-west-1")

    golden("no_endpoint", replace(screen, stderr=screen.stderr.replace(str(port), "PORT")), tmp_path)
