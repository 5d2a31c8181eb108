"""The configuration: one YAML file, read and checked whole before anything is served. Every fault is told at once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import yaml

from hostname_service.config import readers
from hostname_service.config.fields import Fields
from hostname_service.config.settings import (
    ALGORITHMS,
    AskAws,
    Limits,
    Puppet,
    Rfc2136,
    Route53,
    Settings,
    Signing,
    Source,
    Tls,
)
from hostname_service.errors import BadConfig


def load(path: Path) -> Settings:
    """Given the file, return what it says; raises `BadConfig` with every fault, a line each."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig(f"'{path}' cannot be read: {error}") from error
    return parse(text, path.parent)


def parse(text: str, directory: Path = Path()) -> Settings:
    """Given the text, return what it says; files in it are meant from `directory`. Raises `BadConfig`."""
    try:
        told = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BadConfig(f"this is no YAML: {' '.join(str(error).split())}") from error
    fields = Fields(told if told is not None else {}, "", [], directory)
    settings = _settings(fields)
    if fields.faults:
        raise BadConfig("\n".join(fields.faults))
    return settings


def _settings(fields: Fields) -> Settings:
    if "zone" in fields.told:
        fields.told.setdefault("zones", [fields.told["zone"]])
        fields.left.discard("zone")
    settings = Settings(
        zones=fields.get("zones", readers.list_of(readers.zone)),
        accounts=fields.get("accounts", readers.list_of(readers.account)),
        registry=fields.get("registry", fields.registry),
        secret=fields.get("secret", fields.file),
        listen=fields.get("listen", readers.text, Settings.listen),
        tls=_tls(fields.inner("tls")),
        operator=fields.get("operator", readers.listener, Settings.operator),
        operator_tls=_tls(fields.inner("operator_tls")),
        aws=fields.get("aws", readers.one_of(AskAws), AskAws.REQUIRED),
        endpoint=fields.get("endpoint", readers.endpoint, ""),
        source=fields.get("source", readers.one_of(Source), Source.PRIVATE),
        public=fields.get(
            "addresses", lambda value: readers.word(value, "private", "public") == "public", False
        ),
        assignments=fields.maybe("assignments", fields.file),
        certificates=fields.maybe("certificates", fields.file),
        dns=_dns(fields.inner("dns")),
        puppet=_puppet(fields.inner("puppet")),
        signing=_signing(fields.inner("signing")),
        trusted_proxies=fields.get("trusted_proxies", readers.list_of(readers.network), ()),
        proxy_protocol=fields.get("proxy_protocol", readers.flag, False),
        window=fields.get("window", readers.time, timedelta(minutes=5)),
        patience=fields.get("patience", readers.time, timedelta(seconds=30)),
        upkeep=fields.get("upkeep", readers.time, timedelta(minutes=10)),
        limits=_limits(fields.inner("limits")),
    )
    fields.done()
    if not settings.operator.startswith(("unix:", "systemd:")) and not (
        settings.operator_tls and settings.operator_tls.clients
    ):
        fields.fault(
            "operator", "needs `operator_tls` with `clients`, or be a unix socket: it can give any name"
        )
    if settings.source is Source.ANY and settings.aws is AskAws.OFF:
        fields.fault("source", "`any` asks EC2 for the addresses, and `aws` is off")
    return settings


def _tls(fields: Fields | None) -> Tls | None:
    if fields is None:
        return None
    found = Tls(
        fields.get("certificate", fields.file),
        fields.get("key", fields.file),
        fields.maybe("clients", fields.file),
    )
    fields.done()
    return found


def _dns(fields: Fields | None) -> Rfc2136 | Route53 | None:
    if fields is None:
        return None
    found: Rfc2136 | Route53
    if "route53" in fields.told:
        found = Route53(
            fields.get("route53", readers.hosted_zones), fields.get("ttl", readers.number(1, 86400), 60)
        )
    else:
        found = Rfc2136(
            server=fields.get("server", readers.text),
            key_name=fields.get("key_name", readers.text),
            key_file=fields.get("key_file", fields.file),
            reverse=fields.get("reverse", readers.list_of(readers.reverse_zone), ()),
            port=fields.get("port", readers.number(1, 65535), 53),
            algorithm=fields.get("algorithm", lambda value: readers.word(value, *ALGORITHMS), "hmac-sha256"),
            ttl=fields.get("ttl", readers.number(1, 86400), 60),
            deadline=fields.get("deadline", readers.time, timedelta(seconds=5)),
        )
    fields.done()
    return found


def _puppet(fields: Fields | None) -> Puppet | None:
    if fields is None:
        return None
    found = Puppet(
        url=fields.get("url", readers.https),
        ca=fields.get("ca", fields.file),
        certificate=fields.get("certificate", fields.file),
        key=fields.get("key", fields.file),
        deadline=fields.get("deadline", readers.time, timedelta(seconds=10)),
        protect=fields.get("protect", readers.list_of(readers.certname), ()),
    )
    fields.done()
    return found


def _signing(fields: Fields | None) -> Signing | None:
    if fields is None:
        return None
    found = Signing(
        listen=fields.get("listen", readers.listener, Signing.listen),
        group=fields.get("group", readers.text, Signing.group),
        tls=_tls(fields.inner("tls")),
        certnames=fields.get("certnames", readers.list_of(readers.text), ()),
    )
    fields.done()
    local = found.listen.startswith(("unix:", "systemd:"))
    if not local and not (found.tls and found.tls.clients and found.certnames):
        fields.fault("listen", "needs `tls` with `clients`, and `certnames`, or be a unix socket")
    return found


def _limits(fields: Fields | None) -> Limits:
    if fields is None:
        return Limits()
    found = Limits(
        connections=fields.get("connections", readers.number(1, 10000), 256),
        connections_each=fields.get("connections_each", readers.number(1, 10000), 64),
        request_deadline=fields.get("request_deadline", readers.time, timedelta(seconds=5)),
        a_minute_each=fields.get("a_minute_each", readers.number(1, 100000), 30),
        a_second_all=fields.get("a_second_all", readers.number(1, 100000), 200),
    )
    fields.done()
    return found
