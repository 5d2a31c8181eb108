"""The files of `examples/` are read by the code that reads a person's."""

from __future__ import annotations

import configparser
import shlex
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path

import pytest

from ec2kit.cli.lookup import find
from ec2kit.cli.running import load
from ec2kit.config import parse_config
from ec2kit.sandbox.fault_file import read_faults
from tests.repository.files import ROOT

EXAMPLES = ROOT / "examples"
UNITS = sorted((EXAMPLES / "systemd").iterdir())


def test_the_configuration_file_means_what_its_remarks_say() -> None:
    config = parse_config((EXAMPLES / "ec2kit.yaml").read_text(), "ec2kit.yaml")

    web, other = config.profile("web"), config.profile("mail")
    assert web.type == ("t3.medium", "t3a.medium")
    assert (web.key, other.key, other.type) == ("ops", "ops", ("t3.small",))
    assert config.settings["max"].text == "30%"
    assert [name for name, value in asdict(web).items() if not value] == [], "the example shows every key"


def test_the_crontab_has_the_lines_of_a_monitor() -> None:
    lines = (EXAMPLES / "crontab").read_text().splitlines()
    jobs = [line.split(maxsplit=5) for line in lines if line and line[0] in "*0123456789"]

    assert [_command(job[5]) for job in jobs] == ["check", "recover", "snapshot create", "gc"]
    assert all(len(job) == 6 for job in jobs)


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.suffix == ".service"], ids=lambda u: u.name)
def test_a_service_runs_a_command_and_has_a_timer(unit: Path) -> None:
    service, timer = _unit(unit), _unit(unit.with_suffix(".timer"))

    assert _command(service["Service"]["ExecStart"])
    assert service["Service"]["Type"] == "oneshot"
    assert timer["Timer"]["OnCalendar"]
    assert service["Unit"]["Description"] == timer["Unit"]["Description"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="this machine has no systemd")
def test_systemd_knows_the_times_of_the_timers() -> None:
    times = [_unit(unit)["Timer"]["OnCalendar"] for unit in UNITS if unit.suffix == ".timer"]
    ended = subprocess.run(["systemd-analyze", "calendar", *times], capture_output=True, check=False)

    assert (ended.returncode, len(times)) == (0, 3)


def test_the_faults_file_breaks_five_things_the_same_way_each_time() -> None:
    faults = read_faults((EXAMPLES / "faults.yaml").read_text())

    assert (faults.seed, len(faults.orders)) == (7, 5)


def test_every_example_is_read_by_a_test() -> None:
    read = {"README.md", "ec2kit.yaml", "crontab", "faults.yaml", "systemd"}
    read |= {"hostname-service"}  # tests/hostname_service/test_examples.py
    policies = {"iam-reading.json", "iam-operating.json", "iam-recovering.json"}  # test_policies.py

    assert {path.name for path in EXAMPLES.iterdir()} == read | policies
    assert {unit.suffix for unit in UNITS} == {".service", ".timer"}


def _command(line: str) -> str:
    """The command's words, once ec2kit has understood the whole line."""
    program, *words = shlex.split(line.partition(">")[0])
    entry, rest = find(words)
    load(entry).make_context(entry.typed, rest)
    assert Path(program).name == "ec2kit"
    return " ".join(entry.words)


def _unit(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's names are in camel case
    parser.read_string(path.read_text())
    return parser
