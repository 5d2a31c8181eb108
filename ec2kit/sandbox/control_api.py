"""The sandbox's own doors below `/_ec2kit/`: status, break, mend, tick, speed, save, stop, and the log of calls.

Each wants the token of the address file in `X-Ec2kit-Token`: whoever can reach the port is not yet whoever started it.
Bodies and answers are JSON; an error is `{"error", "hint", "exit"}`.
"""

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

from ec2kit import __version__
from ec2kit.errors import Ec2kitError, NotFound, UsageError
from ec2kit.sandbox import breaks
from ec2kit.sandbox.app import OWN_PATHS, SandboxApp
from ec2kit.sandbox.fault_file import read_faults
from ec2kit.sandbox.fault_words import parse_order
from ec2kit.sandbox.faults import Spell
from ec2kit.sandbox.report import call_row, report
from ec2kit.sandbox.wire import Answer, Request

TOKEN_HEADER = "X-Ec2kit-Token"

LONGEST_TICK = timedelta(days=3650)


@dataclass(frozen=True)
class Lifetime:
    """What the process that serves the application can do: save its state, and end."""

    save: Callable[[], None]
    stop: Callable[[], None]


class ControlApi:
    """A door of the application (`app.doors[""]`)."""

    def __init__(self, app: SandboxApp, token: str, lifetime: Lifetime) -> None:
        self._app = app
        self._token = token
        self._lifetime = lifetime
        self._actions: dict[tuple[str, str], Callable[[Mapping[str, Any]], Any]] = {
            ("GET", "status"): self._status,
            ("GET", "calls"): self._calls,
            ("POST", "break"): self._break,
            ("POST", "faults"): self._faults,
            ("POST", "mend"): self._mend,
            ("POST", "tick"): self._tick,
            ("POST", "speed"): self._speed,
            ("POST", "save"): self._save,
            ("POST", "stop"): self._stop,
        }

    def __call__(self, request: Request) -> Answer:
        """Answer one request; never raises for what the caller did wrong."""
        if not hmac.compare_digest(request.header(TOKEN_HEADER).encode(), self._token.encode()):
            return _json(403, {"error": "the token is missing or wrong", "hint": "it is in the address file"})
        action = self._actions.get((request.method, request.path.removeprefix(OWN_PATHS)))
        if action is None:
            return _json(404, {"error": f"there is no {request.method} {request.path}", "hint": ""})
        try:
            return _json(200, action(_told(request)))
        except Ec2kitError as wrong:
            status = 404 if isinstance(wrong, NotFound) else 400
            return _json(status, {"error": wrong.message, "hint": wrong.hint, "exit": int(wrong.exit_code)})

    def _status(self, _told: Mapping[str, Any]) -> Any:
        with self._app.settled():
            return {"version": __version__, **report(self._app)}

    def _calls(self, told: Mapping[str, Any]) -> Any:
        since = int(_number(told, "since", 0))
        return {"calls": [call_row(call) for call in self._app.calls if call.number > since]}

    def _break(self, told: Mapping[str, Any]) -> Any:
        times = told.get("times")
        lasts = told.get("seconds")
        spell = Spell(
            times=None if times is None else int(_number(told, "times", 0)),
            after=int(_number(told, "after", 0)),
            probability=_number(told, "probability", 1.0),
            lasts=None if lasts is None else timedelta(seconds=_number(told, "seconds", 0)),
        )
        order = parse_order(str(told.get("what", "")), str(told.get("where", "")), spell)
        with self._app.settled() as state:
            made = breaks.make(state, order)
            self._app.changed.set()
        return {"id": made, "text": str(order)}

    def _faults(self, told: Mapping[str, Any]) -> Any:
        found = read_faults(str(told.get("text", "")), str(told.get("file", "faults")))
        with self._app.settled() as state:
            if found.seed is not None:
                state.rng.seed(found.seed)
            ids = [breaks.make(state, order) for order in found.orders]
            self._app.changed.set()
        return {"ids": ids}

    def _mend(self, told: Mapping[str, Any]) -> Any:
        with self._app.settled() as state:
            mended = breaks.mend(state, str(told.get("what", "")))
            self._app.changed.set()
        return {"mended": mended}

    def _tick(self, told: Mapping[str, Any]) -> Any:
        step = timedelta(seconds=_number(told, "seconds", 0))
        if not timedelta(0) <= step <= LONGEST_TICK:
            raise UsageError("time goes forward, and at most ten years at once")
        self._app.tick(step)
        return {"time": self._app.world.clock.now().isoformat()}

    def _speed(self, told: Mapping[str, Any]) -> Any:
        try:
            with self._app.lock:
                self._app.world.clock.speed = _number(told, "speed", 1.0)
        except ValueError as wrong:
            raise UsageError(str(wrong)) from wrong
        self._app.changed.set()
        return {"speed": self._app.world.clock.speed}

    def _save(self, _told: Mapping[str, Any]) -> Any:
        self._lifetime.save()
        return {"saved": True}

    def _stop(self, _told: Mapping[str, Any]) -> Any:
        self._lifetime.stop()
        return {"stopping": True}


def _told(request: Request) -> Mapping[str, Any]:
    if request.method == "GET":
        return {key: values[-1] for key, values in parse_qs(request.query).items()}
    try:
        told = json.loads(request.body or b"{}")
    except ValueError:
        raise UsageError("the body is not JSON") from None
    if not isinstance(told, dict):
        raise UsageError("the body is not a JSON object")
    return told


def _number(told: Mapping[str, Any], name: str, default: float) -> float:
    value = told.get(name, default)
    try:
        return float(value)
    except (TypeError, ValueError):
        raise UsageError(f"'{name}' is a number, not '{value}'") from None


def _json(status: int, value: Any) -> Answer:
    return Answer(status, (("Content-Type", "application/json"),), json.dumps(value).encode() + b"\n")
