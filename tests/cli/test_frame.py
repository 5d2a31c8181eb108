"""Help, errors and endings: what holds for every command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from cryptography import x509

from ec2kit.cli.commands.completing import candidates
from ec2kit.cli.context import Context
from ec2kit.cli.options import reads, stays
from ec2kit.cli.overview import exit_line
from ec2kit.cli.registry import COMMANDS as REGISTERED
from ec2kit.cli.registry import SECTIONS, Command
from ec2kit.cli.running import load
from ec2kit.errors import EXIT_MEANINGS
from tests.cli.practice import COMMANDS
from tests.cli.screens import Shell, check_golden


@stays
@click.option("--interrupt", is_flag=True, help="as Ctrl-C does")
def fail(context: Context, interrupt: bool) -> None:
    """Fail in an unexpected way."""
    if interrupt:
        raise KeyboardInterrupt
    raise LookupError("nothing there")


@reads
def where(context: Context) -> None:
    """Say where calls go."""
    context.write(f"{context.aws().region} {context.aws().account}\n")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path, commands={**COMMANDS, "fail": fail, "where": where})


@pytest.mark.parametrize("entry", REGISTERED, ids=lambda entry: " ".join(entry.words))
def test_every_registered_command_is_there_and_its_page_ends_in_the_exit_codes(
    shell: Shell, entry: Command
) -> None:
    screen = shell.run(" ".join((*entry.words, "--help")))

    assert screen.exit == 0
    assert screen.stdout.startswith(f"Usage: {entry.typed} ")
    assert screen.stdout.rstrip().replace("\n", " ").endswith(load(entry).exit_codes or exit_line())
    assert entry.section in SECTIONS
    assert load(entry).help


def test_exit_line_names_every_code() -> None:
    assert all(f"{int(code)} {meaning}" in exit_line() for code, meaning in EXIT_MEANINGS.items())


@pytest.mark.parametrize(
    "name,line",
    [
        ("help_sandbox", "help sandbox"),
        ("help_sandbox_break", "help sandbox break"),
        ("help_too_much", "help sandbox start now"),
        ("unexpected", "fail"),
        ("interrupted", "fail --interrupt"),
        ("no_such_option", "fail --interupt"),
        ("unlike_any_option", "ls --bogus"),
        ("below_zero", "sandbox tick -5m"),
        ("no_argument", "sandbox tick"),
        ("bad_choice", "ls -o xml"),
        ("no_credentials", "where --region eu-west-1"),
        ("no_region", "where"),
        ("no_region_json", "where -o json"),
        ("two_regions", "stop web-1 --region eu-west-1 --region us-east-1"),
        ("unknown_profile", "where --profile nobody"),
        ("sandbox_not_running", "sandbox status"),
        ("sandbox_bad_name", "sandbox status --sandbox=a/b"),
        ("completion_unknown", "completion tcsh"),
        ("options_first", "--region eu-west-1 history"),
    ],
)
def test_screen(shell: Shell, name: str, line: str) -> None:
    check_golden(name, shell.run(line))


def test_expired_sso_says_what_to_type(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "aws"
    config.write_text(
        "[profile sso]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = r\nregion = eu-west-1\n"
        "[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://example.invalid/start\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("HOME", str(tmp_path))

    check_golden("expired_sso", shell.run("where --profile sso"))


def test_malformed_configuration_is_named_with_its_line(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "ec2kit.yaml").write_text("output: json\nregoin: eu-west-1\n")

    check_golden("bad_config", shell.run("where"))


@pytest.mark.parametrize("text", ["output: xml\n", "columns: [a]\nmax: x\n"])
def test_setting_that_means_nothing_is_usage(shell: Shell, tmp_path: Path, text: str) -> None:
    (tmp_path / "ec2kit.yaml").write_text(text + "region: eu-west-1\n")

    screen = shell.run("stop web-1 -y")

    assert screen.exit == 2
    assert "Traceback" not in screen.stderr


def test_unknown_page_names_the_sections(shell: Shell) -> None:
    screen = shell.run("help nonsense")

    assert screen.exit == 2
    assert "the sections are: " in screen.stderr


def test_debug_adds_the_traceback(shell: Shell) -> None:
    assert "Traceback" in shell.run("fail --debug").stderr
    assert "Traceback" not in shell.run("fail").stderr


def test_error_is_one_line_of_json_where_json_was_asked_for(shell: Shell) -> None:
    for line in ("fail -o json", "fail -ojson", "fail --output=jsonl", "fail -o json --nonsense"):
        shown = json.loads(shell.run(line).stderr)
        assert shown["exit"] in (1, 2)
        assert set(shown) == {"error", "resource", "hint", "exit"}


def test_completion_offers_what_may_follow() -> None:
    assert "sandbox" in candidates(["sa"], ())
    assert candidates(["sandbox", "st"], ()) == ["start", "stop", "status"]
    assert candidates(["help", "fl"], ()) == ["fleet"]
    assert candidates(["history", "show", "we"], ("web-1", "db-1")) == ["web-1"]
    assert "--speed" in candidates(["sandbox", "start", "--"], ())
    assert candidates(["history", "-o", "js"], ()) == ["json", "jsonl"]
    assert candidates(["nonsense", ""], ("web-1",)) == []


def kit(tmp_path: Path, *args: str) -> subprocess.Popen[str]:
    environ = {
        **os.environ,
        "HOME": str(tmp_path),
        "EC2KIT_STATE_DIR": str(tmp_path),
        "XDG_RUNTIME_DIR": str(tmp_path),
    }
    return subprocess.Popen(
        [sys.executable, "-c", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ
    )


LONG = """
import signal, sys, threading
from ec2kit.cli.boundary import guarded
from ec2kit.cli.surroundings import Surroundings

# Whoever started the tests in the background has it ignored, and children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

def run(args, around, output):
    output.write(["begun\\n"])
    threading.Event().wait(60)

sys.exit(guarded([], Surroundings.of_this_process(), run))
"""


@pytest.mark.parametrize("number,code", [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_signals_end_with_their_code_and_no_traceback(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    with kit(tmp_path, LONG) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.send_signal(number)
        _, stderr = process.communicate(timeout=30)

    assert process.returncode == code
    assert stderr.startswith("error: ")
    assert "Traceback" not in stderr


def test_closed_pipe_is_a_quiet_end(tmp_path: Path) -> None:
    many = LONG.replace('output.write(["begun\\n"])', 'output.write(f"{n}\\n" for n in range(1_000_000))')
    with kit(tmp_path, many) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""

    assert process.returncode == 0


def test_sandbox_commands_work_on_a_real_one(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    started = shell.run("sandbox start --empty --speed 50")
    try:
        again = shell.run("sandbox start")
        broken = shell.run("sandbox break throttle ec2:DescribeAddresses --times 2")
        status = json.loads(shell.run("sandbox status -o json").stdout)
        environment = shell.run("sandbox env").stdout
        certificates = [shell.run("sandbox certificate").stdout for _ in range(2)]
        mended = shell.run("sandbox mend all")
        ticked = shell.run("sandbox tick 1h")
        listed = shell.run("history --sandbox -o json")
        misunderstood = shell.run("sandbox break nonsense")
    finally:
        stopped = shell.run("sandbox stop --forget")

    assert "started at http://127.0.0.1:" in started.stderr
    assert "runs already" in again.stderr
    assert status["speed"] == 50
    assert len(x509.load_pem_x509_certificates(certificates[0].encode())) == 1
    assert certificates[0] == certificates[1]
    assert [each["id"] for each in status["broken"]] == broken.stdout.split() == mended.stdout.split()
    assert f"export AWS_ENDPOINT_URL={status['endpoint']}\n" in environment
    assert ticked.exit == listed.exit == 0
    assert listed.stdout == "[]\n"
    assert misunderstood.exit == 2
    assert "stopped; its state is removed" in stopped.stderr
    assert shell.run("sandbox stop").exit == 0
    assert list(tmp_path.glob("state/*sandbox-*")) == []
