"""The sandbox's door `/_ec2kit/live/INSTANCE`: where the runner of a machine tells of it, and hears what is wanted.

`GET` tells what a machine is made of (`INSTANCE` may be a Name), `POST` takes it for a runner, `PUT` is what a runner
says several times in a second, `DELETE` is its leave. It wants the token of the address file, like every other door.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ec2kit.errors import Busy, Ec2kitError, NotFound, UsageError
from ec2kit.sandbox import names
from ec2kit.sandbox.app import OWN_PATHS, SandboxApp
from ec2kit.sandbox.control_api import TOKEN_HEADER
from ec2kit.sandbox.live import CONSOLE, LiveMachine, wanted
from ec2kit.sandbox.rules import lifecycle, lookup
from ec2kit.sandbox.rules.blocks import disk_of
from ec2kit.sandbox.wire import Answer, Request
from ec2kit.sandbox.world import World

DOOR = "live"

STATUS: tuple[tuple[type[Ec2kitError], int], ...] = ((NotFound, 404), (Busy, 409))


class LiveDoor:
    """A door of the application (`app.doors["live"]`)."""

    def __init__(self, app: SandboxApp, token: str) -> None:
        self._app = app
        self._token = token
        self._actions: dict[str, Callable[[World, str, Mapping[str, Any]], Any]] = {
            "GET": lambda world, word, _: shown(world, word),
            "POST": _enter,
            "PUT": _hear,
            "DELETE": _leave,
        }

    def __call__(self, request: Request) -> Answer:
        """Answer one request; never raises for what the caller did wrong."""
        if not hmac.compare_digest(request.header(TOKEN_HEADER).encode(), self._token.encode()):
            return _json(403, {"error": "the token is missing or wrong", "hint": "it is in the address file"})
        word = request.path.removeprefix(f"{OWN_PATHS}{DOOR}").strip("/")
        try:
            act = self._actions.get(request.method)
            if act is None:
                raise UsageError(f"there is no {request.method} {request.target}")
            told = json.loads(request.body or b"{}")
            with self._app.settled() as world:
                answer = act(world, word, told)
            if request.method != "GET":
                world.live.told()
            return _json(200, answer)
        except Ec2kitError as wrong:
            status = next((code for kind, code in STATUS if isinstance(wrong, kind)), 400)
            return _json(status, {"error": wrong.message, "hint": wrong.hint, "exit": int(wrong.exit_code)})
        except (KeyError, TypeError, ValueError):
            return _json(400, {"error": "the body is not what a runner says", "hint": ""})


def shown(world: World, word: str) -> dict[str, Any]:
    """Given an id or a Name, return what a machine is made of and how it is. Raises NotFound, UsageError."""
    instance = _meant(word)
    backend, nic = instance.ec2_backend, instance.nics[min(instance.nics)]
    image = backend.amis.get(instance.image_id)
    block = instance.block_device_mapping.get(instance.root_device_name)
    volume = backend.volumes.get(block.volume_id) if block else None
    return {
        "id": instance.id,
        "name": str(backend.tags.get(instance.id, {}).get("Name", "")),
        "state": instance.state,
        "architecture": instance.architecture,
        "boot_mode": image.traits.boot_mode if image and hasattr(image, "traits") else None,
        "address": nic.private_ip_address,
        "mac": nic.mac_address,
        "subnet": nic.subnet.cidr_block,
        "root": volume.id if volume else None,
        "blocks": len(disk_of(volume).blocks) if volume else 0,
        "volumes": len(instance.block_device_mapping),
        "speed": world.clock.speed,
        "live": _row(world, instance.id),
    }


def _row(world: World, instance_id: str) -> dict[str, Any] | None:
    machine = world.live.find(instance_id)
    if machine is None:
        return None
    return {
        "pid": machine.pid,
        "runs": not world.live.is_dead(machine),
        "on": machine.on,
        "boots": machine.boots,
        "login": machine.login,
        "final": machine.final,
        "answered": machine.answered,
        "dead_end": machine.dead_end,
    }


def _meant(word: str) -> Any:
    ids = names.named_instances(word)
    if not ids:
        raise NotFound(
            f"there is no instance '{word}' in the sandbox",
            hint="`ec2kit ls --sandbox` lists them",
            resource=word,
        )
    if len(ids) > 1:
        raise UsageError(f"'{word}' means {len(ids)} instances: {', '.join(ids)}", hint="give an id")
    return _find(ids[0])


def _find(instance_id: str) -> Any | None:
    return next((found for one in lookup.backends() if (found := lookup.find(one, instance_id))), None)


def _enter(world: World, instance_id: str, told: Mapping[str, Any]) -> Any:
    instance = _meant(instance_id)
    before = world.live.runs(instance.id)
    if before is not None and before.runner != told["runner"]:
        raise Busy(
            f"'{instance_id}' is run already, by process {before.pid}",
            hint=f"end that one with Ctrl-C, or by `kill {before.pid}`",
            resource=instance_id,
        )
    if before is None:
        made = world.live.enter(instance.id, str(told["runner"]), int(told["pid"]), world.clock.now())
        made.flushes, made.reboots = int(told["flushes"]), int(told["reboots"])
    return {"id": instance.id}


def _hear(world: World, instance_id: str, told: Mapping[str, Any]) -> Any:
    machine = world.live.find(instance_id)
    if machine is None or machine.runner != told["runner"]:
        raise NotFound(f"nobody runs '{instance_id}' by that name", resource=instance_id)
    instance = _find(instance_id)
    now = world.clock.now()
    was_on, machine.on = machine.on, bool(told["on"])
    machine.heard, machine.heard_at = world.live.ticks(), now
    _note(machine, told, now)
    if was_on and not machine.on and told.get("why") == "guest" and instance is not None:
        _switched_itself_off(instance)
    return {
        "want": wanted(instance.state if instance else None, machine),
        "reboots": machine.reboots,
        "flushes": machine.flushes,
        "ports": sorted(machine.ports_wanted - set(machine.ports)),
    }


def _note(machine: LiveMachine, told: Mapping[str, Any], now: datetime) -> None:
    machine.console = (machine.console + str(told["console"]))[-CONSOLE:]
    machine.flushed = int(told["flushed"])
    machine.login, machine.final = bool(told["login"]), bool(told["final"])
    machine.ports = {int(guest): int(host) for guest, host in dict(told["ports"]).items()}
    if int(told["boots"]) != machine.boots or not machine.on:
        machine.answered = False
    machine.boots = int(told["boots"])
    machine.dead_end = str(told["dead_end"])
    machine.dead_since = (machine.dead_since or now) if machine.dead_end else None


def _switched_itself_off(instance: Any) -> None:
    """EC2 does what the instance's InstanceInitiatedShutdownBehavior says (API Reference, RunInstances)."""
    if instance.state not in ("pending", "running"):
        return
    if instance.instance_initiated_shutdown_behavior == "terminate":
        lifecycle.terminate(instance, "Client.InstanceInitiatedShutdown")
    else:
        lifecycle.stop(instance, "Client.InstanceInitiatedShutdown", at_once=True)


def _leave(world: World, instance_id: str, told: Mapping[str, Any]) -> Any:
    machine = world.live.find(instance_id)
    if machine is not None and machine.runner == told["runner"]:
        machine.left, machine.on, machine.heard_at = True, False, world.clock.now()
        machine.flushed = machine.flushes
    return {}


def _json(status: int, value: Any) -> Answer:
    return Answer(status, (("Content-Type", "application/json"),), json.dumps(value).encode() + b"\n")
