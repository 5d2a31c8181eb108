"""Whether QEMU can use this machine's own processor (KVM), or has to emulate one, which takes ten times as long.

That `/dev/kvm` can be opened does not say so. It may be there without hardware behind it (pvm, where only kernels made
for it run: Debian's spins forever), the hardware may be taken by another hypervisor, and a virtual machine's processor
may not take what QEMU wants to set (an assertion in QEMU). So the processor is looked at, and QEMU is tried.
"""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

from ec2kit.errors import Ec2kitError
from ec2kit.host.processes import attempt

DEVICE = Path("/dev/kvm")
PROCESSOR = Path("/proc/cpuinfo")
TRIAL_SECONDS = 20
_HARDWARE = re.compile(r"^flags\s*:.*\b(?:vmx|svm)\b", re.MULTILINE)
"""Intel's and AMD's extensions for it (proc_cpuinfo(5)); Arm's have no flag."""


@cache
def usable_kvm(emulator: str, device: Path = DEVICE, processor: Path = PROCESSOR) -> bool:
    """Whether the emulator (`qemu-system-x86_64`, …) can run a machine on this one's processor; asked once."""
    if not os.access(device, os.R_OK | os.W_OK) or not _has_hardware(processor):
        return False
    board = "virt" if emulator.endswith("aarch64") else "pc"
    words = [emulator, "-nodefaults", "-no-user-config", "-display", "none", "-machine", board]
    words += ["-accel", "kvm", "-cpu", "host", "-m", "16", "-S", "-monitor", "stdio"]
    try:
        return attempt(words, TRIAL_SECONDS, stdin="quit\n").code == 0
    except Ec2kitError:
        return False


def _has_hardware(processor: Path) -> bool:
    if os.uname().machine not in ("x86_64", "i686"):
        return True
    try:
        return _HARDWARE.search(processor.read_text(errors="replace")) is not None
    except OSError:
        return False
