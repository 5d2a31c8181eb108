"""What moto and botocore look up again for every request or session, looked up once a process.

- moto lists its own folder, and inspects a class of a thousand methods, for each request: two thirds of a small call.
- moto makes three sessions of botocore while it is imported, each of which unpacks EC2's description again: a second
  of a start that should take two.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import botocore.session

from ec2kit.sandbox.rules import patching


def before_moto() -> None:
    """Share botocore's loader. Of use only before moto is imported; doing it again is harmless."""
    patching.replace(botocore.session, "create_loader", _once)


def install() -> None:
    """Keep what moto looks up. After the rules, which add methods to the classes; doing it again is harmless."""
    import moto.backends
    import moto.core.responses
    import moto.core.utils

    patching.replace(moto.core.utils, "create_loader", _once)
    patching.replace(moto.core.responses, "method_names_from_class", _once)
    patching.replace(moto.backends, "list_of_moto_modules", _listed_once)


def _once(original: Any) -> Any:
    return cache(original)


def _listed_once(original: Callable[[], Any]) -> Callable[[], Any]:
    return cache(lambda: tuple(original()))
