"""From the settings to the parts, put together: the one place that knows every part by its name."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hostname_service import app
from hostname_service.assignments.file import AssignmentsFile
from hostname_service.assignments.rules import Assignments
from hostname_service.claims.claim import Claims
from hostname_service.claims.ground import Ground
from hostname_service.claims.refusals import Refusals
from hostname_service.clock import Clock, SystemClock
from hostname_service.config.load import load
from hostname_service.config.settings import AskAws, Rfc2136, Route53, Settings
from hostname_service.dns.no_dns import NoDns
from hostname_service.dns.port import Dns
from hostname_service.errors import BadConfig, ServiceError
from hostname_service.identity.certificates import Signer, from_directory, shipped, signers
from hostname_service.identity.checks import Outage
from hostname_service.identity.instances import (
    Ec2Instances,
    Instances,
    Nowhere,
    boto3_account,
    boto3_clients,
)
from hostname_service.puppet.ca import Ca, NoCa, PuppetCa
from hostname_service.registry.port import Registry
from hostname_service.serving.logs import Log
from hostname_service.serving.metrics import LEFT_OUT, Metrics
from hostname_service.serving.proxies import source_by
from hostname_service.serving.rates import Rates
from hostname_service.serving.watching import Watcher
from hostname_service.wsgi import Application

SECRET_BYTES = 32


@dataclass(frozen=True)
class Service:
    """All parts of a service that was configured."""

    settings: Settings
    ground: Ground
    claims: Claims
    log: Log
    watch: Watcher
    outages: list[Outage]
    """Times in which nobody could claim, which the upkeep adds to."""

    def log_line(self, event: str, line: str) -> None:
        """Write down what was done beside the claims."""
        self.log.tell(event, about=line)

    def machines(self) -> Application:
        """The application that machines talk to."""
        limits = self.settings.limits
        rates = Rates(limits.a_minute_each, limits.a_second_all, self.ground.clock)
        parts = app.Parts(
            claimer=self.claims,
            limit=rates.wait,
            source_of=source_by(self.settings.trusted_proxies),
            ill=self.ill,
            watch=self.watch,
            clock=self.ground.clock,
        )
        return app.application(parts)

    def ill(self) -> Sequence[str]:
        """`registry` when it does not answer; nothing else keeps a claim from being answered at all."""
        try:
            self.ground.registry.last_heartbeat()
        except ServiceError:
            return ("registry",)
        return ()


def found(settings: Settings, clock: Clock) -> Service:
    """Given the settings, put the service together; raises `BadConfig`, and `Unavailable` without its registry."""
    metrics = Metrics()
    ground = Ground(
        settings=settings,
        registry=_registry(settings, clock),
        dns=_dns(settings, clock),
        ca=_ca(settings),
        instances=_instances(settings),
        clock=clock,
        secret=secret_in(settings.secret),
        refusals=Refusals(lambda: metrics.add(LEFT_OUT)),
    )
    log = Log(clock)
    outages = _outages(ground)
    claims = Claims(ground, _trusted(settings), _assignments(settings), outages)
    return Service(settings, ground, claims, log, Watcher(log, metrics, clock), outages)


def wsgi(path: str) -> Application:
    """For a WSGI server: the application of the machines, as the file at `path` says. Operators and the upkeep are of
    the process that `hostname-service` runs beside it, on the same registry."""
    return found(load(Path(path)), SystemClock()).machines()


def secret_in(path: Path) -> bytes:
    """The secret that tokens are made with; a new one is made, for its owner alone, when there is none. Raises
    `BadConfig`."""
    try:
        if not path.exists():
            _make_secret(path)
        if path.stat().st_mode & 0o077:
            raise BadConfig(f"secret: others can read '{path}'; hint: chmod 600 {path}")
        secret = path.read_bytes()
    except OSError as error:
        raise BadConfig(f"secret: '{path}': {error.strerror}") from error
    if len(secret) < SECRET_BYTES:
        raise BadConfig(
            f"secret: '{path}' holds less than {SECRET_BYTES} bytes; delete it, and a new one is made"
        )
    return secret


def _make_secret(path: Path) -> None:
    """Whole or not at all, and of two processes that begin at once one makes it."""
    half = path.with_name(f".{path.name}.{os.getpid()}")
    half.touch(0o600)
    try:
        half.write_bytes(os.urandom(SECRET_BYTES))
        os.link(half, path)
    except FileExistsError:
        return
    finally:
        half.unlink(missing_ok=True)


def _registry(settings: Settings, clock: Clock) -> Registry:
    kind, _, place = settings.registry.partition(":")
    if kind == "sqlite":
        from hostname_service.registry.sqlite import SqliteRegistry

        return SqliteRegistry(Path(place))
    from hostname_service.registry.dynamodb import DynamoRegistry
    from hostname_service.registry.table import connect

    # boto3 itself reads AWS_DEFAULT_REGION alone, other tools of AWS and its containers have this one.
    region = os.environ.get("AWS_REGION", "")
    with _boto3_of("registry"):
        return DynamoRegistry(connect(place, region, settings.endpoint), clock.sleep)


def _dns(settings: Settings, clock: Clock) -> Dns:
    match settings.dns:
        case Rfc2136():
            from hostname_service.dns.rfc2136 import rfc2136

            return rfc2136(settings.dns, settings.zones, clock)
        case Route53():
            from hostname_service.dns.route53 import route53

            with _boto3_of("dns"):
                return route53(settings.dns, clock, settings.endpoint)
        case _:
            return NoDns()


def _ca(settings: Settings) -> Ca:
    return PuppetCa(settings.puppet) if settings.puppet else NoCa()


def _instances(settings: Settings) -> Instances:
    if settings.aws is AskAws.OFF:
        return Nowhere()
    with _boto3_of("aws"):
        return Ec2Instances(boto3_clients(settings.endpoint), boto3_account(settings.endpoint))


@contextmanager
def _boto3_of(key: str) -> Iterator[None]:
    """What boto3 does not find in its environment is a fault of the configuration; raises `BadConfig`."""
    from botocore.exceptions import BotoCoreError, NoRegionError

    try:
        yield
    except NoRegionError as error:
        raise BadConfig(f"{key}: boto3 knows no region; hint: set AWS_REGION") from error
    except (BotoCoreError, ValueError) as error:
        raise BadConfig(f"{key}: boto3 cannot begin: {error}") from error


def _trusted(settings: Settings) -> tuple[Signer, ...]:
    if settings.certificates is None:
        return signers(shipped())
    return signers(shipped(), from_directory(settings.certificates))


def _assignments(settings: Settings) -> Callable[[], Assignments]:
    if settings.assignments is None:
        return Assignments
    asks = settings.aws is not AskAws.OFF
    return AssignmentsFile(settings.assignments, settings.zones, tags_are_read=asks).current


def _outages(ground: Ground) -> list[Outage]:
    """The time since the last heartbeat: machines that booted in it could not come in time."""
    last = ground.registry.last_heartbeat()
    return [Outage(last, ground.clock.now())] if last else []
