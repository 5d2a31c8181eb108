"""Sandboxes as processes: started, found, started again, stopped, and what is left behind."""

import json
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from ec2kit.errors import Ec2kitError, UsageError
from ec2kit.sandbox import ACCESS_KEY, REGION, SECRET_KEY, process
from ec2kit.sandbox.process import Address


@dataclass(frozen=True)
class Place:
    """The directories of one test's sandboxes."""

    state: Path
    runtime: Path

    def start(self, **settings: Any) -> Address:
        settings.setdefault("empty", True)
        return process.start("try", state_dir=self.state, runtime_dir=self.runtime, **settings)

    def find(self) -> Address | None:
        return process.find("try", self.runtime)

    def stop(self) -> bool:
        return process.stop("try", self.runtime)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path / "state", tmp_path / "run")
    yield made
    process.forget("try", state_dir=made.state, runtime_dir=made.runtime)
    left = [path.name for directory in (made.state, made.runtime) for path in directory.glob("*")]
    assert left == []


def ssm(address: Address) -> Any:
    return boto3.client(
        "ssm",
        endpoint_url=address.endpoint,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )


@pytest.mark.slow
def test_a_life(place: Place) -> None:
    assert place.find() is None
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: place.start(speed=60), range(2))
    assert first == second == place.find()
    assert process.running(place.runtime) == [first]
    assert (first.version, first.control().status()["speed"]) == ("0.1.0", 60)

    ssm(first).put_parameter(Name="/ec2kit/pause", Value="on", Type="String")
    first.control().break_("throttle", "ec2:CopyImage")
    later = first.control().tick(timedelta(hours=5))
    assert place.stop()
    assert not place.stop()
    assert process.start_time(first.pid) != first.start_time

    again = place.start()
    status = again.control().status()
    assert again.pid != first.pid
    assert status["time"] >= later.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert [row["what"] for row in status["broken"]] == ["throttle ec2:CopyImage"]
    assert ssm(again).get_parameter(Name="/ec2kit/pause")["Parameter"]["Value"] == "on"


@pytest.mark.slow
def test_sigterm_saves(place: Place) -> None:
    address = place.start()
    ssm(address).put_parameter(Name="/kept", Value="yes", Type="String")
    os.kill(address.pid, signal.SIGTERM)
    assert process._gone(address)
    assert not process.address_path("try", place.runtime).exists()
    assert ssm(place.start()).get_parameter(Name="/kept")["Parameter"]["Value"] == "yes"


@pytest.mark.slow
def test_a_killed_one_is_noticed_and_its_state_is_the_last_that_was_saved(place: Place) -> None:
    address = place.start()
    ssm(address).put_parameter(Name="/kept", Value="yes", Type="String")
    address.control().save()
    os.kill(address.pid, signal.SIGKILL)
    assert process._gone(address)
    assert process.address_path("try", place.runtime).exists()
    assert place.find() is None
    assert not process.address_path("try", place.runtime).exists()
    assert ssm(place.start()).get_parameter(Name="/kept")["Parameter"]["Value"] == "yes"


@pytest.mark.slow
def test_a_damaged_state_and_a_bad_fault_file_are_said_by_start(place: Place, tmp_path: Path) -> None:
    place.state.mkdir()
    process.state_path("try", place.state).write_bytes(b'{"format": 1}\ncut')
    with pytest.raises(Ec2kitError, match="damaged or cut short") as caught:
        place.start()
    assert caught.value.hint.startswith("`rm ")
    process.state_path("try", place.state).unlink()
    faults = tmp_path / "faults.yaml"
    faults.write_text("- {do: explode}")
    with pytest.raises(Ec2kitError, match=r"faults\.yaml line 1: 'explode'"):
        place.start(faults_file=faults)
    assert place.find() is None


def test_an_address_of_another_process_is_stale(tmp_path: Path) -> None:
    mine = Address("try", os.getpid(), process.start_time(os.getpid()), 1, "http://127.0.0.1:1", "t", "0.1.0")
    process.write_address(mine, tmp_path)
    assert process.find("try", tmp_path) == mine
    assert process.address_path("try", tmp_path).stat().st_mode & 0o777 == 0o600
    # The same number, given to a process that began at another time.
    process.write_address(replace(mine, start_time="1"), tmp_path)
    assert process.find("try", tmp_path) is None
    assert not process.address_path("try", tmp_path).exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "try"}', json.dumps({"extra": 1})])
def test_a_broken_address_file_is_stale(tmp_path: Path, text: str) -> None:
    process.address_path("try", tmp_path).write_text(text)
    assert process.find("try", tmp_path) is None
    assert not process.address_path("try", tmp_path).exists()


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "a b"])
def test_a_name_that_is_none(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a sandbox"):
        process.start(name, state_dir=tmp_path, runtime_dir=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_no_settings_of_the_caller_reach_it() -> None:
    mine = {
        "AWS_PROFILE": "work",
        "AWS_SECRET_ACCESS_KEY": "real",
        "MOTO_X": "1",
        "HOME": "/root",
        "PYTHONPATH": "/x",
    }
    given = process._environment(mine, 5)
    assert "AWS_PROFILE" not in given
    assert "AWS_SECRET_ACCESS_KEY" not in given
    assert given["HOME"] == "/root"
    assert given["PYTHONPATH"].endswith(":/x")
