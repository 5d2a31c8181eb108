"""`python -m ec2kit.sandbox`: the process that `process.start` runs; people type `ec2kit sandbox start`."""

import argparse
import logging
import os
import sys
from pathlib import Path

from ec2kit.errors import Ec2kitError
from ec2kit.sandbox.process import READY_FD
from ec2kit.sandbox.serving import Settings, run, tell


def main() -> int:
    """Serve in the foreground, or, when a caller waits on a pipe, in a process of our own behind it."""
    settings = _settings()
    ready = os.environ.pop(READY_FD, "")
    ready_fd = int(ready) if ready.isdigit() else None
    if ready_fd is not None and os.fork() > 0:
        # Nobody has to wait for the one that serves: init does, once this one is over. Nothing to flush either.
        os._exit(0)
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        run(settings, ready_fd)
    except Ec2kitError as wrong:
        if ready_fd is not None:
            tell(ready_fd, {"error": wrong.message, "hint": wrong.hint})
        logging.getLogger(__name__).error("%s (hint: %s)", wrong.message, wrong.hint)
        return int(wrong.exit_code)
    return 0


def _settings() -> Settings:
    parser = argparse.ArgumentParser(prog="python -m ec2kit.sandbox", description=__doc__)
    parser.add_argument("--name", default="default")
    parser.add_argument("--state-dir", type=Path, required=True)
    parser.add_argument("--runtime-dir", type=Path, required=True)
    parser.add_argument("--speed", type=float)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--empty", action="store_true")
    parser.add_argument("--faults", type=Path)
    parser.add_argument("--port", type=int, default=0)
    return Settings(**vars(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
