"""What ec2kit's bundle steps do with a stream, as a program.

| words | what is done |
|---|---|
| `disk GIB` | the endpoint's snapshot becomes an object |
| `store DIRECTORY FACTS` | directories, as this machine's tar gives them, become an object; FACTS tells what it is |
| `restore FACTS DIRECTORY` | that object is unpacked |
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from ec2kit.aws import Aws, Target, connect
from ec2kit.blocks.crew import WORKERS
from ec2kit.blocks.reader import SnapshotReader
from ec2kit.host.clock import SystemClock
from ec2kit.host.feeding import feed
from ec2kit.images.bundles.manifest import untar
from ec2kit.objects import reading
from ec2kit.objects.facts import parse_facts
from ec2kit.objects.making import DiskSum, StreamSum, Sum
from ec2kit.objects.sending import Manner, Spot, Takes, send
from ec2kit.objects.sources import pour_disk

BUCKET, SNAPSHOT, HANDS = "backups", "snap-0123456789abcdef0", 8
GIB, PIPE = 1 << 30, 1 << 20


def main(verb: str, words: list[str]) -> None:
    """Do one of them."""
    aws = connect(Target("eu-west-1", endpoint=os.environ["AWS_ENDPOINT_URL"]), SystemClock())
    if verb == "disk":
        size = int(words[0]) * GIB
        reader = SnapshotReader(aws.blocks, SNAPSHOT, kept=1)
        _send(aws, size, DiskSum(), pour_disk(reader, range(size), WORKERS, lambda: None))
    elif verb == "store":
        facts = _send(aws, 8 * GIB, StreamSum(), lambda out: _pour_tar(words[0], out))
        Path(words[1]).write_text(json.dumps(facts))
    else:
        _restore(aws, json.loads(Path(words[0]).read_text()), words[1])


def _send(aws: Aws, largest: int, total: Sum, pour: Callable[[Takes], object]) -> object:
    spot = Spot(BUCKET, "m/content.zst", "mark")
    return send(aws.objects, spot, Manner(largest, total, HANDS), pour).as_json()


def _pour_tar(directory: str, out: Takes) -> None:
    with subprocess.Popen(["tar", "-C", directory, "-cf", "-", "."], stdout=subprocess.PIPE) as tar:
        assert tar.stdout is not None
        while data := tar.stdout.read(PIPE):
            out.write(data)


def _restore(aws: Aws, told: dict[str, object], directory: str) -> None:
    facts = parse_facts(told)
    total = StreamSum()
    with feed(untar(directory), 600.0) as tar:
        for part in reading.read(reading.Stored(aws.objects, BUCKET, "m/content.zst", facts, HANDS)):
            for piece in part.expanded():
                total.add(piece)
                tar.write(piece)
    if total.hex() != facts.content_sha256:
        raise SystemExit("it is not what it was")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
