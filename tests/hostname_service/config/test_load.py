"""The configuration: what a good one says, and that every fault of a bad one is told at once."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostname_service.config.load import load, parse
from hostname_service.config.settings import AskAws, Rfc2136, Route53, Settings, Source
from hostname_service.errors import BadConfig

SMALL = """
zone: shop.example.com
accounts: ["123456789012"]
registry: sqlite:names.db
secret: secret
"""
FULL = f"""{SMALL}
listen: 0.0.0.0:8443
tls: {{certificate: tls/cert.pem, key: tls/key.pem}}
operator: unix:/run/names.sock
aws: off
source: off
addresses: public
assignments: names.yaml
certificates: more
dns:
  server: 10.0.0.2
  key_name: names
  key_file: tsig
  reverse: [31.172.in-addr.arpa, 8.b.d.0.1.0.0.2.ip6.arpa]
  ttl: 120
puppet: {{url: "https://puppet:8140/", ca: ca.pem, certificate: cert.pem, key: key.pem, protect: Puppetdb.example.com}}
trusted_proxies: [10.0.0.0/8, "::1"]
window: 10m
patience: 1m
limits: {{connections: 8, request_deadline: 2s}}
"""


def test_the_least_that_must_be_said() -> None:
    said = parse(SMALL, Path("/etc/names"))
    assert said == Settings(
        zones=("shop.example.com",),
        accounts=("123456789012",),
        registry="sqlite:/etc/names/names.db",
        secret=Path("/etc/names/secret"),
    )
    assert (said.aws, said.source, said.window) == (AskAws.REQUIRED, Source.PRIVATE, timedelta(minutes=5))


def test_everything_that_can_be_said() -> None:
    said = parse(FULL, Path("/etc/names"))
    assert isinstance(said.dns, Rfc2136)
    assert (said.dns.key_file, said.dns.ttl, len(said.dns.reverse)) == (Path("/etc/names/tsig"), 120, 2)
    assert said.puppet is not None
    assert said.puppet.url == "https://puppet:8140"
    assert said.puppet.protect == ("puppetdb.example.com",)
    assert said.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1"))
    assert (said.public, said.aws, said.source) == (True, AskAws.OFF, Source.OFF)
    assert (said.limits.connections, said.limits.request_deadline) == (8, timedelta(seconds=2))


def test_hosted_zones() -> None:
    said = parse(f"{SMALL}\ndns: {{route53: {{shop.example.com: Z1, 31.172.in-addr.arpa.: Z2}}, ttl: 60}}")
    assert said.dns == Route53({"shop.example.com": "Z1", "31.172.in-addr.arpa": "Z2"})


def test_every_fault_is_told_at_once() -> None:
    bad = """
zones: [Shop_example]
accounts: [123]
registry: /var/names.db
colour: red
window: 5
tls: {certificate: x}
operator: 0.0.0.0:9000
trusted_proxies: [10.0.0.1/8]
dns: {server: 10.0.0.2, key_name: k, key_file: f, algorithm: hmac-md5.sig-alg.reg.int, port: 0}
puppet: {url: "http://puppet:8140", ca: a, certificate: b, key: c}
limits: {connections: none}
"""
    with pytest.raises(BadConfig) as told:
        parse(bad)
    faults = str(told.value).splitlines()
    assert {fault.partition(":")[0] for fault in faults} == {
        "zones",
        "accounts",
        "registry",
        "colour",
        "window",
        "tls.key",
        "operator",
        "trusted_proxies",
        "dns.algorithm",
        "dns.port",
        "puppet.url",
        "limits.connections",
        "secret",
    }


def test_who_signs() -> None:
    said = parse(f"{SMALL}\nsigning: {{}}")
    assert said.signing is not None
    assert (said.signing.listen, said.signing.group) == (
        "unix:/run/hostname-service/autosign.sock",
        "puppet",
    )
    with pytest.raises(BadConfig, match=r"signing\.listen: needs `tls`"):
        parse(f"{SMALL}\nsigning: {{listen: '10.0.0.1:9444', tls: {{certificate: a, key: b, clients: c}}}}")


@pytest.mark.parametrize(
    "told",
    [
        "url: 'https://puppet:99999'",
        "url: 'https://puppet:abc'",
        "url: 'https://puppet:0'",
        "url: 'https://:8140'",
        "url: 'https://[puppet:8140'",
        "url: 'https://me@puppet:8140'",
        "url: 'https://puppet:8140/ca'",
        "protect: 'puppet db'",
        "protect: []",
        "protect: [7]",
        "protect: '*.example.com'",
    ],
)
def test_where_puppet_is_and_what_stays_is_checked_when_it_is_read(told: str) -> None:
    key = told.partition(":")[0]
    rest = "" if key == "url" else "url: 'https://puppet:8140', "
    with pytest.raises(BadConfig) as faults:
        parse(f"{SMALL}\npuppet: {{{rest}{told}, ca: a, certificate: b, key: c}}")
    (fault,) = str(faults.value).splitlines()
    assert fault.startswith(f"puppet.{key}: wants ")


@pytest.mark.parametrize("url", ["https://x:99999", "http://x:abc", "x:8080", "https://", "unix:/x"])
def test_an_endpoint_that_is_none(url: str) -> None:
    with pytest.raises(BadConfig, match=r"^endpoint: wants "):
        parse(f"{SMALL}\nendpoint: '{url}'")
    assert parse(f"{SMALL}\nendpoint: 'http://[::1]:4566'").endpoint == "http://[::1]:4566"


def test_operators_over_the_network_need_certificates() -> None:
    given_by_hand = f"{SMALL}\noperator: 10.0.0.1:9443\noperator_tls: {{certificate: a, key: b, clients: c}}"
    assert parse(given_by_hand).operator == "10.0.0.1:9443"


@pytest.mark.parametrize("text", ["- a", "zone: [", "7", "", "\x00", "dns: []", "tls: yes"])
def test_what_is_no_configuration_is_said(text: str) -> None:
    with pytest.raises(BadConfig):
        parse(text)


@given(
    st.dictionaries(
        st.sampled_from(["zone", "zones", "accounts", "dns", "limits", "aws", "window", "x"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2)
            ),
            max_leaves=4,
        ),
    )
)
def test_nothing_but_bad_config_is_raised(told: dict[str, object]) -> None:
    import yaml

    with pytest.raises(BadConfig):
        parse(yaml.safe_dump(told))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="cannot be read"):
        load(tmp_path / "none.yaml")
