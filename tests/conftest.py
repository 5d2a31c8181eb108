"""What every test stands on: none of the caller's AWS settings, and chance that repeats itself."""

import os
from collections import Counter
from itertools import groupby

import pytest
from hypothesis import settings

for name in [name for name in os.environ if name.startswith(("AWS_", "EC2KIT_"))]:
    del os.environ[name]
# Without these botocore reads the caller's files, and asks the network for the credentials of an instance.
os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"

# No deadline: a busy machine is not a failure. The same examples in every run, and many more for `make deep`.
settings.register_profile("project", deadline=None, derandomize=True, max_examples=100)
settings.register_profile("deep", deadline=None, max_examples=5000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "project"))


LONGEST_FIRST = ("boot", "docs", "wheel", "slow")
"""Marks of what takes minutes: begun last, it would keep one core busy alone at the end."""
LAST = len(LONGEST_FIRST)
SECONDS = 10.0
"""For a long test without a limit of its own."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, and mark for the summary what booted a machine."""
    for item in items:
        if item.get_closest_marker("boot"):
            item.user_properties.append(("booted", item.nodeid))
    marks = {item: {mark.name for mark in item.iter_markers()} for item in items}
    rank = {
        item: next((n for n, name in enumerate(LONGEST_FIRST) if name in marks[item]), LAST) for item in items
    }
    items.sort(key=lambda item: rank[item])
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    items[:] = dealt(items, [item for item in items if rank[item] < LAST], workers)


def dealt(items: list[pytest.Item], long: list[pytest.Item], workers: int) -> list[pytest.Item]:
    """Given the tests, which of them are long, and how many work on them, return an order in which each begins with its
    share of the long ones: a worker takes the next N-th of the list, and at the end steals from the others' last ones.

    Modules stay together, because they may have set up something for all of their tests. Which take longest is what
    they say themselves in their time limits.
    """
    modules = [list(each) for _, each in groupby(long, lambda item: item.path)]
    hands: list[list[pytest.Item]] = [[] for _ in range(workers)]
    laden = [0.0] * workers
    for module in sorted(modules, key=seconds, reverse=True):
        lightest = laden.index(min(laden))
        hands[lightest] += module
        laden[lightest] += seconds(module)
    rest = items[len(long) :]
    for number, hand in enumerate(hands):
        size = (len(items) - sum(len(each) for each in hands[:number])) // (workers - number)
        missing = max(0, size - len(hand))
        hand += rest[:missing]
        del rest[:missing]
    return [item for hand in hands for item in hand] + rest


def seconds(module: list[pytest.Item]) -> float:
    """The longest time limit of a module's tests."""
    limits = [item.get_closest_marker("timeout") for item in module]
    return max(float(limit.args[0]) if limit else SECONDS for limit in limits)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was booted, and what the kill tests cut and survived, as each test recorded it in its properties."""
    _say_boots(terminalreporter)
    _say_cuts(terminalreporter)


def _say_boots(terminalreporter: pytest.TerminalReporter) -> None:
    """Images that were built and machines that were started, by test, with what became of them and the seconds."""
    found = [
        (report, outcome)
        for outcome in ("passed", "failed", "error", "skipped")
        for report in terminalreporter.stats.get(outcome, ())
        if any(name == "booted" for name, _ in getattr(report, "user_properties", ()))
    ]
    if found:
        terminalreporter.section("images that were built and booted")
        for report, outcome in sorted(found, key=lambda one: one[0].nodeid):
            terminalreporter.write_line(f"{outcome} {report.duration:6.1f} s  {report.nodeid}")


def _say_cuts(terminalreporter: pytest.TerminalReporter) -> None:
    cuts: Counter[str] = Counter()
    for report in terminalreporter.stats.get("passed", ()):
        for name, value in report.user_properties:
            if name == "cuts":
                cuts[value[0]] += value[1]
    if cuts:
        terminalreporter.section("killed, typed again, and ended the same")
        for what, number in sorted(cuts.items()):
            terminalreporter.write_line(f"{what}: {number} cuts")
