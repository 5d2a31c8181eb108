"""What is put behind the machine's initrd for one run: its first process, the functions for scripts, and the job."""

from __future__ import annotations

from pathlib import Path

from ec2kit.images.appliance import cpio
from ec2kit.images.appliance.disks import ApplianceDisk, Job
from ec2kit.images.appliance.modules import DRIVERS

GUEST = Path(__file__).parent / "guest"


def script(name: str) -> str:
    """One of our own scripts for the machine, such as `tar_out`."""
    return (GUEST / f"{name}.sh").read_text(encoding="utf-8")


def job_archive(job: Job, secret: str, has_input: bool) -> bytes:
    """Given a job, return its archive."""
    files = {f"job/{name}": content for name, content in job.files.items()}
    files |= {"job/script": job.script.encode(), "job/secret": secret.encode()}
    files |= {"etc/disks": disk_table(job.disks), "etc/drivers": " ".join(DRIVERS).encode()}
    files |= {"usr/lib/prelude.sh": script("prelude").encode()}
    if has_input:
        files["job/stdin"] = b""
    init = cpio.file("init", (GUEST / "init").read_bytes(), 0o755)
    return cpio.archive([init, *(cpio.file(name, content) for name, content in files.items())])


def disk_table(disks: tuple[ApplianceDisk, ...]) -> bytes:
    """Given disks, return /etc/disks: a name and the serial that `argv.disk_words` gives it."""
    return "".join(f"{disk.name} d{number}\n" for number, disk in enumerate(disks)).encode()
