"""`hostname-service --config FILE`: the embedded server, with all its listeners and the upkeep."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hostname_service import operators, signing
from hostname_service.claims.vouching import vouch
from hostname_service.clock import SystemClock
from hostname_service.config.load import load
from hostname_service.config.settings import Tls
from hostname_service.errors import BadConfig, ServiceError
from hostname_service.founding import Service, found
from hostname_service.model import Binding
from hostname_service.serving.connection import Bounds, Ways
from hostname_service.serving.listening import listen
from hostname_service.serving.running import Life, run
from hostname_service.serving.secure import Secure
from hostname_service.serving.server import Server
from hostname_service.upkeep.desk import NamesDesk
from hostname_service.upkeep.loop import Upkeep
from hostname_service.wsgi import Application

DEFAULT = Path("/etc/hostname-service/hostname-service.yaml")


@dataclass(frozen=True)
class Listener:
    """One listener to be."""

    name: str
    where: str
    application: Application
    tls: Tls | None = None
    group: str = ""


@dataclass(frozen=True)
class Voucher:
    """The one question of `hostname-autosign`, answered on this service's ground."""

    service: Service

    def vouch(self, certname: str, pem: bytes, by: str) -> Binding:
        """Return the binding whose machine asks; raises `ServiceError`."""
        return vouch(self.service.ground, certname, pem, by)


def main(arguments: list[str] | None = None) -> int:
    """Serve until a signal comes: 0, or 3 when an answer had to be cut; 2 when the configuration is wrong."""
    told = _parser().parse_args(arguments)
    clock = SystemClock()
    try:
        service = found(load(told.config), clock)
        if told.check:
            sys.stdout.write(f"{told.config}: good\n")
            return 0
        return 0 if serve(service, clock) else 3
    except BadConfig as error:
        sys.stderr.write("".join(f"hostname-service: {line}\n" for line in str(error).splitlines()))
        return 2
    except ServiceError as error:
        sys.stderr.write(f"hostname-service: {error.message}\n")
        return 1


def serve(service: Service, clock: SystemClock) -> bool:
    """Open every listener, and serve until a signal comes; True: nothing was cut. Raises `BadConfig`."""
    servers: list[Server] = []
    reloads: list[Callable[[], None]] = []
    try:
        for listener in _listeners(service, clock):
            secure = Secure(listener.tls) if listener.tls else None
            if secure:
                reloads.append(secure.reload)
            servers.append(_server(service, listener, secure, clock))
        Upkeep(service.ground, service.log_line, clock.stop, service.outages).start()
        return run(Life(servers, service.log, clock, reloads, os.environ))
    finally:
        clock.stop.set()
        for server in servers:
            server.place.close()


def _listeners(service: Service, clock: SystemClock) -> list[Listener]:
    settings, watch = service.settings, service.watch
    desk = operators.application(NamesDesk(service.ground), watch, clock)
    found = [
        Listener("machines", settings.listen, service.machines(), settings.tls),
        Listener("operators", settings.operator, desk, settings.operator_tls),
    ]
    if settings.signing:
        said = settings.signing
        asked = signing.application(Voucher(service), watch, clock, said.certnames)
        found.append(Listener("signing", said.listen, asked, said.tls, said.group))
    return found


def _server(service: Service, listener: Listener, secure: Secure | None, clock: SystemClock) -> Server:
    settings = service.settings
    limits, machines = settings.limits, listener.name == "machines"
    bounds = Bounds(
        limits.connections, limits.connections_each, deadline=limits.request_deadline.total_seconds()
    )
    ways = Ways(
        listener.name,
        listener.application,
        secure,
        settings.trusted_proxies if machines else (),
        settings.proxy_protocol and machines,
        bounds,
    )
    place = listen(listener.where, os.environ, os.getpid(), listener.group)
    return Server(place, ways, service.watch, clock)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("hostname-service", description="Names for EC2 instances at boot.")
    parser.add_argument("--config", type=Path, default=DEFAULT, metavar="FILE", help=f"default: {DEFAULT}")
    parser.add_argument("--check", action="store_true", help="only say whether the configuration is good")
    return parser


if __name__ == "__main__":
    sys.exit(main())
