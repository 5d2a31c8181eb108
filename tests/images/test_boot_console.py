"""The verdict on a console: what was reached, what is missing, and what a machine does not come back from."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec2kit.images.boot.console import Circumstances, ForPeople, Seen, complete, judge, look, plain
from ec2kit.images.boot.guest import REPORT
from ec2kit.images.boot.spec import GIB, BootSpec

WANTED = BootSpec("x86_64")
AROUND = Circumstances(disk_bytes=2 * GIB, metadata_requests=59, seconds=61.5)

GOOD = (
    "[    0.000000] Linux version 6.1.0-41-amd64\r\n"
    "[\x1b[0;32m  OK  \x1b[0m] Started \x1b[0;1;39mserial-getty@ttyS0.service\x1b[0m.\r\n"
    "\r\nDebian GNU/Linux 12 ip-172-31-0-15 ttyS0\r\n\r\nip-172-31-0-15 login: "
    "\r\nec2kit-boot-test: hostname=ip-172-31-0-15 root_kib=3037476 end\r\n"
    "[   60.1] cloud-init[612]: Cloud-init v. 22.4.2 finished at Fri, 02 Jan 2026 03:04:05 +0000. "
    "Datasource DataSourceEc2Local.  Up 60.13 seconds\r\n"
)


def test_a_good_boot_is_a_success() -> None:
    seen = look(GOOD)
    assert complete(seen, WANTED)
    report = judge(seen, AROUND, WANTED)
    assert report.succeeded
    assert report.failed == ()
    assert (report.login, report.cloud_init_final, report.user_data_ran) == (True, True, True)
    assert report.hostname == "ip-172-31-0-15"
    assert report.grown_to == 3037476 * 1024
    assert report.seconds == 61.5


@pytest.mark.parametrize(
    "cut,missing",
    [
        ("login: ", "there was no login prompt"),
        ("Cloud-init v.", "cloud-init did not reach its final stage"),
        ("ec2kit-boot-test:", "the user data did not run"),
    ],
)
def test_each_thing_that_is_missing_is_named(cut: str, missing: str) -> None:
    seen = look(GOOD.replace(cut, ""))
    assert not complete(seen, WANTED)
    assert judge(seen, AROUND, WANTED).failed == (missing,)


def test_a_silent_console_misses_everything() -> None:
    around = replace(AROUND, metadata_requests=0, stopped="it was not done within 360 s")
    assert judge(look(""), around, WANTED).failed == (
        "it was not done within 360 s",
        "there was no login prompt",
        "the metadata service was never asked",
        "cloud-init did not reach its final stage",
        "the user data did not run",
    )


def test_a_root_that_did_not_grow_is_a_failure() -> None:
    report = judge(look(GOOD), replace(AROUND, disk_bytes=3 * GIB), WANTED)
    assert report.failed == ("the root file system did not grow: it has 2966 MiB",)


def test_a_foreign_hostname_is_a_failure() -> None:
    report = judge(look(GOOD.replace("ip-172-31-0-15", "debian")), AROUND, WANTED)
    assert report.failed == ("the hostname is 'debian', and not 'ip-172-31-0-15'",)


def test_no_data_source_is_a_failure() -> None:
    report = judge(look(GOOD.replace("DataSourceEc2Local", "DataSourceNone")), AROUND, WANTED)
    assert report.failed == ("cloud-init found no data source",)


def test_somebodys_own_user_data_need_not_report() -> None:
    wanted = replace(WANTED, user_data=b"#!/bin/sh\n")
    seen = look(GOOD.replace("ec2kit-boot-test:", ""))
    assert complete(seen, wanted)
    report = judge(seen, AROUND, wanted)
    assert report.succeeded
    assert report.user_data_ran is None


@pytest.mark.parametrize(
    "said,meaning",
    [
        (
            "[    2.1] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\r\n",
            "the kernel panicked: VFS: Unable to mount root fs on unknown-block(0,0)",
        ),
        ("BusyBox v1.35.0\r\n\r\n(initramfs) ", "the initramfs found no root file system"),
        ("You are in emergency mode. After logging in\r\n", "the system went into emergency mode"),
        (
            "\r\nerror: no such device: 1234.\r\nEntering rescue mode...\r\ngrub rescue> ",
            "GRUB stopped at its prompt",
        ),
        ("\x1b[2J\x1b[01;01Hgrub> ", "GRUB stopped at its prompt"),
        (
            "error: file `/vmlinuz' not found.\r\nerror: load the kernel first.\r\n\r\nPress any key to continue...",
            "GRUB could not start the kernel: file `/vmlinuz' not found",
        ),
        (
            "Booting from Hard Disk...\r\nBoot failed: not a bootable disk\r\n",
            "the firmware found nothing to boot",
        ),
        ("BdsDxe: No bootable option or device was found.\r\n", "the firmware found nothing to boot"),
        ("\x1b[1mUEFI Interactive Shell v2.2\r\n", "the firmware found nothing to boot"),
    ],
)
def test_dead_ends_are_recognised(said: str, meaning: str) -> None:
    seen = look("SeaBIOS\r\n" + said)
    assert seen.dead_end == meaning
    assert judge(seen, AROUND, WANTED).failed[0] == meaning


def test_a_good_console_is_no_dead_end_at_any_moment() -> None:
    for length in range(len(GOOD)):
        assert look(GOOD[:length]).dead_end == ""


def test_what_is_seen_stays_seen() -> None:
    """More text never takes back what a shorter one showed."""
    before = Seen()
    for length in range(0, len(GOOD), 7):
        seen = look(GOOD[:length])
        assert (seen.login, seen.final, seen.reported) >= (before.login, before.final, before.reported)
        before = seen


def test_the_script_says_what_the_verdict_reads() -> None:
    assert REPORT.startswith("#!/bin/sh\n")
    assert "ec2kit-boot-test: hostname=%s root_kib=%s end" in REPORT


@given(st.lists(st.integers(0, len(GOOD)), max_size=8))
def test_people_see_the_same_lines_however_it_is_cut(cuts: list[int]) -> None:
    shown: list[str] = []
    people = ForPeople(shown.append)
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(GOOD)], strict=True):
        people.take(GOOD[start:end])
    people.end()
    assert "".join(shown) == plain(GOOD)


def test_nothing_moves_the_cursor_of_who_looks_on() -> None:
    shown: list[str] = []
    people = ForPeople(shown.append)
    people.take("\x1b]0;title\x07one\x1b[2J\b\btwo\r\nthree")
    people.end()
    assert shown == ["]0;titleonetwo\n", "three\n"]
