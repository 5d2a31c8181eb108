"""A thousand enrolled machines on the sandbox, in process: its page of them all, and what `check` asks of AWS.

`check` may make at most 5 describes, whatever AWS bills or throttles by; the page should take at most a second.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.result import Result
from ec2kit.model.tags import CHECK, PROTECT
from ec2kit.sandbox.calls import Call
from ec2kit.sandbox.direct import as_request
from tests.cli.screens import Shell
from tests.support.inprocess import InProcess

MACHINES = 1000
PAGES = 5
DESCRIBES, PAGE_SECONDS = 5, 1.0


def run() -> list[Result]:
    """The page's CPU seconds at the server, and the describes of one `check`."""
    sandbox = _enrolled()
    return [_page(sandbox), _check(sandbox)]


def _enrolled() -> InProcess:
    sandbox = InProcess(empty=False)
    ec2 = sandbox.client("ec2")
    seeded = [one for each in ec2.describe_instances()["Reservations"] for one in each["Instances"]]
    tags = [{"Key": PROTECT, "Value": "replace"}, {"Key": CHECK, "Value": "http:80/"}]
    ec2.create_tags(Resources=[each["InstanceId"] for each in seeded], Tags=tags)
    wanted = MACHINES - len(seeded)
    ec2.run_instances(
        ImageId=seeded[0]["ImageId"],
        InstanceType="t3.micro",
        MinCount=wanted,
        MaxCount=wanted,
        SecurityGroupIds=[group["GroupId"] for group in seeded[0]["SecurityGroups"]],
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )
    sandbox.tick(600)
    return sandbox


def _page(sandbox: InProcess) -> Result:
    sent: list[Any] = []
    ec2 = sandbox.client("ec2")
    ec2.meta.events.register_first(
        "before-send.ec2.DescribeInstances", lambda request, **_: sent.append(request)
    )
    ec2.describe_instances(MaxResults=MACHINES)
    took = []
    for _ in range(PAGES):
        before = time.process_time()
        sandbox.app.answer(as_request(sent[0]), lambda _call: None)
        took.append(time.process_time() - before)
    return Result("sandbox: a page of 1,000 instances", statistics.median(took), "CPU s", limit=PAGE_SECONDS)


def _check(sandbox: InProcess) -> Result:
    asked: Counter[str] = Counter()

    def count(call: Call) -> None:
        asked[call.name.rpartition(":")[2]] += 1

    sandbox.before(count)
    with tempfile.TemporaryDirectory() as home:
        screen = Shell(Path(home), sandbox).run("check --plugin")
    if f"{MACHINES} of {MACHINES}" not in screen.stdout:
        raise RuntimeError(f"check ended with {screen.exit}: {screen.stdout}{screen.stderr}")
    describes = sum(count for name, count in asked.items() if name.startswith("Describe"))
    told = ", ".join(f"{name} {count}" for name, count in sorted(asked.items()))
    return Result("ec2kit check, 1,000 machines: describes", describes, "calls", told, DESCRIBES)
