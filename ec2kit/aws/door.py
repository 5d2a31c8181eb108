"""The one way to call AWS: paced, retried, translated, and with AWS's own time learnt from every answer.

Reading retries inside botocore (`standard`, 10 attempts). Changing makes one attempt at a time with short
time-outs and retries here, where a guard (the lease) is asked between tries. A changing call whose answer was
lost is not repeated here: only the step knows whether that is safe (`OutcomeUnknown`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Protocol

import boto3.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.parsers import ResponseParserError

from ec2kit.aws.faults import NOT_THERE, translate
from ec2kit.aws.limits import Limiter
from ec2kit.aws.manners import ACTING, ASIDE, ASKING, BLOCKS, OBJECTS, PATIENT, READING, SPENDING
from ec2kit.errors import Ec2kitError, Unavailable

if TYPE_CHECKING:
    from ec2kit.aws.target import Target

TRIES = 8
"""How often a changing call is tried that certainly did not happen (throttled, refused connection)."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 20.0
"""Seconds between tries, doubling: botocore's standard mode has the same cap."""
KNOCKS = 3
"""How often a connection is tried to an endpoint that has not answered yet: a mistyped or stopped one is told
within seconds, where botocore's ten tries take a quarter of a minute."""
SANDBOX_HEADER, SPEED_HEADER = "x-ec2kit-sandbox", "x-ec2kit-speed"


class Clock(Protocol):
    """The part of `ec2kit.host.clock` that the door needs; `learn` is told AWS's time with each answer."""

    speed: float

    def now(self) -> datetime:
        """The endpoint's time, as far as it was learnt."""

    def monotonic(self) -> float:
        """Seconds that only grow."""

    def sleep(self, seconds: float) -> None:
        """Wait."""

    def learn(self, server_now: datetime) -> None:
        """Keep the offset to the endpoint's time."""


@dataclass
class Seen:
    """What the answers told: the sandbox's name (empty on AWS), and how many requests were sent, each try counted."""

    sandbox: str = ""
    calls: int = 0
    answered: bool = False
    """Whether this endpoint ever answered, whatever it said."""


@dataclass(frozen=True)
class Again:
    """When a call that does no harm is made again: after these errors, and after each of `pauses` (seconds)."""

    pauses: tuple[float, ...]
    after: tuple[type[Ec2kitError], ...] = (Unavailable,)


def _nothing() -> None:
    """The guard of a call that needs no lease."""


@dataclass
class Clients:
    """boto3's clients for one endpoint, made when first used; `acting` ones never retry by themselves."""

    target: Target
    session: boto3.session.Session
    clock: Clock
    seen: Seen
    _regions: dict[str, Clients] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def elsewhere(self, region: str) -> Clients:
        """The clients of another region, made once; safe to ask from many threads, as boto3's session is not."""
        with self._lock:
            if region not in self._regions:
                there = Clients(replace(self.target, region=region), self.session, self.clock, self.seen)
                _ = there.ec2, there.ec2_acting
                self._regions[region] = there
            return self._regions[region]

    @cached_property
    def ec2(self) -> Any:
        """For reading."""
        return self._client("ec2", READING)

    @cached_property
    def ec2_acting(self) -> Any:
        """For changing."""
        return self._client("ec2", ACTING)

    @cached_property
    def ssm(self) -> Any:
        """Parameters: reading and changing."""
        return self._client("ssm", ACTING)

    @cached_property
    def ebs(self) -> Any:
        """Blocks of snapshots: reading and writing, from many threads."""
        return self._client("ebs", BLOCKS)

    @cached_property
    def s3(self) -> Any:
        """Objects: their contents and changes, from many threads."""
        return self._s3(OBJECTS)

    @cached_property
    def s3_looking(self) -> Any:
        """What S3 has, without contents: asked again by botocore, as EC2 is."""
        return self._s3(OBJECTS.merge(PATIENT))

    def _s3(self, config: Config) -> Any:
        made = self._client("s3", config)
        host = made.meta.endpoint_url.partition("://")[2].partition("/")[0].partition(":")[0]
        if host.endswith((".amazonaws.com", ".amazonaws.com.cn")):
            return made
        # Nobody but AWS answers at bucket.host for every bucket; the sandbox does not.
        return self._client("s3", config.merge(Config(s3={"addressing_style": "path"})))

    @cached_property
    def iam(self) -> Any:
        """Instance profiles. A network that lets only EC2's endpoint in must not make anybody wait for this one."""
        return self._client("iam", ASIDE)

    @cached_property
    def ce(self) -> Any:
        """Cost Explorer, which has one endpoint in a partition. Each request costs, and is in `seen.calls`."""
        return self._client("ce", SPENDING)

    @cached_property
    def pricing(self) -> Any:
        """The price list, which has endpoints in few regions (AWS General Reference, "AWS Price List endpoints")."""
        home = "cn-northwest-1" if self.target.region.startswith("cn-") else "us-east-1"
        return self._client("pricing", ASKING, home, knocks=1)

    @cached_property
    def savingsplans(self) -> Any:
        """Savings plans, which have one endpoint in a partition."""
        return self._client("savingsplans", ASKING, knocks=1)

    @cached_property
    def sts(self) -> Any:
        """Who we are."""
        return self._client("sts", READING)

    def _client(self, service: str, config: Config, region: str = "", knocks: int = KNOCKS) -> Any:
        client = self.session.client(
            service,
            region_name=region or self.target.region or None,
            endpoint_url=self.target.endpoint or None,
            config=config,
        )
        client.meta.events.register(f"response-received.{service}", self._learn)
        # Before botocore's own handler, which would try ten times.
        client.meta.events.register_first(f"needs-retry.{service}", partial(self._give_up, knocks))
        return client

    def _learn(
        self,
        response_dict: Mapping[str, Any] | None = None,
        exception: Exception | None = None,
        **_: Any,
    ) -> None:
        """botocore's event for each try: AWS's time, and whether a sandbox answered."""
        self.seen.calls += not isinstance(exception, NOT_THERE)
        if response_dict is None:
            return
        self.seen.answered = True
        headers = response_dict["headers"]
        if speed := headers.get(SPEED_HEADER):
            self.clock.speed = float(speed)
        self.seen.sandbox = headers.get(SANDBOX_HEADER, "")
        if date := headers.get("date"):
            self.clock.learn(parsedate_to_datetime(date).astimezone(UTC))

    def _give_up(
        self, knocks: int, attempts: int, caught_exception: Exception | None = None, **_: Any
    ) -> None:
        """botocore's event after each try: an endpoint that never answered and lets nobody in is not there.

        One that did answer is waited for as long as botocore waits: a network comes back. Not where one knock is
        enough: a network may let EC2's endpoint in and no other.
        """
        again = self.seen.answered and knocks > 1
        if isinstance(caught_exception, NOT_THERE) and not again and attempts >= knocks:
            raise caught_exception


@dataclass(frozen=True)
class Door:
    """Calls AWS: `read` and `pages` for what only looks, `change` for what changes."""

    clients: Clients
    limiter: Limiter
    guard: Callable[[], None] = field(default=_nothing)

    def guarded(self, guard: Callable[[], None]) -> Door:
        """The same door, asking `guard` (which raises when the lease is lost) before each changing call."""
        return replace(self, guard=guard)

    def elsewhere(self, region: str) -> Door:
        """The same door to another region. It shares the pace, which AWS counts for each region: only slower."""
        return replace(self, clients=self.clients.elsewhere(region))

    def read(self, method: Callable[..., Any], **params: Any) -> dict[str, Any]:
        """Call a client's method that changes nothing; raises `Ec2kitError`s only."""
        action = _action(method)
        self.limiter.take(action)
        return self._once(method, action, params, changing=False)

    def pages(self, method: Callable[..., Any], key: str, **params: Any) -> Iterator[dict[str, Any]]:
        """Every item under `key` of every page; for actions with MaxResults and NextToken."""
        token: str | None = None
        while True:
            page = self.read(method, **params, **({"NextToken": token} if token else {}))
            yield from page.get(key, ())
            token = page.get("NextToken")
            if not token:
                return

    def change(self, method: Callable[..., Any], **params: Any) -> dict[str, Any]:
        """Call a client's method that changes something, again while it certainly did not happen.

        Raises `OutcomeUnknown` when the answer was lost, whatever `guard` raises, and other `Ec2kitError`s.
        """
        action = _action(method)
        pause = FIRST_PAUSE
        for tries_left in reversed(range(TRIES)):
            self.guard()
            self.limiter.take(action)
            try:
                return self._once(method, action, params, changing=True)
            except Unavailable as error:
                if type(error) is not Unavailable or not tries_left:
                    raise
            self.clients.clock.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
        raise AssertionError("the last try returns or raises")

    def repeat(
        self,
        action: str,
        method: Callable[..., Any],
        again: Again,
        params: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Make a call that does no harm when it is made twice, as often as `again` says.

        Raises whatever `guard` raises, and `Ec2kitError`s; a last `Unavailable` says nothing about the outcome.
        """
        for pause in (*again.pauses, None):
            self.guard()
            self.limiter.take(action)
            try:
                return self._once(method, action, dict(params), changing=False)
            except again.after:
                if pause is None:
                    raise
                self.clients.clock.sleep(pause)
        raise AssertionError("the last try returns or raises")

    def _once(
        self, method: Callable[..., Any], action: str, params: dict[str, Any], *, changing: bool
    ) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = method(**params)
        except (ClientError, BotoCoreError, HTTPClientError, ResponseParserError) as error:
            raise translate(error, action, changing=changing, region=self.clients.target.region) from error
        return answer


def _action(method: Callable[..., Any]) -> str:
    """The client's `describe_instances` as AWS calls it: `DescribeInstances`."""
    owner = getattr(method, "__self__", None)
    name: str = method.__name__
    mapped: str = owner.meta.method_to_api_mapping[name] if owner is not None else name
    return mapped
