"""The practice AWS as one application: requests in, answers out, with its clock, its rules and its failures.

The order for each request: it is identified; faults are asked for; a refusal, a reset or a delay happens outside the
lock, so that a slow call slows nobody else; then, under the one lock, what is due by now happens (`rules.settle`) and
moto does the work. moto itself is not safe for threads: two conditional writes can both win.
"""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from functools import partial
from http import HTTPStatus
from random import Random
from threading import Event, RLock
from typing import Any, Protocol
from uuid import UUID

from ec2kit.sandbox import (
    breaks,
    hooks,
    moto_settings,
    moto_time,
    names,
    object_checksums,
    rules,
    shared_lookups,
    world,
)
from ec2kit.sandbox.calls import Call, CallLog, identify
from ec2kit.sandbox.clock import SandboxClock
from ec2kit.sandbox.delays import Delays
from ec2kit.sandbox.faults import Effect
from ec2kit.sandbox.moto_app import MotoApp
from ec2kit.sandbox.shapes import error_answer
from ec2kit.sandbox.wire import Answer, Request, from_environ
from ec2kit.sandbox.world import World

log = logging.getLogger(__name__)

OWN_PATHS = "/_ec2kit/"

Door = Callable[[Request], Answer]
"""What answers below `/_ec2kit/`."""


class Service(Protocol):
    """A service of AWS that is answered without moto. The caller holds the lock."""

    def knows(self, action: str) -> bool:
        """Whether it answers this action; the others are moto's."""

    def answer(self, call: Call, request: Request, request_id: str) -> Answer:
        """Answer one call; what the caller did wrong is an answer too."""


class NoAnswer(Exception):
    """The client gets no answer: the connection is reset (`silent` false), or stays open with nothing on it."""

    def __init__(self, *, silent: bool) -> None:
        super().__init__("silence" if silent else "reset")
        self.silent = silent


class SandboxApp:
    """One practice AWS. A process has one at a time, because moto keeps its state in modules."""

    def __init__(self, state: World, *, name: str = "default") -> None:
        """Serve `state`, which the caller has made current, over the moto of this process."""
        self.name = name
        self.world = state
        self.calls = CallLog()
        self.hooks = hooks.Hooks()
        self.lock = RLock()
        self.changed = Event()
        # Late, like the rules: it imports moto, whose switches and version come first.
        from ec2kit.sandbox import flushing, imds

        self._flush_before: Callable[[Call], None] = partial(flushing.flush_before, self)
        self.doors: dict[str, Door] = {
            "imds": imds.door(self),
            "certificate": imds.certificate_door(self),
        }
        self.pause: Callable[[float], object] = Event().wait
        self._moto = MotoApp()
        # Late, like the rules, for moto.
        from ec2kit.sandbox.blocks_service import BlocksService
        from ec2kit.sandbox.cost_explorer import CostExplorerService
        from ec2kit.sandbox.pricing import PricingService
        from ec2kit.sandbox.rules.meter import metered
        from ec2kit.sandbox.rules.type_facts import sold_types
        from ec2kit.sandbox.savings_plans import SavingsPlansService

        self._blocks = BlocksService(self.settled)
        self.costs = CostExplorerService()
        self._money: dict[str, Service] = {
            "ce": self.costs,
            "pricing": PricingService(sold_types),
            "savingsplans": SavingsPlansService(sold_types),
        }
        self._metered = metered
        # Apart from the world's dice, so that a request id never changes what happens.
        self._ids = Random(0)
        self._number = 0

    @classmethod
    def create(
        cls, *, seed: int = 0, manual_clock: bool = False, delays: Delays | None = None, empty: bool = False
    ) -> "SandboxApp":
        """A new world with nothing in it, or with the small seeded account; whatever this process had is forgotten.

        Raises Ec2kitError when moto is missing or another version than the rules were written for.
        """
        prepare()
        state = World(clock=SandboxClock(manual=manual_clock), delays=delays or Delays(), rng=Random(seed))
        forget_moto(seed)
        world.activate(state)
        app = cls(state)
        if not empty:
            # Late: the seed needs the test authority and its keys, an empty sandbox does not.
            from ec2kit.sandbox.seed import seed_account

            with app.lock:
                seed_account(app)
        return app

    @contextmanager
    def settled(self) -> Iterator[World]:
        """The world under the lock, with everything that is due by now done."""
        with self.lock:
            now = self.world.clock.now()
            breaks.settle(self.world, now)
            rules.settle(now)
            yield self.world

    def tick(self, step: timedelta) -> None:
        """Let `step` pass at once, and everything that becomes due with it."""
        with self.lock:
            self.world.clock.tick(step)
            with self.settled():
                self.changed.set()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        """WSGI. Raises NoAnswer where a client gets none: only a server that owns the socket can do that."""
        answer = self.answer(from_environ(environ))
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", list(answer.headers))
        return [answer.body]

    def answer(self, request: Request, on_call: Callable[[Call], None] = lambda _: None) -> Answer:
        """Answer one request; `on_call` hears which call it was before anything is answered.

        Raises NoAnswer when a fault says so.
        """
        if request.target.startswith(OWN_PATHS):
            return self._stamped(self._own(request))
        call = self._identified(request)
        on_call(call)
        answered = False
        try:
            hooks.run(self.hooks.before, call)
            call, struck = self._strike(call)
            for effect in struck:
                if effect.kind == "delay":
                    self._wait(effect.delay)
            call, answer = self._refused(call, struck)
            if answer is None:
                call, answer = self._handled(call, request)
                hooks.run(self.hooks.after, call)
            if any(effect.kind == "lose-answer" for effect in struck):
                raise NoAnswer(silent=False)
            answered = True
        finally:
            # Whatever a fault or a hook did to it, the call was made.
            self.calls.add(replace(call, answered=answered))
        return self._stamped(answer)

    def _own(self, request: Request) -> Answer:
        name = request.path.removeprefix(OWN_PATHS).split("/", 1)[0]
        # `imds` has a door of its own; everything else is control.
        door = self.doors.get(name) or self.doors.get("")
        if door is None:
            return Answer(
                404, (("Content-Type", "application/json"),), json.dumps({"error": "nothing here"}).encode()
            )
        return door(request)

    def _imds(self, request: Request) -> Answer:
        # Late: metadata needs the test authority and its keys, most tests do not.
        from ec2kit.sandbox import imds

        return imds.door(self)(request)

    def _identified(self, request: Request) -> Call:
        with self.lock:
            self._number += 1
            number = self._number
        return identify(request, number, self.world.clock.now())

    def _strike(self, call: Call) -> tuple[Call, list[Effect]]:
        with self.lock:
            now = self.world.clock.now()
            breaks.settle(self.world, now)
            struck = self.world.faults.strike(call, now, self.world.rng, names.facts)
        return replace(call, faults=tuple(fault for fault, _ in struck)), [effect for _, effect in struck]

    def _refused(self, call: Call, struck: list[Effect]) -> tuple[Call, Answer | None]:
        for effect in struck:
            error = effect.error(call)
            if error is not None:
                request_id = self._request_id()
                refused = replace(call, status=error.http_status, code=error.code, request_id=request_id)
                return refused, error_answer(call, error, request_id)
            if effect.kind in ("reset", "timeout"):
                raise NoAnswer(silent=effect.kind == "timeout")
        return call, None

    def _handled(self, call: Call, request: Request) -> tuple[Call, Answer]:
        request_id = self._request_id()
        wrong = object_checksums.mismatch(call, request)
        money = self._money.get(call.service)
        if money is not None and money.knows(call.action):
            with self.settled():
                answer = money.answer(call, request, request_id)
        elif call.service == "ebs":
            # It takes the lock itself, and only for what is quick.
            answer = self._blocks.answer(call, request, request_id)
        elif wrong is not None:
            answer = error_answer(call, wrong, request_id)
        else:
            self._flush_before(call)
            with self.settled(), self._metered(call):
                answer = self._moto.answer(call, request, request_id)
        if not call.reads_only:
            self.changed.set()
        return replace(call, status=answer.status, request_id=request_id, handled=True), answer

    def _request_id(self) -> str:
        with self.lock:
            return str(UUID(int=self._ids.getrandbits(128), version=4))

    def _wait(self, delay: timedelta) -> None:
        if self.world.clock.manual:
            self.tick(delay)
        else:
            self.pause(self.world.clock.real_seconds(delay.total_seconds()))

    def _stamped(self, answer: Answer) -> Answer:
        return answer.with_headers(
            {
                "Date": format_datetime(self.world.clock.now(), usegmt=True),
                "X-Ec2kit-Sandbox": self.name,
                "X-Ec2kit-Speed": f"{self.world.clock.speed:g}",
            }
        )


def prepare() -> None:
    """Check moto's version and install the rules and the clock; doing it again is harmless."""
    moto_settings.require_known_moto()
    moto_time.install()
    rules.install()
    shared_lookups.install()


def forget_moto(seed: int = 0) -> None:
    """Let moto forget everything, and make the ids that it will invent repeatable."""
    from moto.core.base_backend import BackendDict
    from moto.core.model_instances import reset_model_data
    from moto.moto_api._internal import mock_random

    BackendDict.reset()
    reset_model_data()
    mock_random.seed(seed)
