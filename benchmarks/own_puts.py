"""What ec2kit's upload step does with blocks, as a program: `own_puts SNAPSHOT FILE THREADS LOG`."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from pathlib import Path

from ec2kit.aws import Target, connect
from ec2kit.blocks.crew import Crew
from ec2kit.blocks.data import DiskFile, linear
from ec2kit.blocks.log import BlockLog
from ec2kit.blocks.upload import Nothing, Upload
from ec2kit.host.clock import SystemClock


def main(snapshot: str, path: str, threads: int, log_path: str) -> None:
    """Put the file's blocks into the snapshot, and seal it."""
    aws = connect(Target("eu-west-1", endpoint=os.environ["AWS_ENDPOINT_URL"]), SystemClock())
    with DiskFile(Path(path)) as disk, closing(BlockLog(Path(log_path))) as log:
        Upload(aws.blocks, snapshot, disk, log, Nothing()).put_all(Crew(threads))
        aws.blocks.complete(snapshot, len(log.digests), linear(log.digests))
        log.remove()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
