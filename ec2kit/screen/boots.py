"""How a boot went, as JSON and as labelled lines."""

from __future__ import annotations

from typing import Any

from ec2kit.images.boot.spec import BootReport, BootSpec


def boot_json(name: str, wanted: BootSpec, report: BootReport) -> dict[str, Any]:
    """Given a boot's report, return what programs read."""
    return {
        "id": name,
        "architecture": wanted.architecture,
        "firmware": wanted.firmware,
        "succeeded": report.succeeded,
        "login": report.login,
        "cloud_init_final": report.cloud_init_final,
        "user_data_ran": report.user_data_ran,
        "hostname": report.hostname or None,
        "root_bytes": report.grown_to,
        "metadata_requests": report.metadata_requests,
        "seconds": round(report.seconds, 1),
        "failed": list(report.failed),
        "log": None if report.log is None else str(report.log),
    }


def boot_pairs(name: str, wanted: BootSpec, report: BootReport) -> list[tuple[str, str]]:
    """Given a boot's report, return its labelled lines."""
    grown = "not told" if report.grown_to is None else f"{report.grown_to >> 20} MiB"
    ran = "not asked" if report.user_data_ran is None else _reached(report.user_data_ran)
    pairs = [
        ("image", name),
        ("machine", f"{wanted.architecture}, {wanted.firmware.upper()}"),
        ("login prompt", _reached(report.login)),
        ("cloud-init final", _reached(report.cloud_init_final)),
        ("user data ran", ran),
        ("hostname", report.hostname or "-"),
        ("root file system", grown),
        ("metadata", f"asked {report.metadata_requests} times"),
        ("took", f"{report.seconds:.0f} s"),
    ]
    pairs += [("failed", each) for each in report.failed]
    return pairs if report.log is None else [*pairs, ("console", str(report.log))]


def _reached(reached: bool) -> str:
    return "yes" if reached else "no"
