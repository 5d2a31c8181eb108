"""Sandboxes as processes of this machine: started beside the shell, found again by name, and stopped.

The address file `sandbox-<name>.json` says where one is. It is written by the sandbox itself once it answers, and is
stale when its process is gone or is another one that was given the same number.
"""

import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import ec2kit
from ec2kit.errors import Ec2kitError, Unavailable, UsageError
from ec2kit.sandbox.control import Control

# A cold start on a slow disk; a warm one takes about two seconds.
START_SECONDS = 60

STOP_SECONDS = 20

# The log has a line for each start and each failure of moto; it begins anew at the first start beyond this size.
LONGEST_LOG = 1_000_000

READY_FD = "EC2KIT_SANDBOX_READY_FD"


@dataclass(frozen=True)
class Address:
    """Where a sandbox is, and the token that its own doors want."""

    name: str
    pid: int
    start_time: str
    port: int
    endpoint: str
    token: str
    version: str

    def control(self) -> Control:
        """A client of its doors."""
        return Control(self.endpoint, self.token)


def start(  # noqa: PLR0913 - each is a setting of `sandbox start`
    name: str,
    *,
    state_dir: Path,
    runtime_dir: Path,
    speed: float | None = None,
    seed: int | None = None,
    empty: bool = False,
    faults_file: Path | None = None,
) -> Address:
    """Start the sandbox `name`, or find the one that runs already, and return where it is.

    A state saved in `state_dir` is loaded; `seed` and `empty` are for a new one. It outlives this process and ends by
    `stop`. Raises Ec2kitError with what the sandbox itself said if it cannot start.
    """
    checked_name(name)
    # Absolute, because the sandbox runs in another directory.
    settings = ["--name", name, "--state-dir", str(state_dir.absolute())]
    settings += ["--runtime-dir", str(runtime_dir.absolute())]
    settings += ["--speed", f"{speed:g}"] if speed is not None else []
    settings += ["--seed", str(seed)] if seed is not None else []
    settings += ["--empty"] if empty else []
    settings += ["--faults", str(faults_file.absolute())] if faults_file is not None else []
    with _alone(name, runtime_dir):
        already = _living(name, runtime_dir)
        if already is not None:
            return already
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        _launch(settings, state_dir / f"sandbox-{name}.log")
        started = _living(name, runtime_dir)
    if started is None:
        raise Ec2kitError(f"the sandbox '{name}' started and was gone again")
    return started


def find(name: str, runtime_dir: Path) -> Address | None:
    """Where the sandbox `name` is, or None if it does not run; a stale address file is removed."""
    found = _living(name, runtime_dir)
    if found is None and address_path(name, runtime_dir).exists():
        # Looked at again under the lock: meanwhile somebody may have started it.
        with _alone(name, runtime_dir):
            found = _living(name, runtime_dir)
            if found is None:
                address_path(name, runtime_dir).unlink(missing_ok=True)
    return found


def _living(name: str, runtime_dir: Path) -> Address | None:
    try:
        found = Address(**json.loads(address_path(name, runtime_dir).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return found if start_time(found.pid) == found.start_time else None


def running(runtime_dir: Path) -> list[Address]:
    """Every sandbox that runs, by name."""
    names = sorted(path.stem.removeprefix("sandbox-") for path in runtime_dir.glob("sandbox-*.json"))
    return [found for name in names if (found := find(name, runtime_dir)) is not None]


def stop(name: str, runtime_dir: Path) -> bool:
    """End the sandbox `name` after it has saved its state; False if it did not run.

    One that does not answer is sent SIGTERM, and one that does not end by that is killed.
    """
    with _alone(name, runtime_dir):
        address = _living(name, runtime_dir)
        if address is None:
            address_path(name, runtime_dir).unlink(missing_ok=True)
            return False
        try:
            address.control().stop()
        except Unavailable:
            _signal(address, signal.SIGTERM)
        if not _gone(address):
            _signal(address, signal.SIGTERM)
            if not _gone(address):
                _signal(address, signal.SIGKILL)
                _gone(address)
        address_path(name, runtime_dir).unlink(missing_ok=True)
        return True


def forget(name: str, *, state_dir: Path, runtime_dir: Path) -> None:
    """Stop the sandbox `name` and remove everything of it from this machine."""
    checked_name(name)
    stop(name, runtime_dir)
    for path in (
        state_path(name, state_dir),
        state_dir / f"sandbox-{name}.log",
        _lock_path(name, runtime_dir),
    ):
        path.unlink(missing_ok=True)
    shutil.rmtree(blocks_path(state_path(name, state_dir)), ignore_errors=True)


def address_path(name: str, runtime_dir: Path) -> Path:
    """The file that says where the sandbox `name` is."""
    return runtime_dir / f"sandbox-{name}.json"


def state_path(name: str, state_dir: Path) -> Path:
    """The file that keeps the state of the sandbox `name`."""
    return state_dir / f"sandbox-{name}.state"


def blocks_path(state: Path) -> Path:
    """The directory beside a state file that keeps what is on its disks."""
    return state.with_suffix(".blocks")


def write_address(address: Address, runtime_dir: Path) -> None:
    """Publish where a sandbox is: whole at once, and readable for its owner only, because it holds the token."""
    runtime_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = address_path(address.name, runtime_dir)
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(asdict(address), file)
    part.replace(path)


def start_time(pid: int) -> str:
    """When a process began, in the kernel's own count, or the empty string if there is none (or only its remains)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    # The name in parentheses may hold anything; the state is the first field after it, the start the twentieth.
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]


def checked_name(name: str) -> str:
    """The name itself. Raises UsageError for one that cannot be part of a file's name."""
    if not name or not all(letter.isalnum() or letter in "-_." for letter in name) or name.startswith("."):
        raise UsageError(f"'{name}' cannot name a sandbox", hint="use letters, digits, `-`, `_` and `.`")
    return name


def _launch(settings: list[str], log: Path) -> None:
    """Run the sandbox detached, and return once it answers. Raises what it could not do."""
    reading, writing = os.pipe()
    try:
        with log.open("ab" if not log.exists() or log.stat().st_size < LONGEST_LOG else "wb") as output:
            # It forks once more by itself, so this one is over at once and leaves no remains with us.
            subprocess.run(
                [sys.executable, "-m", "ec2kit.sandbox", *settings],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(writing,),
                env=_environment(os.environ, writing),
                # Not the caller's: it may go away, and Python would import what lies in it.
                cwd="/",
                start_new_session=True,
            )
        os.close(writing)
        writing = -1
        said = _heard(reading)
    finally:
        os.close(reading)
        if writing != -1:
            os.close(writing)
    if not said:
        raise Ec2kitError("the sandbox did not start", hint=f"its log is {log}")
    if "error" in said:
        raise Ec2kitError(said["error"], hint=said.get("hint", ""))


def _heard(reading: int) -> dict[str, str]:
    text = b""
    while select.select([reading], [], [], START_SECONDS)[0]:
        part = os.read(reading, 65536)
        if not part:
            break
        text += part
    try:
        said: dict[str, str] = json.loads(text)
    except ValueError:
        return {}
    return said


def _environment(mine: Mapping[str, str], writing: int) -> dict[str, str]:
    """The caller's environment without its AWS settings: a broken profile or real keys are not ours to read."""
    kept = {key: value for key, value in mine.items() if not key.startswith(("AWS_", "MOTO_", "BOTO_"))}
    source = str(Path(ec2kit.__file__).absolute().parent.parent)
    return {
        **kept,
        READY_FD: str(writing),
        # So that it runs from a checkout as it does installed.
        "PYTHONPATH": os.pathsep.join(filter(None, [source, mine.get("PYTHONPATH", "")])),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


@contextmanager
def _alone(name: str, runtime_dir: Path) -> Iterator[None]:
    """Only one at a time starts or stops this sandbox."""
    runtime_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _lock_path(name, runtime_dir).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _lock_path(name: str, runtime_dir: Path) -> Path:
    return runtime_dir / f"sandbox-{name}.lock"


def _signal(address: Address, number: signal.Signals) -> None:
    if start_time(address.pid) == address.start_time:
        with suppress(ProcessLookupError):
            os.kill(address.pid, number)


def _gone(address: Address) -> bool:
    pause = threading.Event()
    for _ in range(STOP_SECONDS * 50):
        if start_time(address.pid) != address.start_time:
            return True
        pause.wait(0.02)
    return False
