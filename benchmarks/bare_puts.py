"""The least that an upload can take: the same requests in a bare loop of boto3, in as many threads.

Run as a program: `bare_puts SNAPSHOT FILE THREADS INDEXES`. Reads, hashes and puts the blocks whose indexes the file
INDEXES has, one a line, and does nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
from botocore.config import Config

BLOCK = 524_288


def main(snapshot: str, path: str, threads: int, indexes: str) -> None:
    """Put the file's blocks into the snapshot."""
    client = boto3.client("ebs", config=Config(max_pool_connections=threads))
    wanted = [int(line) for line in Path(indexes).read_text().split()]

    def put(index: int) -> None:
        with Path(path).open("rb") as file:
            file.seek(index * BLOCK)
            data = file.read(BLOCK)
        client.put_snapshot_block(
            SnapshotId=snapshot,
            BlockIndex=index,
            BlockData=data,
            DataLength=len(data),
            Checksum=base64.b64encode(hashlib.sha256(data).digest()).decode(),
            ChecksumAlgorithm="SHA256",
        )

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(put, wanted))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
