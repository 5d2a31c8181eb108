"""Many blocks carried at the same time by a few threads, in bounded memory: each thread holds one block."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

WORKERS = 32
"""Threads. Measured with `benchmarks/upload.py`, each answer 50 ms away, 256 blocks: 8 threads took 4.9 s, 16 3.4 s,
32 3.1 s, 64 3.3 s; beyond 32 it is the one processor that signs and hashes which is busy."""
SLICE = 0.1
"""Seconds of real time after which progress is told and a stop is noticed."""


def never() -> None:
    """The check of what nobody stops."""


def nobody(_text: str) -> None:
    """Who is told when nobody listens."""


@dataclass(frozen=True)
class Crew:
    """How a transfer is carried out."""

    workers: int = WORKERS
    """With 1 everything happens in the caller's thread, in order."""
    check: Callable[[], None] = never
    """Raises to stop: asked before each block."""
    tell: Callable[[str], None] = nobody
    """Is told how far it is: `512 of 833 blocks`."""

    def carry(self, items: Iterable[T], total: int, do: Callable[[T], None]) -> None:
        """Do `do` with each item. The first error, or what `check` raises, ends it once calls in flight are over."""
        work = _Work(iter(items), do, self.check)
        if self.workers == 1:
            while work.one():
                self._tell(work.done, total)
            work.raise_error()
        else:
            self._side_by_side(work, total)

    def _side_by_side(self, work: _Work, total: int) -> None:
        # Daemons: after Ctrl-C a call that hangs must not keep the process.
        threads = [
            threading.Thread(target=work.all, name=f"carrier-{number}", daemon=True)
            for number in range(min(self.workers, max(1, total)))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                self._wait(thread, work)
                self._tell(work.done, total)
        work.raise_error()
        self._tell(work.done, total)

    def _wait(self, thread: threading.Thread, work: _Work) -> None:
        try:
            thread.join(SLICE)
        except KeyboardInterrupt as stopped:
            # What is in flight ends first, so that nobody writes to what the caller is about to close.
            work.end(stopped)

    def _tell(self, done: int, total: int) -> None:
        self.tell(f"{done:,} of {total:,} blocks")


class _Work:
    """The items that are left, handed out one at a time."""

    def __init__(self, items: Iterator[T], do: Callable[[T], None], check: Callable[[], None]) -> None:
        self._items = items
        self._do = do
        self._check = check
        self._lock = threading.Lock()
        self._error: BaseException | None = None
        self.done = 0

    def all(self) -> None:
        """A thread's life."""
        while self.one():
            pass

    def one(self) -> bool:
        """Do one item; False when there is none left, or it is over."""
        try:
            with self._lock:
                if self._error is not None:
                    return False
                self._check()
                item = next(self._items)
            self._do(item)
        except StopIteration:
            return False
        except BaseException as error:  # noqa: BLE001  carried to the caller's thread, which raises it
            self.end(error)
            return False
        with self._lock:
            self.done += 1
        return True

    def end(self, error: BaseException) -> None:
        """Nothing new is begun; the first reason is the one to raise."""
        with self._lock:
            self._error = self._error or error

    def raise_error(self) -> None:
        """Raise the first error, if there was one."""
        if self._error is not None:
            raise self._error
