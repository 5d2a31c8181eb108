"""botocore sessions of tests: what they send is answered without a socket.

A test makes many sessions and clients, and botocore makes each anew from the model of its service. What is the same
each time is kept here for the process: the model, the methods of its clients, the names of its events, the
signatures of its handlers. That leaves a quarter of the time.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import botocore.hooks
import botocore.session
from botocore.client import ClientCreator
from botocore.compat import accepts_kwargs
from botocore.hooks import EventAliaser
from botocore.loaders import create_loader

from ec2kit.sandbox import ACCESS_KEY, SECRET_KEY


def session_over(send: Callable[..., Any]) -> botocore.session.Session:
    """A session whose requests `send` answers (botocore's event `before-send`), with the sandbox's keys."""
    _keep()
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


@cache
def _keep() -> None:
    """Let botocore make once what it makes the same each time."""
    load, make = ClientCreator._load_service_model, ClientCreator._create_methods
    alias = EventAliaser._alias_event_name
    models: dict[tuple[str, str | None], Any] = {}
    methods: dict[str, dict[str, Any]] = {}
    names: dict[str, Any] = {}

    def service_model(self: Any, name: str, api_version: str | None = None) -> Any:
        if (name, api_version) not in models:
            models[name, api_version] = load(self, name, api_version)
        return models[name, api_version]

    def client_methods(self: Any, model: Any) -> dict[str, Any]:
        if model.service_name not in methods:
            methods[model.service_name] = make(self, model)
        return dict(methods[model.service_name])

    def event_name(self: Any, name: str) -> Any:
        if name not in names:
            names[name] = alias(self, name)
        return names[name]

    kept: tuple[tuple[Any, str, Any], ...] = (
        (ClientCreator, "_load_service_model", service_model),
        (ClientCreator, "_create_methods", client_methods),
        (EventAliaser, "_alias_event_name", event_name),
        (botocore.hooks, "accepts_kwargs", cache(accepts_kwargs)),
    )
    for owner, name, replacement in kept:
        setattr(owner, name, replacement)
