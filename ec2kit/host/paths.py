"""Which files are whose: state, runtime and configuration, from the environment and the user."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from ec2kit.host.files import (
    CACHE_ELSEWHERE,
    SHARED_DIRECTORY,
    ensure_directory,
    is_directory,
    is_file,
    storing,
)
from ec2kit.host.identity import User, group_id, this_user

SHARED_STATE = Path("/var/lib/ec2kit")
"""The state of root's cron, which the members of the group `ec2kit` share."""
SHARED_CACHE = Path("/var/cache/ec2kit")
SYSTEM_CONFIG = Path("/etc/ec2kit")
CONFIG_NAME = "ec2kit.yaml"
LONGEST_NAME = 200
"""Bytes; a file's name ends at 255 (Linux, NAME_MAX), and ours get an ending."""


def state_directory(
    environ: Mapping[str, str], user: User | None = None, shared: Path = SHARED_STATE
) -> Path:
    """Where history, unfinished runs and samples are kept.

    EC2KIT_STATE_DIR; else `/var/lib/ec2kit` for root, and for members of the group once it is there; else
    the XDG state directory. A relative XDG variable is ignored (XDG base directory specification).
    """
    user = user or this_user(environ)
    if named := environ.get("EC2KIT_STATE_DIR"):
        return Path(f"{user.home}{named[1:]}" if named.startswith("~/") else named).absolute()
    if user.uid == 0 or (user.in_group and os.access(shared, os.W_OK | os.X_OK)):
        return shared
    return _xdg(environ, "XDG_STATE_HOME", user.home / ".local/state") / "ec2kit"


def make_state_directory(path: Path, user: User | None = None, shared: Path = SHARED_STATE) -> Path:
    """Make the state directory when there is none; root's is given to the group `ec2kit` where that exists.

    Raises `Ec2kitError`, with a hint that names EC2KIT_STATE_DIR.
    """
    if is_directory(path):
        return path
    ensure_directory(path)
    user = user or this_user(os.environ)
    group = group_id() if path == shared and user.uid == 0 else None
    if group is not None:
        with storing(path):
            os.chown(path, -1, group)
            path.chmod(SHARED_DIRECTORY)
    return path


def runtime_directory(environ: Mapping[str, str], user: User | None = None) -> Path:
    """Where what ends with the session is: `$XDG_RUNTIME_DIR/ec2kit`, or the state directory."""
    fallback = state_directory(environ, user)
    named = Path(environ.get("XDG_RUNTIME_DIR", ""))
    return named / "ec2kit" if named.is_absolute() else fallback


def cache_directory(environ: Mapping[str, str], user: User | None = None) -> Path:
    """Where what can be made again is kept: EC2KIT_CACHE_DIR; `/var/cache/ec2kit` for root; else the XDG cache."""
    user = user or this_user(environ)
    if named := environ.get("EC2KIT_CACHE_DIR"):
        return Path(f"{user.home}{named[1:]}" if named.startswith("~/") else named).absolute()
    return SHARED_CACHE if user.uid == 0 else _xdg(environ, "XDG_CACHE_HOME", user.home / ".cache") / "ec2kit"


def ensure_cache(environ: Mapping[str, str]) -> Path:
    """The same, made where it is missing. Raises `Ec2kitError`."""
    return ensure_directory(cache_directory(environ), elsewhere=CACHE_ELSEWHERE)


def config_files(environ: Mapping[str, str], cwd: Path, system: Path = SYSTEM_CONFIG) -> tuple[Path, ...]:
    """Given where a person stands, return the configuration files: project, user, system; any may not exist.

    The project's is the nearest one from `cwd` upwards, no further than the root of a git checkout.
    """
    home = Path(environ["HOME"]) if environ.get("HOME") else this_user(environ).home
    personal = _xdg(environ, "XDG_CONFIG_HOME", home / ".config") / "ec2kit"
    return (_project(cwd), personal / CONFIG_NAME, system / CONFIG_NAME)


def store_directory(state: Path, endpoint: str, account: str, region: str) -> Path:
    """The directory of one endpoint (empty for AWS), account and region: their journal, leases, evidence, locks.

    The sandbox and AWS, or two accounts, never meet in one file.
    """
    place = f"{account}-{region}"
    if endpoint:
        digest = hashlib.sha256(endpoint.encode()).hexdigest()[:8]
        host = re.sub(r"[^A-Za-z0-9.-]+", "-", endpoint.partition("://")[2] or endpoint).strip("-.")
        place = f"{place}-at-{host[:80]}-{digest}"
    return state / place


def journal_path(state: Path, endpoint: str, account: str, region: str) -> Path:
    """The journal's file."""
    return store_directory(state, endpoint, account, region) / "journal.sqlite"


def leases_path(state: Path, endpoint: str, account: str, region: str) -> Path:
    """The leases' file."""
    return store_directory(state, endpoint, account, region) / "leases.sqlite"


def evidence_path(state: Path, endpoint: str, account: str, region: str) -> Path:
    """The samples' file."""
    return store_directory(state, endpoint, account, region) / "evidence.sqlite"


def blocks_directory(state: Path, endpoint: str, account: str, region: str) -> Path:
    """Where uploads that are under way write down which blocks have arrived."""
    return store_directory(state, endpoint, account, region) / "blocks"


def locks_directory(state: Path, endpoint: str, account: str, region: str) -> Path:
    """Where the lock files of runs and leases are."""
    return store_directory(state, endpoint, account, region) / "locks"


def lock_file_name(kind: str, name: str) -> str:
    """Given any name, return that of its lock file: readable where it is short and plain, and never shared."""
    readable = quote(name, safe="")
    if len(readable) > LONGEST_NAME:
        readable = hashlib.sha256(name.encode()).hexdigest()
    return f"{kind}-{readable}.lock"


def _project(cwd: Path) -> Path:
    for directory in (cwd, *cwd.parents):
        if is_file(directory / CONFIG_NAME):
            return directory / CONFIG_NAME
        if is_directory(directory / ".git") or is_file(directory / ".git"):
            break
    return cwd / CONFIG_NAME


def _xdg(environ: Mapping[str, str], name: str, otherwise: Path) -> Path:
    named = Path(environ.get(name, ""))
    return named if named.is_absolute() else otherwise
