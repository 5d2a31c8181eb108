"""botocore's service descriptions, read once a process instead of once a session.

moto makes three sessions while it is imported, each of which unpacks EC2's description again: a second of a start
that should take two.
"""

from functools import cache
from typing import Any

import botocore.loaders
import botocore.session

from ec2kit.sandbox.rules import patching


def _once(original: Any) -> Any:
    return cache(original)


def install() -> None:
    """Share the loaders of botocore, and of moto once that is imported; doing it again is harmless."""
    patching.replace(botocore.session, "create_loader", _once)
    import moto.core.utils

    patching.replace(moto.core.utils, "create_loader", _once)
