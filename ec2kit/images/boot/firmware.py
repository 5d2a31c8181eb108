"""Where distributions put the UEFI firmware for QEMU."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ec2kit.errors import Ec2kitError

PLACES: dict[str, tuple[tuple[str, str], ...]] = {
    "x86_64": (
        ("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
        ("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"),
        ("/usr/share/edk2/x64/OVMF_CODE.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd"),
        ("/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd"),
    ),
    "arm64": (
        ("/usr/share/AAVMF/AAVMF_CODE.fd", "/usr/share/AAVMF/AAVMF_VARS.fd"),
        ("/usr/share/edk2/aarch64/QEMU_EFI-pflash.raw", "/usr/share/edk2/aarch64/vars-template-pflash.raw"),
    ),
}
"""Code and variables, as Debian, Arch and Fedora name them."""

PACKAGES = {"x86_64": "ovmf", "arm64": "qemu-efi-aarch64"}


def find_firmware(architecture: str, exists: Callable[[Path], bool] = Path.is_file) -> tuple[Path, Path]:
    """Return the files of the code and of the empty variables; raises `Ec2kitError` when there are none."""
    for code, variables in PLACES[architecture]:
        if exists(Path(code)) and exists(Path(variables)):
            return Path(code), Path(variables)
    raise Ec2kitError(
        f"there is no UEFI firmware for {architecture} on this machine",
        hint=f"apt-get install {PACKAGES[architecture]}",
    )
