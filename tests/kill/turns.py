"""Threads that take turns: one runs at a time, and at each call to AWS the next one's turn may come."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

from ec2kit.sandbox.calls import Call

Passes = Callable[[int, Call], bool]
"""Given which thread is about to make which call, whether another one runs first."""
T = TypeVar("T")

PATIENCE = 100.0
"""Real seconds after which somebody waits for ever: a mistake in here."""


class Turns:
    """Who may run. A thread that has begun goes on until `passes` says so, or until it has ended."""

    def __init__(self, passes: Passes) -> None:
        self._passes = passes
        self._changed = threading.Condition()
        self._ours: list[threading.Thread] = []
        self._now = 0

    def call(self, call: Call) -> None:
        """A call is about to be made by the thread whose turn it is."""
        me = threading.current_thread()
        if me not in self._ours:
            return
        with self._changed:
            if self._passes(self._now, call):
                self._pass_on()
            self._wait_for(me)

    def run(self, works: Sequence[Callable[[], T]]) -> list[T | BaseException]:
        """Do all of it, in turns; returns what each returned or raised."""
        ended: list[T | BaseException] = [AssertionError("never ran")] * len(works)

        def work(number: int) -> None:
            me = threading.current_thread()
            with self._changed:
                self._wait_for(me)
            try:
                ended[number] = works[number]()
            except BaseException as error:  # noqa: BLE001  carried to the caller
                ended[number] = error
            finally:
                with self._changed:
                    self._pass_on()
                    self._ours[number] = threading.Thread()
                    self._now = next((n for n, each in enumerate(self._ours) if each.is_alive()), 0)
                    self._changed.notify_all()

        self._ours = [threading.Thread(target=work, args=(number,)) for number in range(len(works))]
        threads = list(self._ours)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        return ended

    def _pass_on(self) -> None:
        for step in range(1, len(self._ours)):
            number = (self._now + step) % len(self._ours)
            if self._ours[number].is_alive():
                self._now = number
                self._changed.notify_all()
                return

    def _wait_for(self, me: threading.Thread) -> None:
        if not self._changed.wait_for(lambda: self._ours[self._now] is me, PATIENCE):
            raise AssertionError("nobody passed the turn on")


def by_chance(seed: int) -> Passes:
    """Passes on after one call, or after many: how often is chance too."""
    dice = Random(seed)
    often = dice.choice((0.05, 0.2, 0.5, 1.0))
    return lambda _thread, _call: dice.random() < often


def held_at(number: int, *, changing: bool) -> Passes:
    """The first thread is held just before its `number`th call, of those that change something or of all, while the
    other one does all that it has to do; then it goes on with what it thinks is so."""
    made = 0

    def passes(thread: int, call: Call) -> bool:
        nonlocal made
        if thread != 0 or (changing and call.reads_only):
            return False
        made += 1
        return made == number

    return passes
