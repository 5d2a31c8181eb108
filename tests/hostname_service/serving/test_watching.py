"""What is told: no line can be faked, and no figure fills the memory."""

from __future__ import annotations

import json
import re

from hostname_service.serving.logs import Log
from hostname_service.serving.metrics import CONNECTIONS, REQUESTS, SERIES, Metrics
from hostname_service.serving.watching import Watcher
from hostname_service.wsgi import Answered
from tests.hostname_service.serving.ground import Lines, StillClock

HOSTILE = '/"}\r\n{"event": "request", "status": 200}\x1b[2J\x00\u202e\udc80'


def watcher(clock: StillClock, lines: Lines) -> Watcher:
    return Watcher(Log(clock, lines.texts.append), Metrics(), clock)


def answered(reason: str = "bound", path: str = "/v1/claim") -> Answered:
    return Answered("machines", "10.0.0.5", "POST", "/v1/claim", path, 200, reason, 0.02)


def test_a_request_is_one_line_whatever_is_in_it() -> None:
    lines = Lines()
    watcher(StillClock(), lines).answered(answered(path=HOSTILE))
    (line,) = lines.texts
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["status"] == 200
    assert json.loads(line)["at"] == "2026-05-01T12:00:00.000+00:00"
    assert "\x1b" not in json.loads(line)["path"]


def test_a_log_that_is_full_stops_nobody() -> None:
    def full(_: str) -> None:
        raise OSError(28, "No space left on device")

    Log(StillClock(), full).tell("request")


def test_a_crash_is_in_the_log_with_its_trace() -> None:
    lines = Lines()
    watcher(StillClock(), lines).crashed(RuntimeError("line one\nline two"))
    (told,) = lines.told
    assert told["error"] == "RuntimeError"
    assert "line one\\nline two" in told["trace"]


def test_a_flood_is_counted_and_not_written_out() -> None:
    clock, lines = StillClock(), Lines()
    watch = watcher(clock, lines)
    for _ in range(100):
        watch.dropped("machines", "full", "10.0.0.5")
    clock.at += 1
    watch.dropped("machines", "full", "10.0.0.5")
    assert len(lines.texts) == 2
    assert 'dropped_total{listener="machines",reason="full"} 101' in watch.exposition()


def test_figures_are_as_prometheus_reads_them() -> None:
    clock, lines = StillClock(), Lines()
    watch = watcher(clock, lines)
    watch.answered(answered())
    watch.answered(answered('odd"\\\n'))
    watch.opened("machines")
    text = watch.exposition()
    sample = re.compile(
        r'[a-z_]+(\{[a-z]+="(?:[^"\\\n]|\\["\\n])*"(,[a-z]+="(?:[^"\\\n]|\\["\\n])*")*\})? [0-9.]+'
    )
    for line in text.splitlines():
        assert line.startswith(("# HELP ", "# TYPE ")) or sample.fullmatch(line), line
    assert 'requests_total{listener="machines",route="/v1/claim",status="200",reason="bound"} 1' in text
    assert 'request_seconds_bucket{listener="machines",route="/v1/claim",le="0.01"} 0' in text
    assert 'request_seconds_bucket{listener="machines",route="/v1/claim",le="0.025"} 2' in text
    assert 'request_seconds_bucket{listener="machines",route="/v1/claim",le="+Inf"} 2' in text
    assert 'request_seconds_sum{listener="machines",route="/v1/claim"} 0.040000' in text
    watch.closed("machines")
    assert watch.metrics.value(CONNECTIONS, "machines") == 0


def test_labels_do_not_fill_the_memory() -> None:
    metrics = Metrics()
    for number in range(SERIES * 3):
        metrics.add(REQUESTS, "machines", "-", "400", str(number))
        metrics.observe(1.0, "machines", str(number))
    assert metrics.value(REQUESTS, "other", "other", "other", "other") == SERIES * 2
    assert metrics.exposition().count("_bucket") <= (SERIES + 1) * 13
