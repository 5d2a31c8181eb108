"""How often the door knocks where nobody is at home."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError

from ec2kit.aws import Aws, Target, connect
from ec2kit.aws.door import KNOCKS
from ec2kit.errors import Unavailable
from ec2kit.sandbox import ACCESS_KEY, REGION, SECRET_KEY
from ec2kit.sandbox.direct import ENDPOINT, transport
from tests.support.inprocess import InProcess
from tests.support.sessions import session_over
from tests.support.ticking import TickingClock


class Gate:
    """A way to the sandbox that can be shut; counts who comes."""

    def __init__(self) -> None:
        self.sandbox = InProcess()
        self.shut: Exception | None = None
        self.knocks = 0
        self._through = transport(self.sandbox.app)

    def __call__(self, request: AWSPreparedRequest, **rest: Any) -> Any:
        self.knocks += 1
        if self.shut is not None:
            raise self.shut
        return self._through(request, **rest)

    def connected(self) -> Aws:
        """The account behind the gate."""
        target = Target(REGION, endpoint=ENDPOINT, access_key=ACCESS_KEY, secret_key=SECRET_KEY)
        return connect(target, TickingClock(self.sandbox), session_over(self))


REFUSED = EndpointConnectionError(endpoint_url=ENDPOINT)


@pytest.mark.parametrize("error", [REFUSED, ConnectTimeoutError(endpoint_url=ENDPOINT)])
def test_an_endpoint_that_is_not_there_is_given_up_soon(error: Exception) -> None:
    gate = Gate()
    gate.shut = error

    with pytest.raises(Unavailable, match="the endpoint does not answer"):
        gate.connected().instances.describe()

    assert KNOCKS <= gate.knocks <= KNOCKS + 1


def test_an_endpoint_that_answered_before_is_waited_for() -> None:
    gate = Gate()
    aws = gate.connected()
    assert aws.instances.describe() == ()
    client = aws.door.clients.ec2

    # What botocore asks after a try, without the seconds that it would then sleep.
    answers = client.meta.events.emit(
        "needs-retry.ec2.DescribeInstances",
        response=None,
        endpoint=None,
        operation=client.meta.service_model.operation_model("DescribeInstances"),
        attempts=KNOCKS,
        caught_exception=REFUSED,
        request_dict={"context": {}},
    )

    assert any(pause is not None for _, pause in answers)


def test_one_knock_is_enough_for_what_can_be_done_without() -> None:
    """A network may let EC2's endpoint in and no other: nobody waits for the price list."""
    gate = Gate()
    aws = gate.connected()
    assert aws.instances.describe() == ()
    gate.knocks, gate.shut = 0, REFUSED

    with pytest.raises(Unavailable, match="the endpoint does not answer"):
        list(aws.pricing.products("AmazonEC2", {"instanceType": "t3.micro"}))

    assert 1 <= gate.knocks <= 2
