"""Names of files that are written, and what they promise."""

from __future__ import annotations

import pytest

from ec2kit.errors import UsageError
from ec2kit.images.exporting import format_of


@pytest.mark.parametrize(
    "file, typed, form",
    [
        ("disk", "", "raw"),
        ("disk.raw", "", "raw"),
        ("disk.img", "", "raw"),
        ("disk.img", "qcow2", "qcow2"),
        ("disk.v2", "", "raw"),
        ("there/disk.qcow2", "", "qcow2"),
        ("DISK.QCOW2", "qcow2", "qcow2"),
    ],
)
def test_the_format_is_what_the_name_says(file: str, typed: str, form: str) -> None:
    assert format_of(file, typed) == form


@pytest.mark.parametrize(
    "file, typed, told",
    [
        ("out.vmdk", "", "'out.vmdk' would be no vmdk: raw and qcow2 are written"),
        ("out.vmdk", "raw", "would be no vmdk"),
        ("out.raw.gz", "", "would be no gz"),
        ("out.qcow2", "raw", "is to be raw, and is called .qcow2"),
        ("out.raw", "qcow2", "is to be qcow2, and is called .raw"),
    ],
)
def test_a_name_that_would_lie_is_refused(file: str, typed: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        format_of(file, typed)
