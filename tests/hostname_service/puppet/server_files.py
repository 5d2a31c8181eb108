"""The files of a puppetserver's conf.d, for a server in directories of its own."""

from __future__ import annotations

from pathlib import Path

SERVICE = "names.shop.example.com"
"""The certname that may clean the CA."""
ANYBODY = (
    ("/puppet-ca/v1/certificate/", ["get"]),
    ("/puppet-ca/v1/certificate_revocation_list/ca", ["get"]),
    ("/puppet-ca/v1/certificate_request", ["get", "put"]),
    ("/status/v1/simple", ["get"]),
)
AGENTS = (
    ("/puppet-ca/v1/expirations", ["get"]),
    ("/puppet/v3/environments", ["get"]),
    ("/puppet/v3/file_content", ["get", "post"]),
    ("/puppet/v3/file_metadata", ["get", "post"]),
)
OWN = (("catalog", ["get", "post"]), ("node", ["get"]), ("report", ["put"]), ("facts", ["put"]))
LOGBACK = """\
<configuration>
  <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d %-5p [%c{2}] %m%n</pattern></encoder>
  </appender>
  <root level="info"><appender-ref ref="OUT"/></root>
</configuration>
"""


def configuration(here: Path, certname: str, place: tuple[str, int]) -> dict[str, object]:
    """Given the directory of a server, its certname, and the address and port to listen on, return what each file of
    conf.d holds. JSON is HOCON."""
    host, port = place
    return {
        "global": {"global": {"logging-config": str(here / "logback.xml")}},
        "product": {"product": {"check-for-updates": False}},
        "ca": {"certificate-authority": {}},
        "metrics": {"metrics": {"server-id": certname}},
        "webserver": {
            "webserver": {
                "client-auth": "want",
                "ssl-host": host,
                "ssl-port": port,
                # Debian's build waits this long behind each request that it saved; its default is 30 s.
                "idle-timeout-milliseconds": 1500,
            }
        },
        "web-routes": {
            "web-router-service": {
                "puppetlabs.services.ca.certificate-authority-service/certificate-authority-service": "/puppet-ca",
                "puppetlabs.services.master.master-service/master-service": "/puppet",
                "puppetlabs.services.puppet-admin.puppet-admin-service/puppet-admin-service": "/puppet-admin-api",
                "puppetlabs.trapperkeeper.services.status.status-service/status-service": "/status",
                "puppetlabs.trapperkeeper.services.metrics.metrics-service/metrics-webservice": "/metrics",
            }
        },
        "puppetserver": {
            "jruby-puppet": {
                "ruby-load-path": ["/usr/lib/puppetserver/ruby/vendor_ruby"],
                "gem-home": str(here / "gems"),
                "gem-path": [str(here / "gems"), "/usr/lib/puppetserver/vendored-jruby-gems"],
                "server-conf-dir": str(here / "conf"),
                "server-code-dir": str(here / "code"),
                "server-var-dir": str(here / "var"),
                "server-run-dir": str(here / "run"),
                "server-log-dir": str(here / "logs"),
                "max-active-instances": 1,
            },
            "http-client": {},
            "profiler": {},
        },
        "auth": {"authorization": {"version": 1, "rules": _rules()}},
    }


def _rules() -> list[dict[str, object]]:
    """Puppet's own rules as far as they are needed, and the one that lets the service clean."""
    rules = [_rule(path, methods, {"allow-unauthenticated": True}) for path, methods in ANYBODY]
    rules += [_rule(path, methods, {"allow": "*"}) for path, methods in AGENTS]
    for name, methods in OWN:
        rules.append(_rule(f"^/puppet/v3/{name}/([^/]+)$", methods, {"allow": "$1"}, "regex"))
    cleaning = _rule("/puppet-ca/v1/certificate_status", ["get", "put", "delete"], {"allow": SERVICE})
    nobody = {**_rule("/", [], {"deny": "*"}), "sort-order": 999}
    return [*rules, cleaning, nobody]


def _rule(path: str, methods: list[str], who: dict[str, object], kind: str = "path") -> dict[str, object]:
    match: dict[str, object] = {"path": path, "type": kind}
    if methods:
        match["method"] = methods
    return {"match-request": match, "name": f"{kind} {path}", "sort-order": 500, **who}
