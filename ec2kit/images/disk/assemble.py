"""Put a disk together: the partition table, the root file system, the loaders. Beside its name until it is whole."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ec2kit.errors import Ec2kitError, UsageError
from ec2kit.host.files import storing_disk
from ec2kit.host.processes import Ended, ProcessFailed, run
from ec2kit.host.room import filling
from ec2kit.images.disk import esp, filesystem, grub, layout
from ec2kit.images.disk.additions import our_files
from ec2kit.images.disk.contents import BLOCK, LOADERS, Contents, read_contents, room_needed
from ec2kit.images.disk.spec import MIB, Disk, DiskSpec, Identity
from ec2kit.images.disk.tools import check_tools, tools_environ

BOUND = 1800.0
"""Seconds after which a tool is taken to hang; filling 2 GiB takes about twenty."""
LOADERS_BYTES = 32 * MIB
"""What the loaders and the file system itself take, generously."""
Say = Callable[[str], None]


def assemble(root_tar: Path, target: Path, spec: DiskSpec, say: Say = lambda _: None) -> Disk:
    """Make a raw image of a root file system; `target` is there only when it is whole, and is replaced.

    The tar has /vmlinuz and /initrd.img. `say` is told each stage. Raises `UsageError` for a root that is too big
    or lacks its kernel, `Ec2kitError` for missing tools, a full disk and failing commands; nothing is left then.
    """
    say(f"reading {root_tar.name}")
    contents = read_contents(root_tar)
    check_tools(spec, contents.platforms)
    with storing_disk(root_tar), root_tar.open("rb") as file:
        identity = Identity.of(hashlib.file_digest(file, "sha256").hexdigest(), spec)
    table = layout.make_layout(spec, identity)
    _check(contents, table, spec)
    work = target.with_name(f".{target.name}.making")
    try:
        with storing_disk(target):
            _clear(work)
            work.mkdir(parents=True)
            (work / "root").mkdir()
        job = _Job(root_tar, work, spec, identity, table)
        # Unpacked, and then in the disk.
        with storing_disk(target), filling(target.parent, 2 * contents.blocks * BLOCK + LOADERS_BYTES):
            job.assemble(contents, say)
        with storing_disk(target), job.image.open("rb") as made:
            os.fsync(made.fileno())
            job.image.replace(target)
    finally:
        _clear(work)
    return Disk(target, spec.size_bytes, spec.boot_modes, identity.uuid("root"))


def _check(contents: Contents, table: layout.Layout, spec: DiskSpec) -> None:
    """Refuse what would not fit or not boot, before anything is made."""
    for name in ("vmlinuz", "initrd.img"):
        if name not in contents.names:
            raise UsageError(
                f"the root file system has no '/{name}', which the loader starts",
                hint="install a kernel and initramfs-tools in it",
            )
    needed = room_needed(contents, table.root.size)
    if needed > table.root.size:
        more = spec.size_bytes + needed - table.root.size
        raise UsageError(
            f"the root file system does not fit on a disk of {spec.size_bytes // MIB} MiB",
            hint=f"it needs about {-(-more // MIB)} MiB",
        )


@dataclass(frozen=True)
class _Job:
    """One disk on its way."""

    root_tar: Path
    work: Path
    spec: DiskSpec
    identity: Identity
    table: layout.Layout

    @property
    def image(self) -> Path:
        return self.work / "disk.raw"

    @property
    def making(self) -> filesystem.Making:
        root = self.table.root
        return filesystem.Making(
            str(self.image),
            root.start,
            root.size,
            self.identity.uuid("root"),
            self.identity.uuid("directory hash"),
            # The e2fsprogs take 0 for "no fake time", and use the clock.
            max(1, self.spec.made_at),
        )

    def assemble(self, contents: Contents, say: Say) -> None:
        say("partitioning")
        with storing_disk(self.image), self.image.open("wb") as file:
            file.truncate(self.spec.size_bytes)
        self._run(layout.sfdisk_argv(str(self.image)), stdin=layout.sfdisk_script(self.table))
        say(f"filling the root file system, {contents.blocks * 4096 // MIB} MiB in {contents.inodes} files")
        self._fill(contents)
        for firmware, platform in grub.LOADERS[self.spec.architecture].items():
            say(f"putting in the loader for {firmware.upper()}")
            self._load(firmware, platform)

    def _fill(self, contents: Contents) -> None:
        ours = self.work / "ours.tar"
        with storing_disk(ours):
            ours.write_bytes(our_files(self.spec, self.identity.uuid("root"), contents))
        making = self.making
        run_in = filesystem.environment(making)
        try:
            self._run(
                filesystem.fill_argv(making, (str(self.root_tar), str(ours)), str(self.work / "root")), run_in
            )
        except ProcessFailed as error:
            if "allocate block" in error.message:
                raise UsageError(
                    f"the root file system does not fit on a disk of {self.spec.size_bytes // MIB} MiB"
                ) from error
            raise
        commands = filesystem.mending_script(self._inodes_in_use(), contents.root_mode, making.made_at)
        for number, attribute in enumerate(contents.attributes):
            value = self.work / f"attribute-{number}"
            value.write_bytes(attribute.value)
            commands += filesystem.attribute_command(attribute, str(value)) + "\n"
        script = self.work / "mend"
        script.write_text(commands)
        ended = self._run(["debugfs", "-w", "-f", str(script), making.device], run_in)
        # debugfs ends with 0 whatever became of its commands; it complains on stderr, after a line of its own.
        complaints = ended.stderr.strip().splitlines()[1:]
        if complaints:
            raise Ec2kitError(f"debugfs could not finish the root file system: {complaints[0]}")

    def _inodes_in_use(self) -> list[int]:
        with storing_disk(self.image), self.image.open("rb") as file:

            def at(offset: int, size: int) -> bytes:
                file.seek(self.table.root.start + offset)
                return file.read(size)

            groups = filesystem.parse_superblock(at(1024, 1024))
            used: list[int] = []
            for group in range(groups.count):
                size = groups.descriptor_size
                bitmap = groups.bitmap(at(groups.table + group * size, size))
                if bitmap is not None:
                    used += groups.used(group, at(bitmap, groups.block_size))
        return used

    def _load(self, firmware: str, platform: str) -> None:
        config, core = self.work / f"{platform}.cfg", self.work / f"{platform}.img"
        modules = self.spec.loaders / platform
        if not modules.is_dir():
            modules = self.work / "root" / LOADERS / platform
        config.write_text(grub.early_config(self.identity.uuid("root")))
        self._run(grub.mkimage_argv(platform, str(modules), str(config), str(core)))
        if firmware == "bios":
            self._write_bios(modules / "boot.img", core)
            return
        os.utime(core, (self.spec.made_at, self.spec.made_at))
        partition = self.table.named("esp")
        if partition is not None:
            serial = self.identity.serial("esp")
            for argv in esp.esp_commands(
                str(self.image), partition, serial, str(core), grub.REMOVABLE[platform]
            ):
                self._run(argv, {"SOURCE_DATE_EPOCH": str(self.spec.made_at), "TZ": "UTC0"})

    def _write_bios(self, boot: Path, core: Path) -> None:
        partition = self.table.named("bios")
        if partition is None:
            return
        with storing_disk(self.image), self.image.open("r+b") as disk:
            pieces = grub.bios_boot(
                boot.read_bytes(),
                core.read_bytes(),
                disk.read(layout.SECTOR),
                partition.start // layout.SECTOR,
            )
            if len(pieces.core) > partition.size:
                raise Ec2kitError(f"GRUB's core is {len(pieces.core)} bytes, and its partition is smaller")
            disk.seek(0)
            disk.write(pieces.first_sector)
            disk.seek(partition.start)
            disk.write(pieces.core)

    def _run(self, argv: list[str], more: Mapping[str, str] | None = None, stdin: str = "") -> Ended:
        return run(argv, BOUND, stdin=stdin, environ={**tools_environ(), **(more or {})})


def _clear(work: Path) -> None:
    """What a killed run left, or this one."""
    shutil.rmtree(work, ignore_errors=True)
