"""The examples of how to run it: each is read by what will read it."""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
import sys
from ipaddress import ip_network
from pathlib import Path

import pytest

from hostname_service.config.load import load
from hostname_service.serving.parsing import LINES, TARGET
from hostname_service.serving.proxies import source_of
from hostname_service.wsgi import BODY

EXAMPLES = Path(__file__).parents[2] / "examples" / "hostname-service"


def test_the_configuration_is_right_and_is_for_the_socket() -> None:
    settings = load(EXAMPLES / "hostname-service.yaml")
    socket = (EXAMPLES / "hostname-service.socket").read_text()
    assert f"FileDescriptorName={settings.listen.partition(':')[2]}\n" in socket
    runtime = f"unix:/run/{setting('hostname-service.service', 'RuntimeDirectory')}/"
    assert settings.operator.startswith(runtime)
    assert settings.registry.startswith(
        f"sqlite:/var/lib/{setting('hostname-service.service', 'StateDirectory')}/"
    )


def setting(file: str, key: str) -> str:
    found = re.search(rf"^{key}=(.*)$", (EXAMPLES / file).read_text(), re.MULTILINE)
    assert found, key
    return found[1]


def test_gunicorn_and_nginx_agree_with_the_service() -> None:
    told = runpy.run_path(str(EXAMPLES / "gunicorn.conf.py"))
    nginx = (EXAMPLES / "nginx.conf").read_text()
    assert f"server {told['bind']} " in nginx
    assert told["bind"].startswith(
        f"unix:/run/{setting('hostname-service-gunicorn.service', 'RuntimeDirectory')}/"
    )
    assert (told["limit_request_line"], told["limit_request_fields"]) == (TARGET, LINES)
    assert f"client_max_body_size  {BODY // 1024}k;" in nginx
    assert nginx.count("{") == nginx.count("}")


def test_the_proxy_that_the_examples_name_is_believed() -> None:
    text = (EXAMPLES / "hostname-service.yaml").read_text()
    found = re.search(r"# trusted_proxies: \[(.*)\]", text)
    assert found
    assert source_of("", "10.0.0.5", [ip_network(found[1])]) == "10.0.0.5"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    units = [*EXAMPLES.glob("*.service"), *EXAMPLES.glob("*.socket")]
    assert len(units) == 3
    for unit in units:
        # It wants the program to be there.
        text = re.sub(r"^ExecStart=\S+", f"ExecStart={sys.executable}", unit.read_text(), flags=re.MULTILINE)
        (tmp_path / unit.name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / unit.name) for unit in units)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    complaints = [line for line in done.stderr.splitlines() if "hostname-service" in line]
    assert complaints == []
