"""What the boot hook is made of: its settings, its size, and that shellcheck has nothing to say."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from ec2kit.errors import UsageError
from ec2kit.hostnames.hook import HookSettings, boot_hook
from tests.hostnames.certificates import Pair

URL = "https://names.example.com:8443"
SCRIPT = Path(__file__).parents[2] / "ec2kit" / "hostnames" / "hook.sh"


def test_it_fits_into_user_data_with_a_ca(pair: Pair) -> None:
    hook = boot_hook(HookSettings(URL, pair.certificate.read_text(), puppet="puppet.example.com"))

    # 16,384 are what EC2 takes; a CA with RSA is 1.2 KB longer than this one.
    assert len(hook.encode()) < 14_000, f"the boot hook has {len(hook.encode())} bytes"


def test_it_is_what_cloud_init_runs_before_services() -> None:
    lines = boot_hook(HookSettings(URL)).splitlines()

    assert lines[:2] == ["#cloud-boothook", "#!/bin/sh"]
    assert not [line for line in lines[2:] if line.lstrip().startswith("#")]
    assert f"service='{URL}'" in lines


def test_dash_reads_it(pair: Pair) -> None:
    text = boot_hook(HookSettings(URL, pair.certificate.read_text()))
    done = subprocess.run(["sh", "-n"], input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_shellcheck_has_nothing_to_say() -> None:
    done = subprocess.run(["shellcheck", str(SCRIPT)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_only_certificates_are_taken_from_the_ca_file(pair: Pair) -> None:
    text = boot_hook(HookSettings(URL, pair.both.read_text()))

    assert "BEGIN CERTIFICATE" in text
    assert "PRIVATE" not in text


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://names.example.com",
        "names.example.com",
        "https://",
        "https://names.example.com/path",
        "https://a'b",
        "https://user@names.example.com",
        "https://-x.example.com",
        "https://names.example.com:port",
        "https://a\nb",
    ],
)
def test_a_place_that_is_none(url: str) -> None:
    with pytest.raises(UsageError):
        boot_hook(HookSettings(url))


def test_an_address_is_a_place_too() -> None:
    assert "service='https://10.0.0.2:8443'" in boot_hook(HookSettings("https://10.0.0.2:8443/"))
    assert "service='https://[fd00::2]'" in boot_hook(HookSettings("https://[fd00::2]"))


@pytest.mark.parametrize(
    "settings",
    [
        HookSettings(URL, authority="no certificate"),
        HookSettings(URL, puppet="puppet'; reboot"),
        HookSettings(URL, deadline_seconds=1),
        HookSettings(URL, deadline_seconds=99_999),
    ],
)
def test_what_cannot_be_meant(settings: HookSettings) -> None:
    with pytest.raises(UsageError):
        boot_hook(settings)
