"""`hostname-service --check` as it is typed: what cannot be served is told before anything is."""

from __future__ import annotations

from pathlib import Path

import pytest

from hostname_service.__main__ import main

CONFIG = """
zone: shop.example.com
accounts: ["123456789012"]
registry: sqlite:names.db
secret: secret
assignments: names.yaml
aws: {aws}
"""
TAGGED = "- match: {tags: {role: web}}\n  name: web-{n}\n"


def checked(directory: Path, aws: str) -> int:
    (directory / "names.yaml").write_text(TAGGED)
    (directory / "service.yaml").write_text(CONFIG.format(aws=aws))
    return main(["--config", str(directory / "service.yaml"), "--check"])


def test_names_by_tag_need_somebody_who_reads_tags(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked(tmp_path, "off") == 2
    told = f"assignments: {tmp_path}/names.yaml: line 1: asks for tags, and `aws` is off: nobody reads them"
    assert capsys.readouterr().err == f"hostname-service: {told}\n"
    assert checked(tmp_path, "when-reachable") == 0
