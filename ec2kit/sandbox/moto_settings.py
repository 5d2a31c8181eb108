"""moto's switches, set in the environment before moto is imported, and the version that the rules were written for."""

import os
from importlib.metadata import PackageNotFoundError, version

from ec2kit.errors import Ec2kitError

MOTO = "5.2."

SWITCHES = {
    # Without them 1,300 images and their snapshots of other accounts fill every list, and the first call takes 2 s more.
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
    # AWS refuses unknown images, key pairs and types; moto only when told.
    "MOTO_ENABLE_AMI_VALIDATION": "true",
    "MOTO_ENABLE_KEYPAIR_VALIDATION": "true",
    "MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION": "true",
    # No browser talks to the sandbox.
    "MOTO_DISABLE_GLOBAL_CORS": "true",
}


def apply() -> None:
    """Set every switch that the environment does not already set."""
    for name, value in SWITCHES.items():
        os.environ.setdefault(name, value)


def require_known_moto() -> None:
    """Raise Ec2kitError unless the moto that is installed is one that the rules fit."""
    hint = "pip install 'ec2kit[sandbox]'"
    try:
        found = version("moto")
    except PackageNotFoundError:
        raise Ec2kitError("the sandbox needs moto, which is not installed", hint=hint) from None
    if not found.startswith(MOTO):
        raise Ec2kitError(f"the sandbox changes moto {MOTO}x, and this is moto {found}", hint=hint)
