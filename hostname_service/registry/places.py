"""Where the registry's file may be: it says who is who, so nobody else may write it or put another in its place."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from hostname_service.errors import BadConfig


def check_directory(path: Path) -> None:
    """Return if the directory of a file is there and only its owner, who is us or root, can change what is in it.

    Raises `BadConfig`.
    """
    directory = path.absolute().parent
    if not directory.is_dir():
        raise BadConfig(f"registry: {directory} is not a directory; hint: install -d -m 0700 {directory}")
    told = directory.stat()
    if told.st_uid not in (0, os.geteuid()):
        raise BadConfig(f"registry: {directory} belongs to another user; hint: chown it to the service's")
    if told.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise BadConfig(f"registry: others can write {directory}; hint: chmod go-w {directory}")


def make_private(path: Path) -> None:
    """Make the file with mode 0600, or take from one that is there what others could read and write.

    SQLite gives its journals the mode of the file. Raises `BadConfig` for a link or what is no file, `OSError`.
    """
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise BadConfig(f"registry: {path} is not a regular file")
    path.touch(0o600)
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
