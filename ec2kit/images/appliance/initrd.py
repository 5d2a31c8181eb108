"""The machine's first and only root file system, but for what a job brings: put together from unpacked packages."""

from __future__ import annotations

import lzma
from collections.abc import Iterator
from pathlib import Path

from ec2kit.errors import Ec2kitError
from ec2kit.images.appliance import cpio, modules
from ec2kit.images.appliance.packages import PROGRAMS

BINARIES = ("bin", "sbin", "usr/bin", "usr/sbin")
LIBRARIES = ("lib", "lib64", "usr/lib", "usr/lib64")
LOADER = "ld-linux"


def initrd(tree: Path) -> bytes:
    """Given the packages unpacked in one directory, return the archive; raises `Ec2kitError` when parts are missing.

    The first process comes with each job.
    """
    members = [*_links(), *_programs(tree), *_libraries(tree), *_modules(tree)]
    missing = PROGRAMS - {Path(member.name).name for member in members}
    if missing:
        raise Ec2kitError(f"the appliance's packages have no {', '.join(sorted(missing))}")
    return cpio.archive(members)


def _links() -> Iterator[cpio.Member]:
    """Packages of before and after the merge of /usr are laid out alike."""
    for name in ("bin", "sbin", "lib", "lib64"):
        yield cpio.link(name, "usr/bin" if name.endswith("bin") else "usr/lib")
    yield cpio.link("usr/sbin", "bin")
    yield cpio.link("usr/lib64", "lib")
    yield cpio.link("usr/bin/sh", "dash")
    # The kernel asks /sbin/modprobe for a file system's driver.
    yield cpio.link("usr/bin/modprobe", "busybox")


def _programs(tree: Path) -> Iterator[cpio.Member]:
    for directory in BINARIES:
        for path in _files(tree / directory):
            if path.name in PROGRAMS and not path.is_symlink():
                yield cpio.file(f"usr/bin/{path.name}", path.read_bytes(), 0o755)


def _libraries(tree: Path) -> Iterator[cpio.Member]:
    """All shared libraries that lie where the loader looks, under their one name: links become copies."""
    for directory in LIBRARIES:
        top = tree / directory
        for path in [*_files(top), *(file for sub in _triplets(top) for file in _files(sub))]:
            content = _library(tree, path) if path.name.startswith(("lib", LOADER)) else None
            if content is not None and ".so" in path.name:
                yield cpio.file(f"usr/lib/{path.name}", content, 0o755)


def _library(tree: Path, path: Path) -> bytes | None:
    """A library's bytes; a link's target is looked up in the tree, and a link to nothing is left out."""
    if path.is_symlink():
        target = path.readlink()
        path = tree / target.relative_to("/") if target.is_absolute() else path.parent / target
    return path.read_bytes() if path.is_file() else None


def _triplets(top: Path) -> Iterator[Path]:
    """Debian's directories of one architecture, such as lib/x86_64-linux-gnu."""
    return (path for path in sorted(top.glob("*-linux-gnu*")) if path.is_dir())


def _files(directory: Path) -> list[Path]:
    if not directory.is_dir():
        return []
    return sorted(path for path in directory.iterdir() if path.is_symlink() or path.is_file())


def _modules(tree: Path) -> Iterator[cpio.Member]:
    tops = [
        path.parent for base in ("lib", "usr/lib") for path in sorted((tree / base).glob("modules/*/kernel"))
    ]
    if not tops:
        raise Ec2kitError("the package of the appliance's kernel has no modules")
    top = tops[-1]
    paths = {modules.name_of(path.name): path for path in top.glob("kernel/**/*.ko*")}

    def look(name: str) -> modules.Module | None:
        path = paths.get(name)
        return None if path is None else modules.parse(str(path.relative_to(top)), _module(path))

    kept = modules.closure((*modules.DRIVERS, *modules.FILE_SYSTEMS, *modules.CHECKSUMS), look)
    into = f"usr/lib/modules/{top.name}"
    for module in kept.values():
        yield cpio.file(f"{into}/{module.plain_path}", _module(top / module.path))
    yield cpio.file(f"{into}/modules.dep", modules.dependency_lines(kept).encode())
    yield cpio.file(f"{into}/modules.alias", modules.alias_lines(kept).encode())


def _module(path: Path) -> bytes:
    content = path.read_bytes()
    return lzma.decompress(content) if path.suffix == ".xz" else content
