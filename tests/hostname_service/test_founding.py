"""The service is put together from its settings; what boto3 does not find is told as a fault of the configuration."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.repository.files import ROOT

pytestmark = pytest.mark.slow

DYNAMODB = "registry: dynamodb:names"
SQLITE = "registry: sqlite:registry.sqlite"
ROUTE53 = "dns: {route53: {shop.example.com: Z123456ABCDEFG}}"
KEYS = {"AWS_ACCESS_KEY_ID": "practice", "AWS_SECRET_ACCESS_KEY": "practice"}
NOBODY = {"AWS_PROFILE": "nobody"}


def told(directory: Path, lines: str, environ: Mapping[str, str]) -> tuple[int, str]:
    """Type `hostname-service --check` with these lines in the file, and nothing of AWS in the environment but this."""
    config = directory / "hostname-service.yaml"
    config.write_text(
        "zones: [shop.example.com]\naccounts: ['123456789012']\nsecret: secret\n"
        f"operator: unix:{directory}/operator.sock\nendpoint: http://127.0.0.1:9\n{lines}\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "hostname_service", "--config", str(config), "--check"],
        env={
            "PYTHONPATH": str(ROOT),
            "HOME": str(directory),
            "AWS_EC2_METADATA_DISABLED": "true",
            **KEYS,
            **environ,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    "lines, environ, key, said",
    [
        (DYNAMODB, {}, "registry", "boto3 knows no region; hint: set AWS_REGION"),
        (DYNAMODB, NOBODY | {"AWS_REGION": "eu-west-1"}, "registry", "(nobody) could not be found"),
        (f"{SQLITE}\n{ROUTE53}", NOBODY, "dns", "(nobody) could not be found"),
        (SQLITE, NOBODY, "aws", "(nobody) could not be found"),
        (f"{DYNAMODB}\naws: off", {"AWS_REGION": "not a region"}, "registry", "boto3 cannot begin"),
    ],
)
def test_what_boto3_does_not_find_is_told(
    lines: str, environ: Mapping[str, str], key: str, said: str, tmp_path: Path
) -> None:
    code, text = told(tmp_path, lines, environ)
    assert code == 2
    [line] = text.splitlines()
    assert line.startswith(f"hostname-service: {key}: ")
    assert said in line


@pytest.mark.parametrize("environ", [{"AWS_REGION": "eu-west-1"}, {"AWS_DEFAULT_REGION": "eu-west-1"}])
def test_a_table_is_found_by_either_of_the_regions(environ: Mapping[str, str], tmp_path: Path) -> None:
    code, text = told(tmp_path, DYNAMODB, environ)
    assert code == 1
    assert "the table names cannot be reached" in text
