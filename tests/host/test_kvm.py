"""When a machine's own processor is believed to run others."""

import os
from pathlib import Path

import pytest

from ec2kit.host.kvm import usable_kvm

FLAGS = "processor\t: 0\nflags\t\t: fpu vme {} lahf_lm\nbugs\t\t: spectre_v1\n"
GOOD = 'read line; test "$line" = quit'
ABORTS = "echo 'failed to set MSR 0x10a' >&2; kill -ABRT $$"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that stands for the machine: a device, a processor, an emulator on the PATH."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (tmp_path / "kvm").touch()
    return tmp_path


def usable(machine: Path, flag: str, emulator: str) -> bool:
    (machine / "cpuinfo").write_text(FLAGS.format(flag))
    name = f"qemu-{flag}-{len(emulator)}"
    (machine / name).write_text(f"#!/bin/sh\n{emulator}\n")
    (machine / name).chmod(0o755)
    return usable_kvm(name, machine / "kvm", machine / "cpuinfo")


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="other processors have no flag for it")
def test_a_device_needs_hardware_behind_it(machine: Path) -> None:
    assert usable(machine, "svm", GOOD)
    assert usable(machine, "vmx", GOOD)
    assert not usable(machine, "hypervisor", GOOD), "a device of pvm runs only kernels made for it"
    assert not usable(machine, "svmx", GOOD)
    assert not usable_kvm("qemu", machine / "kvm", machine / "none")


def test_qemu_must_be_able_to_set_it_up(machine: Path) -> None:
    assert not usable(machine, "svm", ABORTS)
    assert not usable(machine, "vmx", "exit 1")
    (machine / "cpuinfo").write_text(FLAGS.format("svm"))
    assert not usable_kvm("qemu-that-is-not-there", machine / "kvm", machine / "cpuinfo")


def test_without_a_device_there_is_none(machine: Path) -> None:
    (machine / "cpuinfo").write_text(FLAGS.format("svm"))
    assert not usable_kvm("qemu", machine / "no-device", machine / "cpuinfo")
