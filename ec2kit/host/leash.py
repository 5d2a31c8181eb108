"""Run a program that ends when we do, with everything that it started, whatever sessions or daemons those made.

Run as a file, by `python -I -S leash.py PARENT ARGV...`: it starts for each program, so it imports little. PARENT is
the process that waits for it; when that is gone, however it went, or when it says so (SIGTERM), all of it ends.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

SET_PDEATHSIG, SET_CHILD_SUBREAPER = 1, 36
"""prctl(2): be told of the parent's death; be the parent of descendants whose own has died."""
LOOK = 0.01
"""Seconds between two looks at what still lives."""
GENTLY, AT_ALL = 100, 500
"""Looks in which a daemon may put its things away (fakeroot's has message queues), and in which all must be over: what
the kernel does not let go of, the reader of a dead disk, is not waited for."""
CANNOT = 126


class Told(BaseException):
    """SIGTERM, or the parent's death."""


def hold(parent: int, argv: list[str]) -> int:
    """Run the program to its end; returns how it ended as waitpid(2) says it."""

    def told(_number: int, _frame: object) -> None:
        raise Told

    try:
        signal.signal(signal.SIGTERM, told)
        import ctypes

        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(SET_CHILD_SUBREAPER, 1)
        libc.prctl(SET_PDEATHSIG, signal.SIGTERM)
        # It may have gone before the kernel was asked to tell.
        if os.getppid() != parent:
            raise Told
        program = _start(argv)
        while True:
            ended, status = os.waitpid(-1, 0)
            if ended == program:
                return status
    except Told:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        _end_all()
        return int(signal.SIGKILL)


def _start(argv: list[str]) -> int:
    program = os.fork()
    if not program:
        _become(argv)
    return program


def _become(argv: list[str]) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # Python ignores them, and what is ignored stays so in another program.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    try:
        os.execvp(argv[0], argv)
    except OSError as error:
        os.write(2, f"{(error.strerror or str(error)).lower()}\n".encode())
    os._exit(CANNOT)


def _end_all() -> None:
    """Kill all that descends from us, and wait for it; daemons are asked first."""
    asked: set[int] = set()
    session = os.getsid(0)
    for looks in range(AT_ALL):
        left = _descendants()
        if not left:
            return
        for pid in left:
            if looks < GENTLY and _session_of(pid) not in (session, -1):
                if pid not in asked:
                    _signal(pid, signal.SIGTERM)
                asked.add(pid)
            else:
                _signal(pid, signal.SIGKILL)
        _reap()
        select.select([], [], [], LOOK)


def _descendants() -> list[int]:
    """Every process below us that has not ended."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208  importing pathlib takes as long as all else here
        if name.isdigit() and (parent := _parent_of(name)):
            children.setdefault(parent, []).append(int(name))
    found: list[int] = []
    todo = [os.getpid()]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def _parent_of(process: str) -> int:
    """Given a process's id, return its parent's; 0 when it has ended (proc(5), stat)."""
    try:
        with open(f"/proc/{process}/stat", "rb") as file:  # noqa: PTH123
            state, parent = file.read().rpartition(b")")[2].split()[:2]
    except (OSError, ValueError):
        return 0
    # What has ended has no children any more: they are its parent's, or ours.
    return 0 if state in (b"Z", b"X") else int(parent)


def _session_of(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return -1


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except OSError:
        return


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            continue
    except ChildProcessError:
        return


def _end_likewise(status: int) -> int:
    """The code to end with; when a signal ended the program, ends by the same one, and leaves no second core."""
    if not os.WIFSIGNALED(status):
        return os.waitstatus_to_exitcode(status)
    number = os.WTERMSIG(status)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if number != signal.SIGKILL:
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    return 128 + number


if __name__ == "__main__":
    sys.exit(_end_likewise(hold(int(sys.argv[1]), sys.argv[2:])))
