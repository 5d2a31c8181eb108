"""`Aws` as the in-process sandbox plays it, without a socket."""

from __future__ import annotations

from ec2kit.aws import Aws, Target, connect
from ec2kit.sandbox import ACCESS_KEY, REGION, SECRET_KEY
from ec2kit.sandbox.direct import ENDPOINT, transport
from tests.support.inprocess import InProcess
from tests.support.sessions import session_over
from tests.support.ticking import TickingClock


def connected(sandbox: InProcess, clock: TickingClock | None = None) -> Aws:
    """The sandbox's account; waiting and pacing let its time pass."""
    target = Target(REGION, endpoint=ENDPOINT, access_key=ACCESS_KEY, secret_key=SECRET_KEY)
    return connect(target, clock or TickingClock(sandbox), session_over(transport(sandbox.app)))
