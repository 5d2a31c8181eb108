"""What every test stands on: none of the caller's AWS settings, and chance that repeats itself."""

import os
from collections import Counter

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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many cuts the kill tests made and survived: each test records its own as a property `cuts`."""
    cuts: Counter[str] = Counter()
    for report in terminalreporter.stats.get("passed", ()):
        for name, value in report.user_properties:
            if name == "cuts":
                cuts[value[0]] += value[1]
    if cuts:
        terminalreporter.section("killed, typed again, and ended the same")
        for what, number in sorted(cuts.items()):
            terminalreporter.write_line(f"{what}: {number} cuts")
