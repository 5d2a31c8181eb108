"""botocore sessions of tests: what they send is answered without a socket."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import botocore.session
from botocore.loaders import create_loader

from ec2kit.sandbox import ACCESS_KEY, SECRET_KEY


def session_over(send: Callable[..., Any]) -> botocore.session.Session:
    """A session whose requests `send` answers (botocore's event `before-send`), with the sandbox's keys."""
    session = botocore.session.Session()
    session.register_component("data_loader", _loader())
    session.set_credentials(ACCESS_KEY, SECRET_KEY)
    events: Any = session.get_component("event_emitter")
    events.register_first("before-send", send)
    return session


@cache
def _loader() -> Any:
    """One for the process: it keeps the models of the services, and EC2's takes half a second to read."""
    return create_loader()
