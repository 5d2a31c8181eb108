"""Calls to moto in this process while an account is founded: no client, no lag, no faults, no log of calls.

Every rule of the sandbox holds, because the calls pass through moto's own front door. boto3 would do the same in
three times the time, most of it spent loading the models of seven services.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

from ec2kit.sandbox import ACCESS_KEY, REGION, rules
from ec2kit.sandbox.calls import identify
from ec2kit.sandbox.clock import SandboxClock
from ec2kit.sandbox.moto_app import MotoApp
from ec2kit.sandbox.wire import Answer, Request
from ec2kit.sandbox.world import World

VERSIONS = {
    "ec2": "2016-11-15",
    "elasticloadbalancing": "2015-12-01",
    "iam": "2010-05-08",
    "rds": "2014-10-31",
    "sns": "2010-03-31",
}
"""The API version of each service that speaks the query protocol."""


class FoundingFailed(RuntimeError):
    """moto refused a call of the seed: a rule and the seed disagree."""


class Founder:
    """Makes calls in the past of a world, one after another, and lets time pass between them.

    Use as a context: inside it the world's clock is `days` behind and moves only by `wait`; after it, it runs
    again as before.
    """

    def __init__(self, world: World, moto: MotoApp, days: float) -> None:
        self._world = world
        self._moto = moto
        self._present = world.clock
        self._days = days
        self._number = 0

    def __enter__(self) -> Founder:
        start = self._present.now() - timedelta(days=self._days)
        self._world.clock = SandboxClock(manual=True, start=start)
        return self

    def __exit__(self, *_: object) -> None:
        self._world.clock = self._present
        rules.settle(self._world.clock.now())

    def wait(self, step: timedelta) -> None:
        """Let time pass, and everything that was due by then happen."""
        self._world.clock.tick(step)
        rules.settle(self._world.clock.now())

    def call(self, service: str, action: str, params: Mapping[str, object]) -> Reading:
        """Call an action of a query-protocol service and return what it says."""
        form = {"Action": action, "Version": VERSIONS[service], **{key: str(params[key]) for key in params}}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self._send(Request("POST", "/", headers, urlencode(form).encode()), service)
        return Reading(answer.body)

    def make_bucket(self, name: str) -> None:
        """Make an S3 bucket in this region."""
        body = f"<CreateBucketConfiguration><LocationConstraint>{REGION}</LocationConstraint>"
        self._send(Request("PUT", f"/{name}", {}, f"{body}</CreateBucketConfiguration>".encode()), "s3")

    def _send(self, request: Request, service: str) -> Answer:
        now = self._world.clock.now()
        self._number += 1
        scope = f"{ACCESS_KEY}/{now:%Y%m%d}/{REGION}/{service}/aws4_request"
        signature = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        signed = Request(
            request.method, request.target, {**request.headers, "Authorization": signature}, request.body
        )
        call = identify(signed, self._number, now)
        # Late, like the rules, for moto.
        from ec2kit.sandbox.rules.meter import metered

        with metered(call):
            answer = self._moto.answer(call, signed, f"founding-{self._number}")
        if answer.status >= 400:
            raise FoundingFailed(f"{call.name}: {answer.body.decode(errors='replace')}")
        return answer


class Reading:
    """An XML answer, read by the names of its elements wherever they stand."""

    def __init__(self, body: bytes) -> None:
        self._root = ET.fromstring(body) if body else ET.Element("empty")

    def all(self, name: str) -> Iterator[str]:
        """Every text under this name, in order; namespaces do not count."""
        for element in self._root.iter():
            if element.tag.rpartition("}")[2] == name:
                yield element.text or ""

    def first(self, name: str) -> str:
        """The first text under this name; FoundingFailed if there is none."""
        for text in self.all(name):
            return text
        raise FoundingFailed(f"an answer has no {name}: {ET.tostring(self._root).decode()}")


def tags(place: str, **values: str) -> dict[str, str]:
    """Given the prefix of a tag list (`TagSpecification.1.Tag`), return its query parameters."""
    form: dict[str, str] = {}
    for number, (key, value) in enumerate(values.items(), start=1):
        form[f"{place}.{number}.Key"] = key
        form[f"{place}.{number}.Value"] = value
    return form


def tagged(kind: str, **values: str) -> dict[str, str]:
    """Given a resource type and its tags, return the TagSpecification of a call that makes one."""
    return {"TagSpecification.1.ResourceType": kind, **tags("TagSpecification.1.Tag", **values)}
